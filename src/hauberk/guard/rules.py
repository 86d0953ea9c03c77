"""What the guard says of itself: a sink that is not watched is a finding, never silence."""

from __future__ import annotations

from hauberk.core.finding import Rule

UNGUARDED_DRIVER = Rule(
    id="guard.unguarded-driver",
    title="A database driver runs without the guard",
    severity="medium",
    why="Statements sent through it are neither recorded nor stopped, so an injection there goes unseen.",
    fix="Keep statements of this driver parameterised, and do not count on the guard for them.",
    cwe=(89, 693),
    asvs=("v5.0.0-1.2.4",),
    top10=("A05:2025",),
    docs="https://cwe.mitre.org/data/definitions/693.html",
)

HOOK_FAILED = Rule(
    id="guard.hook-failed",
    title="A hook of the guard could not be installed",
    severity="high",
    why="Calls of the function go unseen, while the policy says that they are watched.",
    fix="Find what replaced the function before hauberk was installed, and protect the app first.",
    cwe=(693,),
    asvs=("v5.0.0-1.2.4", "v5.0.0-1.2.5", "v5.0.0-5.3.2"),
    top10=("A05:2025",),
    docs="https://cwe.mitre.org/data/definitions/693.html",
)

STALE_REFERENCE = Rule(
    id="guard.stale-reference",
    title="Code holds a function as it was before the guard",
    severity="high",
    why="Calls through it go past the guard: what they run is neither recorded nor stopped.",
    fix="Protect the application before the reference is taken, or look the name up when it is called.",
    cwe=(693,),
    asvs=("v5.0.0-1.2.4",),
    top10=("A05:2025",),
    docs="https://cwe.mitre.org/data/definitions/693.html",
)

RULES: tuple[Rule, ...] = (UNGUARDED_DRIVER, HOOK_FAILED, STALE_REFERENCE)
