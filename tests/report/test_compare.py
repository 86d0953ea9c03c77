"""Two results next to each other: what is gone, what remains and why, what is new."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from hauberk.core.finding import Finding, HttpLocation, Location, Result, Rule
from hauberk.report import Meta
from hauberk.report.compare import Fate, compare, render_html, render_text, unexplained

RULE = Rule(id="scan.x", title="X", severity="high", why="", fix="")
REASONS = {
    "audit.vulnerable-dependency": "Only an upgrade helps.",
    "scan.server-version": "The server adds it below the application.",
}


def made(*findings: Finding, complete: bool = True) -> Result:
    return Result(command="prove", target="a:app", findings=findings, complete=complete)


def at(path: str, file: str | None = None, line: int | None = None) -> Finding:
    return Finding(
        rule=RULE, outcome="fail", message="", location=HttpLocation(method="GET", path=path, file=file, line=line)
    )


def own(file: str, key: str = "") -> Finding:
    return Finding(rule=RULE, outcome="fail", message="", location=Location(file=file, line=1), key=key)


@pytest.mark.parametrize(
    ("before", "after", "fates"),
    [
        (made(at("/a")), made(), ["gone"]),
        (made(at("/a")), made(at("/a")), ["remains"]),
        (made(at("/a", "open.py", 3)), made(at("/a", "protected.py", 9)), ["remains"]),
        (made(at("/a")), made(at("/b")), ["gone", "new"]),
        (made(), made(at("/b")), ["new"]),
        (made(at("/a")), made(complete=False), ["not-seen"]),
        (made(own("open.py")), made(own("protected.py")), ["remains"]),
        (made(own("open.py", "a")), made(own("protected.py", "b")), ["gone", "new"]),
        (made(own("a.py"), own("b.py")), made(own("b.py")), ["gone", "remains"]),
        (made(own("a.py")), made(own("a.py"), own("c.py")), ["remains", "new"]),
        (made(at("/a")), made(replace(at("/a"), outcome="pass")), ["gone"]),
        (made(replace(at("/a"), outcome="review")), made(), []),
    ],
)
def test_what_became_of_a_fault(before: Result, after: Result, fates: list[Fate]) -> None:
    assert [row.fate for row in compare(before, after)] == fates


@pytest.mark.parametrize(
    ("gaps", "fate"),
    [
        (("audit: no index",), "gone"),
        (("audit: no index", "scan: no login"), "not-seen"),
        (("audit: no index", "something else"), "not-seen"),
        (("scan: no login",), "not-seen"),
        ((), "not-seen"),
    ],
)
def test_a_gap_in_one_part_does_not_silence_the_others(gaps: tuple[str, ...], fate: Fate) -> None:
    after = replace(made(complete=False), gaps=gaps)
    assert [row.fate for row in compare(made(at("/a")), after)] == [fate]


def test_a_recorded_pass_means_gone_whatever_else_is_missing() -> None:
    after = made(replace(at("/a", "other.py"), outcome="pass"), complete=False)
    assert [row.fate for row in compare(made(at("/a"), at("/b")), after)] == ["gone", "not-seen"]


def test_a_reason_explains_what_remains(result: Result, protected: Result) -> None:
    rows = compare(result, protected, REASONS)
    assert [row.finding.rule.id for row in rows if row.fate == "remains"] == [
        "audit.vulnerable-dependency",
        "audit.vulnerable-dependency",
        "audit.vulnerable-dependency",
        "scan.server-version",
    ]
    assert unexplained(rows) == ()


def test_without_a_reason_nothing_may_remain(result: Result, protected: Result) -> None:
    left = unexplained(compare(result, protected, {"scan.server-version": "below"}))
    assert {row.finding.rule.id for row in left} == {"audit.vulnerable-dependency"}


@pytest.mark.parametrize("after", [made(at("/new")), made(complete=False)])
def test_new_faults_and_faults_not_looked_for_are_never_explained(after: Result) -> None:
    assert unexplained(compare(made(at("/a")), after, {"scan.x": "known"}))


def test_the_page_shows_both_sides(result: Result, protected: Result, meta: Meta) -> None:
    tree = LexborHTMLParser(render_html(result, protected, meta=meta, cannot_cure=REASONS))
    assert [node.text() for node in tree.css(".tile b")] == ["F", "F"]
    assert "8 of 12 faults are gone, 4 remain." in tree.css(".lead")[0].text()
    rows = [" ".join(row.text(separator=" ").split()) for row in tree.css(".fates tbody tr")]
    assert len(rows) == 12
    assert rows[0].endswith("✕ found ✕ remains Only an upgrade helps.")
    assert rows[1].endswith("shop/store.py:97 ✕ found ✓ gone")
    assert len(tree.css(".squares svg")) == 2 * 345


def test_the_page_stays_below_300_kb(meta: Meta) -> None:
    big = made(*(at(f"/{n}/" + "<" * 200) for n in range(3_000)))
    written = render_html(big, made(), meta=meta)
    assert len(written.encode()) < 300_000
    assert "more have no room here" in written


def test_the_terminal_shows_both_sides(result: Result, protected: Result, meta: Meta) -> None:
    out = StringIO()
    render_text(Console(file=out, width=140, color_system=None), result, protected, meta=meta, cannot_cure=REASONS)
    said = out.getvalue()
    assert "BEFORE  shop.main:app" in said
    assert "AFTER  shop.shielded:app" in said
    assert "8 of 12 faults are gone. 4 remain for a known reason." in said
    assert "should not be there" not in said


def test_the_terminal_says_what_should_not_be_there(result: Result, protected: Result) -> None:
    out = StringIO()
    render_text(Console(file=out, width=140, color_system=None), result, protected)
    assert "4 should not be there" in out.getvalue()
