"""Tokenisers: laws over any text, and the grammar of each dialect as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.tokens import DIALECTS, tokenise

ODD = st.text(alphabet=st.sampled_from("aeEnNxXuU&'\"`[]$-#/*!\\\n 01.+;:@?%é\0"), max_size=40)


@given(st.one_of(st.text(), ODD), st.sampled_from(DIALECTS))
def test_tokens_tile_the_text(text: str, dialect: str) -> None:
    tokens = tokenise(text, dialect)
    assert [token.start for token in tokens] == [0, *[token.end for token in tokens]][: len(tokens)]
    assert "".join(text[token.start : token.end] for token in tokens) == text
    for token in tokens:
        assert token.start <= token.inner <= token.inner_end <= token.end


TABLE = [
    ("sqlite", "'it''s' x", "string space word"),
    ("sqlite", "'a\\'b", "string word"),
    ("sqlite", 'x\'41\' "n""m" `t` [a]', "string space name space name space name"),
    ("sqlite", "1.5e-3 0xAF .5", "number space number space number"),
    ("sqlite", "a--b\nc", "word comment space word"),
    ("sqlite", "/* a /* b */ c", "comment space word"),
    ("sqlite", "1 /* never closed", "number space comment"),
    ("sqlite", "?1 :name @p", "symbol space symbol space symbol"),
    ("sqlite", "# not a comment", "symbol space word space word space word"),
    ("postgresql", r"E'a\'b' 'c\'", "string space string"),
    ("postgresql", "$$it's$$ $t$ $$ $t$", "string space string"),
    ("postgresql", "a$$b$$", "word"),
    ("postgresql", "/* a /* b */ c */ d", "comment space word"),
    ("postgresql", "U&'d' U&\"n\" B'1'", "string space name space string"),
    ("postgresql", "arr[1]", "word symbol number symbol"),
    ("postgresql", "$1::int", "symbol symbol word"),
    ("mysql", r"'a\'b' " + '"c"', "string space string"),
    ("mysql", "1#x\n2", "number comment space number"),
    ("mysql", "1--2", "number symbol symbol number"),
    ("mysql", "1-- 2", "number comment"),
    ("mysql", "/*!50000 or */ 1", "symbol space word space symbol space number"),
    ("mysql", "/* a */`b``c`", "comment name"),
    ("mssql", "[a]]b] N'x' \"y\"", "name space string space name"),
    ("mssql", "/* a /* b */ c */", "comment"),
    ("mssql", "#temp", "word"),
]


@pytest.mark.parametrize(("dialect", "text", "kinds"), TABLE)
def test_grammar(dialect: str, text: str, kinds: str) -> None:
    assert " ".join(token.kind if token.kind != "symbol" else "symbol" for token in tokenise(text, dialect)) == kinds


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("sqlite", "'a"),
        ("sqlite", "'a''"),
        ("sqlite", "/*"),
        ("sqlite", "[a"),
        ("postgresql", "$a$ $b$"),
        ("postgresql", "/* /* */"),
        ("postgresql", r"E'\'"),
        ("mysql", "'\\'"),
        ("mysql", '"'),
        ("mssql", "[a]]"),
    ],
)
def test_what_is_not_closed_runs_to_the_end(dialect: str, text: str) -> None:
    last = tokenise(text, dialect)[-1]
    assert (last.end, last.inner_end, last.closed) == (len(text), len(text), False)
