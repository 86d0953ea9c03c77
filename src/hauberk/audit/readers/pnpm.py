"""pnpm-lock.yaml, of lock file version 5.0 to 9.0."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.blocks import flow, load_blocks
from hauberk.audit.readers.documents import broken, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, split_descriptor

_KINDS = ("dependencies", "optionalDependencies")
_PROD = (*_KINDS, "configDependencies", "packageManagerDependencies")
_DEV = ("devDependencies",)
_LOCAL = ("file:", "link:", "workspace:")


def read(text: str, name: str) -> Manifest:
    """Read a pnpm-lock.yaml; pnpm 11 writes two documents, and both count. Raises InputError if it is none."""
    blocks = load_blocks(text, name)
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    roots: list[str] = []
    dev_roots: list[str] = []
    if not any({"lockfileVersion", "shrinkwrapVersion"} & document.keys() for document in blocks.documents):
        raise broken(name, "pnpm-lock.yaml", "it has no lockfileVersion")
    for document in blocks.documents:
        slashes = text_of(document.get("lockfileVersion") or "3").startswith(("5", "4", "3"))
        snapshots = {_bare(key, slashes): mapping(value) for key, value in mapping(document.get("snapshots")).items()}
        asked, mere = _roots(document, slashes, _PROD), _roots(document, slashes, _DEV)
        roots += [*asked, *mere]
        dev_roots += [root for root in mere if root not in asked]
        for key, member in mapping(document.get("packages")).items():
            entry = flow(member)
            keys = (_bare(key, slashes),)
            needs = _needs(snapshots.get(keys[0], entry), slashes)
            own, version, why = _read_entry(key, entry, slashes)
            if why:
                not_judged.append(NotJudged(f"{own}@{version}" if own else key, why, keys, needs))
                continue
            dev = text_of(entry.get("dev"))
            packages.append(
                Pinned(
                    name=own,
                    version=version,
                    ecosystem="npm",
                    line=blocks.lines.get(("packages", key)),
                    dev=dev == "true" if dev else None,
                    keys=keys,
                    needs=needs,
                )
            )
    return Manifest(
        packages=tuple(packages), not_judged=tuple(not_judged), roots=tuple(roots), dev_roots=tuple(dev_roots)
    )


def _read_entry(key: str, entry: dict[str, Any], slashes: bool) -> tuple[str, str, Why | None]:
    """Name and version of one entry of `packages`, and why it is not judged, if so."""
    own, version = _split(key, slashes)
    resolution = flow(entry.get("resolution"))
    kind = text_of(resolution.get("type"))
    if kind == "git" or "repo" in resolution:
        return own, version, "git"
    if kind == "directory" or "directory" in resolution or key.startswith(_LOCAL):
        return own, version, "path"
    if version[:1].isdigit():
        return own, version, None
    tarball = text_of(resolution.get("tarball"))
    return (
        own,
        version,
        "path" if version.startswith(_LOCAL) or tarball.startswith("file:") else origin(tarball or version),
    )


def _split(key: str, slashes: bool) -> tuple[str, str]:
    """`/@s/p/1.0.0_peer@2` (version 5), `/@s/p@1.0.0(peer@2)` (6) or `@s/p@1.0.0` (9) as name and version."""
    bare = _bare(key, slashes)
    if bare.startswith(_LOCAL):
        return "", bare
    own, version = split_descriptor(bare)
    return (own, version) if version else ("", own)


def _bare(key: str, slashes: bool) -> str:
    """The key as `name@version`, without the peers that it was resolved with."""
    if key.startswith(_LOCAL):
        return key.partition("(")[0]
    if not slashes:
        bare = key.removeprefix("/").partition("(")[0]
        host, slash, rest = bare.partition("/")
        # Version 6 has the host of a registry that is not the default in front: `npm.example/@s/p@1.0.0`.
        elsewhere = slash and "." in host and "@" not in host and split_descriptor(rest)[1][:1].isdigit()
        return rest if elsewhere else bare
    path = key.removeprefix("/") if key.startswith("/") else key.partition("/")[2]  # a registry's host comes first
    parts = path.split("/", 2 if path.startswith("@") else 1)
    if len(parts) != (3 if path.startswith("@") else 2):
        return key
    version = parts[-1].partition("_")[0]
    # What a host of repositories keeps is host/owner/repository/commit: not a version.
    return f"{'/'.join(parts[:-1])}@{version}" if version[:1].isdigit() and "/" not in version else key


def _needs(entry: dict[str, Any], slashes: bool) -> tuple[str, ...]:
    return tuple(
        _refer(need, text_of(wanted), slashes) for kind in _KINDS for need, wanted in mapping(entry.get(kind)).items()
    )


def _refer(need: str, wanted: str, slashes: bool) -> str:
    """The key that a dependency means: a version of the same name, or a key of its own where it is an alias."""
    if wanted.startswith("/") or (not slashes and "@" in wanted.partition("(")[0][1:]):
        return _bare(wanted, slashes)
    cut = wanted.partition("_" if slashes else "(")[0]
    return f"{need}@{cut}"


def _roots(document: dict[str, Any], slashes: bool, kinds: tuple[str, ...]) -> list[str]:
    importers = [mapping(i) for i in mapping(document.get("importers")).values()] or [document]
    roots = []
    for importer in importers:
        for kind in kinds:
            for need, wanted in mapping(importer.get(kind)).items():
                version = (
                    wanted if isinstance(wanted, str) and not wanted.startswith("{") else flow(wanted).get("version")
                )
                roots.append(_refer(need, text_of(version), slashes))
    return roots
