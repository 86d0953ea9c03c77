"""yarn.lock of Yarn 2 and later: YAML, in which `resolution` names the package that was really taken."""

from __future__ import annotations

from urllib.parse import unquote

from hauberk.audit.readers.blocks import load_blocks
from hauberk.audit.readers.documents import broken, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, split_descriptor


def read(text: str, name: str) -> Manifest:
    """Read a yarn.lock of Yarn 2 to 4. Raises InputError if it is none."""
    blocks = load_blocks(text, name)
    document = blocks.documents[0] if blocks.documents else {}
    if "__metadata" not in document:
        raise broken(name, "yarn.lock", "it has no __metadata")
    packages, not_judged, roots = [], [], list[str]()
    project = ""
    for key, member in document.items():
        if key == "__metadata":
            continue
        entry = mapping(member)
        needs = tuple(
            f"{need}@{_plain(text_of(wanted))}" for need, wanted in mapping(entry.get("dependencies")).items()
        )
        keys = tuple(_key(part) for part in key.split(", "))
        resolution = text_of(entry.get("resolution")) or key
        own, version, why = _resolve(resolution, text_of(entry.get("version")))
        if why is None:
            line = blocks.lines.get((key,))
            packages.append(Pinned(name=own, version=version, ecosystem="npm", line=line, keys=keys, needs=needs))
            continue
        not_judged.append(NotJudged(resolution, why, keys, needs))
        if why == "project":
            roots += needs
            project = own if resolution.endswith("@workspace:.") or not project else project
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), roots=tuple(roots), project=project)


def _resolve(resolution: str, version: str) -> tuple[str, str, Why | None]:
    """Name and version of a locator, or why it has none: `lodash@npm:4.17.15`, `x@patch:x@npm%3A1.0#...`."""
    own, reference = split_descriptor(resolution)
    for _ in range(8):
        if not reference.startswith("patch:"):
            break
        # A patched package is the package still: whether the patch mends the fault, nobody can say from here.
        own, reference = split_descriptor(unquote(reference.removeprefix("patch:").partition("#")[0]))
    protocol, colon, rest = reference.partition(":")
    if not colon and version:
        return own, version, None
    if protocol == "npm":
        return own, version or rest.partition("::")[0], None
    if protocol == "workspace":
        return own, version, "project"
    return own, version, "path" if protocol in ("link", "portal", "file", "exec") else origin(reference)


def _key(descriptor: str) -> str:
    own, wanted = split_descriptor(descriptor.strip())
    return f"{own}@{_plain(wanted)}"


def _plain(wanted: str) -> str:
    """A range without its default protocol, which older versions leave out among dependencies."""
    return wanted.removeprefix("npm:")
