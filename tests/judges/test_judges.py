"""MDN's Observatory and Google's csp_evaluator, from npm, on what hauberk sends; and our own count against theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hauberk import Policy, csp_nonce, protect
from hauberk.scan import Response
from hauberk.scan.headers import Hop, Loopback, Visit, observatory, review
from tests.judges.cases import cases
from tests.judges.conftest import Ask, served

pytestmark = pytest.mark.slow

SCRIPT = "document.title = 'seen'"
INTEGRITY = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"
NO_SEVERITY = 100
"""What the judge gives to remarks that are no faults: that 'strict-dynamic' makes another source needless."""
PROFILES = {
    "recommended": Policy.recommended(),
    "strict": Policy.strict(),
    "api": Policy.api(),
    "helmet": Policy.helmet(),
}


def site(policy: Policy, *, data: bool = False, cookie: bool = True) -> Any:
    """A page with a nonce, a script that is held to its hash, and a session's cookie; or an answer with data only."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    async def page(request: Request) -> HTMLResponse:
        nonce = csp_nonce(request)
        script = f'<script src="/a.js" nonce="{nonce}" integrity="{INTEGRITY}" crossorigin="anonymous"></script>'
        answer = HTMLResponse(f"<!doctype html><title>x</title>{script}<p>hello")
        if cookie:
            answer.set_cookie("session", "abc")
        return answer

    async def answer(request: Request) -> JSONResponse:
        return JSONResponse({"hello": "world"})

    return protect(Starlette(routes=[Route("/", answer if data else page)]), policy)


async def to_https(scope: Any, receive: Any, send: Any) -> None:
    """What a proxy in front does with http."""
    path = scope["path"].encode()
    location = b"https://localhost:%d%s" % (to_https.port, path)  # type: ignore[attr-defined]
    await send({"type": "http.response.start", "status": 301, "headers": [(b"location", location)]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(("profile", "least"), [("recommended", 140), ("strict", 140), ("api", 130), ("helmet", 120)])
def test_the_observatory(ask: Ask, certificate: Path, profile: str, least: int) -> None:
    # helmet leaves cookies alone.
    app = site(PROFILES[profile], data=profile == "api", cookie=profile != "helmet")
    with served(app, certificate) as https:
        to_https.port = https  # type: ignore[attr-defined]
        with served(to_https) as http:
            theirs = ask("observatory.mjs", "visit", "localhost", str(http), str(https), trust=certificate)
            server = Loopback.of(f"https://localhost:{https}/", http_port=http, ca=certificate)
            ours = review(server.send, server.place(), target=profile, algorithm=4).pages[0].card
    assert theirs["score"] >= least
    assert {judged.test: judged.result for judged in ours.tests} == theirs["results"]
    assert (ours.score, ours.grade) == (theirs["score"], theirs["grade"])


def test_without_a_certificate_that_verifies(ask: Ask, certificate: Path) -> None:
    with served(site(Policy.recommended()), certificate) as https:
        to_https.port = https  # type: ignore[attr-defined]
        with served(to_https) as http:
            theirs = ask("observatory.mjs", "visit", "localhost", str(http), str(https))
            server = Loopback.of(f"https://localhost:{https}/", http_port=http)
            ours = review(server.send, server.place(), target="x", algorithm=4).pages[0].card
    assert theirs["results"]["strict-transport-security"] == "hsts-invalid-cert"
    assert {judged.test: judged.result for judged in ours.tests} == theirs["results"]
    assert ours.score == theirs["score"]


@pytest.mark.parametrize("seed", [1])
def test_our_count_is_theirs_on_a_thousand_visits(ask: Ask, seed: int) -> None:
    made = cases(seed, 1000)
    different = []
    for case, theirs in zip(made, ask("observatory.mjs", "cases", given=made), strict=True):
        card = observatory(visit(case), algorithm=4)
        ours = {judged.test: judged.result for judged in card.tests}
        if (ours, card.score, card.grade) != (theirs["results"], theirs["score"], theirs["grade"]):
            different.append(
                (case, {k: (v, theirs["results"][k]) for k, v in ours.items() if v != theirs["results"][k]})
            )
    assert not different, f"{len(different)} differ, the first: {different[0]}"


def visit(case: dict[str, Any]) -> Visit:
    """The same answers as the judge was given."""
    fields = [
        (name, value)
        for name, given in case["headers"].items()
        for value in (given if isinstance(given, list) else [given])
    ]
    page = Response(status=200, headers=tuple(fields), body=case["html"].encode())
    return Visit(
        host=case["host"],
        https=page,
        http=tuple(Hop(url=url, status=200) for url in case["chain"]) or None,
        http_answer=page if case["chain"] else None,
        set_cookies=tuple(case["set_cookies"]),
        preflight=page,
    )


@pytest.mark.parametrize("profile", ["recommended", "strict", "api"])
def test_csp_evaluator_finds_nothing(ask: Ask, profile: str) -> None:
    policy = PROFILES[profile].csp
    assert policy is not None
    value = policy.value(nonced=True).replace("{nonce}", "cmFuZG9tIG5vbmNlIGhlcmU=")
    (found,) = ask("csp_evaluator.mjs", given=[value])
    assert [one for one in found if one["severity"] < NO_SEVERITY] == []


def test_csp_evaluator_finds_what_is_wrong(ask: Ask) -> None:
    """The twin: a judge that found nothing anywhere would be none."""
    (found,) = ask("csp_evaluator.mjs", given=["script-src 'unsafe-inline' *"])
    assert {"script-src", "object-src"} <= {one["directive"] for one in found if one["severity"] < NO_SEVERITY}
