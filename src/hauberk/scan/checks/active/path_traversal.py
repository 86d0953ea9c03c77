"""Path traversal: guard saw a path that the input led out of its folder, or the bait's content came back."""

from __future__ import annotations

import posixpath

from hauberk.core.events import SinkEvent
from hauberk.core.finding import Rule
from hauberk.guard import path
from hauberk.scan.oracles.sensor import Said, sensed
from hauberk.scan.trial import Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.path-traversal",
    title="Path traversal",
    severity="high",
    why="An attacker reads, and where the application writes also replaces, any file that the application may.",
    fix="Choose the file by an id from a table, or resolve the path and refuse it unless it lies in the folder "
    "(`is_relative_to`, `werkzeug.utils.safe_join`).",
    cwe=(22,),
    asvs=("v5.0.0-5.3.2",),
    top10=("A01:2025",),
    docs="https://owasp.org/www-community/attacks/Path_Traversal",
)

UP = "../" * 16
"""More folders than a path is deep: at the root, going up stays there."""


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """Up to the root and down to the bait; the absolute path where the control's value got into a path."""
    if point.parameter.place == "path" and point.parameter.schema.get("format") != "path":
        return ()  # a slash would not get through the router
    relative, absolute = UP + kit.bait.lstrip("/"), kit.bait
    reached = any(e.kind == "path" and control.canary in e.text.lower() for e in control.response.events)
    return (relative, absolute, "./" + relative) if reached else (relative,)


def judge(trial: Trial) -> Judgement:
    """Whether the bait was opened or answered, or the value changed where a path leads."""
    for event in trial.shot.response.events:
        if event.kind == "path" and not event.blocked and _is_bait(event.text, trial.kit.bait):
            return Proof(reason="the input led to a file outside every folder of the application", event=event)
    if trial.kit.secret in trial.shot.response.text:
        return Proof(reason="the answer holds the content of a file outside every folder of the application")
    return sensed(trial, _said)


def _is_bait(text: str, bait: str) -> bool:
    """Nothing but the input can name the bait's folder: its name is random."""
    return posixpath.dirname(bait) in posixpath.normpath(text.replace("\\", "/"))


def _said(event: SinkEvent, value: str) -> Said | None:
    return path.judge(event.text, value) if event.kind == "path" else None
