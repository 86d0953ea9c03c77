"""An input that the guard calls inert is one value to ldap3's own parsers: `python -m fuzz.ldap_filter`.

Filters (RFC 4515) and distinguished names (RFC 4514): with a word in the place of the input, the parser has to see the
same structure.
"""

from __future__ import annotations

import warnings
from typing import Any

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.guard.ldap import judge_filter, judge_name

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # ldap3 uses old names of pyasn1.
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

FILTERS = ("(uid={})", "(&(uid={})(pin=1))", "(|(cn=x*{})(!(uid=y)))", "(&(objectClass=*)({}=x))")
NAMES = ("uid={},ou=people", "ou=a+cn={},o=shop", "o=x,dc={}")
SEEDS = (
    b"ada)(uid=*",
    b"*)(|(a=b",
    b"a)(&)",
    b"x\\2ay",
    b"AT&T | !",
    b"a,ou=b",
    b"a\\,b",
    b'"a',
    b"a+b=c",
    b"a;b",
    b" =x",
    b":=y",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    value = data.decode("utf-8", "replace")
    if len(value.strip()) < 2 or value.strip("*") == "":  # Looked for in another way.
        return
    for template in FILTERS:
        text = template.replace("{}", value)
        actual, harmless = _filter(text), _filter(template.replace("{}", "a"))
        if actual is not None and actual != harmless and not judge_filter(text, value).attack:
            raise AssertionError(f"{text!r} is {actual} with {value!r}, and was called no attack")
    for template in NAMES:
        text = template.replace("{}", value)
        actual, harmless = _name(text), _name(template.replace("{}", "a"))
        if actual is not None and actual != harmless and not judge_name(text, value).attack:
            raise AssertionError(f"{text!r} is {actual} with {value!r}, and was called no attack")


def _filter(text: str) -> Any:
    """The structure that ldap3 reads: operators, and for each assertion its kind and how many parts its value has."""
    try:
        root = parse_filter(text, None, False, False, None, False)
    except (LDAPExceptionError, ValueError, LookupError, AttributeError):  # Its parser has errors of its own.
        return None
    return _node(root)


def _node(node: Any) -> Any:
    inner = [_node(element) for element in node.elements]
    assertion = node.assertion
    if not isinstance(assertion, dict):
        return (node.tag, inner)
    value = assertion.get("value")
    parts = value.count(b"*") if isinstance(value, bytes) else sorted(key for key, part in assertion.items() if part)
    return (node.tag, parts, inner)


def _name(text: str) -> Any:
    try:
        return [separator for _, _, separator in parse_dn(text)]
    except (LDAPExceptionError, ValueError, IndexError):
        return None


if __name__ == "__main__":
    main(one_input, SEEDS)
