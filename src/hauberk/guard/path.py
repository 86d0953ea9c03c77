"""Did an input choose a place outside the folder it was meant for? Judged when the file is opened (CWE-22, CWE-36).

Two ways out: the input's own segments climb above where they began (`docs/../readme.md` does not, `a/../../x` does),
or it begins the path with a root. A NUL that cuts a path short is one more.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from hauberk.guard.verdict import ABSENT, Judgement, occurrences

_INERT = Judgement("inert", "the input stays below the folder it was joined to")
_INSIDE = Judgement("inert", "the input is an absolute path inside an allowed folder")
_RESOLVED = Judgement("unknown", "the input climbs, and the path ends as it would when resolved before it was opened")
_CLIMBED = Judgement("attack", "the input alone, once resolved, is the path that is opened")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\|//[?.]/")
_FILE = re.compile(r"\s*<?(?:url:)?file:(?://(?:localhost)?(?=/))?", re.IGNORECASE)
"""What stands before the path in a URL of a file (RFC 8089); urllib takes `<URL:...>` off (RFC 3986, appendix C)."""
_TAKEN_OUT = ("../", "..\\", "./")
DECODINGS = 2
"""How many more times an input is percent-decoded: applications that decode once too often are common."""


_SEPARATORS = re.compile(r"[,;|:]")
_PIECES = re.compile(r"[\w./\\-]*(?:[,;|:][\w./\\-]*)+")
_CLIMBING = re.compile(r"\.\.(?:[/\\]|\Z)")
MOST_PIECES = 32
"""Of an input that an application may take apart at one of these signs, how many pieces are looked at."""


def judge(path: str, value: str, roots: Sequence[str] = ()) -> Judgement:
    """Judge one input in one path that is about to be opened.

    `roots` are folders that an absolute input may lie in. Never raises, opens nothing and follows no symbolic link.
    """
    windows = os.name == "nt" or bool(_DRIVE.match(path)) or ("\\" in path and "/" not in path)
    found = ABSENT
    for form in _forms(value):
        verdict = _judge(path, form, roots, windows=windows)
        if verdict.attack:
            return verdict
        # A part of another form may stand there by chance, such as `/../b` of `.//../b` in `a/../b`.
        found = verdict if found is ABSENT else found
    return _resolved(path, value, roots, windows=windows) if found is ABSENT else found


def _forms(value: str) -> Iterator[str]:
    """The input, what decoding makes of it, and each as a path object writes it: without `.` and doubled slashes."""
    for _ in range(DECODINGS + 1):
        yield value
        yield from _stripped(value)
        if "\\" in value:
            yield value.replace("\\", "/")
        if (found := _FILE.match(value)) is not None:
            rest = value[found.end() :].rstrip("> ")
            yield from dict.fromkeys((rest, rest.partition("#")[0], re.split(r"[?#]", rest, maxsplit=1)[0]))
        squeezed = "/" * value.startswith("/") + "/".join(part for part in value.split("/") if part not in {"", "."})
        if squeezed not in {value, "", "/"}:
            yield squeezed
        if ".." in value and _PIECES.fullmatch(value):
            yield from (piece for piece in _SEPARATORS.split(value)[:MOST_PIECES] if _CLIMBING.match(piece))
        decoded = unquote(value, errors="surrogateescape")
        if decoded == value:
            return
        value = decoded


def without_scheme(path: str) -> str:
    """The path in a URL of a file; any other path as it is."""
    found = _FILE.match(path)
    return path if found is None else path[found.end() :]


def _stripped(value: str) -> Iterator[str]:
    """What is left where the application takes climbing out once: `....//` becomes what was taken out."""
    for taken in _TAKEN_OUT:
        if taken in value:
            for left in dict.fromkeys((value.replace(taken, ""), value.replace(taken, "", 1))):
                if ".." in left or left.startswith(("/", "\\")):
                    yield left


def _judge(path: str, value: str, roots: Sequence[str], *, windows: bool) -> Judgement:
    spans = occurrences(path, value)
    if not spans:
        return ABSENT
    if "\0" in value:
        return Judgement("attack", "the input holds a NUL, which ends a path for the system")
    for start, end in spans:
        if climbs(path, start, end, windows=windows):
            return Judgement("attack", "the input climbs out of the folder it was joined to")
    # `//etc` and `/./etc` begin at the root as well.
    at_root = not path[: spans[0][0]].strip("/.") and ".." not in path[: spans[0][0]]
    if at_root and _absolute(value, windows=windows) and value.strip("/\\"):
        if within(path, roots):
            return _INSIDE
        return Judgement("attack", "the input is an absolute path, and begins the path that is opened")
    return _INERT


def climbs(path: str, start: int, end: int, *, windows: bool = False) -> bool:
    """Whether the segments of `path[start:end]`, as they stand in the path, go above where they began.

    The first and the last segment are taken whole, with what the application wrote before and after the input.
    """
    separators = "/\\" if windows else "/"
    while start > 0 and path[start - 1] not in separators:
        start -= 1
    while end < len(path) and path[end] not in separators:
        end += 1
    depth = 0
    for segment in re.split(r"[/\\]" if windows else "/", path[start:end]):
        if segment == "..":
            depth -= 1
        elif segment not in {"", "."}:
            depth += 1
        if depth < 0:
            return True
    return False


def _absolute(value: str, *, windows: bool) -> bool:
    return value.startswith("/") or (windows and (value.startswith("\\") or bool(_DRIVE.match(value))))


def within(path: str, roots: Sequence[str]) -> bool:
    """Whether a path, written out, lies in one of the folders. Roots are absolute."""
    module = ntpath if _DRIVE.match(path) else posixpath
    plain = module.normcase(module.normpath(path))
    # POSIX leaves two leading slashes alone; no system here gives them a meaning.
    plain = "/" + plain.lstrip("/") if plain.startswith("//") else plain
    for root in roots:
        folder = module.normcase(module.normpath(root)).rstrip("/\\")
        if plain == folder or plain.startswith((folder + "/", folder + "\\")):
            return True
    return False


def names_ancestor(value: str, folders: Sequence[str]) -> bool:
    """Whether an absolute input is one of these folders or above one: then a path below it proves nothing."""
    return any(within(folder, (value,)) for folder in folders)


def _resolved(path: str, value: str, roots: Sequence[str], *, windows: bool) -> Judgement:
    """An input that is not there as it came may have been resolved first (`normpath`, `resolve`), or made harmless.

    Where it climbed up to the root, or was absolute, nothing of the application's own folder is left, and that tells.
    """
    plain_path = path.replace("\\", "/") if windows else path
    for form in _forms(value):
        # Two leading slashes would be left alone.
        plain = re.sub(r"\A//+", "/", posixpath.normpath(form.replace("\\", "/") if windows else form))
        tail = re.sub(r"\A(?:\.\./)+", "/", plain)
        if tail in {"/", "..", "."} or (tail == plain and not _absolute(plain, windows=windows)):
            continue
        if tail == plain_path and not within(path, roots):
            return _CLIMBED
        if tail != plain and plain_path.endswith(tail):
            return _RESOLVED
    return ABSENT
