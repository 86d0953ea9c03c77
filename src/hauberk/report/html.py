"""One HTML file: it loads nothing, runs nothing but its own filter, and reads well without scripts and on paper."""

from __future__ import annotations

from hauberk.core.finding import PackageLocation, Result
from hauberk.report.evidence import asvs_evidence, stat, top10_evidence
from hauberk.report.figures import figures
from hauberk.report.grade import grade
from hauberk.report.meta import Meta
from hauberk.report.page import annotated, attested, findings, grid, head, tables
from hauberk.report.page.listing import Listing, filters, listing
from hauberk.report.page.markup import EMPTY, Markup, el, join
from hauberk.report.page.shell import LIMIT, document, section


def render(result: Result, *, meta: Meta) -> str:
    """The result as a page, always below 300 kB: where there is no room, faults become lines, and it says so."""
    # The parts of known size come first; the list of faults gets what they leave.
    hero = head.hero(result, meta, grade(result), _sections(result))
    before = join(grid.signs(), el("div", "wrap", hero, head.gaps(result)))
    whole = meta.whole or result
    evidence, categories = asvs_evidence(whole), top10_evidence(whole)
    numbers = head.numbers(result, figures(whole), meta.before)
    standards = join(grid.regroup(), grid.asvs_grid(evidence), grid.legend(evidence))
    answer = annotated.answer(result)
    said = attested.attestations(result)
    table = grid.top10_table(categories)
    packages = tables.dependencies(result.failures)
    quiet = _quiet(result)
    method = tables.method(result, meta)
    sizes = sum(part.size for part in (before, numbers, standards, table, packages, answer, said, quiet, method))
    # What points into the list is made after it, and measured here with anchors that are at least as long.
    longest = {id(f): "f000000" for f in result.failures}
    pointing = findings.first_cards(result.failures, longest).size + grid.requirements_at_fault(evidence, longest).size
    room = LIMIT - sizes - pointing - document("").size - _AROUND
    listed = listing(result.failures, max(room, 20_000))
    main = join(
        numbers,
        _first(result, listed),
        section("asvs", "OWASP ASVS 5.0", _ASVS_NOTE, standards, grid.requirements_at_fault(evidence, listed.anchors)),
        section("top10", "OWASP Top 10 2025", None, table),
        _faults(result, listed),
        section("dependencies", "Dependencies", _DEPENDENCIES_NOTE, packages) if packages else EMPTY,
        section("answer", "What an answer carries", _ANSWER_NOTE, answer) if answer else EMPTY,
        section("attested", "What people vouch for", _ATTESTED_NOTE, said) if said else EMPTY,
        quiet,
        section("method", "Method and limits", None, method),
    )
    title = f"hauberk: {meta.title or result.target}"
    return document(title, before, el("main", {"id": "content", "class": "wrap"}, main))


def _sections(result: Result) -> list[tuple[str, str]]:
    """What this page has, in its order."""
    outcomes = {f.outcome for f in result.findings}
    packages = any(isinstance(f.location, PackageLocation) for f in result.failures)
    named = (
        ("first", "Fix first", "fail" in outcomes),
        ("asvs", "ASVS", True),
        ("top10", "Top 10", True),
        ("findings", "Findings", True),
        ("dependencies", "Dependencies", packages),
        ("answer", "Headers", bool(annotated.answer(result))),
        ("attested", "Vouched for", bool(stat(result, "attested"))),
        ("people", "For a person", "review" in outcomes),
        ("passed", "Passed", bool(outcomes & {"pass", "not-applicable"})),
        ("method", "Method", True),
    )
    return [(id, name) for id, name, there in named if there]


_AROUND = 4_000
"""Octets of headings, notes, filters and titles around the parts."""
_ASVS_NOTE = "A square is a requirement of the standard. Rest the pointer on one for its title."
_ANSWER_NOTE = "One answer of the application as a browser gets it, line by line. Values of cookies are left out."
_ATTESTED_NOTE = "Nobody but them checked it. Each answer ends on its last day, and the requirement waits again."
_DEPENDENCIES_NOTE = "“Why it is there” leads from your own requirement down to the package."


def _first(result: Result, listed: Listing) -> Markup:
    if not result.failures:
        return EMPTY
    note = "Ordered by what an attacker gains and how sure it is."
    return section("first", "Fix these first", note, findings.first_cards(result.failures, listed.anchors))


def _faults(result: Result, listed: Listing) -> Markup:
    count = len(result.failures)
    if not count:
        return section("findings", "Findings", None, el("p", "empty", "No fault was found in what was judged."))
    note = None
    if listed.brief or listed.left_out:
        note = f"The {listed.full} worst are shown in full, {listed.brief} by their places"
        note += f"; {listed.left_out} more are only in the JSON." if listed.left_out else "."
    return section("findings", f"Findings ({count})", note, filters(result.failures), listed.markup)


def _quiet(result: Result) -> Markup:
    """What a person has to say, what passed, what did not apply."""
    reviews = tables.by_outcome(result.findings, "review")
    passed = tables.by_outcome(result.findings, "pass")
    absent = tables.by_outcome(result.findings, "not-applicable")
    person = (
        section("people", f"For a person ({len(reviews)})", None, tables.people(reviews, 20_000)) if reviews else EMPTY
    )
    lists = join(tables.folded(passed, "passed"), tables.folded(absent, "not applicable", 20_000))
    return join(person, section("passed", "Passed and not applicable", None, lists) if lists else EMPTY)
