"""A path means one thing to every reader, or it is refused."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize
from urllib.parse import quote, unquote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.paths import Paths
from tests.drivers import Serve
from tests.shield.request import Request, ask, location, status

PATHS = Paths()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "*",
        "/a/b",
        "/a/b/",
        "/a..b",
        "/a..",
        "/..a",
        "/...",
        "/a.b.c",
        "/.well-known/security.txt",
        "/.env",
        "/a/.b/c",
        "/static/jquery.min.js",
        "/a%20b",
        "/a+b",
        "/100%25",
        "/100%",
        "/50%-off",
        "/%zz",
        "/%C3%BCber/%E6%97%A5%E6%9C%AC",
        "/über".encode().decode("latin-1"),
        "/caf%C3%A9..txt",
        "/%F0%9F%98%80",
        "/a;jsessionid=1/b",
        "/a;v=1",
        "/@user",
        "/~user",
        "/a:b",
        "/a,b",
        "/(a)'b'!$&*=",
        "/a%3Ab",
        "/a%3Fb",
        "/a%23b",
        "/a%26b",
        "/%7Euser",
        "/a%252Fb",
        "/a%2525",
        "/%E2%80%A6",
        "/a//b",
        "/img/https://cdn.example/x.png",
        "/wiki/AT%26T",
        "/a%0Ab"[:3],
        "/a b",
        "/{id}",
        "/2024..2025",
        "/a/..b/c..",
        "/v1.0/x",
        "/%2ewell-known",
        "/a%2e%2eb",
        "/-/-/_",
        "/1%E2%81%842",
        "/%C2%BD",
        "/%u0041",
        "/a%u002eb",
        "/%25u0041..",
        "/A%E2%88%96B",
    ],
)
def test_benign(path: str) -> None:
    assert status(PATHS, Request(path)) == 200, PATHS.problem(path.encode("latin-1"))


@pytest.mark.parametrize(
    "path",
    [
        "/..",
        "/.",
        "/a/../b",
        "/a/./b",
        "/../../etc/passwd",
        "/a/..",
        "/a/.",
        "/%2e%2e/",
        "/%2E%2e/a",
        "/.%2e/a",
        "/%2e/a",
        "/a/%2e%2e",
        "/..;/manager",
        "/..;a=b/manager",
        "/%2e%2e;/manager",
        "/.;/a",
        "/..%3b/a",
        "/%252e%252e/a",
        "/%25252e%25252e/a",
        "/%252e%252e%252fa",
        "/..%252fa",
        "/..%2fa",
        "/..%5ca",
        "/..\\a",
        "/a%2f..%2fb",
        "/a\\..\\b",
        "/..%20/a",
        "/%20../a",
        "/%c0%ae%c0%ae/a",
        "/%e0%80%ae%e0%80%ae/a",
        "/%c0%af",
        "/%ff",
        "/%ed%a0%80",
        "/caf%e9",
        "/a%00",
        "/a%00.png",
        "/a\x00b",
        "/a%0d%0ab",
        "/a%0a",
        "/a\r\nb",
        "/a%09b",
        "/a%7f",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a%5Cb",
        "/a\\b",
        "/%EF%BC%8E%EF%BC%8E/a",
        "/%E2%80%A5/a",
        "/%E2%80%A4%E2%80%A4/a",
        "/..%EF%BC%8Fa",
        "/a%EF%BF%BD",
        "/..%25c0%25af",
        "/%25c0%25ae%25c0%25ae/a",
        "/..%25c1%259ca",
        "/%25e0%2580%25ae%25e0%2580%25ae/a",
        "/%25f0%2580%2580%25ae./a",
        "/%u002e%u002e/a",
        "/%uff0e%uff0e%u2215a",
        "/..%u2216a",
        "/..%25u2216a",
        "/..%E2%88%95a",
        "/..%E2%81%84a",
        "/%%32%65%%32%65/a",
    ],
)
def test_ambiguous(path: str) -> None:
    reply = ask(PATHS, Request(path))
    assert reply is not None
    assert reply.status == 400
    assert dict(reply.headers)["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("paths", "path", "answer"),
    [
        (Paths(encoded_slash="allow"), "/users/a%2Fb", 200),
        (Paths(encoded_slash="allow"), "/users/a%2F..%2Fb", 400),
        (Paths(encoded_slash="allow"), "/users/..%2Fb", 400),
        (Paths(encoded_slash="allow"), "/users/a%5Cb", 400),
        (Paths(backslash="allow"), "/files/C:%5Cx", 200),
        (Paths(backslash="allow"), "/files/..%5Cx", 400),
        (Paths(encoding="any"), "/caf%e9", 200),
        (Paths(encoding="any"), "/caf%e9/..", 400),
        (Paths(encoding="any"), "/caf%e9/%c0%ae%c0%ae/", 400),
        (Paths(encoding="any"), "/caf%e9/..%c0%af", 400),
        (Paths(encoding="any"), "/%c0%ae%c0%ae%e9", 200),
        (Paths(encoding="any"), "/%ff%00", 400),
        (Paths(duplicate_slashes="refuse"), "/a//b", 400),
        (Paths(duplicate_slashes="refuse"), "/a/b/", 200),
        (Paths(duplicate_slashes="allow"), "//a", 200),
        (Paths(exempt=("/proxy/",)), "/proxy/a%2Fb", 200),
        (Paths(exempt=("/proxy/",)), "/proxy/../a", 400),
        (Paths(exempt=("/proxy/",)), "/a%2Fb", 400),
    ],
)
def test_options(paths: Paths, path: str, answer: int) -> None:
    assert status(paths, Request(path)) == answer


@pytest.mark.parametrize(
    ("paths", "target", "to"),
    [
        (PATHS, "//evil.example/", "/evil.example/"),
        (PATHS, "///a//b?x=1//2", "/a/b?x=1//2"),
        (PATHS, "//", "/"),
        (PATHS, "//a%C3%BC\xfc", None),
        (PATHS, "/a//b", None),
        (Paths(duplicate_slashes="redirect"), "/a//b///c", "/a/b/c"),
        (Paths(duplicate_slashes="redirect"), "/a/b", None),
    ],
)
def test_slashes_are_merged_by_a_redirect(paths: Paths, target: str, to: str | None) -> None:
    reply = ask(paths, Request(target, method="POST"))
    assert location(reply) == to
    assert to is None or (reply is not None and reply.status == 308)


@pytest.mark.parametrize(("path", "answer"), [("/a/../b", 400), ("/a/.b/c..", 200), ("/mounted/b", 200)])
def test_what_a_server_made_of_the_path_is_looked_at_too(path: str, answer: int) -> None:
    class Rewritten(Request):
        @property
        def path(self) -> str:
            return path

    assert status(PATHS, Rewritten("/b")) == answer


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("encoded_slash", True),
        ("backslash", "keep"),
        ("duplicate_slashes", "merge"),
        ("encoding", "latin-1"),
        ("exempt", ("proxy",)),
        ("exempt", ("/",)),
    ],
)
def test_what_makes_no_sense_is_refused(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"Paths.{option}"):
        Paths(**{option: value})  # type: ignore[arg-type]


SEGMENTS = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\;\ufffd"), min_size=1)


@given(st.lists(SEGMENTS.filter(lambda text: text.strip(" .․‥．") != ""), min_size=1))
def test_names_in_any_script_pass(names: list[str]) -> None:
    """Every list of file names, encoded as browsers do, unless a name folds into another path."""
    for name in names:
        folded = normalize("NFKC", unquote(unquote(name)))
        if set("/\\∕⁄∖%") & set(folded) or folded.strip(" .;") == "":
            return
    path = "/" + "/".join(quote(name, safe="") for name in names)
    assert PATHS.problem(path.encode()) == ""


OCTETS = st.binary() | st.text(alphabet="/.%25eEfFcC;\\a ").map(str.encode)


@given(OCTETS, st.sampled_from(["allow", "refuse"]))
def test_what_passes_has_no_dot_segments_for_anybody(octets: bytes, choice: Literal["allow", "refuse"]) -> None:
    """Whoever decodes it, as often as he likes, and whatever slash he knows."""
    paths = Paths(encoded_slash=choice, backslash=choice, encoding="any")
    if paths.problem(b"/" + octets):
        return
    for _ in range(4):
        assert not {b".", b".."} & set(octets.replace(b"\\", b"/").split(b"/"))
        assert not {0, 10, 13} & set(unquote_to_bytes(octets)) or b"%25" in octets
        octets = unquote_to_bytes(octets)


@pytest.mark.parametrize(
    ("path", "answer"), [("/a..b/x.txt", 200), ("/a/../b", 400), ("/a%00", 400), ("/%252e%252e/b", 400)]
)
def test_through_every_adapter(serve: Serve, path: str, answer: int) -> None:
    """The drivers give the decoded path alone to some of them, as some servers do."""
    assert serve(Plan.of([PATHS]), path=unquote(path)).status == answer
