"""Version order: the standards' own examples, and the laws of an order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.audit.versions import Candidate, Ecosystem, is_prerelease, key, normal_name, semver_key

# SemVer 2.0.0, section 11.
SEMVER = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0"
SEMVER += " 2.1.0 2.1.1"
# PEP 440, "Summary of permitted suffixes and relative ordering".
PEP440 = (
    "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 "
)
PEP440 += "1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1"

numbers = st.integers(0, 10**20).map(str)
identifiers = st.lists(numbers | st.from_regex(r"[0-9A-Za-z-]{1,4}", fullmatch=True), min_size=1, max_size=3).map(
    ".".join
)
semvers = st.builds(
    lambda n, pre, build: ".".join(n) + (f"-{pre}" if pre else "") + (f"+{build}" if build else ""),
    st.tuples(numbers, numbers, numbers),
    st.none() | identifiers,
    st.none() | identifiers,
)


@pytest.mark.parametrize(("ecosystem", "versions"), [("npm", SEMVER), ("PyPI", PEP440)])
def test_the_standards_own_order(ecosystem: Ecosystem, versions: str) -> None:
    keys = [key(ecosystem, text) for text in versions.split()]
    assert None not in keys
    assert all(a < b for a, b in pairwise(keys))


@given(st.lists(semvers, min_size=3, max_size=3))
def test_semver_is_a_total_order(versions: list[str]) -> None:
    a, b, c = sorted((semver_key(text) for text in versions), key=lambda k: k or ())
    assert None not in (a, b, c)
    assert a <= b <= c  # type: ignore[operator]
    assert a <= c  # type: ignore[operator]
    assert (a < b) + (a == b) + (a > b) == 1  # type: ignore[operator]


@given(semvers, identifiers)
def test_build_metadata_never_counts(version: str, build: str) -> None:
    assert semver_key(version.partition("+")[0]) == semver_key(version.partition("+")[0] + "+" + build)


@given(semvers)
def test_loose_forms_are_the_version(version: str) -> None:
    assert semver_key("v" + version) == semver_key("= " + version) == semver_key(f" {version} ") == semver_key(version)


@pytest.mark.parametrize(
    ("short", "long"), [("1", "1.0.0"), ("v1.2", "1.2.0"), ("1.2-beta", "1.2.0-beta"), ("1.2.3beta", "1.2.3-beta")]
)
def test_loose_spellings(short: str, long: str) -> None:
    assert semver_key(short) == semver_key(long)


@pytest.mark.parametrize(
    "text", ["", "latest", "1.2.3.4", "1.x", "^1.0.0", "1.0.0 || 2.0.0", "1." * 500, "9" * 5000, "١.٢.٣"]
)
def test_what_is_no_npm_version(text: str) -> None:
    assert semver_key(text) is None


@pytest.mark.parametrize("text", ["", "latest", "1.0-final-x", "9" * 5000, "1.0+", "١.٢"])
def test_what_is_no_pypi_version(text: str) -> None:
    assert key("PyPI", text) is None


@given(st.sampled_from(["PyPI", "npm"]), st.text(max_size=300))
def test_any_text_has_a_key_or_none(ecosystem: Ecosystem, text: str) -> None:
    found = key(ecosystem, text)
    assert found is None or found == key(ecosystem, text)


@pytest.mark.parametrize(
    ("ecosystem", "text", "expected"),
    [("PyPI", "1.0rc1", True), ("PyPI", "1.0.dev1", True), ("PyPI", "1.0.post1", False), ("npm", "1.0.0-0", True),
     ("npm", "1.0.0+rc", False), ("npm", "x", False)],
)  # fmt: skip
def test_prereleases(ecosystem: Ecosystem, text: str, expected: bool) -> None:
    assert is_prerelease(ecosystem, text) is expected


def test_local_versions_compare_by_their_public_part_unless_the_other_is_local() -> None:
    build = Candidate.of("PyPI", "1.13.0+cu118")
    assert build.against(key("PyPI", "1.13.0")) == key("PyPI", "1.13.0")
    assert build.against(key("PyPI", "1.13.0+cu117")) == key("PyPI", "1.13.0+cu118")


def test_names() -> None:
    assert normal_name("PyPI", "Foo.-_Bar") == "foo-bar"
    assert normal_name("npm", "JSONStream") == "JSONStream"
