"""What an audit judges."""

from __future__ import annotations

from hauberk.core.finding import Rule

VULNERABLE = Rule(
    id="audit.vulnerable-dependency",
    title="Dependency with a known vulnerability",
    severity="medium",
    why="The fault is public, and so is often the exploit: attackers look for the version, not for you.",
    fix="Upgrade the package to a version that no advisory concerns, and lock it.",
    cwe=(1395,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
)

MALICIOUS = Rule(
    id="audit.malicious-package",
    title="Package that is known to be malicious",
    severity="critical",
    why="The package was published, or taken over, to attack whoever installs it: installing it is the compromise.",
    fix="Remove the package, take the machines that installed it as compromised, and change the secrets they held.",
    cwe=(506,),
    asvs=("v5.0.0-15.2.4", "v5.0.0-15.1.2"),
    top10=("A03:2025", "A08:2025"),
    docs="https://owasp.org/Top10/2025/A03_2025-Software_Supply_Chain_Failures/",
)

RULES: tuple[Rule, ...] = (VULNERABLE, MALICIOUS)
