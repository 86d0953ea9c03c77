"""The page as a document: complete, small, and nothing of what strangers wrote is more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from hauberk.core.finding import Finding, Location, Result
from hauberk.report import Meta, compare, render
from hauberk.report.figures import figures
from hauberk.report.page.markup import Markup, el, join, link, text

ELEMENTS = set(
    "html head meta title style body script a header div p svg circle b span h1 dl dt dd main ul li small section "
    "h2 h3 h4 ol figure figcaption pre code rect path symbol use article details summary form fieldset legend label "
    "input output table thead tbody tr th td aside nav".split()
)
ATTRIBUTES = set(
    "charset http-equiv content name lang class href id width height aria-hidden viewbox x y cx cy r rx d role "
    "aria-label aria-labelledby aria-live rel scope tabindex preserveaspectratio type value checked hidden "
    "data-severity data-part data-count data-names data-groups autocomplete".split()
)


def page(result: Result, meta: Meta) -> LexborHTMLParser:
    return LexborHTMLParser(render("html", result, meta))


def only(tree: LexborHTMLParser, selector: str) -> str:
    """The text of the first element of that kind."""
    return tree.css(selector)[0].text().strip()


def shown(tree: LexborHTMLParser) -> str:
    assert tree.body is not None
    for node in tree.css("script, style"):
        node.decompose()
    return " ".join(tree.body.text(separator=" ").split())


@pytest.fixture(params=["report", "comparison"])
def hostile_page(request: pytest.FixtureRequest, hostile: Result, hostile_meta: Meta) -> str:
    if request.param == "report":
        return render("html", hostile, hostile_meta)
    reasons = {f.rule.id: f.message for f in hostile.findings}
    return compare.render_html(hostile, hostile, meta=hostile_meta, cannot_cure=reasons)


def test_no_element_and_no_attribute_comes_from_data(hostile_page: str) -> None:
    tree = LexborHTMLParser(hostile_page)
    assert {node.tag for node in tree.css("*")} <= ELEMENTS
    assert {name.lower() for node in tree.css("*") for name in node.attributes} <= ATTRIBUTES
    assert len(tree.css("script")) == 1
    assert len(tree.css("style")) == 1


def test_links_lead_nowhere_but_to_public_pages_and_places_here(hostile_page: str) -> None:
    tree = LexborHTMLParser(hostile_page)
    ids = {node.attributes["id"] for node in tree.css("[id]")}
    for node in tree.css("[href]"):
        address = node.attributes["href"] or ""
        assert re.match(r"https://(cwe\.mitre\.org|owasp\.org)/", address) or address.removeprefix("#") in ids


def test_payloads_are_there_as_text(hostile_page: str, hostile: Result) -> None:
    said = shown(LexborHTMLParser(hostile_page))
    assert hostile.findings[0].message in said
    assert "\\x1b[31m" in said


def test_comments_cannot_be_opened(hostile_page: str) -> None:
    assert "<!--" not in hostile_page


def test_the_policy_names_what_may_run_by_hash(result: Result, meta: Meta) -> None:
    tree = page(result, meta)
    meta_tag = tree.css_first("meta[http-equiv=Content-Security-Policy]")
    assert meta_tag is not None
    policy = meta_tag.attributes["content"] or ""
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        node = tree.css_first(tag)
        assert node is not None
        digest = base64.b64encode(hashlib.sha256(node.text(deep=True).encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_nothing_is_styled_or_run_from_an_attribute(result: Result, meta: Meta) -> None:
    names = {name for node in page(result, meta).css("*") for name in node.attributes}
    assert not {n for n in names if n == "style" or n.startswith("on")}


def test_the_script_stays_short(result: Result, meta: Meta) -> None:
    script = page(result, meta).css_first("script")
    assert script is not None
    assert len(script.text().splitlines()) <= 80


def test_every_fault_is_on_the_page(result: Result, meta: Meta) -> None:
    tree = page(result, meta)
    assert len(tree.css("article.finding")) == 12
    said = shown(tree)
    for finding in result.findings:
        assert finding.message in said
    assert "SELECT * FROM items WHERE name LIKE '%' OR 1=1 --%'" in said
    assert "shop/store.py:48" in said


def test_at_most_five_are_to_be_fixed_first_each_of_a_rule_of_its_own(result: Result, meta: Meta) -> None:
    titles = [node.text().strip() for node in page(result, meta).css(".first h3")]
    assert titles == [
        "Command injection",
        "SQL injection",
        "lodash 4.17.15 has a known vulnerability",
        "Path traversal",
        "Cross-site scripting",
    ]


def test_the_grid_has_a_square_for_each_requirement(result: Result, meta: Meta) -> None:
    tree = page(result, meta)
    squares = tree.css(".squares svg")
    assert (len(tree.css(".grid > li")), len(squares)) == (17, 345)
    titles = [t.text() for t in tree.css(".squares svg title")]
    assert titles[5] == "1.2.4 (level 1) Database queries safe from injection: fault found"
    assert len({t.split(" ")[0] for t in titles}) == 345


def test_colour_is_not_the_only_sign(result: Result, meta: Meta) -> None:
    symbols = {s.attributes["id"]: (s.html or "").count("<path") for s in page(result, meta).css("symbol")}
    assert symbols == {f"q-{sign}": int(sign != "u") for sign in "feporanu"}


def test_an_incomplete_run_has_no_letter_and_says_why(result: Result, meta: Meta) -> None:
    tree = page(replace(result, complete=False, gaps=("scan: the login failed.",)), meta)
    assert only(tree, ".tile") == "–"
    assert "Withheld, because not everything was judged." in shown(tree)
    assert only(tree, ".gaps h2") == "Not judged"
    assert only(tree, ".gaps li") == "scan: the login failed."


def test_a_result_without_faults_has_a_page_too(meta: Meta) -> None:
    tree = page(Result(command="check", target="a:app"), meta)
    assert only(tree, ".tile") == "A+"
    assert "No fault was found in what was judged." in shown(tree)


def test_dependencies_say_why_they_are_there(result: Result, meta: Meta) -> None:
    rows = [" ".join(row.text(separator=" ").split()) for row in page(result, meta).css("#dependencies tbody tr")]
    assert rows[0].startswith("lodash 4.17.15 npm critical CVSS 7.5, EPSS 2% GHSA-635-abcd-efgh (CVE-2024-635) 4.17.21")
    assert "front → webpack → async → lodash" in rows[0]
    assert "known to be exploited" in rows[1]


def test_without_dependencies_there_is_no_table_of_them(meta: Meta) -> None:
    assert page(Result(command="check", target="a:app"), meta).css_first("#dependencies") is None


@pytest.mark.parametrize("count", [0, 1, 100, 2_000, 5_000])
def test_the_page_stays_below_300_kb(count: int, many: Callable[[int], Result], meta: Meta) -> None:
    written = render("html", many(count), meta)
    assert len(written.encode()) < 300_000


def test_the_page_stays_small_when_everything_is_long(meta: Meta, result: Result) -> None:
    wide = '"<&漢' * 3_000
    findings = tuple(
        replace(
            f,
            message=wide,
            own_title=wide,
            own_fix=wide,
            key=str(n),
            outcome=outcome,
            evidence={wide: wide, "request": wide},
        )
        for n in range(60)
        for f in result.findings
        for outcome in ("fail", "pass", "review", "not-applicable")
    )
    long = Result(
        command=wide,
        target=wide,
        findings=findings,
        gaps=(wide,) * 80,
        complete=False,
        stats={wide: wide, "b": {wide: wide}},
    )
    assert len(render("html", long, replace(meta, title=wide, command_line=wide, framework=wide)).encode()) < 300_000


def test_2000_faults_are_all_named_and_it_says_how(many: Callable[[int], Result], meta: Meta) -> None:
    tree = page(many(2_000), meta)
    full, brief = len(tree.css("article.finding")), len(tree.css(".places li"))
    assert full >= 10
    assert full + brief == 2_000
    assert f"The {full} worst are shown in full, {brief} by their places." in shown(tree)


def test_what_has_no_room_is_counted(many: Callable[[int], Result], meta: Meta) -> None:
    tree = page(many(5_000), meta)
    left = 5_000 - len(tree.css("article.finding")) - len(tree.css(".places li"))
    assert left > 0
    assert f"{left} more are only in the JSON." in shown(tree)


def test_the_grade_of_everything_stands_on_a_page_that_cannot_show_everything(
    many: Callable[[int], Result], meta: Meta
) -> None:
    assert only(page(many(5_000), meta), ".numbers b") == "5000"


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (text("<b>&\"'"), "&lt;b&gt;&amp;&quot;&#x27;"),
        (el("p", "x", "<i>"), '<p class="x">&lt;i&gt;</p>'),
        (el("p", {"title": '"><script>'}), '<p title="&quot;&gt;&lt;script&gt;"></p>'),
        (el("input", {"checked": True, "name": None, "hidden": False}), "<input checked>"),
        (join("a<", [el("b", None, "c"), None, ("d",)]), "a&lt;<b>c</b>d"),
        (link("https://x/?a=1&b", "y"), '<a href="https://x/?a=1&amp;b" rel="noopener noreferrer">y</a>'),
        (link("#f1", "y"), '<a href="#f1">y</a>'),
        (link("javascript:alert(1)", "y"), "y"),
        (link("http://x", "y"), "y"),
        (link("//x", "<y>"), "&lt;y&gt;"),
    ],
)
def test_markup(made: Markup, html: str) -> None:
    assert made == html


def test_text_that_was_added_to_markup_is_text_again() -> None:
    assert el("p", None, Markup("<b>") + "<i>") == "<p>&lt;b&gt;&lt;i&gt;</p>"


def test_backticks_become_code_and_nothing_else(result: Result, meta: Meta) -> None:
    finding = replace(result.findings[0], message="use `<b>` and `x", own_fix="set `a` and `b`")
    tree = page(replace(result, findings=(finding,)), meta)
    assert [c.text() for c in tree.css("article .fix code")] == ["a", "b"]
    assert "use `<b>` and `x" in shown(tree)


def test_a_report_read_from_a_file_looks_the_same(result: Result, meta: Meta) -> None:
    from hauberk.report.json import loads

    rules = {f.rule.id: f.rule for f in result.findings}.values()
    again = loads(render("json", result, meta), rules=rules)
    assert render("html", again, meta) == render("html", result, meta)


def test_a_finding_at_no_place_is_about_the_whole(meta: Meta, result: Result) -> None:
    finding: Finding = replace(result.findings[0], location=Location())
    assert "the application as a whole" in shown(page(replace(result, findings=(finding,)), meta))


def test_figures_say_what_changed_since_the_baseline(result: Result, protected: Result, meta: Meta) -> None:
    tree = page(protected, replace(meta, whole=protected, before=figures(result)))
    faults, kept, *_ = (only_text(node) for node in tree.css(".numbers .delta"))
    assert faults.startswith("−")
    assert kept.startswith("+")
    assert not page(protected, meta).css(".delta")


def test_one_answer_stands_there_with_a_sentence_for_each_line(result: Result, meta: Meta) -> None:
    fields = [
        {"name": "x-frame-options", "value": "DENY", "said": "Nobody may frame it.", "problem": ""},
        {"name": "<b>", "value": "<script>", "said": "", "problem": "is unknown"},
    ]
    tree = page(replace(result, stats={"answer": {"path": "/", "status": 200, "fields": fields}}), meta)
    lines = [only_text(node) for node in tree.css(".answer > li")]
    assert lines == ["GET /answered with 200", "x-frame-options: DENYNobody may frame it.", "<b>: <script>is unknown"]
    assert not page(result, meta).css(".answer")


def test_what_people_vouch_for_names_them(result: Result, meta: Meta) -> None:
    said = {"answer": "fulfilled", "by": "Kim", "why": "see docs", "on": "2026-11-30", "until": "2027-11-30"}
    tree = page(replace(result, stats={"attested": {"v5.0.0-6.1.1": said}}), meta)
    assert only(tree, "#attested li small") == "Kim, 2026-11-30, until 2027-11-30"


def only_text(node: LexborNode) -> str:
    return node.text().strip()
