"""Policy: profiles, changes, files, and what is said of mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hauberk
from hauberk import (
    CSP,
    CSRF,
    HSTS,
    Actors,
    ConfigurationError,
    CookieSessions,
    Events,
    Exempt,
    FrameOptions,
    InputError,
    Limits,
    Passwords,
    Policy,
    Rate,
    Sessions,
)


def test_replace_changes_one_field_and_nothing_else() -> None:
    before = Policy.recommended()
    after = before.replace(frame_options=FrameOptions(action="DENY"), csp=None)
    assert after.frame_options == FrameOptions(action="DENY")
    assert after.csp is None
    assert after.hsts == before.hsts
    assert before.csp is not None


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("hst", HSTS(), "did you mean 'hsts'"),
        ("hsts", True, "write hsts=HSTS(...), or None"),
        ("csp", "default-src 'self'", "write csp=CSP(...), or None"),
        ("guard", "block", "write guard=Guard(...), or None"),
    ],
)
def test_mistakes_are_named(field: str, value: object, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Policy.recommended().replace(**{field: value})
    assert problem in str(caught.value)
    assert f"Policy.{field}" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sessions", "valkey://:hunter2@cache.example"),
        ("store", "postgresql://shop:hunter2@db.example/shop"),
        ("secret", "hunter2"),
        ("api_key", b"hunter2"),
        ("tokens", "hunter2"),
    ],
)
def test_no_mistake_shows_a_secret(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Policy.recommended().replace(**{field: value})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        hauberk.override(reason="so", **{field: value})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("feature", "named"),
    [
        (Sessions(store="valky://localhost"), "Sessions.store='valky://localhost': is no store; did you mean"),
        (Sessions(store=Path("hauberk.db")), "Sessions.store='PosixPath': is neither a URL nor a Store"),  # type: ignore[arg-type]
        (CookieSessions(denied="sqlite://hauberk.db"), "CookieSessions.denied='sqlite://hauberk.db': names a host"),
        (Limits(rates=(Rate(limit="1/second"),), store="memory"), "Limits.store='(hidden)': is no store"),
        (Limits(rates=(Rate(limit="1/second"),), store=None), "Limits.store='NoneType': is neither"),  # type: ignore[arg-type]
        (Events(store="redis://h/x"), "Events.store='redis://h/x': names the database 'x'"),
        (Actors(store="sqlite:///a.db?timout=1"), "Actors.store='sqlite:///a.db': has the option 'timout'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_store_that_is_none_is_named_by_whose_it_is(feature: Any, named: str) -> None:
    field = {"CookieSessions": "sessions"}.get(type(feature).__name__, type(feature).__name__.lower())
    with pytest.raises(ConfigurationError) as caught:
        Policy(**{field: feature}).plan()
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Rate(limit=100), "Rate.limit=100: is not a number and a period; write '100/minute'"),  # type: ignore[arg-type]
        (lambda: Rate(limit="5/second", name='lo"gin'), "Rate.name='lo\"gin': holds quotes"),
        (lambda: Rate(limit="5/second", name="a\r\nb"), "Rate.name='a\\r\\nb': holds quotes"),
        (lambda: Sessions(cookie=None), "Sessions.cookie=None: is not a text"),  # type: ignore[arg-type]
        (lambda: Exempt(path=7, reason="x"), "Exempt.path=7: is not a text"),  # type: ignore[arg-type]
        (lambda: Passwords(scheme=5), "Passwords.scheme=5: is not a scheme"),  # type: ignore[arg-type]
        (lambda: CookieSessions(keys=("k" * 32,)), "CookieSessions.keys='...': has a key that is no bytes"),  # type: ignore[arg-type]
        (lambda: CSRF(keys=("k" * 32,)), "CSRF.keys='...': has a key that is no bytes"),  # type: ignore[arg-type]
    ],
)
def test_what_is_of_another_type_is_said_to_be(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value).startswith(said)


def test_an_error_shows_no_page_of_text() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Policy.recommended().replace(police=Policy.strict())
    assert len(str(caught.value)) < 1000
    assert caught.value.value == Policy.strict()


def test_the_field_decides_whether_a_policy_is_enforced() -> None:
    policy = Policy(csp=CSP(report_only=True), csp_report_only=CSP())
    assert policy.csp is not None
    assert not policy.csp.report_only
    assert policy.csp_report_only is not None
    assert policy.csp_report_only.report_only


def test_it_is_loaded_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(
        '[tool.hauberk]\nprofile = "strict"\noff = ["coep"]\n[tool.hauberk.hsts]\nmax_age = 600\n'
        '[tool.hauberk.csp]\nimg_src = ["\'self\'", "https://img.example"]\n'
    )
    policy = Policy.load(pyproject=file)
    assert policy.coep is None
    assert policy.hsts == HSTS(max_age=600)
    assert policy.csp is not None
    assert policy.csp.img_src == ("'self'", "https://img.example")
    assert policy.csp.require_trusted_types_for == ("'script'",), "the rest of the profile's stays"
    assert Policy.load(pyproject=file, environ={"HAUBERK_PROFILE": "api"}).csp != policy.csp


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tool.hauberk]\nprofile = 'recomended'", "did you mean 'recommended'"),
        ("[tool.hauberk.hst]\nmax_age = 1", "did you mean 'hsts'"),
        ("[tool.hauberk.hsts]\nmaxage = 1", "did you mean 'max_age'"),
        ("[tool.hauberk]\nhsts = true", "[tool.hauberk.hsts]"),
        ("[tool.hauberk]\noff = ['hst']", "did you mean 'hsts'"),
        ("[tool.hauberk.hsts]\nmax_age = -1", "negative"),
        ("[tool]\nhauberk = 'strict'", "write [tool.hauberk]"),
        ("tool = 'strict'", "write [tool.hauberk]"),
        ("[tool.hauberk]\noff = 'csrf'", "tool.hauberk.off='csrf': is no list"),
        ("[tool.hauberk]\nsecret = 'hunter2'", "tool.hauberk.secret='(hidden)': is not a field"),
        ("[tool.hauberk.csrf]\nkeys = ['hunter2']", "tool.hauberk.csrf.keys='(hidden)': is not an option"),
        ("[tool.hauberk.csrf]\nexempt = [{ path = '/hooks/' }]", "needs a path and a reason"),
        ("[tool.hauberk.tokens]\nrequired = true", "say it in code: Policy.replace(tokens=Bearer(...))"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Policy.load(pyproject=file)
    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["[tool", "\xff"])
def test_a_file_that_is_no_toml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        Policy.load(pyproject=file)
