"""Records of `logging`: the sink of log injection (CWE-117), through the factory that makes every record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.inputs import Inputs, every, forms
from hauberk.guard.listeners import exchange
from hauberk.guard.logtext import CONTROL, carriers, written
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

_BROKEN = Judgement("attack", "the input breaks the line of the log or steers the terminal that shows it")
_MARK = "_hauberk"


def install() -> list[str]:
    """Wrap the factory that is set now; one that an application sets later has to call the one before, as usual."""
    factory = logging.getLogRecordFactory()
    if not getattr(factory, _MARK, False):
        logging.setLogRecordFactory(_wrapped(factory))
    return ["logging.LogRecord"]


def _wrapped(factory: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        if (ex := exchange()) is not None and ex.guard.modes["log"] != "off" and not record.name.startswith("hauberk"):
            _look(record, ex)
        return record

    setattr(make, _MARK, True)
    return make


def _look(record: logging.LogRecord, ex: Exchange) -> None:
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):  # as logging will say itself, with the place
        return
    if CONTROL.search(message) is None:
        return
    found = carriers(message, ((name, form) for name, value in every(ex) for form in forms(value)))
    if not found:
        return

    def search(ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
        for value, name in found.items():
            yield name, value, _BROKEN
            return

    # Nothing of the request is stopped: what it has done has happened, and only the record is at stake.
    sense_found("log", f"logging.getLogger({record.name!r})", message, search, dialect="log", stops=False)
    if ex.guard.modes["log"] != "observe":
        record.msg, record.args = written(message, found), ()
