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

LOADED = Rule(
    id="audit.vulnerable-library-loaded",
    title="A library with a known vulnerability is loaded",
    severity="medium",
    why="The fault is in the running process, whatever the lock files say.",
    fix="Upgrade the package to a version that no advisory concerns, and start the application again.",
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

DEPRECATED = Rule(
    id="audit.deprecated-package",
    title="Package that its authors have given up",
    severity="low",
    why="The next fault that is found in it will not be mended.",
    fix="Replace the package by the one that its authors name, or by one that is maintained.",
    cwe=(1104,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
)

TYPOSQUAT = Rule(
    id="audit.likely-typosquat",
    title="Package whose name is a letter away from a popular one",
    severity="high",
    why="Attackers publish packages under misspelt names of popular ones, and wait for somebody to mistype.",
    fix="Compare the name with the one you meant; if this is the one you meant, ignore the finding with that reason.",
    cwe=(506,),
    asvs=("v5.0.0-15.2.4",),
    top10=("A03:2025",),
    docs="https://owasp.org/Top10/2025/A03_2025-Software_Supply_Chain_Failures/",
)

LICENCE = Rule(
    id="audit.licence-not-allowed",
    title="Package under a licence that is not on the allow list",
    severity="medium",
    why="Its terms may bind the product that contains it, and were not agreed to.",
    fix="Replace the package, or put its licence on the list once somebody has agreed to its terms.",
    cwe=(1104,),
    asvs=("v5.0.0-15.1.2",),
    top10=("A03:2025",),
)

YANKED = Rule(
    id="audit.yanked-version",
    title="Version that was taken back",
    severity="medium",
    why="Its authors or its index found it broken or unsafe: new installations no longer get it, this one still does.",
    fix="Move to a version that is still offered, and lock it.",
    cwe=(1104,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
    docs="https://peps.python.org/pep-0592/",
)

ABANDONED = Rule(
    id="audit.abandoned-package",
    title="Package without a release for years",
    severity="low",
    why="Nobody is known to be there who would mend the next fault that is found in it.",
    fix="Look whether it is finished or given up; replace it in the second case.",
    cwe=(1104,),
    asvs=("v5.0.0-15.1.1", "v5.0.0-15.2.1"),
    top10=("A03:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
)

OUTDATED = Rule(
    id="audit.outdated-package",
    title="Package with a newer version",
    severity="info",
    why="Fixes land in the newest versions: the further behind, the longer the way when one is needed in a hurry.",
    fix="Upgrade at the next occasion.",
    cwe=(1104,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
)

RULES: tuple[Rule, ...] = (VULNERABLE, LOADED, MALICIOUS, DEPRECATED, TYPOSQUAT, LICENCE, YANKED, ABANDONED, OUTDATED)
