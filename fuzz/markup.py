"""What a browser's parser finds to run, the guard finds: `python -m fuzz.markup [libFuzzer options]`.

Each octet is a piece of markup. lexbor builds the tree of the page; every handler and every script element in it must
be among those that the tokeniser saw. The other way round is no law: what is a comment to one may be markup to the
other.
"""

from __future__ import annotations

from collections import Counter

from selectolax.lexbor import LexborHTMLParser

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.guard.html import judge
    from hauberk.wire.markup import start_tags

PIECES = (
    '<td class="x y">', "<input value=", " id='", " title=x", '<a href="/x">', "<p/class=x>", "<img onerror=go()>",
    "<script>", "</script>", "<!--", "-->", "--!>", "<!-->", "<svg>", "</svg>", "<svg/>", "<math>", "</math>",
    "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<p>", "</p>", "<b onclick='",
    '<a title="', "'", '"', ">", "<", "/", "=", " ", "x", "</a ", "<foreignObject>", "</foreignObject>", "<desc>",
    "<mi>", "<mtext>", "</mtext>", "<iframe>", "</iframe>", "<xmp>", "</xmp>", "<![CDATA[", "]]>", "<!doctype html>",
    "<?", "</", "<script ", "<script/>", "<!--<script>", "<template>", "</template>", "<table>", "<select>",
    "<font>", "<font color=x>", "\t", "\n", "\f", "\0", "&gt;", "<annotation-xml encoding=text/html>",
    "<annotation-xml>", "</annotation-xml>", "`", "<body onload=go()>", "<svg onload=go()>", "</br>", "<noembed>",
    "</noembed>", "<noframes>", "</noframes>", "<mglyph>",
)  # fmt: skip
SEEDS = tuple(bytes(range(start, start + 12)) for start in range(0, len(PIECES), 5))


def by_lexbor(page: str) -> Counter[tuple[str, str]]:
    """Handlers and script elements of the tree."""
    found: Counter[tuple[str, str]] = Counter()
    for node in LexborHTMLParser(page).css("*"):
        for name in node.attributes:
            if name.startswith("on") and name.isalpha():
                found[str(node.tag), name] += 1
        found["script", ""] += node.tag == "script"
    return +found


def by_us(page: str) -> Counter[tuple[str, str]]:
    """The same as the tokeniser sees them."""
    found: Counter[tuple[str, str]] = Counter()
    for tag in start_tags(page):
        for name in tag.attributes:
            found[tag.name, name] += 1
        found["script", ""] += tag.name == "script"
    return +found


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    page = "".join(PIECES[octet % len(PIECES)] for octet in data)
    ours = by_us(page)
    # Elements of formatting are made again where they were not closed: one tag, several elements.
    missed = Counter(
        {key: n for key, n in (by_lexbor(page) - ours).items() if key[0] not in {"a", "b"} or not ours[key]}
    )
    if missed:
        raise AssertionError(f"not seen in {page!r}: {dict(missed)}")
    judge(f"<p>{page}</p>", page)


if __name__ == "__main__":
    main(one_input, SEEDS)
