"""Which file of the repository a finding stands in: what code hosts show has to lie in the checkout."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

from hauberk.report.meta import Meta

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def relative_file(file: str | None, meta: Meta) -> str | None:
    """The file relative to the project, with `/`; None for what does not lie inside it, such as a URL or a library."""
    if not file or "\0" in file:
        return None
    if meta.root is not None and Path(file).is_absolute():
        return _inside(Path(file), meta.root)
    if _SCHEME.match(file) or PureWindowsPath(file).is_absolute() or file.startswith(("/", "\\")):
        return None
    parts: list[str] = []
    for part in PurePosixPath(file.replace("\\", "/")).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts) or None


def settle(meta: Meta, target: str) -> Meta:
    """The same with a `fallback_file` that is relative, or none.

    A module that does not lie in the project (it is installed, or hauberk was started elsewhere) has its own root:
    what is left of its file when the module's name is taken away. Files of that application are named from there.
    """
    file = meta.fallback_file
    if file is None or (own := relative_file(file, meta)) is not None:
        return meta if file is None else replace(meta, fallback_file=own)
    named = module_file(target)
    for tail in (named, named.removesuffix(".py") + "/__init__.py") if named else ():
        if file.endswith(f"/{tail}"):
            return replace(meta, root=Path(file.removesuffix(f"/{tail}") or "/"), fallback_file=tail)
    return replace(meta, fallback_file=None)


def _inside(file: Path, root: Path) -> str | None:
    try:
        found = file.relative_to(root).as_posix()
    except ValueError:
        return None
    return None if ".." in PurePosixPath(found).parts or found == "." else found


def file_uri(file: str) -> str:
    """A relative file as a relative URI reference (RFC 3986): never mistaken for one with a scheme."""
    return quote(file.encode("utf-8", "surrogatepass"), safe="/")


def module_file(target: str) -> str | None:
    """The file that `package.module:app` names, as far as the text tells; None for a URL or a folder."""
    module, colon, _ = target.partition(":")
    if colon and re.fullmatch(r"\w+(\.\w+)*", module) and not target.startswith(("http:", "https:")):
        return module.replace(".", "/") + ".py"
    return None
