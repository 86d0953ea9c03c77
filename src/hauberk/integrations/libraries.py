"""Vulnerable libraries at run time: once a process, seconds after its start, in a thread, where there is an index."""

from __future__ import annotations

import logging
import threading
import time

from hauberk.core.errors import InputError
from hauberk.core.log import decision
from hauberk.policy import Policy

AFTER = 5.0
"""Seconds after which the libraries are looked at: what an application imports at its start is there by then."""
_ASKED = threading.Event()


def look_later(policy: Policy, after: float = AFTER) -> threading.Thread | None:
    """Have the loaded libraries matched, if the guard wants it and there is an index; None if not, or if that was done.

    Reads nothing but whether the index is there; it is opened in the thread.
    """
    if policy.guard is None or not policy.guard.libraries or not policy.guard.on or _ASKED.is_set():
        return None
    from hauberk.audit.index import default_path

    if not default_path().is_file():
        return None
    _ASKED.set()
    thread = threading.Thread(target=_look, args=(after,), name="hauberk-libraries", daemon=True)
    thread.start()
    return thread


def _look(after: float) -> None:
    time.sleep(after)
    from hauberk.audit.loaded import loaded_vulnerable

    try:
        found = loaded_vulnerable()
    except InputError as error:
        decision("libraries-not-matched", level=logging.ERROR, index=error.source, problem=error.problem)
        return
    for one in found:
        if one.outcome == "fail":
            where = one.location.as_json()
            decision(
                "vulnerable-library",
                package=where["package"],
                version=where["version"],
                severity=one.severity,
                advisories=[advisory["id"] for advisory in one.evidence["advisories"]],
                safe=one.evidence["safe_version"],
                why=one.title,
            )
