"""An input that the guard calls inert is one literal to libxml2: `python -m fuzz.xpath`."""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.guard.xpath import judge

from lxml import etree

TEMPLATES = (
    ("concat('{}', 'zz')", "", "zz"),
    ("concat(\"{}\", 'zz')", "", "zz"),
    ("concat('zz', //a[1], '{}', \"zz\")", "zzone", "zz"),
)
"""An expression, and what comes out of it before and after the input."""
DOCUMENT = etree.fromstring("<r><a b='1'>one</a><a b='2'>two</a></r>")
SEEDS = (
    b"x', string(//a), 'y",
    b"', '",
    b'a "b" c',
    b"it''s",
    b"(: x :) | //a[@b=1]",
    b"') or concat('",
    b'"), ("',
    b"'(:':)'",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    value = data.decode("utf-8", "replace")
    if len(value.strip()) < 2:  # Such inputs are not looked for.
        return
    for template, before, after in TEMPLATES:
        expression = template.replace("{}", value)
        try:
            inside = DOCUMENT.xpath(expression) == before + value + after
        except (etree.XPathError, ValueError):  # No expression, so that nothing is evaluated.
            continue
        verdict = judge(expression, value)
        if not inside and not verdict.attack:
            raise AssertionError(f"{expression!r} broke out with {value!r}, and was called {verdict}")
        if inside and verdict.attack and expression.count(value) == 1 and value.strip() == value:
            raise AssertionError(f"{expression!r} holds {value!r} in a literal, and was called {verdict}")


if __name__ == "__main__":
    main(one_input, SEEDS)
