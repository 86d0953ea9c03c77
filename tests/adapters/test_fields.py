"""Fields of one response alone, and Vary: whatever the answer is, and however it came about."""

from __future__ import annotations

import pytest

from hauberk import Failures
from hauberk.core.exchange import Exchange, Head, Reply
from hauberk.core.plan import Plan, Steps
from tests.drivers import Answer, App, Serve, hello


class Feature:
    """Steps as a feature."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def steps(self) -> Steps:
        return self._steps


def adding(*fields: tuple[str, str], reply: Reply | None = None, **more: object) -> Feature:
    def begin(ex: Exchange) -> Reply | None:
        for name, value in fields:
            ex.add(name, value)
        return reply

    return Feature(Steps(on_request=begin, **more))  # type: ignore[arg-type]


def raising(ex: Exchange) -> Answer:
    raise ValueError("secret")


def blocking(ex: Exchange) -> Answer:
    ex.blocked = Reply(403, b"blocked")
    return Answer()


ANSWERS: dict[str, tuple[App, int]] = {"answer": (hello, 200), "failure": (raising, 500), "blocked": (blocking, 403)}


@pytest.mark.parametrize(("app", "status"), ANSWERS.values(), ids=ANSWERS)
def test_they_are_on_every_kind_of_answer(serve: Serve, app: App, status: int) -> None:
    got = serve(Plan.of([adding(("x-ours", "1"), keep_body=True, vary=frozenset({"origin"})), Failures()]), app)
    assert (got.status, got.one("x-ours"), got.one("vary")) == (status, "1", "Origin")


def test_they_are_on_our_own_replies_and_replace_what_these_say(serve: Serve) -> None:
    reply = Reply(403, b"no", (("x-ours", "reply"), ("content-type", "text/plain")))
    got = serve(Plan.of([adding(("x-ours", "1"), reply=reply)]))
    assert (got.status, got.one("x-ours"), got.one("content-type")) == (403, "1", "text/plain")


@pytest.mark.parametrize("spelling", ["x-ours", "X-Ours", "X-OURS"])
def test_they_replace_the_applications_own(serve: Serve, spelling: str) -> None:
    got = serve(Plan.of([adding(("x-ours", "1"))]), lambda ex: Answer(headers=[(spelling, "theirs"), ("x-more", "2")]))
    assert (got.all("x-ours"), got.one("x-more")) == (["1"], "2")


def test_they_replace_ours_that_are_constant(serve: Serve) -> None:
    constant = Feature(Steps(headers=(("cache-control", "public"), ("x-frame-options", "DENY"))))
    got = serve(Plan.of([constant, adding(("cache-control", "no-store"))]))
    assert (got.all("cache-control"), got.one("x-frame-options")) == (["no-store"], "DENY")


def test_cookies_join_those_of_the_application(serve: Serve) -> None:
    got = serve(
        Plan.of([adding(("set-cookie", "b=2"))]),
        lambda ex: Answer(headers=[("content-type", "text/html"), ("set-cookie", "a=1")]),
    )
    assert got.all("set-cookie") == ["a=1", "b=2"]


def test_cookies_of_ours_pass_through_the_same_hardening(serve: Serve) -> None:
    upper = Feature(Steps(rewrite={"set-cookie": lambda ex, line: f"{line}; Secure"}))
    assert serve(Plan.of([adding(("set-cookie", "b=2")), upper])).all("set-cookie") == ["b=2; Secure"]


@pytest.mark.parametrize(
    ("own", "ours", "constant", "expected"),
    [
        ([], [], {"origin"}, "Origin"),
        (["Accept"], [], {"origin"}, "Accept, Origin"),
        (["accept, ORIGIN"], [], {"origin"}, "accept, ORIGIN"),
        (["*"], ["cookie"], {"origin"}, "*"),
        ([], ["Cookie"], {"origin"}, "Cookie, Origin"),
        (["Accept-Encoding"], ["Cookie, Accept-Encoding"], set(), "Accept-Encoding, Cookie"),
        ([], [], {"b", "a"}, "A, B"),
    ],
)
def test_vary_names_each_field_once(
    serve: Serve, own: list[str], ours: list[str], constant: set[str], expected: str
) -> None:
    plan = Plan.of([adding(*(("vary", name) for name in ours), vary=frozenset(constant))])
    got = serve(plan, lambda ex: Answer(headers=[("content-type", "text/html"), *(("vary", name) for name in own)]))
    assert got.one("vary") == expected


# --- steps that look at the header -------------------------------------------------------------------------------


def test_a_field_that_a_step_sets_stands_in_for_the_constant(serve: Serve) -> None:
    def watch(ex: Exchange, head: Head) -> None:
        if head.values("set-cookie"):
            head.set("cache-control", "private")

    step = Feature(Steps(on_response=watch, watch=frozenset({"set-cookie"})))
    plan = Plan.of([Feature(Steps(headers=(("cache-control", "public"), ("x-other", "1")))), step])
    with_cookie = serve(plan, lambda ex: Answer(headers=[("set-cookie", "a=1")]))
    assert (with_cookie.all("cache-control"), with_cookie.one("x-other")) == (["private"], "1")
    assert serve(plan).all("cache-control") == ["public"]


def test_a_value_passes_through_last_of_all_and_only_where_it_is(serve: Serve) -> None:
    def watch(ex: Exchange, head: Head) -> None:
        if head.values("x-watched"):
            head.append("set-cookie", "late=1")

    step = Feature(Steps(on_response=watch, watch=frozenset({"x-watched"})))
    rewriting = Feature(Steps(rewrite={"set-cookie": lambda ex, line: f"{line}; Path={ex.path}"}))
    plan = Plan.of([step, rewriting])
    got = serve(plan, lambda ex: Answer(headers=[("x-watched", "1"), ("set-cookie", "a=1")]), path="/p")
    assert got.all("set-cookie") == ["a=1; Path=/p", "late=1; Path=/p"]
    assert serve(plan).all("set-cookie") == []
