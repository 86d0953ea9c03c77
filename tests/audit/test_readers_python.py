"""Lock files and manifests of Python: each row is a file, what it pins, and what of it cannot be judged."""

from __future__ import annotations

import json

import pytest

from hauberk.audit.readers import Manifest, reader
from hauberk.audit.readers.manifest import wheel
from hauberk.core.errors import InputError


def read(kind: str, text: str) -> Manifest:
    return reader(kind)(text, "the file")


def pins(manifest: Manifest) -> list[str]:
    return [f"{p.name}@{p.version}" for p in manifest.packages]


def rest(manifest: Manifest) -> list[tuple[str, str]]:
    return [(n.what, n.why) for n in manifest.not_judged]


REQUIREMENTS = [
    ("flask==1.0", ["flask@1.0"], []),
    ("\ufeffflask==1.0\r\nrequests==2.0\r\n", ["flask@1.0", "requests@2.0"], []),
    ("flask == 1.0 # why", ["flask@1.0"], []),
    ("flask[async,dotenv]==1.0", ["flask@1.0"], []),
    ("flask [async] == 1.0 ; python_version >= '3.8'", ["flask@1.0"], []),
    ("flask (==1.0)", ["flask@1.0"], []),
    ("flask===1.0", ["flask@1.0"], []),
    ("flask==1.0,!=1.0.1", ["flask@1.0"], []),
    ("flask>=0.9,==1.0", ["flask@1.0"], []),
    ("torch==2.0.0+cu118", ["torch@2.0.0+cu118"], []),
    ("pytz==2!1.0", ["pytz@2!1.0"], []),
    ("flask==1.0 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\njinja2==2.0", ["flask@1.0", "jinja2@2.0"], []),
    ("flask==1.0 \\\n    # via me\njinja2==2.0", ["flask@1.0", "jinja2@2.0"], []),
    ("flask==1.0 \\", ["flask@1.0"], []),
    ("fla\\\nsk==1.0", ["flask@1.0"], []),
    ("flask==1.0 --config-settings x=y --global-option=z", ["flask@1.0"], []),
    ("flask==1.*", [], [("flask==1.*", "unpinned")]),
    ("flask", [], [("flask", "unpinned")]),
    ("flask>=1.0,<2", [], [("flask>=1.0,<2", "unpinned")]),
    ("flask~=1.0", [], [("flask~=1.0", "unpinned")]),
    ("flask==1.0,==2.0", [], [("flask==1.0,==2.0", "unpinned")]),
    ("-e .", [], [(".", "path")]),
    ("-e git+https://git.example/x.git@main#egg=x", [], [("git+https://git.example/x.git@main#egg=x", "git")]),
    ("--editable=./sub", [], [("./sub", "path")]),
    ("x @ git+ssh://git@git.example/x.git@v1.0", [], [("x @ git+ssh://git@git.example/x.git@v1.0", "git")]),
    ("x @ https://files.example/x.tar.gz ; os_name == 'nt'", [], [("x @ https://files.example/x.tar.gz", "url")]),
    ("https://files.example/x-1.0.tar.gz#sha256=aa", [], [("https://files.example/x-1.0.tar.gz#sha256=aa", "url")]),
    ("https://files.example/My_Pkg-1.0-py3-none-any.whl", ["My_Pkg@1.0"], []),
    ("x @ https://files.example/torch-2.0%2Bcpu-cp311-cp311-linux_x86_64.whl", ["torch@2.0+cpu"], []),
    ("./wheels/x-1.0-1-py2.py3-none-any.whl", ["x@1.0"], []),
    ("./local", [], [("./local", "path")]),
    ("local/dir", [], [("local/dir", "path")]),
    ("../up.tar.gz", [], [("../up.tar.gz", "path")]),
    ("--index-url https://x.example\n-i y\n--no-binary :all:\n--require-hashes\n--pre", [], []),
    ("${NAME}==1.0", [], [("${NAME}==1.0", "other")]),
    ("# only\n\n   # comments", [], []),
    ("", [], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "packages", "others"), REQUIREMENTS)
def test_requirements(text: str, packages: list[str], others: list[tuple[str, str]]) -> None:
    manifest = read("requirements", text)
    assert (pins(manifest), rest(manifest)) == (packages, others)


@pytest.mark.parametrize(
    ("line", "path", "constraint"),
    [("-r base.txt", "base.txt", False), ("-rbase.txt", "base.txt", False),
     ("--requirement=base.txt", "base.txt", False),
     ("--requirement base.txt", "base.txt", False), ("-c bounds.txt", "bounds.txt", True),
     ("--constraint 'bounds.txt'", "bounds.txt", True)],
)  # fmt: skip
def test_includes(line: str, path: str, constraint: bool) -> None:
    (include,) = read("requirements", line).includes
    assert (include.path, include.constraint) == (path, constraint)


def test_lines_are_those_of_the_first_part() -> None:
    text = "# one\n\nflask==1.0 \\\n  --hash=sha256:aa\njinja2==2.0\n"
    assert [p.line for p in read("requirements", text).packages] == [3, 5]


@pytest.mark.parametrize(
    ("location", "expected"),
    [("https://x.example/a_b-1.0-py3-none-any.whl?x=y#sha256=z", ("a_b", "1.0")), ("a-1.0.tar.gz", None), ("", None),
     ("https://[broken/a-1.0-py3-none-any.whl", ("a", "1.0")), ("a-1.0-none-any.whl", None)],
)  # fmt: skip
def test_wheel_names(location: str, expected: tuple[str, str] | None) -> None:
    assert wheel(location) == expected


UV = """version = 1
requires-python = ">=3.12"

[manifest]
members = ["app", "lib"]

[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "jinja2" }]

[package.optional-dependencies]
extra = [{ name = "lib" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "lib"
source = { virtual = "lib" }
dependencies = [{ name = "a-wheel" }]

[[package]]
name = "jinja2"
version = "2.11.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "markupsafe" }]

[[package]]
name = "markupsafe"
version = "1.1.0"
source = { registry = "../flat" }

[[package]]
name = "pytest"
version = "5.0"
source = "registry+https://index.example/simple"

[[package]]
name = "from-git"
version = "1.0"
source = { git = "https://git.example/x?rev=1#abc" }

[[package]]
name = "from-dir"
version = "1.0"
source = { directory = "../x" }

[[package]]
name = "from-url"
version = "1.0"
source = { url = "https://files.example/from-url-1.0.tar.gz" }

[[package]]
name = "from-path"
version = "1.0"
source = { path = "from-path-1.0.tar.gz" }

[[package]]
name = "a-wheel"
version = "3.0"
source = { url = "https://files.example/a_wheel-3.0-py3-none-any.whl" }
"""


def test_uv() -> None:
    manifest = read("uv", UV)
    assert pins(manifest) == ["jinja2@2.11.0", "markupsafe@1.1.0", "pytest@5.0", "a-wheel@3.0"]
    assert rest(manifest) == [
        ("app@0.1.0", "project"), ("lib", "project"), ("from-git@1.0", "git"), ("from-dir@1.0", "path"),
        ("from-url@1.0", "url"), ("from-path@1.0", "path"),
    ]  # fmt: skip
    assert [p.line for p in manifest.packages] == [24, 30, 35, 60]
    assert (manifest.project, manifest.roots) == ("app", ("jinja2", "lib", "pytest", "a-wheel"))


POETRY = """[[package]]
name = "Jinja2"
version = "2.11.0"
category = "main"
[package.dependencies]
MarkupSafe = ">=0.23"
[[package]]
name = "pytest"
version = "5.0"
groups = ["dev"]
[[package]]
name = "mirrored"
version = "1.0"
groups = ["main", "dev"]
[package.source]
type = "legacy"
url = "https://mirror.example/simple"
reference = "mirror"
[[package]]
name = "g"
version = "1.0"
[package.source]
type = "git"
url = "https://git.example/g.git"
[[package]]
name = "d"
version = "1.0"
[package.source]
type = "directory"
url = "../d"
[[package]]
name = "f"
version = "1.0"
[package.source]
type = "file"
url = "f-1.0.tar.gz"
[[package]]
name = "u"
version = "1.0"
[package.source]
type = "url"
url = "https://files.example/u-1.0.zip"
[[package]]
name = "w"
version = "1.0"
[package.source]
type = "url"
url = "https://files.example/w-1.0-py3-none-any.whl"
[metadata]
content-hash = "x"
"""


def test_poetry() -> None:
    manifest = read("poetry", POETRY)
    assert pins(manifest) == ["Jinja2@2.11.0", "pytest@5.0", "mirrored@1.0", "w@1.0"]
    assert [p.dev for p in manifest.packages] == [False, True, False, None]
    assert manifest.packages[0].needs == ("markupsafe",)
    assert [why for _, why in rest(manifest)] == ["git", "path", "path", "url"]


PDM = """[metadata]
lock_version = "4.5"
[[package]]
name = "jinja2"
version = "2.11.0"
groups = ["default"]
dependencies = ["MarkupSafe>=0.23", "x; python_version < '3'"]
[[package]]
name = "jinja2"
version = "2.11.0"
extras = ["i18n"]
groups = ["dev"]
[[package]]
name = "g"
version = "1.0"
git = "https://git.example/g.git"
revision = "abc"
[[package]]
name = "e"
version = "1.0"
editable = true
path = "./e"
[[package]]
name = "u"
version = "1.0"
url = "https://files.example/u-1.0.tar.gz"
"""


def test_pdm() -> None:
    manifest = read("pdm", PDM)
    assert pins(manifest) == ["jinja2@2.11.0", "jinja2@2.11.0"]
    assert [p.dev for p in manifest.packages] == [False, True]
    assert manifest.packages[0].needs == ("markupsafe", "x")
    assert [why for _, why in rest(manifest)] == ["git", "path", "url"]


def test_pipfile_lock() -> None:
    document = {
        "_meta": {"hash": {}},
        "default": {
            "jinja2": {"version": "==2.11.0"},
            "any": {"version": "*"},
            "g": {"git": "https://git.example/g.git", "ref": "abc"},
            "w": {"file": "https://files.example/w-1.0-py3-none-any.whl"},
            "t": {"file": "https://files.example/t.tar.gz"},
        },
        "develop": {"pytest": {"version": "==5.0", "markers": "x"}, "self": {"editable": True, "path": "."}},
        "docs": {"sphinx": {"version": "===1.0"}},
    }
    manifest = read("pipfile-lock", json.dumps(document, indent=1))
    assert pins(manifest) == ["jinja2@2.11.0", "w@1.0", "pytest@5.0", "sphinx@1.0"]
    assert [p.dev for p in manifest.packages] == [False, False, True, False]
    assert rest(manifest) == [("any", "unpinned"), ("g", "git"), ("t", "url"), ("self", "path")]
    assert manifest.packages[0].line == 6


PYLOCK = """lock-version = "1.0"
created-by = "x"
[[packages]]
name = "Jinja2_X"
version = "2.11.0"
upload-time = "a text"
[[packages]]
name = "v"
version = "1.0"
vcs = { type = "git", url = "https://git.example/v", commit-id = "abc" }
[[packages]]
name = "d"
directory = { path = "." }
[[packages]]
name = "a"
archive = { url = "https://files.example/a-1.0.zip" }
[[packages]]
name = "w"
archive = { path = "w-1.0-py3-none-any.whl" }
"""


def test_pylock() -> None:
    manifest = read("pylock", PYLOCK)
    assert pins(manifest) == ["Jinja2_X@2.11.0", "w@1.0"]
    assert rest(manifest) == [("v@1.0", "git"), ("d", "path"), ("a", "url")]


CONDA = """package:
- {name: openssl, version: 3.1.4, manager: conda, platform: linux-64}
- {name: requests, version: 2.31.0, manager: pip, platform: linux-64, category: dev, dependencies: {idna: '>=2'}}
- {name: requests, version: 2.31.0, manager: pip, platform: linux-aarch64, category: dev}
- {name: ten, version: 1.10, manager: pip, url: 'https://files.example/ten-1.10.tar.gz'}
- {name: g, version: 1.0, manager: pip, url: 'git+https://git.example/g@abc'}
"""


def test_conda_lock() -> None:
    manifest = read("conda-lock", CONDA)
    assert pins(manifest) == ["requests@2.31.0", "ten@1.10"]
    assert [p.dev for p in manifest.packages] == [True, None]
    assert rest(manifest) == [("openssl@3.1.4", "conda"), ("g@1.0", "git")]


def test_environment() -> None:
    text = "name: x\ndependencies:\n  - python =3.11\n  - pip\n  - pip:\n    - flask==1.0\n"
    text += "    - -r more.txt\n    - jinja2\n"
    manifest = read("environment", text)
    assert pins(manifest) == ["flask@1.0"]
    assert rest(manifest) == [("python =3.11", "conda"), ("pip", "conda"), ("jinja2", "unpinned")]
    assert [i.path for i in manifest.includes] == ["more.txt"]


@pytest.mark.parametrize("kind", ["uv", "poetry", "pdm", "pylock"])
@pytest.mark.parametrize("text", ["package = [", "<<<<<<< HEAD", "package = 1\npackages = 1", "a = " + "[" * 100_000])
def test_broken_toml_is_one_error_that_names_the_file(kind: str, text: str) -> None:
    with pytest.raises(InputError, match=r"^the file: "):
        read(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("pipfile-lock", "{"), ("pipfile-lock", "[]"), ("conda-lock", "a: b"), ("environment", "a: b"),
     ("environment", "dependencies: 1"), ("conda-lock", "package: [" * 500), ("conda-lock", "")],
)  # fmt: skip
def test_broken_files_of_other_forms(kind: str, text: str) -> None:
    with pytest.raises(InputError, match=r"^the file: "):
        read(kind, text)
