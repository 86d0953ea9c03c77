"""Development modes that must be off where strangers come."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts, Setting
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

DEBUG = Rule(
    id="check.debug",
    title="Debug mode is on",
    severity="high",
    why="Error pages show source code, local variables and settings to whoever causes an error; some run code.",
    fix="Turn debug off by default, and on from the environment of a developer's machine only.",
    cwe=(489, 215, 209),
    asvs=("v5.0.0-13.4.2", "v5.0.0-16.5.1"),
    top10=("A02:2025", "A10:2025"),
    docs="https://cwe.mitre.org/data/definitions/489.html",
)
TESTING = Rule(
    id="check.testing",
    title="Testing mode is on",
    severity="medium",
    why="Error handling and checks such as CSRF and captchas are commonly switched off for tests.",
    fix="Set TESTING in the test suite's own configuration only.",
    cwe=(489,),
    asvs=("v5.0.0-15.2.3",),
    top10=("A02:2025",),
)
PROPAGATES = Rule(
    id="check.errors-propagate",
    title="Unhandled errors leave the application",
    severity="medium",
    why="The server below shows or logs the exception as it likes, and the response lacks the security headers.",
    fix="Leave exception propagation off outside of tests.",
    cwe=(209, 755),
    asvs=("v5.0.0-16.5.1",),
    top10=("A10:2025",),
)
TOOLS = Rule(
    id="check.development-tools",
    title="A development tool is installed",
    severity="high",
    why="Toolbars and interactive debuggers show queries, settings and sessions, and some run code on the server.",
    fix="Install it in the development configuration only.",
    cwe=(489,),
    asvs=("v5.0.0-13.4.2", "v5.0.0-15.2.3"),
    top10=("A02:2025",),
)


def _switch(rule: Rule, setting: Setting[bool] | None, facts: Facts, what: str) -> Iterator[Finding]:
    if setting is None:
        yield unknown(rule, facts, f"whether {what}")
    elif setting.value:
        yield fail(rule, setting.where, f"{setting.name} is on: {what}.", evidence={"setting": setting.name})
    else:
        yield passed(rule, f"{setting.name} is off.", setting.where)


def debug(facts: Facts) -> Iterator[Finding]:
    """The framework's debug flag."""
    return _switch(DEBUG, facts.debug, facts, "errors are shown to the client")


def testing(facts: Facts) -> Iterator[Finding]:
    """The framework's testing flag."""
    return _switch(TESTING, facts.testing, facts, "the application behaves as in its tests")


def propagates(facts: Facts) -> Iterator[Finding]:
    """Where exceptions end."""
    return _switch(PROPAGATES, facts.propagates, facts, "exceptions that nobody handles reach the server")


def tools(facts: Facts) -> Iterator[Finding]:
    """Debuggers and toolbars."""
    if facts.tools is None:
        yield unknown(TOOLS, facts, "which tools are installed")
    elif not facts.tools:
        yield passed(TOOLS, "No debugger and no debug toolbar is installed.")
    for tool in facts.tools or ():
        evidence = {"setting": tool.name, "tool": tool.value}
        yield fail(TOOLS, tool.where, f"{tool.value} is installed by {tool.name}.", key=tool.value, evidence=evidence)


LOGGED = Rule(
    id="check.sensitive-log",
    title="Request or query data is written to the log",
    severity="low",
    why="Passwords, tokens and personal data end up in log files, which more people read and which are kept longer.",
    fix="Turn the setting off outside of development, or filter what it writes.",
    cwe=(532,),
    asvs=("v5.0.0-16.2.5",),
    top10=("A09:2025",),
)


def logged(facts: Facts) -> Iterator[Finding]:
    """Settings that log what users send."""
    if facts.logged is None:
        yield not_applicable(LOGGED, "No setting of this framework writes request or query data to the log.")
    elif not facts.logged:
        yield passed(LOGGED, "No setting writes queries with their values, or requests, to the log.")
    for setting in facts.logged or ():
        yield fail(LOGGED, setting.where, f"{setting.name}: {setting.value}.", key=setting.name)


CHECKS = (
    Check(DEBUG, debug),
    Check(TESTING, testing),
    Check(PROPAGATES, propagates),
    Check(TOOLS, tools),
    Check(LOGGED, logged),
)
