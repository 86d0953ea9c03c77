"""A fault as a test: what a scan found fails it until it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from hauberk.core.finding import Result
from hauberk.core.progress import silent
from hauberk.integrations.target import load
from hauberk.scan.again import only


def assert_gone(app: str, fingerprint: str, *, login: Sequence[str] = ()) -> None:
    """Fail while a scan of `module:app` still finds the fault of this fingerprint, or cannot be finished.

    `login` is as the command's `--login`. One scan serves all tests of an application.
    """
    result = _scanned(app, tuple(login))
    if not result.complete:
        raise AssertionError(f"the scan of {app} did not finish: {' '.join(result.gaps)}")
    for finding in only(result, fingerprint).findings:
        raise AssertionError(
            f"{finding.title}: {finding.location}\n{finding.message}\nfix: {finding.fix}\n"
            f"again: hauberk scan {app} --replay {fingerprint}"
        )


@lru_cache(maxsize=4)
def _scanned(app: str, login: tuple[str, ...]) -> Result:
    from hauberk.guard import install
    from hauberk.integrations.surface import surface, transport
    from hauberk.scan import scan
    from hauberk.scan.written import login_request

    install()
    target = load(app)
    found = surface(target)
    requests = [login_request(text) for text in login]
    return scan(found, transport(target, found), target=target.name, progress=silent, login=requests)
