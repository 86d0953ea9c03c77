"""What a document of a request makes an XML parser do: read other files, or grow without bounds (CWE-611, CWE-776).

A parser asks for an external entity, a DTD or an inclusion by its system identifier (XML 1.0, section 4.2.2). Where the
identifier stands in a document that the request holds, the client chose what is read.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote, urlsplit

from hauberk.core.exchange import Exchange
from hauberk.guard.blobs import blobs
from hauberk.guard.inner import decoded
from hauberk.guard.verdict import Judgement

READS = Judgement("attack", "a document of the request names what the parser reads besides it")
GRAMMAR = Judgement("unknown", "a document of the request names a DTD beside the application's own files")
PUBLISHED = Judgement("inert", "a document of the request names a DTD of a standard")
GROWS = Judgement("attack", "entities of a document of the request grow to many times their size")

LARGEST = 10_000_000
"""Characters that the entities of a document may come to."""
RATIO = 50
"""How many times larger than the document they may be, beyond a first million."""
DEEPEST = 60

PUBLISHERS = frozenset(
    {
        "www.w3.org", "w3.org", "java.sun.com", "www.apple.com", "www.oasis-open.org", "docbook.org", "dtd.nlm.nih.gov",
        "jats.nlm.nih.gov", "www.openmobilealliance.org", "purl.org", "xml.org", "www.ietf.org",
    }
)  # fmt: skip
"""Where the DTDs of SVG, XHTML, property lists, DocBook and the like are published."""
_GRAMMARS = (".dtd", ".ent", ".mod", ".xsd")
_QUOTED = r"(?:\"([^\"]*)\"|'([^']*)')"
_IDENTIFIERS = (
    re.compile(r"\bSYSTEM\s+" + _QUOTED),
    re.compile(r"\bPUBLIC\s+(?:\"[^\"]*\"|'[^']*')\s+" + _QUOTED),
    re.compile(r"\bhref\s*=\s*" + _QUOTED),
    re.compile(r"\bdocument\s*\(\s*" + _QUOTED),
)
_ENTITY = re.compile(r"<!ENTITY\s+(%\s+)?([^\s\"'%&;<>]+)\s+" + _QUOTED)
_REFERENCE = re.compile(r"([&%])([^\s\"'%&;<>#]+);")


def identifiers(text: str) -> set[str]:
    """Everything that a document has a parser read: of DTDs, entities, inclusions, and `document()` of a stylesheet."""
    found: set[str] = set()
    once = html.unescape(text)
    for form in dict.fromkeys((text, once, html.unescape(once))):
        for pattern in _IDENTIFIERS:
            found.update(a or b for a, b in pattern.findall(form))
    return found - {""}


def sources(ex: Exchange) -> list[tuple[str, set[str]]]:
    """The identifiers in each document that the request holds, under the name of the input."""
    found: list[tuple[str, set[str]]] = []
    for name, blob in blobs(ex):
        if b"<" in blob or blob[:2] in {b"\xff\xfe", b"\xfe\xff", b"\x4c\x6f"} or b"+ADw-" in blob:
            found += ((name, named) for text in decoded(blob) if (named := identifiers(text)))
    return found


def leads(identifier: str, asked: str) -> bool:
    """Whether what a parser asks for is what a document named: perhaps resolved against the place of the document."""
    if identifier == asked:
        return True
    wanted, given = _tail(identifier), _tail(asked)
    return bool(wanted) and bool(given) and (given.endswith(wanted) or wanted.endswith(given))


def _tail(identifier: str) -> str:
    """Without scheme and climbing: what stays in a path, whatever it is resolved against."""
    plain = unquote(identifier.strip()).replace("\\", "/")
    plain = re.sub(r"\A(?:[A-Za-z][A-Za-z0-9+.-]*:)?/*", "/", plain)
    return re.sub(r"/(?:\.{0,2}/)+", "/", plain).rstrip("/")


def judge(asked: str) -> Judgement:
    """What it means that a document of the request has this read."""
    try:
        parts = urlsplit(asked.strip())
    except ValueError:
        return READS
    if parts.scheme in {"http", "https"} and (parts.hostname or "") in PUBLISHERS:
        return PUBLISHED
    beside = not parts.scheme and not parts.netloc and not parts.path.startswith("/") and ".." not in parts.path
    return GRAMMAR if beside and parts.path.lower().endswith(_GRAMMARS) else READS


def grows(text: str) -> bool:
    """Whether the entities that a document declares come to far more than it says."""
    declared = {
        ("%" if parameter else "&") + name: first or second for parameter, name, first, second in _ENTITY.findall(text)
    }
    if not declared:
        return False
    sizes: dict[str, int] = {}
    # What is not declared is none of the prolog: references in the document itself.
    total = sum(_size(mark + name, declared, sizes, 0) for mark, name in _REFERENCE.findall(_ENTITY.sub("", text)))
    largest = max((_size(name, declared, sizes, 0) for name in declared), default=0)
    most = max(total, largest)
    return most > LARGEST or most > 1_000_000 + RATIO * len(text)


def _size(name: str, declared: dict[str, str], sizes: dict[str, int], depth: int) -> int:
    """What an entity expands to, in characters; never more than makes a difference."""
    if name not in declared or depth > DEEPEST:
        return 0
    if name not in sizes:
        sizes[name] = 0  # One that holds itself is refused by every parser.
        value = declared[name]
        inner = sum(_size(mark + one, declared, sizes, depth + 1) for mark, one in _REFERENCE.findall(resolved(value)))
        sizes[name] = min(len(value) + inner, LARGEST * 10)
    return sizes[name]


def resolved(value: str) -> str:
    """A value of an entity as it is once its character references are resolved (XML 1.0, section 4.4)."""
    return re.sub(r"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));", _character, value)


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    return chr(number) if number < 0x110000 else ""
