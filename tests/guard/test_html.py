"""Input in pages, judged without a request: what becomes a script, and what only looks like one."""

from __future__ import annotations

import json
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.html import judge, judge_all, pieces

SCRIPT = "<script>alert(1)</script>"

ATTACKS = [
    ("<p>Hi {}</p>", SCRIPT),
    ("<p>Hi {}</p>", "<ScRiPt src=//evil.example/x.js></sCrIpT>"),
    ("<p>Hi {}</p>", "<img src=x onerror=alert(1)>"),
    ("<p>Hi {}</p>", "<svg/onload=alert(1)>"),
    ("<p>Hi {}</p>", "<svg><script>alert&lpar;1&rpar;</script>"),
    ("<p>Hi {}</p>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>"),
    ("<p>Hi {}</p>", "<math><a xlink:href=javascript:alert(1)>x"),
    ("<p>Hi {}</p>", "<a href='java\nscript:alert(1)'>x</a>"),
    ("<p>Hi {}</p>", "<a href='&#106;avascript:alert(1)'>x</a>"),
    ("<p>Hi {}</p>", "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>"),
    ("<p>Hi {}</p>", "<iframe src='data:text/html,<script>alert(1)</script>'></iframe>"),
    ("<p>Hi {}</p>", "<object data=//evil.example/x></object>"),
    ("<p>Hi {}</p>", "<base href=//evil.example/>"),
    ("<p>Hi {}</p>", "<meta http-equiv=refresh content='0;url=//evil.example/'>"),
    ("<p>Hi {}</p>", "<form><button formaction=javascript:alert(1)>x</button></form>"),
    ("<p>Hi {}</p>", "<details open ontoggle=alert`1`>"),
    ("<p>Hi {}</p>", "<div x-init='alert(1)'></div>"),
    ("<p>Hi {}</p>", "<!--><img src=x onerror=alert(1)>-->"),
    ("<p>Hi {}</p>", '</a x="><!--"><img src=x onerror=alert(1)>'),
    ("<p>Hi {}</p>", "<svg/><style><!--</style><img src=x onerror=alert(1)>"),
    ("<p>Hi {}</p>", "<svg><p><style><!--</style><img src=x onerror=alert(1)>"),
    ("<p>Hi {}</p>", "<svg><style><img src=x onerror=alert(1)></style></svg>"),
    ("<title>{}</title>", f"</title>{SCRIPT}"),
    ("<textarea>{}</textarea>", f"</textarea>{SCRIPT}"),
    ("<style>p {{ color: {} }}</style>", f"red }}</style>{SCRIPT}"),
    ("<!-- {} -->", f"-->{SCRIPT}"),
    ("<!-- {} -->", f"--!>{SCRIPT}"),
    ('<input value="{}">', '" autofocus onfocus="alert(1)'),
    ('<input value="{}">', f'">{SCRIPT}'),
    ("<input value='{}'>", "' onmouseover='alert(1)"),
    ("<input value={}>", "x onmouseover=alert(1)"),
    ('<a href="{}">x</a>', "javascript:alert(1)"),
    ('<a href="{}">x</a>', " \tjavascript:alert(1)//"),
    ('<a href="{}">x</a>', "JaVaScRiPt&colon;alert(1)"),
    ('<script src="{}"></script>', "//evil.example/x.js"),
    ('<script src="{}"></script>', "data:text/javascript,alert(1)"),
    ("<script>var q = '{}';</script>", "';alert(1)//"),
    ("<script>var q = '{}';</script>", "'-alert(1)-'"),
    ('<script>var q = "{}";</script>', '"+alert(1)+"'),
    ("<script>var q = `{}`;</script>", "${alert(1)}"),
    ("<script>var q = '{}';</script>", f"</script>{SCRIPT}"),
    ("<script>var n = {};</script>", "alert(document.cookie)"),
    ("<script>// {}\nrun();</script>", "x\nalert(1)"),
    ("<script>/* {} */</script>", "*/alert(1)/*"),
    ("<script>var q = '<!--<script>'; var r = '{}';</script>", "';alert(1)//"),
    ("<script>if (a) /'/.test(b);\nvar q = '{}';</script>", "';alert(1)//"),
    ("<button onclick=\"go('{}')\">x</button>", "');alert(1)//"),
]


@pytest.mark.parametrize(("page", "value"), ATTACKS)
def test_input_that_runs(page: str, value: str) -> None:
    assert judge(page.replace("{}", value), value).attack


def test_an_escape_for_text_is_none_for_a_script() -> None:
    value = "');alert(1)//"
    assert judge(f"<button onclick=\"go('{escape(value)}')\">x</button>", value).attack
    assert judge(f'<a href="{escape("javascript:alert(1)")}">x</a>', "javascript:alert(1)").attack


def test_an_escape_that_is_escaped_itself() -> None:
    value = "\\';alert(1)//"
    page = "<script>var q = '{}';</script>"
    assert judge(page.replace("{}", value.replace("'", "\\'")), value).attack
    assert not judge(page.replace("{}", value.replace("\\", "\\\\").replace("'", "\\'")), value).attack
    assert not judge(page.replace("{}", value), value).attack


BENIGN = [
    ("<p>{}</p>", "a < b and c > d"),
    ("<p>{}</p>", "<b>bold</b> and <i>italics</i>"),
    ("<p>{}</p>", '<a href="https://other.example/">a link</a>'),
    ("<p>{}</p>", "<img src=/cat.png alt=cat>"),
    ("<p>{}</p>", 'I\'m "here" & there; f(x) = {y}'),
    ("<p>{}</p>", "onclick=go() is no tag"),
    ("<p>{}</p>", "javascript:alert(1)"),
    ("<textarea>{}</textarea>", SCRIPT),
    ("<title>{}</title>", "<img src=x onerror=alert(1)>"),
    ('<input value="{}">', SCRIPT),
    ('<input value="{}">', "it's 5 > 4"),
    ('<a href="{}">x</a>', "https://other.example/?a=b&c='d'"),
    ('<a title="{}">x</a>', "javascript:alert(1)"),
    ("<!-- {} -->", "<img src=x onerror=alert(1)>"),
    ("<script>var q = '{}';</script>", 'she said "alert(1)"'),
    ("<script>var n = {};</script>", "-12.5"),
    ("<script>var o = {};</script>", '{"name": "Ada", "tags": [1, 2]}'),
    ("<script type='application/json'>{}</script>", '";alert(1)//'),
    ("<script type=text/template>{}</script>", "<img src=x onerror=alert(1)>"),
    ("<template><p>{}</p></template>", "<b>x</b>"),
    ("<script>run(); // a comment: {}</script>", "it's (all) quiet"),
]


@pytest.mark.parametrize(("page", "value"), BENIGN)
def test_input_that_only_looks_like_it(page: str, value: str) -> None:
    assert not judge(page.replace("{}", value), value).attack


ESCAPED = [
    ("<p>{}</p>", escape),
    ('<input value="{}">', escape),
    ("<input value='{}'>", lambda value: escape(value).replace("&#x27;", "&#39;")),
    ("<script>var q = {};</script>", lambda value: json.dumps(value).replace("<", "\\u003c")),
    ("<script>var q = '{}';</script>", lambda value: "".join(c if c.isalnum() else f"\\x{ord(c):02x}" for c in value)),
]


@pytest.mark.parametrize("value", sorted({value for _, value in ATTACKS}))
@pytest.mark.parametrize(("page", "encode"), ESCAPED)
def test_an_attack_that_was_escaped(page: str, encode: object, value: str) -> None:
    assert not judge(page.replace("{}", encode(value)), value).attack  # type: ignore[operator]


def test_a_script_of_the_page_that_has_the_same_words() -> None:
    page = "<p>{}</p><script>start('now');</script><a href='javascript:void(0)'>x</a>"
    for value in ("it's void(0)", "javascript:void"):
        assert not judge(page.replace("{}", escape(value)), value).attack


def test_scripts_that_are_known_of_other_pages() -> None:
    own = '<script src="//cdn.example/app.js"></script>'
    page = f"<head>{own}</head><p>{escape(own)}</p>"
    assert judge(page, own).attack
    known = {("<script src>", "//cdn.example/app.js")}
    assert not judge_all(page, [own], known=known)[0].attack


def test_one_input_begins_what_another_ends() -> None:
    page = "<p>{}</p>".replace("{}", "<img src=x " + " onerror=alert(1)>")
    assert judge_all(page, ["<img src=x", "onerror=alert(1)>"])[0].attack


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<img src=x onerror=alert(1)>" + "x" * 200, "<img src=x onerror=alert(1)>xx"),
        ("Ada <script>alert(1)</script>", "<script>alert(1)</script>"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "<script>alert(1)</script>"),
        ("name=<svg onload=alert(1)>&x=1", "<svg onload=alert(1)>"),
    ],
)
def test_input_that_was_cut_or_cleaned(value: str, shown: str) -> None:
    page = f"<p>Hi {shown}</p>"
    assert judge_all(page, list(pieces(page.lower(), value)))[0].attack


def test_xml_has_sections_and_references() -> None:
    feed = "<rss><description><![CDATA[{}]]></description></rss>"
    assert not judge_all(feed.replace("{}", SCRIPT), [SCRIPT], xml=True)[0].attack
    out = f"]]>{SCRIPT}<![CDATA["
    assert judge_all(feed.replace("{}", out), [out], xml=True)[0].attack
    script = "<script>var q = '{}';</script>"
    assert judge_all(script.replace("{}", escape("';alert(1)//")), ["';alert(1)//"], xml=True)[0].attack


@given(st.text(alphabet="<>\"'`=/ abscriptonx(){}!-&;", max_size=40), st.sampled_from([page for page, _ in ATTACKS]))
def test_any_text_is_judged(value: str, page: str) -> None:
    judge(page.replace("{}", value), value)
    assert not judge("<p>" + escape(value) + "</p>", value).attack


def test_the_end_of_a_tag_that_the_page_has_itself_is_not_the_inputs() -> None:
    """Each part of a path is an input of its own: `/><script>alert(1)</script>` ends in `script>`."""
    page = '<p>&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p><meta charset="utf-8"><script src="/a.js"></script>'
    values = ["><script>alert(1)</script>", "><script>alert(1)<", "script>", "ript>", "<script", '">']
    assert not judge_all(page, values)[0].attack
    assert judge_all(page.replace("&gt;&lt;script&gt;alert(1)&lt;/script&gt;", values[0]), values)[0].attack
