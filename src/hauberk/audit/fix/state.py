"""What a file says before and after, and what moved between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hauberk.audit.files import read_text
from hauberk.audit.fix import asking, floors
from hauberk.audit.fix.choosing import NoFix, Upgrade, choose, ends
from hauberk.audit.fix.outcome import Change
from hauberk.audit.index import Index
from hauberk.audit.judging import Key, key_of
from hauberk.audit.readers import Manifest, Pinned, reader
from hauberk.audit.readers.documents import load_toml
from hauberk.audit.versions import ECOSYSTEMS, Ecosystem, key, normal_name

Package = tuple[Ecosystem, str]
State = dict[Package, frozenset[str]]
"""The versions of each package, by ecosystem and normalised name."""


def manifest_of(path: Path, kind: str, name: str) -> Manifest:
    """Read a file. Of a pyproject.toml, the lower bounds count as its versions. Raises InputError."""
    text = read_text(path)
    if kind != "pyproject":
        return reader(kind)(text, name)
    bounds = [(one.name, floors.floor(one)) for _, one in floors.requirements(load_toml(text, name))]
    return Manifest(
        packages=tuple(Pinned(name=own, version=low, ecosystem="PyPI") for own, low in bounds if low is not None)
    )


def state_of(manifest: Manifest) -> State:
    """The packages and their versions."""
    found: dict[Package, set[str]] = {}
    for pin in manifest.packages:
        found.setdefault((pin.ecosystem, normal_name(pin.ecosystem, pin.name)), set()).add(pin.version)
    return {package: frozenset(versions) for package, versions in found.items()}


def keys_of(manifest: Manifest) -> list[Key]:
    """Each package and version, once."""
    return list(dict.fromkeys(key_of(pin) for pin in manifest.packages))


@dataclass(slots=True)
class Judge:
    """Says where packages should go; asks a registry only where the advisories alone name no fixed version."""

    index: Index
    offline: bool = False
    _asked: dict[Key, tuple[str, ...]] = field(default_factory=dict)

    def wishes(self, packages: Sequence[Key]) -> list[Upgrade | NoFix]:
        """For each vulnerable package, in the order given."""
        found: list[Upgrade | NoFix] = []
        for ecosystem in ECOSYSTEMS:
            mine = [one for one in packages if one[0] == ecosystem]
            known = self.index.lookup(ecosystem, {name for _, name, _ in mine}) if mine else {}
            for one in mine:
                entries = known.get(one[1], ())
                wish = choose(one, entries)
                if isinstance(wish, NoFix) and (last := ends(one, entries)) and not self.offline:
                    if one not in self._asked:
                        self._asked[one] = asking.after(one, last)
                    wish = choose(one, entries, self._asked[one])
                if wish:
                    found.append(wish)
        return found


def downgrades(before: State, after: State) -> list[str]:
    """Packages that went down: `name 2.0 -> 1.0`."""
    found: list[str] = []
    for package in sorted(before.keys() & after.keys()):
        gone, new = before[package] - after[package], after[package] - before[package]
        if not gone or not new:
            continue
        lowest = _lowest(package[0], before[package])
        below = [text for text in new if lowest is not None and _under(package[0], text, lowest)]
        found += [f"{package[1]} {lowest} -> {text}" for text in sorted(below)]
    return found


def changes(before: State, after: State, file: str, cleared: Mapping[Package, tuple[str, ...]]) -> Iterator[Change]:
    """What moved, came in, or went away. `cleared` are the advisories that were the reason."""
    for package in sorted(before.keys() | after.keys()):
        old, new = before.get(package, frozenset()), after.get(package, frozenset())
        if old != new:
            yield Change(
                file=file,
                package=package[1],
                ecosystem=package[0],
                before=tuple(sorted(old - new)),
                after=tuple(sorted(new - old)),
                advisories=cleared.get(package, ()),
            )


def _lowest(ecosystem: Ecosystem, texts: frozenset[str]) -> str | None:
    known = [text for text in texts if key(ecosystem, text) is not None]
    return min(known, key=lambda text: key(ecosystem, text)) if known else None


def _under(ecosystem: Ecosystem, text: str, than: str) -> bool:
    mine = key(ecosystem, text)
    return mine is not None and bool(mine < key(ecosystem, than))
