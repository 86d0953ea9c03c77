"""Recovery codes: each once, in whatever way it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import ConfigurationError, Secrets
from hauberk.auth.recovery import RecoveryCodes
from hauberk.core.errors import StoreError
from hauberk.stores.memory import MemoryStore
from tests.auth.throttle.clocks import SECRETS, Watched

NEW = "Jq8Zr2Lw7Vt4Nx1Bc6Hm9Kp3Df5Gs0Ty"


@pytest.fixture
def recovery() -> RecoveryCodes:
    return RecoveryCodes(secrets=SECRETS, store=MemoryStore())


def test_each_code_serves_once_and_they_are_counted(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")
    stored = new.stored
    for number, code in enumerate(new.codes):
        used = recovery.use_sync("42", stored, code)
        assert used is not None
        assert used.left == RecoveryCodes.left(used.stored) == 9 - number
        assert recovery.use_sync("42", used.stored, code) is None
        stored = used.stored
    assert stored == ""


def test_also_where_the_table_was_not_written(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")
    assert recovery.use_sync("42", new.stored, new.codes[0])
    assert recovery.use_sync("42", new.stored, new.codes[0]) is None


def test_also_at_the_same_moment(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")

    async def many() -> int:
        answers = await asyncio.gather(*(recovery.use("42", new.stored, new.codes[3]) for _ in range(20)))
        return sum(answer is not None for answer in answers)

    assert asyncio.run(many()) == 1


@pytest.mark.parametrize(
    "typed",
    [
        str.upper,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
    ],
)
def test_as_people_type(recovery: RecoveryCodes, typed: Callable[[str], str]) -> None:
    new = recovery.generate("42")
    assert all(recovery.use_sync("42", new.stored, typed(code)) for code in new.codes)


@given(st.text(max_size=80))
def test_anything_else_is_none(typed: str) -> None:
    recovery = RecoveryCodes(secrets=SECRETS, store=MemoryStore())
    assert recovery.use_sync("42", recovery.generate("42").stored, typed) is None


def test_codes_are_for_one_user(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")
    assert recovery.use_sync("43", new.stored, new.codes[0]) is None


def test_a_new_set_voids_the_old(recovery: RecoveryCodes) -> None:
    old, new = recovery.generate("42"), recovery.generate("42")
    assert recovery.use_sync("42", new.stored, old.codes[0]) is None


def test_a_stolen_table_tells_nothing(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")
    assert len(set(new.codes)) == 10
    assert not any(code in new.stored or code.replace("-", "") in new.stored for code in new.codes)
    other = RecoveryCodes(secrets=Secrets.of(NEW), store=MemoryStore())
    assert other.use_sync("42", new.stored, new.codes[0]) is None
    assert new.codes[0] not in repr(new)


def test_secrets_can_be_changed(recovery: RecoveryCodes) -> None:
    new = recovery.generate("42")
    roots = (NEW, "throttle-tests-0123456789abcdefghijklmnopqrstuvwxyz")
    assert RecoveryCodes(secrets=Secrets.of(roots), store=MemoryStore()).use_sync("42", new.stored, new.codes[0])


def test_without_the_store_nobody_passes() -> None:
    store = Watched()
    recovery = RecoveryCodes(secrets=SECRETS, store=store)
    new = recovery.generate("42")
    store.away = True
    with pytest.raises(StoreError):
        recovery.use_sync("42", new.stored, new.codes[0])


@pytest.mark.parametrize("stored", ["", "x", "é", "\ud800", " \n ", "0" * 64])
def test_any_table(recovery: RecoveryCodes, stored: str) -> None:
    assert recovery.use_sync("42", stored, "0000-0000-0000") is None


@pytest.mark.parametrize(("name", "value"), [("secrets", "x"), ("store", None), ("count", 0), ("count", 51)])
def test_options_that_cannot_be(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RecoveryCodes(**{"secrets": SECRETS, "store": MemoryStore(), name: value})  # type: ignore[arg-type]
    assert caught.value.field == f"RecoveryCodes.{name}"
