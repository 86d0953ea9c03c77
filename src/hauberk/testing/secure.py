"""`assert_secure(app)`: an application's own tests fail where hauberk finds a fault."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from hauberk.core.errors import ConfigurationError, NothingToTestError
from hauberk.core.finding import SEVERITIES, Finding, Result, Severity, at_least
from hauberk.core.options import one_of
from hauberk.core.progress import silent
from hauberk.integrations.target import Target, detect, load

SHOWN = 20


def assert_secure(
    app: object,
    *,
    fail_on: Severity = "medium",
    accepted: Mapping[str, str] | None = None,
    check: bool = True,
    scan: bool = True,
    max_requests: int = 5_000,
    max_seconds: float = 60.0,
    root: Path | None = None,
) -> Result:
    """Judge the configuration of an application and attack it in process; raise AssertionError if there is a fault.

    `app` is the application, or its name as `module:app`. `fail_on` is the least severity that counts. `accepted` maps
    ids of rules to the reason why they may fail here: a reason is needed, and a rule that no longer fails has to go.
    A run that did not finish is a failure as well. Returns what was found, for tests that want to know more.
    """
    one_of("assert_secure.fail_on", fail_on, SEVERITIES)
    reasons = dict(accepted or {})
    for rule, reason in reasons.items():
        if not reason.strip():
            raise ConfigurationError("assert_secure.accepted", rule, "has no reason", "say why it may stay")
    if not check and not scan:
        raise ConfigurationError("assert_secure", "check=False, scan=False", "leaves nothing to do")
    target = _target(app, root)
    parts = [_checked(target)] if check else []
    if scan:
        # Without any input there is nothing to attack: no fault, as long as something else was judged.
        parts.append(_scanned(target, max_requests, max_seconds, alone=not check))
    result = Result.merge("prove", target.name, parts)
    _judge(result, fail_on, reasons)
    return result


def _target(app: object, root: Path | None) -> Target:
    from hauberk.guard import install

    install()
    if isinstance(app, str):
        return load(app)
    framework, protocol = detect(app)
    module, name = next(
        (
            (module.__name__, name)
            for module in list(sys.modules.values())
            for name, value in list(getattr(module, "__dict__", {}).items())
            if value is app and not module.__name__.startswith(("hauberk", "_pytest", "pytest"))
        ),
        ("", type(app).__name__),
    )
    place = root or Path.cwd()
    return Target(name=f"{module}:{name}", app=app, framework=framework, protocol=protocol, root=place, module=module)


def _checked(target: Target) -> Result:
    from hauberk.check import check
    from hauberk.integrations.facts import facts

    return check(facts(target))


def _scanned(target: Target, max_requests: int, max_seconds: float, *, alone: bool) -> Result:
    from hauberk.integrations.surface import surface, transport
    from hauberk.scan import Budget
    from hauberk.scan import scan as run

    found = surface(target)
    budget = Budget(max_requests=max_requests, max_seconds=max_seconds)
    try:
        return run(found, transport(target, found), target=target.name, progress=silent, login=[], budget=budget)
    except NothingToTestError as error:
        return Result(command="scan", target=target.name, complete=not alone, gaps=(str(error),))


def _judge(result: Result, fail_on: Severity, reasons: Mapping[str, str]) -> None:
    counted = [finding for finding in result.failures if at_least(finding.severity, fail_on)]
    faults = [finding for finding in counted if finding.rule.id not in reasons]
    stale = sorted(reasons.keys() - {finding.rule.id for finding in result.failures})
    lines = [_line(finding) for finding in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(f"... and {len(faults) - SHOWN} more")
    lines += [f"accepted, but no longer there: {rule}; take it out of `accepted`" for rule in stale]
    if not result.complete:
        lines += ["the run did not finish:", *(f"  {gap}" for gap in result.gaps)]
    if lines:
        raise AssertionError(f"{result.target} is not secure, as far as hauberk sees:\n" + "\n".join(lines))


def _line(finding: Finding) -> str:
    fix = f"\n    fix: {finding.fix}" if finding.fix else ""
    return f"{finding.severity:<8} {finding.rule.id}  {finding.location}\n    {finding.message}{fix}"
