"""One root, and a class for each thing a caller may want to tell apart."""

from __future__ import annotations


class HauberkError(Exception):
    """Anything that hauberk raises on purpose."""

    exit_code = 2


class ConfigurationError(HauberkError, ValueError):
    """An option has a value that a standard, a browser or common sense refuses.

    `field` names the option as the user wrote it, `value` is what he gave, `fix` proposes what to write instead.
    """

    def __init__(self, field: str, value: object, problem: str, fix: str = "") -> None:
        self.field, self.value, self.problem, self.fix = field, value, problem, fix
        super().__init__(f"{field}={value!r}: {problem}" + f"; {fix}" * bool(fix))


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


class LateNonceError(HauberkError):
    """`csp_nonce` was read after the header went out, or outside a request, so no browser would accept it."""


class BlockedError(HauberkError, PermissionError):
    """The guard stopped a call because request input changed its meaning. Raised at the sink, answered with 403."""
