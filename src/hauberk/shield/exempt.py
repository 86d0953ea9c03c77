"""Routes that are not checked, each with the reason why it is safe."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import word


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """A path, or all paths below one, that other sites may send requests to with the user's cookies.

    `/hooks/` covers everything below it; `/hooks/{name}` covers one more segment, whatever it is. It is compared with
    the decoded path that the router sees, to the letter: `/HOOKS/` and `//hooks/` are other paths.
    """

    path: str
    reason: str
    """Why no user's cookie can do harm there, such as `signed by the payment provider`; it stands in the log."""

    def __post_init__(self) -> None:
        path = word("Exempt.path", self.path)
        if not path.startswith("/") or "?" in path or "#" in path:
            raise ConfigurationError("Exempt.path", self.path, "is not an absolute path", "write for example '/hooks/'")
        if {".", ".."} & set(self.path.split("/")):
            raise ConfigurationError("Exempt.path", self.path, "holds dot segments", "write the path they lead to")
        if not word("Exempt.reason", self.reason).strip():
            raise ConfigurationError("Exempt.reason", self.reason, "is empty", "say why this route needs no check")


def check_exemptions(option: str, given: object, example: str) -> None:
    """Raise ConfigurationError where an option of several exemptions was given one alone, or something else."""
    if not isinstance(given, tuple | list):
        raise ConfigurationError(option, given, "is not a tuple of Exempt", 'write (Exempt(path="...", reason="..."),)')
    for one in given:
        if not isinstance(one, Exempt):
            raise ConfigurationError(option, one, "is not an Exempt", f'write Exempt(path="{example}", reason="...")')


class Exemptions:
    """All exempt paths of a policy, compared without regular expressions."""

    __slots__ = ("_exact", "_patterns", "_subtrees")

    def __init__(self, exempt: tuple[Exempt, ...]) -> None:
        paths = [one.path for one in exempt]
        self._subtrees = tuple(path for path in paths if path.endswith("/") and "{" not in path)
        self._exact = frozenset(path for path in paths if not path.endswith("/") and "{" not in path)
        self._patterns = tuple(path.split("/") for path in paths if "{" in path)

    def __contains__(self, path: str) -> bool:
        # Dot segments lead out of a subtree where a router resolves them: such a path is exempt from nothing.
        if path in self._exact:
            return True
        if not self._subtrees and not self._patterns:
            return False
        segments = path.split("/")
        if "." in segments or ".." in segments:
            return False
        return path.startswith(self._subtrees) or any(_fits(pattern, segments) for pattern in self._patterns)


def _fits(pattern: list[str], segments: list[str]) -> bool:
    if pattern[-1] == "":  # a subtree
        segments = [*segments[: len(pattern) - 1], ""] if len(segments) >= len(pattern) else segments
    return len(pattern) == len(segments) and all(
        segment != "" if part.startswith("{") and part.endswith("}") else part == segment
        for part, segment in zip(pattern, segments, strict=True)
    )
