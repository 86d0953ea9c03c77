"""Every error of ours survives a pickle: a pool of processes that cannot read one waits for ever."""

from __future__ import annotations

import copy
import pickle
from importlib import import_module
from pkgutil import walk_packages

import pytest

import hauberk
from hauberk.core import errors
from hauberk.core.errors import HauberkError

MADE = [
    errors.HauberkError("plain"),
    errors.ConfigurationError("CSP.x", 5, "is wrong", "mend it"),
    errors.InputError("a.lock", "cannot be read", "name another"),
    errors.MissingExtraError("segno", "totp", "a QR image"),
    errors.NothingToTestError("nothing"),
    errors.StoreError("valkey://x", "timeout", "no answer"),
    errors.BlockedError("stopped"),
    errors.UnsealError(),
    errors.BusyError("passwords", 7),
    errors.PasswordPolicyError("short", "Too short."),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_it_comes_back_as_it_was(error: HauberkError) -> None:
    for back in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(back) is type(error)
        assert (str(back), back.args, vars(back)) == (str(error), error.args, vars(error))


def test_no_class_of_ours_has_a_way_of_its_own() -> None:
    for module in walk_packages(hauberk.core.__path__, "hauberk.core."):
        import_module(module.name)
    found = {HauberkError}
    while more := {sub for kind in found for sub in kind.__subclasses__()} - found:
        found |= more
    assert [kind for kind in found if kind.__reduce__ is not HauberkError.__reduce__] == []
