"""SPDX, manifests without a lock, what is installed, what is served; production and development; lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit import Index, audit
from hauberk.audit.files import discover
from hauberk.audit.readers import NotJudged, Pinned, detect, reader
from hauberk.audit.readers.installed import folders, read_folder
from hauberk.audit.readers.javascript import of_path, of_text
from hauberk.core.errors import InputError
from hauberk.core.finding import Result


def rows(pins: tuple[Pinned, ...]) -> list[tuple[str, str, bool | None, int | None]]:
    return [(pin.name, pin.version, pin.dev, pin.line) for pin in pins]


SPDX_2 = """{
 "spdxVersion": "SPDX-2.3",
 "packages": [
  {"SPDXID": "SPDXRef-shop", "name": "shop"},
  {"SPDXID": "SPDXRef-a", "name": "Flask", "versionInfo": "1.5",
   "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/flask@1.5"}]},
  {"SPDXID": "SPDXRef-b", "name": "x", "versionInfo": "1",
   "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/%40s/x@1.0.0"}]},
  {"SPDXID": "SPDXRef-c", "name": "openssl", "versionInfo": "3"}
 ],
 "relationships": [
  {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-shop"},
  {"spdxElementId": "SPDXRef-shop", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"},
  {"spdxElementId": "SPDXRef-b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"}
 ]
}"""
SPDX_3 = json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
    {"type": "SpdxDocument", "rootElement": ["urn:shop"]},
    {"type": "software_Package", "spdxId": "urn:shop", "name": "shop"},
    {"type": "software_Package", "spdxId": "urn:a", "name": "flask", "software_packageUrl": "pkg:pypi/flask@1.5"},
    {"type": "Relationship", "from": "urn:shop", "relationshipType": "dependsOn", "to": ["urn:a"]},
]})  # fmt: skip


def test_spdx_2() -> None:
    assert detect("sbom.txt", SPDX_2) == "spdx"
    found = reader("spdx")(SPDX_2, "x.spdx.json")
    assert rows(found.packages) == [("flask", "1.5", None, 6), ("@s/x", "1.0.0", None, 8)]
    assert [(one.what, one.why) for one in found.not_judged] == [("shop", "project"), ("openssl@3", "other")]
    assert found.roots == ("SPDXRef-a",)
    assert found.packages[0].needs == ("SPDXRef-b",)


def test_spdx_3() -> None:
    found = reader(detect("a.spdx.json", SPDX_3) or "")(SPDX_3, "a.spdx.json")
    assert [(pin.name, pin.version) for pin in found.packages] == [("flask", "1.5")]
    assert found.roots == ("urn:a",)


@pytest.mark.parametrize("text", ["{}", '{"spdxVersion": 3}', '{"@graph": 1}', "[]"])
def test_what_is_no_spdx_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        reader("spdx")(text, "x")


def test_pyproject() -> None:
    text = """[project]
name = "shop"
dependencies = ["Flask==1.5", "jinja2>=3", "own @ git+https://code.example/own.git"]
[project.optional-dependencies]
more = ["click == 8.1"]
[dependency-groups]
dev = ["pytest==8.0", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
idna = "3.7"
lxml = {version = "^5"}
[tool.poetry.group.test.dependencies]
tox = "==4.1"
"""
    found = reader("pyproject")(text, "pyproject.toml")
    assert rows(found.packages) == [
        ("Flask", "1.5", False, 3),
        ("click", "8.1", False, 5),
        ("pytest", "8.0", True, 7),
        ("idna", "3.7", False, 10),
        ("tox", "4.1", True, 13),
    ]
    assert [one.why for one in found.not_judged] == ["unpinned", "git", "unpinned"]
    assert found.project == "shop"


def test_package_json() -> None:
    text = (
        '{"name": "x", "dependencies": {"a": "1.0.0", "b": "^1", "c": "npm:d@2.0.0", "e": "o/r"},\n'
        ' "devDependencies": {"f": "3.0.0"}}'
    )
    found = reader("package-json")(text, "package.json")
    assert rows(found.packages) == [("a", "1.0.0", False, 1), ("d", "2.0.0", False, 1), ("f", "3.0.0", True, 2)]
    assert [(one.what, one.why) for one in found.not_judged] == [("b@^1", "unpinned"), ("e@o/r", "git")]


def test_a_manifest_counts_only_without_a_lock(tmp_path: Path) -> None:
    for name in ("a/pyproject.toml", "a/sub/pyproject.toml", "a/uv.lock", "b/pyproject.toml", "b/package-lock.json",
                 "c/package.json", "d/bun.lock", "d/bun.lockb", "d/package.json", "e/bun.lockb"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in discover(tmp_path)] == [
        "a/uv.lock", "b/package-lock.json", "b/pyproject.toml", "c/package.json", "d/bun.lock", "e/bun.lockb"
    ]  # fmt: skip


def test_a_virtual_environment(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    (tmp_path / "pyvenv.cfg").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "pyvenv.cfg").touch()
    for name, text in {
        "flask-1.5.dist-info/METADATA": "Name: Flask\nVersion: 1.5\nRequires-Dist: jinja2>=3\n"
        "Requires-Dist: x; extra == 'y'\nLicense-Expression: BSD-3-Clause\n\nName: not this\n",
        "own-1.dist-info/METADATA": "Name: own\nVersion: 1\n",
        "own-1.dist-info/direct_url.json": '{"url": "file:///x", "dir_info": {"editable": true}}',
        "bad-1.dist-info/METADATA": "\x00\xff",
        "old.egg-info/PKG-INFO": "Name: old\r\nVersion: 2\r\n\r\n",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    assert folders(tmp_path) == [site]
    found = read_folder(site, "site-packages")
    assert [(p.name, p.version, p.needs, p.licence) for p in found.packages] == [
        ("Flask", "1.5", ("jinja2",), "BSD-3-Clause"),
        ("old", "2", (), ""),
    ]
    assert [(one.what, one.why) for one in found.not_judged] == [("bad-1.dist-info", "other"), ("own@1", "path")]


def test_node_modules(tmp_path: Path) -> None:
    for name, text in {
        "a/package.json": '{"name": "a", "version": "1.0.0", "license": "MIT"}',
        "@s/b/package.json": '{"name": "@s/b", "version": "2.0.0"}',
        "a/node_modules/c/package.json": '{"name": "c", "version": "3.0.0"}',
        "d/package.json": "{",
        ".bin/x": "",
    }.items():
        (tmp_path / "node_modules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "node_modules" / name).write_text(text)
    found = read_folder(tmp_path / "node_modules", "node_modules")
    assert sorted((p.name, p.version) for p in found.packages) == [("@s/b", "2.0.0"), ("a", "1.0.0"), ("c", "3.0.0")]
    assert found.not_judged == (NotJudged("node_modules/d", "other"),)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("/*! jQuery v3.4.1 | (c) JS Foundation */", ("jquery", "3.4.1")),
        ("/*!\n * jQuery JavaScript Library v1.12.4\n */", ("jquery", "1.12.4")),
        ("/*!\n  * Bootstrap v4.3.1 (https://getbootstrap.example/)\n", ("bootstrap", "4.3.1")),
        ("/*\n AngularJS v1.7.9\n (c) 2010", ("angular", "1.7.9")),
        ("/*!\n * Vue.js v2.6.11\n", ("vue", "2.6.11")),
        ("/** @license React v16.13.1\n", ("react", "16.13.1")),
        ("//! moment.js\n//! version : 2.18.1\n", ("moment", "2.18.1")),
        ("/*! jQuery UI - v1.12.1 - 2016-09-14", ("jquery-ui", "1.12.1")),
        ("/*! @license DOMPurify 2.0.7 | (c) Cure53", ("dompurify", "2.0.7")),
        ("/* our own v1.0.0 */", None),
        ("// works with jQuery 3.4.1 and later", None),
        ("requires jQuery v3.4.1", None),
    ],
)
def test_banners(head: str, found: tuple[str, str] | None) -> None:
    mine = of_text(head)
    assert (mine[:2] if mine else None) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("static/jquery-3.4.1.min.js", ("jquery", "3.4.1")),
        ("static/jquery/1.9.0/jquery.min.js", ("jquery", "1.9.0")),
        ("static/jquery-ui-1.12.1.js", ("jquery-ui", "1.12.1")),
        ("static/app-1.2.3.js", None),
        ("static/jquery.min.js", None),
    ],
)
def test_file_names(path: str, found: tuple[str, str] | None) -> None:
    mine = of_path(Path(path))
    assert (mine[:2] if mine else None) == found


Make = Callable[..., Path]


def run(root: Path, index: Index, files: dict[str, str], **more: Any) -> Result:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return audit([root], index=index, root=root, today=date(2026, 1, 1), **more)


def test_a_library_that_is_served_and_its_benign_twins(
    tmp_path: Path, make_index: Make, osv: Callable[..., dict[str, Any]]
) -> None:
    records = [osv("X-1", "jquery", "introduced:0 fixed:3.5.0", ecosystem="npm")]
    files = {
        "static/js/jquery.js": "/*! jQuery v3.4.1 */",
        "static/new.js": "/*! jQuery v3.5.0 */",
        "src/jquery.js": "/*! jQuery v1.0.0 */",
        "static/own.js": "let x = 1",
    }
    with Index.open(make_index(records)) as index:
        result = run(tmp_path / "p", index, files)
    assert [(f.location.file, f.location.line) for f in result.failures] == [("static/js/jquery.js", 1)]
    assert [f.location.file for f in result.findings if f.outcome == "pass"] == ["static/new.js"]


def test_whether_the_code_imports_it_never_hides_a_finding(tmp_path: Path, index: Index) -> None:
    files = {
        "requirements.txt": "flask==1.5",
        "app.py": "import os, flask.views\n",
        "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.0.0"}}}',
        "web/a.ts": "import x from 'left-pad'\n",
    }
    result = run(tmp_path / "p", index, files)
    assert {(f.location.as_json()["package"], f.evidence["imported"]) for f in result.failures} == {
        ("flask", True),
        ("lodash", False),
    }


def dev_of(result: Result) -> dict[str, bool | None]:
    return {f.location.as_json()["package"]: f.evidence["dev"] for f in result.failures}


YARN = 'evil@^1:\n  version "1.0.0"\n\nlodash@^4:\n  version "4.0.0"\n'
BERRY = """__metadata:
  version: 8

"evil@npm:^1":
  version: 1.0.0
  resolution: "evil@npm:1.0.0"

"lodash@npm:^4":
  version: 4.0.0
  resolution: "lodash@npm:4.0.0"
"""
PNPM = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      lodash:
        specifier: ^4
        version: 4.0.0
    devDependencies:
      evil:
        specifier: ^1
        version: 1.0.0

packages:

  evil@1.0.0:
    resolution: {integrity: x}

  lodash@4.0.0:
    resolution: {integrity: x}

snapshots:

  evil@1.0.0: {}

  lodash@4.0.0: {}
"""
BUN = """{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"lodash": "^4"},
 "devDependencies": {"evil": "^1"}}},
"packages": {"lodash": ["lodash@4.0.0", "", {}, "x"], "evil": ["evil@1.0.0", "", {}, "x"]}}"""
MANIFEST = '{"dependencies": {"lodash": "^4"}, "devDependencies": {"evil": "^1"}}'


@pytest.mark.parametrize(
    "files",
    [
        {"yarn.lock": YARN, "package.json": MANIFEST},
        {"yarn.lock": BERRY, "package.json": MANIFEST},
        {"yarn.lock": YARN, "package.json": '{"workspaces": ["packages/*"]}', "packages/a/package.json": MANIFEST},
        {"pnpm-lock.yaml": PNPM},
        {"bun.lock": BUN},
    ],
)
def test_development_is_told_apart(tmp_path: Path, index: Index, files: dict[str, str]) -> None:
    assert dev_of(run(tmp_path / "p", index, files)) == {"evil": True, "lodash": False}


def test_of_uv_too(tmp_path: Path, index: Index) -> None:
    lock = """version = 1
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "jinja2" }]
[package.dev-dependencies]
dev = [{ name = "flask" }]
[[package]]
name = "jinja2"
version = "3"
source = { registry = "https://index.example/simple" }
[[package]]
name = "flask"
version = "1.5"
source = { registry = "https://index.example/simple" }
"""
    assert dev_of(run(tmp_path / "p", index, {"uv.lock": lock})) == {"flask": True}
    extra = lock.replace("[package.dev-dependencies]\ndev", "[package.optional-dependencies]\nmore")
    assert dev_of(run(tmp_path / "q", index, {"uv.lock": extra})) == {"flask": False}


@pytest.mark.parametrize(("days", "complete", "gaps"), [(3, False, 1), (4, True, 1), (None, True, 1)])
def test_old_advisories(tmp_path: Path, index: Index, days: int | None, complete: bool, gaps: int) -> None:
    (tmp_path / "requirements.txt").write_text("jinja2==3.0")
    result = audit([tmp_path], index=index, root=tmp_path, today=date(2026, 1, 5), max_age=days)
    assert (result.complete, len(result.gaps)) == (complete, gaps)
    assert "4 days old" in result.gaps[0]


def test_fresh_advisories_are_no_gap(tmp_path: Path, index: Index) -> None:
    (tmp_path / "requirements.txt").write_text("jinja2==3.0")
    assert audit([tmp_path], index=index, root=tmp_path, today=date(2026, 1, 2), max_age=1).gaps == ()
