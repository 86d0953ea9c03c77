"""Public suffixes: names under which anybody may register one of his own (publicsuffix.org)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hauberk.core.errors import MissingExtraError

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _listed() -> PublicSuffixList:
    """The list, read once and only if asked: it has ten thousand rules."""
    try:
        from publicsuffixlist import PublicSuffixList
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "publicsuffixlist", "cors", "CORS with credentials for all subdomains of a name"
        ) from error
    return PublicSuffixList()


def is_public_suffix(host: str) -> bool:
    """Whether strangers may have names right below this one; unlisted top-level names count (the list's rule `*`)."""
    return bool(_listed().is_public(host.removesuffix(".")))
