"""What a policy lets through that it seems to stop: the known ways around each of its sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from hauberk.standards.csp_bypasses import csp_bypasses
from hauberk.wire import csp_terms as terms
from hauberk.wire.csp import Policy

Severity = Literal["high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "info")
NONCE_LENGTH = 22
"""Characters of base64 that 128 bits take, without padding (CSP3, section 7.1)."""
PLAIN = frozenset({"*", "data:", "http:", "https:"})
"""Sources under which an attacker finds a place of his own."""
SCRIPTS = ("script-src-elem", "script-src-attr", "script-src")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One way around a policy."""

    severity: Severity
    directive: str
    source: str = ""
    problem: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A policy as a browser of CSP3 sees it."""

    policy: Policy

    def sources(self, name: str) -> tuple[str, ...] | None:
        """What decides for a directive; None where nothing does."""
        found = terms.effective(self.policy, name)
        return None if found is None else tuple(s.lower() if not _exact(s) else s for s in self.policy[found])

    def deciding(self, *names: str) -> dict[str, tuple[str, ...]]:
        """The directives that decide for these, each once, with the sources that count."""
        found: dict[str, tuple[str, ...]] = {}
        for name in names:
            deciding = terms.effective(self.policy, name)
            sources = self.sources(name)
            if deciding is not None and sources is not None:
                found.setdefault(deciding, self.counted(sources))
        return found

    def counted(self, sources: tuple[str, ...]) -> tuple[str, ...]:
        """Without those that others beside them switch off (CSP3, sections 6.7.3.2 and 6.7.1.1)."""
        dynamic = "'strict-dynamic'" in sources
        exact = dynamic or any(map(_exact, sources))
        return tuple(
            s
            for s in sources
            if not (exact and s == "'unsafe-inline'") and not (dynamic and (s == "'self'" or not s.startswith("'")))
        )


def weaknesses(policy: Policy, *, report_only: bool = False) -> list[Weakness]:
    """Every way around it that is known, the worst first."""
    seen = Seen(policy)
    found = [weakness for check in CHECKS for weakness in check(seen)]
    if report_only:
        found.append(Weakness(severity="info", directive="", problem="is only reported on: nothing is blocked"))
    return sorted(dict.fromkeys(found), key=lambda w: SEVERITIES.index(w.severity))


def _exact(source: str) -> bool:
    """Whether it is a nonce or a hash."""
    return source.lower().startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-"))


def _missing(seen: Seen) -> Iterator[Weakness]:
    if seen.sources("script-src") is None:
        fix = "script-src 'self', or with a nonce"
        yield Weakness(severity="high", directive="script-src", problem="is missing: every script runs", fix=fix)
    if seen.sources("object-src") is None:
        problem = "is missing, and default-src too: plug-ins and embedded documents come from anywhere"
        yield Weakness(severity="high", directive="object-src", problem=problem, fix="object-src 'none'")
    if "frame-ancestors" not in seen.policy:
        problem = "is missing: any site may show the page in a frame and guide clicks (CWE-1021)"
        yield Weakness(severity="medium", directive="frame-ancestors", problem=problem, fix="frame-ancestors 'self'")
    if "form-action" not in seen.policy:
        problem = "is missing: an injected form may send what is typed to anybody"
        yield Weakness(severity="low", directive="form-action", problem=problem, fix="form-action 'self'")
    if "report-uri" not in seen.policy and "report-to" not in seen.policy:
        problem = "is missing: nobody hears of what is blocked"
        yield Weakness(severity="info", directive="report-uri", problem=problem)
    if "'script'" not in seen.policy.get("require-trusted-types-for", ()):
        problem = "is missing: scripts of the page may still turn texts into markup"
        fix = "require-trusted-types-for 'script'"
        yield Weakness(severity="info", directive="require-trusted-types-for", problem=problem, fix=fix)


def _base(seen: Seen) -> Iterator[Weakness]:
    if "base-uri" in seen.policy:
        return
    scripts = seen.sources("script-src") or ()
    nonce = any(s.lower().startswith("'nonce-") for s in scripts)
    trusted = nonce or ("'strict-dynamic'" in scripts and any(map(_exact, scripts)))
    problem = "is missing: an injected <base> sends every relative address elsewhere" + (
        ", those of trusted scripts too" * trusted
    )
    yield Weakness(
        severity="high" if trusted else "low", directive="base-uri", problem=problem, fix="base-uri 'none' or 'self'"
    )


def _inline(seen: Seen) -> Iterator[Weakness]:
    for name, sources in seen.deciding(*SCRIPTS).items():
        for source, severity, problem in (
            ("'unsafe-inline'", "high", "runs whatever an attacker writes into the page"),
            ("'unsafe-eval'", "medium", "lets scripts run texts, and an attacker may have a say in those"),
            ("'unsafe-hashes'", "low", "runs event handlers with these hashes wherever an attacker puts them"),
        ):
            if source in sources:
                yield Weakness(severity=severity, directive=name, source=source, problem=problem)  # type: ignore[arg-type]
        if "'strict-dynamic'" in sources and not any(map(_exact, sources)):
            problem = (
                "trusts what trusted scripts load, and there is neither nonce nor hash to begin with: nothing runs"
            )
            yield Weakness(severity="info", directive=name, source="'strict-dynamic'", problem=problem)
    for name, sources in seen.deciding("style-src-elem", "style-src-attr", "style-src").items():
        if "'unsafe-inline'" in sources and not name.startswith(("script", "default")):
            problem = "applies whatever styles an attacker writes: they can read attributes and redraw the page"
            yield Weakness(severity="low", directive=name, source="'unsafe-inline'", problem=problem)


def _wide(seen: Seen) -> Iterator[Weakness]:
    deciding = seen.deciding(*SCRIPTS, "object-src")
    if "base-uri" in seen.policy:
        deciding["base-uri"] = tuple(s.lower() for s in seen.policy["base-uri"])
    for name, sources in deciding.items():
        for source in sources:
            bare = source.partition("://")[2] or source
            if source in PLAIN or bare in {"*", "*:*"}:
                problem = "names everybody: an attacker's own host, or his text itself"
                yield Weakness(severity="high", directive=name, source=source, problem=problem)
            elif source in {"blob:", "filesystem:"} and name != "base-uri":
                problem = "runs what a script of the page made of a text"
                yield Weakness(severity="medium", directive=name, source=source, problem=problem)
    if "object-src" in seen.policy:
        for source in seen.policy["object-src"]:
            if source.lower() != "'none'":
                problem = "lets documents be embedded that run in the page's name"
                fix = "object-src 'none'"
                yield Weakness(severity="low", directive="object-src", source=source, problem=problem, fix=fix)


def _hosts(seen: Seen) -> Iterator[Weakness]:
    for name, sources in seen.deciding("script-src-elem", "script-src").items():
        for source in sources:
            if source == "'self'":
                problem = "holds as long as this site serves no uploads, no JSONP and no AngularJS"
                yield Weakness(severity="info", directive=name, source=source, problem=problem)
                continue
            found = terms.HOST.match(source) if not source.startswith("'") else None
            if found is None or "." not in found["host"]:
                continue
            way = _way(found["host"].lower().rstrip("."), evals="'unsafe-eval'" in sources)
            if way:
                fix = "a nonce with 'strict-dynamic', which leaves hosts out"
                yield Weakness(severity="high", directive=name, source=source, problem=way, fix=fix)
            else:
                problem = "runs everything that this host serves: look whether JSONP, AngularJS or uploads are among it"
                yield Weakness(severity="low", directive=name, source=source, problem=problem)


def _way(host: str, *, evals: bool) -> str:
    """How an attacker gets a script of his own from such a host; empty if no way is known."""
    known = csp_bypasses()

    def covers(names: frozenset[str]) -> set[str]:
        if host.startswith("*."):
            return {name for name in names if name.endswith(host[1:])}
        return set(names & {host})

    jsonp = covers(known.jsonp)
    if not evals:
        jsonp -= known.eval
    below = host.removeprefix("*.")
    if covers(known.angular):
        return "serves AngularJS, which runs what stands in attributes"
    if jsonp:
        return "answers with a call of whatever function the address names (JSONP)"
    if covers(known.uploads) or (
        host.startswith("*.") and any(below == n or n.endswith("." + below) for n in known.uploads_below)
    ):
        return "serves what anybody uploaded"
    return ""


def _spelling(seen: Seen) -> Iterator[Weakness]:
    for name, sources in seen.policy.items():
        if name in terms.OBSOLETE:
            yield Weakness(severity="info", directive=name, problem="is obsolete: browsers ignore it")
        elif name not in terms.KNOWN:
            yield Weakness(severity="medium", directive=name, problem="is no directive: browsers ignore it")
        for source in sources:
            yield from _misspelt(name, source)
        if "'none'" in map(str.lower, sources) and len(sources) > 1 and name != "trusted-types":
            problem = "is ignored beside other sources"
            yield Weakness(severity="medium", directive=name, source="'none'", problem=problem)


def _misspelt(name: str, source: str) -> Iterator[Weakness]:
    lower = source.lower()
    if lower in terms.KNOWN:
        problem = "is a directive that stands as a source: a semicolon is missing before it"
        yield Weakness(severity="medium", directive=name, source=source, problem=problem)
    elif name in {"sandbox", "report-to", "trusted-types", "report-uri"}:
        return
    elif lower in terms.UNQUOTED_WORDS or lower.startswith(("nonce-", "sha256-", "sha384-", "sha512-")):
        problem = "lacks its quotes, so browsers take it for a host"
        yield Weakness(severity="medium", directive=name, source=source, problem=problem, fix=f"'{source}'")
    elif _exact(source):
        known = terms.NONCE.match(source) or (terms.HASH.match(source) and not terms.hash_problem(source))
        if not known and "{" not in source:
            problem = terms.hash_problem(source) if "sha" in lower[:4] else "is no nonce that browsers read"
            yield Weakness(severity="medium", directive=name, source=source, problem=problem)
    elif lower.startswith("'") and lower.strip("'") not in terms.KEYWORDS:
        yield Weakness(severity="medium", directive=name, source=source, problem="is no keyword: browsers ignore it")


def _values(seen: Seen) -> Iterator[Weakness]:
    for name, sources in seen.policy.items():
        for source in sources:
            lower = source.lower()
            if lower.startswith("http://"):
                what = "sends reports in clear" if name == "report-uri" else "may be changed on its way"
                yield Weakness(severity="medium", directive=name, source=source, problem=what, fix="https://")
            found = terms.NONCE.match(source)
            if found and len(found[1].rstrip("=")) < NONCE_LENGTH:
                problem = (
                    f"is a nonce of {len(found[1])} characters, and 128 bits take {NONCE_LENGTH}: it can be guessed"
                )
                yield Weakness(severity="medium", directive=name, source=source, problem=problem)
            yield from _address(name, source)


def _address(name: str, source: str) -> Iterator[Weakness]:
    host = (source.partition("://")[2] or source).partition("/")[0]
    if "[" in host:
        yield Weakness(severity="info", directive=name, source=source, problem="is an IPv6 address: nothing matches it")
        return
    bare = host.partition(":")[0]
    parts = bare.split(".")
    if len(parts) == 4 and all(part.isdigit() for part in parts):
        problem = "is this machine: for development" if bare == "127.0.0.1" else "is an address: browsers ignore it"
        yield Weakness(severity="info", directive=name, source=source, problem=problem)


CHECKS: tuple[Callable[[Seen], Iterator[Weakness]], ...] = (_missing, _base, _inline, _wide, _hosts, _spelling, _values)
