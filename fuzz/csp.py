"""Any bytes are a policy or a report, or our own error: `python -m fuzz.csp [libFuzzer options]`.

A policy that is read comes back the same; every report gives printable text; whatever is reported, what is proposed
is a policy without 'unsafe-inline' and without wildcards.
"""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.shield.csp.explain import explain
    from hauberk.shield.csp.propose import propose
    from hauberk.shield.csp.reading import read
    from hauberk.shield.csp.weaknesses import weaknesses
    from hauberk.wire.csp import parse, serialise
    from hauberk.wire.csp_report import ReportError
    from hauberk.wire.csp_report import parse as parse_report

NEVER = {"'unsafe-inline'", "'unsafe-eval'"}
SEEDS = (
    b"default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' https://cdn.example/a/; sandbox",
    b"script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=' *.example:*, img-src data:",
    b'{"csp-report":{"document-uri":"https://a.example/","effective-directive":"img-src","blocked-uri":"inline"}}',
    b'[{"type":"csp-violation","body":{"documentURL":"https://a.example/","effectiveDirective":"font-src"}}]',
    b'{"directive":"script-src-elem","blocked":"https://a.example","count":3}',
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    for policy in parse(text):
        if parse(serialise(policy)) != [policy]:
            raise AssertionError(f"{text!r} was read as {policy}")
        explain(policy)
        weaknesses(policy)
    try:
        violations = parse_report(data)
    except ReportError:
        violations = []
    for violation in violations:
        shown = violation.document + violation.blocked + violation.source + violation.sample
        if not shown.isprintable():
            raise AssertionError(f"{data!r} gives {shown!r}")
    for sources in propose(read(text).entries, inline="hash").policy.directives(nonced=True).values():
        if NEVER & set(sources) or any("*" in source for source in sources):
            raise AssertionError(f"{data!r} proposes {sources}")


if __name__ == "__main__":
    main(one_input, SEEDS)
