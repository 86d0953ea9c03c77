"""Where a setting is made, and which headers code speaks of."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hauberk.integrations.facts.layers import of_class, of_instance, unwrap
from hauberk.integrations.facts.mentions import mentioned
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.source import Sources, own_files, star_imports

CODE = """\
DEBUG = False
if True:
    DEBUG: bool = True
app.config["TESTING"] = True
app.config.update(SECRET_KEY="not-a-real-one")
app = make(debug=True)
app.add_middleware(CORSMiddleware, allow_origins=["*"])
LOGGING = {"loggers": {"x": {"level": "DEBUG"}}}
app.jinja_env.autoescape = False
A, B = 1, 2
KEY = os.environ.get("APP_KEY", "fallback-key")
"""


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    (tmp_path / "shop.py").write_text(CODE)
    return Sources(tmp_path, [tmp_path / "shop.py"])


@pytest.mark.parametrize(
    ("name", "within", "line"),
    [
        ("DEBUG", None, 3),
        ("TESTING", None, 4),
        ("SECRET_KEY", None, 5),
        ("SECRET_KEY", "update", 5),
        ("debug", "make", 6),
        ("debug", "other", None),
        ("make", "()", 6),
        ("CORSMiddleware", "add_middleware", 7),
        ("allow_origins", "add_middleware", 7),
        ("level", None, 8),
        ("autoescape", None, 9),
        ("B", "", 10),
        ("APP_KEY", None, 11),
        ("nothing", None, None),
    ],
)
def test_lines(sources: Sources, name: str, within: str | None, line: int | None) -> None:
    place = sources.find((name, within))
    assert (place.line if place else None) == line
    assert place is None or place.file == "shop.py"


def test_the_place_that_says_the_value_wins(sources: Sources) -> None:
    found = [sources.find(("DEBUG", None), value=value) for value in (False, True, 0)]
    assert [place.line for place in found if place] == [1, 3, 3]


def test_literals(sources: Sources) -> None:
    long, fallback = sources.literal("not-a-real-one"), sources.literal("fallback-key")
    assert long is not None
    assert fallback is not None
    assert (long.line, fallback.line) == (5, 11)
    # A short word stands in many places for other reasons.
    assert sources.literal("DEBUG") is None
    assert sources.literal("DEBUG", ("level",)) is not None
    assert sources.literal(b"not-a-real-one") is None


def test_a_module_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (")
    sources = Sources(tmp_path, [tmp_path / "broken.py", tmp_path / "absent.py"])
    assert len(sources.gaps) == 2
    assert sources.find(("x", None)) is None


def test_files_outside_keep_their_whole_path(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("X = 1")
    sources = Sources(tmp_path / "inner", [tmp_path / "a.py"])
    place = sources.find(("X", None))
    assert place is not None
    assert place.file == str((tmp_path / "a.py").resolve())


def test_own_files_leave_other_peoples_code_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"own_app": "own_app.py", "own_other": "parts/other.py"}
    foreign = {"pkg": ".venv/lib/site-packages/pkg.py", "mod": "node_modules/mod.py", "far": "../far.py"}
    for name, path in (wanted | foreign).items():
        file = tmp_path / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        module = ModuleType(name)
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, name, module)
    found = [path.name for path in own_files("own_app", tmp_path / "project")]
    assert found[0] == "own_app.py"
    assert set(found) == {"own_app.py", "other.py"}


def test_star_imports_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "conf_of_stars"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "base": "A = 1",
        "more": "from .base import *",
        "prod": "from .more import *",
    }.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    importlib.import_module("conf_of_stars.prod")
    assert [path.name for path in star_imports(package / "prod.py")] == ["more.py", "base.py"]
    for name in [name for name in sys.modules if name.startswith("conf_of_stars")]:
        monkeypatch.delitem(sys.modules, name)


NAMES = frozenset({"x-frame-options", "content-security-policy"})
PAIRS = [(b"X-Frame-Options", b"DENY")]
COMPARED = frozenset({"X-Frame-Options"})


class Inner:
    def __init__(self, app: Any, name: str = "") -> None:
        self.app, self.name = app, name

    def __call__(self, scope: Any) -> Any:
        return [*PAIRS, *self.app(scope)]


class Silent:
    """Speaks of X-Frame-Options in its docstring only."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, scope: Any) -> Any:
        # x-frame-options
        return self.app(scope)


def names_it() -> Any:
    return PAIRS


def calls_another() -> Any:
    return names_it()


def compares(name: str) -> bool:
    return name in COMPARED


def only_names_a_class(value: object) -> bool:
    return isinstance(value, Inner)


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (Inner, True),
        (Silent, False),
        (names_it, True),
        (calls_another, True),
        (compares, False),
        (only_names_a_class, False),
        (functools.partial(names_it), True),
        ({"headers": {"X-Frame-Options": "DENY"}}, True),
        (Inner(None).__call__, True),
        (Inner(None), True),
        (Silent(None), False),
        (lambda: "x-frame-options: DENY", False),
    ],
)
def test_mentions(root: Any, found: bool) -> None:
    assert mentioned([root], NAMES) == (frozenset({"x-frame-options"}) if found else frozenset())


def test_mentions_end_in_circles() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert mentioned([circle], NAMES) == frozenset()


def test_options_are_bound_with_defaults() -> None:
    assert dict(of_class(Inner, ("a",)).options) == {"name": "a"}
    assert dict(of_class(Inner).options) == {"name": ""}
    assert dict(of_instance(Inner(None, "b")).options)["name"] == "b"


def test_wrappers_are_looked_through() -> None:
    def end(environ: Any, start_response: Any) -> Any:
        return []

    def closed(app: Any) -> Any:
        return lambda environ, start_response: app(environ, start_response)

    layers, inner = unwrap(Silent(Inner(closed(end))))
    assert [layer.name for layer in layers] == ["Silent", "Inner", "<lambda>"]
    assert inner is end


def test_circular_wrappers_end() -> None:
    first = Silent(None)
    first.app = Silent(first)
    assert len(unwrap(first)[0]) == 2


@pytest.mark.parametrize(
    ("name", "private"),
    [
        (".git/HEAD", True), (".env", True), (".env.production", True), (".env.example", False), ("settings.py", True),
        ("db.sqlite3", True), ("server.key", True), ("id_rsa", True), ("style.css", False), ("app.js", False),
        ("deep/app.js", False), ("requirements-dev.txt", True), ("robots.txt", False), ("index.html", False),
    ],
)  # fmt: skip
def test_what_a_folder_exposes(tmp_path: Path, name: str, private: bool) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("")
    assert exposed([tmp_path], []) == ((name.partition("/")[0],) if private else ())


def test_own_code_below_a_served_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert exposed([tmp_path], [tmp_path.resolve() / "shop" / "app.py"]) == ("shop/app.py",)
    assert exposed([tmp_path / "absent"], []) == ()
