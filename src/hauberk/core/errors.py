"""One root, and a class for each thing a caller may want to tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

LONGEST = 300
"""Letters of a value that an error shows."""


class HauberkError(Exception):
    """Anything that hauberk raises on purpose. It can be pickled: pools of processes hand errors on that way."""

    exit_code = 2

    def __reduce__(self) -> tuple[Callable[..., HauberkError], tuple[Any, ...], dict[str, Any]]:
        return _as_it_was, (type(self), self.args), self.__dict__


def _as_it_was(kind: type[HauberkError], args: tuple[object, ...]) -> HauberkError:
    """Without its constructor, which takes other arguments: where that fails, a pool waits for ever."""
    return kind.__new__(kind, *args)


class ConfigurationError(HauberkError, ValueError):
    """An option has a value that a standard, a browser or common sense refuses.

    `field` names the option as the user wrote it, `value` is what he gave, `fix` proposes what to write instead.
    """

    def __init__(self, field: str, value: object, problem: str, fix: str = "") -> None:
        self.field, self.value, self.problem, self.fix = field, value, problem, fix
        self.others: tuple[ConfigurationError, ...] = ()
        shown = repr(value)
        shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."
        super().__init__(f"{field}={shown}: {problem}" + f"; {fix}" * bool(fix))

    @classmethod
    def joined(cls, errors: Sequence[ConfigurationError]) -> ConfigurationError:
        """One error that says all of them, so that a user mends them in one go; its fields are those of the first."""
        if len(errors) == 1:
            return errors[0]
        first = errors[0]
        joined = cls(first.field, first.value, first.problem, first.fix)
        joined.others = tuple(errors[1:])
        joined.args = (f"{len(errors)} options are refused:" + "".join(f"\n- {error}" for error in errors),)
        return joined

    @property
    def all(self) -> tuple[ConfigurationError, ...]:
        """Every error that was found, this one first."""
        return (self, *self.others)


class InputError(HauberkError):
    """Something we were asked to read cannot be read: an app, a lock file, an index, a report.

    `source` is what was to be read, `problem` what is wrong with it, `fix` what to do.
    """

    def __init__(self, source: str, problem: str, fix: str = "") -> None:
        self.source, self.problem, self.fix = source, problem, fix
        super().__init__(f"{source}: {problem}" + f"; {fix}" * bool(fix))


class MissingExtraError(HauberkError):
    """A feature needs a package that is not installed. `extra` is what to install."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f'{purpose} needs the package {package}: pip install "hauberk[{extra}]"')


class NothingToTestError(HauberkError):
    """There was nothing to judge: no route, no lock file, no app. Never the same as a clean result."""

    exit_code = 3


class WaitingStoreError(HauberkError):
    """A step really waited while driven from WSGI, where nothing can. Give a store that does not (`Store.waits`)."""


class StoreError(HauberkError):
    """A store could not do what was asked. `store` names it without its password, `kind` tells what is wrong."""

    def __init__(self, store: str, kind: Literal["timeout", "unavailable", "full", "corrupt"], problem: str) -> None:
        self.store, self.kind, self.problem = store, kind, problem
        super().__init__(f"{store}: {kind}: {problem}")


class LateNonceError(HauberkError):
    """`csp_nonce` was read after the header went out, or outside a request, so no browser would accept it."""


class LateSessionError(HauberkError):
    """A session was begun after the header went out, when its cookie could not be set any more."""


class LostSessionError(HauberkError):
    """Something asked a request that is over for its session, and nothing has kept that."""


class LateTokenError(HauberkError):
    """`csrf_token` was first read after the header went out, when its cookie could not be set any more."""


class BlockedError(HauberkError, PermissionError):
    """The guard stopped a call because request input changed its meaning. Raised at the sink, answered with 403."""


class UnsealError(HauberkError):
    """Sealed bytes that were not sealed by us, for this purpose and context: altered, cut, or under a key we lack.

    One error without a reason: whoever sent the bytes learns nothing from it.
    """

    def __init__(self) -> None:
        super().__init__("these bytes were not sealed by any of the keys in use, for this purpose and context")


class BusyError(HauberkError):
    """Too much of something costly is under way. Answer 503 with `Retry-After: {retry_after}`.

    `retry_after` is a whole number of seconds, at least 1.
    """

    def __init__(self, what: str, retry_after: int) -> None:
        self.what, self.retry_after = what, retry_after
        super().__init__(f"too many {what} at once; try again in {retry_after} s")


class PasswordPolicyError(HauberkError, ValueError):
    """A password that may not be chosen. `reason` is a stable code, the message a sentence fit to show to the user."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)
