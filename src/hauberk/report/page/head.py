"""The top of the page: what was judged, the letter and why, what was not judged, four numbers."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.finding import SEVERITIES, Finding, Result, Severity
from hauberk.report.evidence import stat
from hauberk.report.figures import Figures
from hauberk.report.grade import Grade
from hauberk.report.meta import Meta, took
from hauberk.report.page.findings import prose
from hauberk.report.page.markup import EMPTY, Markup, el, join, link, within
from hauberk.report.page.shell import logo
from hauberk.report.plain import clip, words

GAPS_ROOM = 12_000
"""Octets that the list of gaps may take."""
NOT_JUDGED, LEFT_OUT = "Not judged", "Left out"
"""What should have been judged and could not be, against what was left out knowingly."""


def brand(label: str) -> Markup:
    """The rings, the name, and what this page is."""
    return el("p", "brand", logo(), el("b", None, "hauberk"), " ", el("span", None, label))


def contents(sections: Sequence[tuple[str, str]]) -> Markup:
    """Ways to the sections, by id and name."""
    return el("nav", {"aria-label": "Contents"}, [link(f"#{id}", name) for id, name in sections])


def hero(result: Result, meta: Meta, given: Grade, sections: Sequence[tuple[str, str]] = ()) -> Markup:
    """Target, run and grade, and the ways to the sections."""
    title = clip(words(meta.title or result.target), 160)
    target = clip(words(result.target), 160)
    facts = [
        ("Command", clip(words(meta.command_line or f"hauberk {result.command}"), 120)),
        ("Target", target if target != title else ""),
        ("Framework", clip(words(meta.framework), 60)),
        ("Scope", scope(result)),
        ("Time", meta.when + (f", took {took(meta.duration)}" if meta.duration is not None else "")),
    ]
    terms = [el("div", None, el("dt", None, name), el("dd", None, value)) for name, value in facts if value]
    return el(
        "header",
        "hero",
        el("div", "top", brand("security report"), contents(sections)),
        el("div", "hero-text", el("h1", None, title), el("dl", "facts", terms)),
        verdict(given),
    )


def verdict(given: Grade) -> Markup:
    """The letter on its tile, and the sentence that explains it."""
    letter = given.letter or "–"
    name = f"Grade {letter}" if given.letter else "Grade withheld"
    score = el("span", "score", f"{given.score} of 100") if given.score is not None else el("span", "score", "no grade")
    # What is missing stands in a box of its own, right below.
    reason = clip(words(given.reason), 300) if given.letter else "Withheld, because not everything was judged."
    tile = el("div", {"class": f"tile {tone(given)}", "role": "img", "aria-label": name}, el("b", None, letter))
    return el("div", "verdict", tile, el("div", None, score, el("p", "reason", reason)))


def tone(given: Grade) -> str:
    """The class that colours a grade."""
    return {"A+": "g-a", "A": "g-a", "B": "g-b", "C": "g-c", "D": "g-d", "F": "g-f"}.get(given.letter or "", "g-none")


def scope(result: Result) -> str:
    """Which parts speak on this page, in words."""
    return _parts(result) + _features(result)


def _features(result: Result) -> str:
    """What the application does, as far as the standard asks for it."""
    found = stat(result, "features")
    there = [name.replace("-", " ") for name, sign in found.items() if sign is not None]
    return f"; it has {', '.join(there)}" if there else ""


def _parts(result: Result) -> str:
    seen = {f.rule.id.partition(".")[0] for f in result.findings} | set(result.stats)
    names = {"check": "configuration", "audit": "dependencies", "scan": "dynamic test"}
    return ", ".join(names[part] for part in names if part in seen)


def gaps(result: Result, when: str = "") -> Markup:
    """What was not judged, said before anything else is. `when` tells two results apart on one page."""
    if result.complete and not result.gaps:
        return EMPTY
    said = result.gaps or ("The run did not finish, and does not say why.",)
    title = (LEFT_OUT if result.complete else NOT_JUDGED) + when
    id = "gaps" + "-".join(when.replace(",", "").split())
    items, cut = within((el("li", None, prose(gap, 500)) for gap in said), GAPS_ROOM)
    if cut:
        items.append(el("li", None, f"and {len(said) - len(items)} more"))
    return el(
        "aside",
        {"class": "gaps quiet" if result.complete else "gaps", "aria-labelledby": id},
        el("h2", {"id": id}, title),
        el(
            "p",
            None,
            "Nothing on this page speaks for this, and so no grade is given." if not result.complete else None,
        ),
        el("ul", None, items),
    )


def numbers(result: Result, now: Figures, before: Figures | None) -> Markup:
    """Faults, what is fulfilled, what waits for a person, how much is known; each with its change since `before`."""
    enforced = [f for f in result.findings if f.outcome == "pass" and "enforced_by" in f.evidence]
    more = severity_words(result.failures) if now.faults == len(result.failures) else f"{len(result.failures)} are new."
    of = f"of {now.total} requirements at levels 1 and 2"
    cards = [
        _number(now.faults, "faults", severity_bar(result.failures), more, _change(now, before, "faults", worse=True)),
        _number(
            now.kept,
            f"{of} are kept",
            EMPTY,
            f"{len(enforced)} protections are in force. A fault in {now.failed} requirements.",
            _change(now, before, "kept"),
        ),
        _number(
            now.person,
            "need a person",
            EMPTY,
            "Answer them with hauberk attest.",
            _change(now, before, "person", worse=True),
        ),
        _number(
            now.answered,
            f"{of} are answered",
            EMPTY,
            f"{now.absent} of them do not apply to this application.",
            _change(now, before, "answered"),
        ),
    ]
    return el("ul", {"class": "numbers", "aria-label": "In numbers"}, cards)


def _change(now: Figures, before: Figures | None, name: str, *, worse: bool = False) -> Markup:
    """How a figure changed since the baseline; `worse` is one that had better fall."""
    if before is None:
        return EMPTY
    step = int(getattr(now, name)) - int(getattr(before, name))
    if not step:
        return el("span", "delta", "no change")
    kind = "worse" if (step > 0) == worse else "better"
    return el("span", f"delta {kind}", f"{step:+d} since the baseline".replace("-", "−"))


def _number(figure: int, label: str, picture: Markup, note: str, change: Markup) -> Markup:
    return el(
        "li",
        None,
        el("b", None, str(figure), change),
        el("span", "label", label),
        picture,
        el("small", None, note),
    )


def severity_counts(faults: tuple[Finding, ...]) -> dict[Severity, int]:
    """How many faults of each severity, worst first, zeros included."""
    return {severity: sum(f.severity == severity for f in faults) for severity in SEVERITIES}


def severity_words(faults: tuple[Finding, ...]) -> str:
    """`2 critical, 1 high`."""
    return ", ".join(f"{count} {name}" for name, count in severity_counts(faults).items() if count) or "None was found."


def severity_bar(faults: tuple[Finding, ...], whole: int | None = None) -> Markup:
    """Faults by severity as one bar of 100 units; `whole` faults would fill it."""
    total = whole or len(faults)
    if not total:
        return EMPTY
    bars, x = [], 0.0
    for severity, count in severity_counts(faults).items():
        width = 100 * count / total
        if count:
            shape = {"class": f"s-{severity}", "x": f"{x:.2f}", "width": f"{max(width - 0.6, 0.4):.2f}", "height": "6"}
            bars.append(el("rect", shape))
        x += width
    frame = {"class": "bar", "viewBox": "0 0 100 6", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return join(el("svg", frame, bars))
