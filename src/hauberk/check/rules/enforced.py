"""What the policy makes true at run time, whatever the application's own code does.

These rules find no faults: they pass where a feature is on, and do not apply where it is off. What is missing then is
for other rules to say. Their passes carry `enforced_by`, and the evidence says ENFORCED of their requirements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hauberk.check.facts import Facts
from hauberk.check.verdict import UNKNOWN, Check, not_applicable
from hauberk.core.finding import Finding, Rule
from hauberk.standards import ASVS_URL, ASVS_VERSION, TOP10_VERSION, groups

ENFORCED_BY = "enforced_by"
"""The member of a finding's evidence that names the feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """One thing that is made true, the signs of a policy that does so, and the requirements it fulfils."""

    id: str
    title: str
    by: tuple[str, ...]
    """All of these stand in `Facts.enforcing`."""
    asvs: tuple[str, ...]
    """Numbers without the version."""
    what: str
    """What happens, in a sentence."""
    cwe: tuple[int, ...] = ()

    @property
    def rule(self) -> Rule:
        """The rule that passes where it is enforced."""
        return Rule(
            id=f"check.enforced-{self.id}",
            title=self.title,
            severity="info",
            why=self.what,
            fix=f"To have it enforced: Policy with {', '.join(self.by)}",
            cwe=self.cwe,
            asvs=(ids := tuple(f"v{ASVS_VERSION}-{number}" for number in self.asvs)),
            top10=tuple(dict.fromkeys(f"{groups()[id].top10}:{TOP10_VERSION}" for id in ids)),
            docs=ASVS_URL,
        )


_GUARD = "The guard stops such a call before it happens, in any code of the process; it mends no code."

ENFORCEMENTS: tuple[Enforcement, ...] = (
    Enforcement(
        id="hsts",
        title="Browsers keep to https for a year",
        by=("hsts.year",),
        asvs=("3.4.1",),
        what="Every answer carries Strict-Transport-Security for a year or more, subdomains included.",
        cwe=(319,),
    ),
    Enforcement(
        id="csp",
        title="Every page has a Content-Security-Policy",
        by=("csp",),
        asvs=("3.4.3",),
        what="Every answer carries a policy, and a script without its nonce does not run.",
        cwe=(79,),
    ),
    Enforcement(
        id="framing",
        title="Only named sites may frame the pages",
        by=("csp.frame-ancestors",),
        asvs=("3.4.6",),
        what="Every answer carries frame-ancestors.",
        cwe=(1021,),
    ),
    Enforcement(
        id="csp-reports",
        title="Violations of the policy are reported",
        by=("csp.reports",),
        asvs=("3.4.7",),
        what="The policy names an address for reports.",
        cwe=(778,),
    ),
    Enforcement(
        id="nosniff",
        title="Browsers do not guess types",
        by=("content_type_options",),
        asvs=("3.4.4",),
        what="Every answer carries X-Content-Type-Options: nosniff.",
        cwe=(430,),
    ),
    Enforcement(
        id="referrer",
        title="Addresses stay on the site",
        by=("referrer_policy",),
        asvs=("3.4.5",),
        what="Every answer carries a Referrer-Policy.",
        cwe=(200,),
    ),
    Enforcement(
        id="opener",
        title="Windows of other sites keep no handle",
        by=("coop",),
        asvs=("3.4.8",),
        what="Every answer carries Cross-Origin-Opener-Policy.",
        cwe=(346,),
    ),
    Enforcement(
        id="embedding",
        title="Other sites cannot embed what is served",
        by=("corp",),
        asvs=("3.5.8",),
        what="Every answer carries Cross-Origin-Resource-Policy.",
        cwe=(346,),
    ),
    Enforcement(
        id="cors",
        title="Only listed origins read answers",
        by=("cors.listed",),
        asvs=("3.4.2",),
        what="Access-Control-Allow-Origin names origins of a fixed list only.",
        cwe=(942,),
    ),
    Enforcement(
        id="cookies",
        title="Cookies are Secure, HttpOnly and SameSite",
        by=("cookies",),
        asvs=("3.3.2", "3.3.4"),
        what="Every cookie that is set lacks none of the three when it leaves.",
        cwe=(614, 1004, 1275),
    ),
    Enforcement(
        id="csrf",
        title="Requests of other sites are refused",
        by=("csrf",),
        asvs=("3.5.1",),
        what="A request that changes something and comes from another origin gets 403.",
        cwe=(352,),
    ),
    Enforcement(
        id="sockets",
        title="WebSockets are opened by own pages only",
        by=("csrf",),
        asvs=("4.4.2",),
        what="A handshake of another origin is refused.",
        cwe=(1385,),
    ),
    Enforcement(
        id="https",
        title="Plain http is not answered",
        by=("https.redirect", "hsts.year"),
        asvs=("12.2.1", "4.1.2"),
        what="Pages are redirected to https; anything else by http is refused, not redirected.",
        cwe=(319,),
    ),
    Enforcement(
        id="proxies",
        title="Only named proxies are believed",
        by=("https.proxies",),
        asvs=("4.1.3", "15.3.4"),
        what="Fields about the client count only when they come from a listed proxy.",
        cwe=(348,),
    ),
    Enforcement(
        id="failures",
        title="Errors say nothing to the outside",
        by=("failures",),
        asvs=("16.5.1", "16.5.4"),
        what="An error that nobody handles becomes a plain answer with an id; the details are in the log.",
        cwe=(209,),
    ),
    Enforcement(
        id="caching",
        title="Personal answers are stored nowhere",
        by=("cache_control", "sessions"),
        asvs=("14.3.2",),
        what="An answer that depends on the visitor's session carries no-store.",
        cwe=(525,),
    ),
    Enforcement(
        id="body-size",
        title="Bodies have a largest size",
        by=("limits.body",),
        asvs=("5.2.1",),
        what="A larger body is refused while it is read.",
        cwe=(770,),
    ),
    Enforcement(
        id="rates",
        title="Requests have a largest rate",
        by=("limits.rates",),
        asvs=("2.4.1",),
        what="Whoever asks more often gets 429.",
        cwe=(799,),
    ),
    Enforcement(
        id="sessions",
        title="Sessions live on the server",
        by=("sessions.server",),
        asvs=("7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.4.1"),
        what="Ids of 256 random bits, kept as hashes, new at login, gone at logout.",
        cwe=(384, 613),
    ),
    Enforcement(
        id="session-lifetime",
        title="Sessions end",
        by=("sessions.lifetime",),
        asvs=("7.3.1", "7.3.2"),
        what="After a time without use, and after a time altogether.",
        cwe=(613,),
    ),
    Enforcement(
        id="tokens",
        title="Access tokens are verified strictly",
        by=("tokens.required",),
        asvs=("9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.3"),
        what="Signature, algorithm, key, times and audience are checked before the application sees the request.",
        cwe=(347,),
    ),
    *(
        Enforcement(id=f"guard-{field}", title=title, by=(f"guard.{field}",), asvs=asvs, what=_GUARD, cwe=cwe)
        for field, title, asvs, cwe in (
            ("sql", "Input cannot become SQL", ("1.2.4",), (89,)),
            ("shell", "Input cannot become a command", ("1.2.5",), (78,)),
            ("ldap", "Input cannot become an LDAP filter", ("1.2.6",), (90,)),
            ("xpath", "Input cannot become XPath", ("1.2.7",), (643,)),
            ("template", "Input cannot become a template", ("1.3.7",), (1336,)),
            ("ssrf", "Input cannot choose internal addresses", ("1.3.6",), (918,)),
            ("xml", "XML brings no entities along", ("1.5.1",), (611,)),
            ("deserialisation", "Input cannot make objects", ("1.5.2",), (502,)),
            ("path", "Input cannot leave its folder", ("5.3.2",), (22,)),
            ("log", "Input cannot write lines of the log", ("16.4.1",), (117,)),
        )
    ),
    Enforcement(
        id="security-log",
        title="What is refused is logged",
        by=("guard", "csrf"),
        asvs=("16.3.3",),
        what="Each decision is one structured record, without secrets.",
        cwe=(778,),
    ),
)


def _judge(one: Enforcement, rule: Rule, facts: Facts) -> Iterator[Finding]:
    if not facts.protected:
        yield replace(not_applicable(rule, "hauberk does not protect this application."), evidence=UNKNOWN)
    elif missing := [sign for sign in one.by if sign not in facts.enforcing]:
        message = f"The policy does not have it: {', '.join(missing)}."
        yield replace(not_applicable(rule, message), evidence=UNKNOWN)
    else:
        by = ", ".join(f"Policy.{sign}" for sign in one.by)
        yield Finding(
            rule=rule, outcome="pass", message=f"{one.what} ({by})", confidence="firm", evidence={ENFORCED_BY: by}
        )


def _check(one: Enforcement) -> Check:
    rule = one.rule
    return Check(rule, lambda facts: _judge(one, rule, facts))


CHECKS: tuple[Check, ...] = tuple(_check(one) for one in ENFORCEMENTS)
