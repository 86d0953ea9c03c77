"""Policy: profiles, changes, files, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk import CSP, HSTS, ConfigurationError, FrameOptions, InputError, Policy


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
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Policy.load(pyproject=file)
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["[tool", "\xff"])
def test_a_file_that_is_no_toml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        Policy.load(pyproject=file)
