"""What somebody gets who planted, kept, guessed or forged a session's id: nothing."""

from __future__ import annotations

from typing import Any

import pytest

from hauberk.core.plan import run_inline
from hauberk.shield.sessions.identity import handle, new_token
from tests.drivers import Serve
from tests.shield.sessions.test_sessions import Act, Visitor, _apart, put


@pytest.fixture
def visitor(serve: Serve) -> Visitor:
    return Visitor(serve)


def look(session: Any) -> object:
    return session.user, sorted(session)


LOGINS: list[Act] = [lambda s: s.login("ann"), lambda s: (s.login("ann"), s.update(mail="ann@shop.example"))]


@pytest.mark.parametrize("login", LOGINS)
def test_a_planted_id_does_not_lead_to_who_logs_in(visitor: Visitor, login: Act) -> None:
    """CWE-384: the grace after a new id is for requests under way, and a login is not theirs to see."""
    visitor(put(cart=1))
    planted = visitor.cookie
    visitor(login)
    assert visitor(look, cookie=planted).body == b"(None, [])"
    assert visitor(lambda s: s.user).body == b"'ann'"


def test_a_planted_id_does_not_lead_there_by_way_of_another(visitor: Visitor) -> None:
    visitor(put(cart=1))
    planted = visitor.cookie
    visitor(lambda s: s.rotate())
    visitor(lambda s: s.login("ann"))
    visitor(lambda s: s.rotate())
    assert visitor(look, cookie=planted).body == b"(None, [])"
    assert visitor(lambda s: s.user).body == b"'ann'"


def test_one_user_does_not_lead_to_the_next(visitor: Visitor) -> None:
    visitor(lambda s: s.login("ann"))
    before = visitor.cookie
    visitor(lambda s: s.login("root"))
    assert visitor(look, cookie=before).body == b"(None, [])"


def test_who_is_logged_in_stays_so_for_requests_under_way(visitor: Visitor) -> None:
    """The benign twin: the same user's id changes, and his other requests still find him."""
    visitor(lambda s: s.login("ann"))
    before = visitor.cookie
    visitor(lambda s: s.rotate())
    assert [visitor(lambda s: s.user, cookie=cookie).body for cookie in (before, visitor.cookie)] == [b"'ann'"] * 2
    before = visitor.cookie
    visitor(lambda s: s.rotate())
    assert [visitor(lambda s: s.user, cookie=cookie).body for cookie in (before, visitor.cookie)] == [b"'ann'"] * 2


def test_a_new_id_without_grace(visitor: Visitor) -> None:
    """For applications that keep who is logged in under a key of their own."""
    visitor(put(cart=1))
    planted = visitor.cookie
    visitor(lambda s: (s.update(user_id=7), s.rotate(grace=False)))
    assert visitor(look, cookie=planted).body == b"(None, [])"
    assert visitor.read("user_id") == "7"


def test_a_request_under_way_does_not_log_out_who_just_logged_in(visitor: Visitor) -> None:
    """It was sent with the old id: what it writes is dropped, and it sets no cookie in place of the new one."""
    visitor(put(cart=1))
    before = visitor.cookie
    visitor(lambda s: s.login("ann"))
    got = visitor(put(seen=1), cookie=before)
    assert (got.status, got.all("set-cookie")) == (200, [])
    assert visitor(look).body == b"('ann', ['cart'])"


@pytest.mark.parametrize("first", ["ann", "eve"])
def test_of_two_logins_at_once_each_gets_his_own(visitor: Visitor, first: str) -> None:
    visitor(put(cart=1))
    cookie = visitor.cookie
    inner = Visitor(visitor.serve, visitor.store)
    inner.cookie = cookie

    def slow(session: Any) -> None:
        session.login("ann")
        _apart(lambda: inner(lambda s: s.login(first)))

    visitor(slow)
    assert visitor.cookie != inner.cookie
    assert visitor(lambda s: s.user).body == b"'ann'"
    assert inner(lambda s: s.user).body == repr(first).encode()


def test_a_login_in_a_session_that_was_ended_meanwhile_brings_nothing_of_it_back(visitor: Visitor) -> None:
    visitor(put(secret=1))
    cookie = visitor.cookie

    def slow(session: Any) -> None:
        session.get("secret")
        inner = Visitor(visitor.serve, visitor.store)
        inner.cookie = cookie
        _apart(lambda: inner(lambda s: s.logout()))
        session["mine"] = 2
        session.login("ann")

    visitor(slow)
    assert visitor(look).body == b"('ann', ['mine'])"
    assert visitor(look, cookie=cookie).body == b"(None, [])"


def test_replay_after_logout(visitor: Visitor) -> None:
    visitor(lambda s: s.login("ann"))
    stolen = [visitor.cookie]
    visitor(lambda s: s.rotate())
    stolen.append(visitor.cookie)
    visitor(lambda s: s.logout())
    for cookie in stolen:
        assert visitor(look, cookie=cookie).body == b"(None, [])"


def test_a_users_sessions_are_his_alone(visitor: Visitor) -> None:
    visitor(lambda s: s.login("ann"))
    visitor(lambda s: s.login("eve"))
    visitor(lambda s: s.rotate())
    assert run_inline(visitor.sessions.of("ann")) == []
    assert len(run_inline(visitor.sessions.of("eve"))) == 1
    assert run_inline(visitor.sessions.revoke_all("eve")) == 1
    assert visitor(look).body == b"(None, [])"


def test_cookie_tossing(visitor: Visitor) -> None:
    """A neighbour's host can set the plain name and not the prefixed one: over https the plain one is not looked at."""
    visitor(lambda s: s.login("ann"))
    planted = Visitor(visitor.serve, visitor.store)
    planted(lambda s: s.login("eve"))
    token = planted.token
    for tossed in (f"session={token}", f"__host-session={token}", f"__Secure-session={token}"):
        assert visitor(look, cookie=tossed).body == b"(None, [])"
        assert visitor(look, cookie=f"{tossed}; {visitor.cookie}").body == b"('ann', [])"


@pytest.mark.parametrize("forge", [new_token, lambda: "A" * 43, lambda: handle(new_token())[:43]])
def test_forged_ids(visitor: Visitor, forge: Any) -> None:
    visitor(put(a=1))
    forged = forge()
    assert visitor(look, cookie=f"__Host-session={forged}").body == b"(None, [])"
    visitor(put(a=2), cookie=f"__Host-session={forged}")
    assert visitor(look, cookie=f"__Host-session={forged}").body == b"(None, [])"


def test_what_the_lists_show_opens_nothing(visitor: Visitor) -> None:
    visitor(lambda s: s.login("ann"))
    (device,) = run_inline(visitor.sessions.of("ann"))
    for told in (device.id, device.id[:43]):
        assert visitor(look, cookie=f"__Host-session={told}").body == b"(None, [])"
