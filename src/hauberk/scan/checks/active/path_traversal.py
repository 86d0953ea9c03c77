"""Path traversal: guard saw a path that the input led out of its folder, or the bait's content came back."""

from __future__ import annotations

import os
import posixpath
import re

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Rule
from hauberk.guard import path
from hauberk.scan.lab import Lab, normal
from hauberk.scan.oracles.difference import differs
from hauberk.scan.oracles.sensor import Said, reached, sensed
from hauberk.scan.surface import Parameter
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


KINDS: frozenset[SinkKind] = frozenset({"path"})


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """Up to the root and down to the bait; the absolute path where the control's value got into a path."""
    if not _roams(point):
        return ()
    relative, absolute = UP + kit.bait.lstrip("/"), kit.bait
    return (relative, absolute, "./" + relative) if reached(control, KINDS) else (relative,)


def _roams(point: Point) -> bool:
    """Whether a slash gets through the router."""
    return point.parameter.place != "path" or point.parameter.schema.get("format") == "path"


def judge(trial: Trial) -> Judgement:
    """Whether the bait was opened or answered, or the value changed where a path leads."""
    for event in trial.shot.response.events:
        if event.kind == "path" and not event.blocked and _is_bait(event.text, trial.kit.bait):
            return Proof(reason="the input led to a file outside every folder of the application", event=event)
    if trial.kit.secret in trial.shot.response.text:
        return Proof(reason="the answer holds the content of a file outside every folder of the application")
    return sensed(trial, KINDS, _said)


def prove(lab: Lab) -> Proof | None:
    """By what is there: a file that only this scan knows is answered otherwise than one that is not, every time."""
    if not _roams(lab.point) or not (lab.stirred or lab.wanders or lab.echoed or names_file(lab.point.parameter)):
        return None
    for begin in (UP + lab.kit.bait.lstrip("/"), lab.kit.bait):
        folder = posixpath.dirname(begin)
        # Where files are written, none may be opened; but a folder that is there is another thing than none.
        nowhere = folder + "{c}/{c}"
        for there, not_there, telling, what in (
            (begin, begin + "{c}", begin, "a file outside of the application is answered otherwise than one"),
            (folder + "/{c}", nowhere, nowhere, "a folder outside of the application is answered otherwise than one"),
        ):
            # A plain word names no file, in a folder that is there: what is answered like it tells neither.
            if normal(lab.fire(telling)) == normal(lab.control):
                continue
            found = differs(lab, there, not_there)
            if found is not None and found[0].response.status not in REFUSING:
                reason = f"{what} that does not exist"
                return Proof(reason=reason, shot=found[0], control=found[1], confidence="firm")
    return None


def names_file(parameter: Parameter) -> bool:
    """Whether its name, or the value that is known of it, speaks of files."""
    return bool(HINT.search(parameter.name) or HINT.search(str(parameter.example or "")))


HINT = re.compile(
    r"file|path|doc|page|template|dir|folder|image|img|attach|download|include|lang|theme|report", re.IGNORECASE
)
REFUSING = frozenset({400, 403, 405, 406, 413, 414, 422, 429})


def _is_bait(text: str, bait: str) -> bool:
    """Whether the path leads into the bait's folder, whose name is random: nothing but the input can have done that."""
    path = posixpath.normpath(posixpath.join(os.getcwd().replace("\\", "/"), text.replace("\\", "/")))
    return path.startswith(posixpath.dirname(bait) + "/")


def _said(event: SinkEvent, value: str) -> Said | None:
    return path.judge(event.text, value) if event.kind == "path" else None
