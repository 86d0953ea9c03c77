"""conda-lock.yml and environment.yml: what pip installs is judged, what conda installs has no advisories of ours."""

from __future__ import annotations

from hauberk.audit.readers import requirements
from hauberk.audit.readers.documents import broken, entries, load_yaml, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, origin, wheel
from hauberk.audit.versions import normal_name


def read_lock(text: str, name: str) -> Manifest:
    """Read a conda-lock.yml. Raises InputError if it is none."""
    documents = load_yaml(text, name)
    if not documents or not isinstance(documents[0].get("package"), list):
        raise broken(name, "conda-lock.yml", "it has no list `package`")
    packages: dict[tuple[str, str], Pinned] = {}
    not_judged: dict[str, NotJudged] = {}
    found = entries(documents[0]["package"])
    for entry, line in zip(found, _lines(text, len(found)), strict=True):
        own, version, url = (text_of(entry.get(member)) for member in ("name", "version", "url"))
        needs = tuple(normal_name("PyPI", need) for need in mapping(entry.get("dependencies")))
        keys, what = (normal_name("PyPI", own),), f"{own}@{version}"
        if entry.get("manager") != "pip":
            not_judged[what] = NotJudged(what, "conda", keys, needs)
        elif not version:
            not_judged[what] = NotJudged(what, "other", keys, needs)
        elif url and not wheel(url) and (place := origin(url)) != "url":  # a URL is that of the index's file
            not_judged[what] = NotJudged(what, place, keys, needs)
        else:  # once for each platform
            dev = text_of(entry.get("category")) == "dev" if "category" in entry else None
            packages.setdefault(
                (own, version),
                Pinned(name=own, version=version, ecosystem="PyPI", line=line, dev=dev, keys=keys, needs=needs),
            )
    return Manifest(packages=tuple(packages.values()), not_judged=tuple(not_judged.values()))


def _lines(text: str, count: int) -> list[int | None]:
    """The line of each entry, or Nones if their number is another: conda-lock begins each with its name."""
    lines: list[int | None] = [n for n, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith("- name:")]
    return lines if len(lines) == count else [None] * count


def _item_lines(text: str) -> dict[str, int]:
    """The first line of each item of a list that is a plain or quoted text."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        item = line.strip()
        if item.startswith("- "):
            plain = item[2:].partition(" #")[0].strip().strip("\"'")
            found.setdefault(" ".join(plain.split()), number)
    return found


def read_environment(text: str, name: str) -> Manifest:
    """Read an environment.yml. Raises InputError if it is none."""
    documents = load_yaml(text, name)
    dependencies = documents[0].get("dependencies") if documents else None
    if dependencies is not None and not isinstance(dependencies, list):
        raise broken(name, "environment.yml", "`dependencies` is no list")
    if not documents or not {"dependencies", "name", "channels"} & documents[0].keys():
        raise broken(name, "environment.yml", "it has no dependencies")
    pip = [line for d in entries(dependencies) for line in d.get("pip") or () if isinstance(line, str)]
    found = requirements.read("\n".join(line.replace("\n", " ") for line in pip), name)
    conda = tuple(NotJudged(" ".join(item.split()), "conda") for item in dependencies or () if isinstance(item, str))
    # The lines of the texts that pip gets are not those of the file.
    lines = _item_lines(text)
    at = {number: lines.get(" ".join(line.split())) for number, line in enumerate(pip, 1)}
    packages = tuple(p._replace(line=at.get(p.line or 0)) for p in found.packages)
    return Manifest(
        packages=packages,
        not_judged=conda + found.not_judged,
        includes=found.includes,
        project=text_of(documents[0].get("name")),
    )
