"""What `hauberk fix` makes of real projects: each is fixed, audited again, and its tool asked whether it agrees.

    python -m bench.fix --vectors DIR [NAME...]

The lock files are those of the shared vectors. Their manifests are not there: they are written anew from what the lock
says is asked for, with `>=` what is locked. Tools that are not installed leave their projects out, by name.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from hauberk.audit.build import build
from hauberk.audit.files import read_text
from hauberk.audit.fix import fix
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.state import Judge, keys_of, manifest_of
from hauberk.audit.index import Index
from hauberk.audit.readers import Manifest, reader
from hauberk.audit.versions import normal_name
from hauberk.core.errors import HauberkError

Write = Callable[[Path, Manifest, str], None]


def roots(manifest: Manifest) -> list[Any]:
    """What no other package needs."""
    needed = {key for pin in manifest.packages for key in pin.needs}
    needed |= {key for entry in manifest.not_judged for key in entry.needs}
    return [pin for pin in manifest.packages if needed.isdisjoint(pin.keys)]


def of_package_lock(folder: Path, manifest: Manifest, text: str) -> None:
    document = json.loads(text)
    root = document.get("packages", {}).get("", {})
    kept = {kind: root[kind] for kind in ("dependencies", "devDependencies", "optionalDependencies") if kind in root}
    if not kept:
        installed = document.get("dependencies", {})
        asked = {need for entry in installed.values() for need in entry.get("requires", {})}
        kept = {"dependencies": {n: f"^{e['version']}" for n, e in installed.items()
                                 if n not in asked and e["version"][:1].isdigit()}}  # fmt: skip
    about = {"name": document.get("name") or "bench", "version": "1.0.0", "private": True}
    (folder / "package.json").write_text(json.dumps(about | kept, indent=2))


def of_keys(folder: Path, manifest: Manifest, text: str) -> None:
    """package.json from the keys of a yarn.lock, or the roots of a pnpm-lock.yaml."""
    asked: dict[str, str] = {}
    for pin in roots(manifest):
        _, _, wanted = pin.keys[0].rpartition("@")
        asked[pin.name] = f"^{wanted}" if wanted == pin.version and "pnpm" in text[:40] else wanted
    document = {"name": "bench", "version": "1.0.0", "private": True, "dependencies": asked}
    (folder / "package.json").write_text(json.dumps(document, indent=2))


def of_project(folder: Path, manifest: Manifest, text: str) -> None:
    """pyproject.toml that asks for what nothing else needs, from what is locked on."""
    lines = sorted({f'"{pin.name}>={pin.version.partition("+")[0]}"' for pin in roots(manifest)})
    python = re.search(r'(?:python-versions|requires-python)\s*=\s*"([^"]+)"', text)
    wanted = python[1] if python else ">=3.9"
    wanted = f">={wanted[1:]},<4" if wanted.startswith("~") else wanted
    body = f'[project]\nname = "bench"\nversion = "1.0"\nrequires-python = "{wanted}"\n'
    (folder / "pyproject.toml").write_text(f"{body}dependencies = [{', '.join(lines)}]\n")


def of_pipfile(folder: Path, manifest: Manifest, text: str) -> None:
    entries = json.loads(text)
    own = [f'"{name}" = "*"' for name in entries["default"]]
    dev = [f'"{name}" = "*"' for name, e in entries["develop"].items() if "version" in e]
    (folder / "Pipfile").write_text("\n".join(["[packages]", *own, "", "[dev-packages]", *dev, ""]))


def nothing(folder: Path, manifest: Manifest, text: str) -> None:
    pass


PROJECTS: dict[str, tuple[str, str, Write, list[str] | None]] = {
    "dvpwa.requirements.txt": ("requirements", "requirements.txt", nothing, None),
    "netbox-2022.requirements.txt": ("requirements", "requirements.txt", nothing, None),
    "warehouse-2020.requirements-hashed.txt": ("requirements", "requirements.txt", nothing, None),
    "snyk-fixture-aliases.package-lock.v3.json": ("package-lock", "package-lock.json", of_package_lock, None),
    "nodegoat-2019.package-lock.v1.json": ("package-lock", "package-lock.json", of_package_lock, None),
    "mdn-observatory-2024.package-lock.v3.json": ("package-lock", "package-lock.json", of_package_lock, None),
    "saleor-2022.package-lock.v2.json": ("package-lock", "package-lock.json", of_package_lock, None),
    "pnpm-fixture-vulnerable.pnpm-lock.v9.yaml": ("pnpm", "pnpm-lock.yaml", of_keys, None),
    "netbox-2022.yarn-classic.lock": ("yarn-classic", "yarn.lock", of_keys, None),
    "saleor-2022.poetry.lock": ("poetry", "poetry.lock", of_project, ["poetry", "lock", "--regenerate"]),
    "saleor-2026.uv.lock": ("uv", "uv.lock", of_project, ["uv", "lock"]),
    "pdm-2023.pdm.lock": ("pdm", "pdm.lock", of_project, None),
    "pipenv-2021.Pipfile.lock": ("pipfile-lock", "Pipfile.lock", of_pipfile, None),
}
"""Format, the name by which the tool finds it, what writes the manifest, and what the tool has to do first."""

ACCEPTS: dict[str, list[str]] = {
    "requirements": ["uv", "pip", "install", "--dry-run", "--no-deps", "-r", "requirements.txt",
                     "--python", sys.executable],
    "uv": ["uv", "lock", "--check"],
    "package-lock": ["npm", "ci", "--dry-run", "--ignore-scripts"],
    "pnpm": ["pnpm", "install", "--frozen-lockfile", "--lockfile-only"],
    "yarn-classic": ["yarn", "install", "--frozen-lockfile", "--ignore-scripts"],
    "poetry": ["poetry", "check", "--lock"],
    "pdm": ["pdm", "lock", "--check"],
    "pipfile-lock": ["pipenv", "verify"],
}  # fmt: skip


def one(name: str, lockfiles: Path, index: Index, folder: Path) -> dict[str, Any]:
    kind, base, write, _first = PROJECTS[name]
    tool = ACCEPTS[kind][0]
    if shutil.which(tool) is None:
        return {"left out": f"{tool} is not installed"}
    text = read_text(lockfiles / name)
    (folder / base).write_text(text)
    write(folder, reader(kind)(text, base), text)
    before = upgrades(folder / base, kind, index)
    start = perf_counter()
    try:
        fixes = fix([folder / base], index=index, root=folder)
    except HauberkError as error:
        return {"fixable before": len(before), "failed": str(error)[:300]}
    took = perf_counter() - start
    refused = {left.package: left.reason[:160] for left in fixes.left}
    after = upgrades(folder / base, kind, index)
    done = subprocess.run(ACCEPTS[kind], cwd=folder, capture_output=True, text=True, check=False)
    return {
        "fixable before": len(before),
        "fixable after": len(after),
        "which": [f"{u.name} {u.version}" for u in after][:8],
        "changed": len(fixes.changed),
        "without a fix": len(fixes.no_fix),
        "refused by the resolver": refused,
        "failed": [failure.problem[:300] for failure in fixes.failed],
        "tool accepts": done.returncode == 0 or (done.stderr + done.stdout)[-300:],
        "seconds": round(took, 1),
    }


def upgrades(path: Path, kind: str, index: Index) -> list[Upgrade]:
    """What has a fix that the advisories name."""
    found = Judge(index, offline=True).wishes(keys_of(manifest_of(path, kind, path.name)))
    return [one for one in found if isinstance(one, Upgrade) and normal_name(one.ecosystem, one.name)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vectors", type=Path, required=True)
    options.add_argument("names", nargs="*")
    given = options.parse_args()
    lockfiles = given.vectors.resolve() / "audit" / "lockfiles"
    os.environ["npm_config_replace_registry_host"] = "always"  # noqa: SIM112 - npm reads no other
    with tempfile.TemporaryDirectory() as holder:
        path = Path(holder) / "index.sqlite3"
        build(path, sorted((given.vectors / "audit").glob("*.osv.jsonl.gz")))
        with Index.open(path) as index:
            for name in given.names or PROJECTS:
                folder = Path(holder) / name.replace(".", "-")
                folder.mkdir()
                print(json.dumps({name: one(name, lockfiles, index, folder)}), flush=True)


if __name__ == "__main__":
    main()
