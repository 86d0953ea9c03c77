"""`hauberk check module:app`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hauberk.cli.options import Common, common, finish, vouched
from hauberk.cli.rules import all_rules
from hauberk.core.errors import InputError
from hauberk.core.finding import Finding, Location, Result
from hauberk.integrations.target import Target, load


def run(target: Target, coverage: tuple[Finding, ...] | None = None) -> Result:
    """Judge the effective configuration of an application, and what its guard sees, if it has one."""
    from hauberk.check import check
    from hauberk.integrations.facts import facts

    found = covered(target) if coverage is None else coverage
    result = check(facts(target))
    return replace(result, findings=(*result.findings, *found)) if found else result


def covered(target: Target) -> tuple[Finding, ...]:
    """What the guard watches in this process and what not; nothing for an application without a guard."""
    if not guarded(target):
        return ()
    from hauberk.guard import coverage_findings, install

    install()  # again: drivers may have been imported since the application was protected
    return tuple(replace(one, location=_relative(one.location, target.root)) for one in coverage_findings())


def _relative(place: Location, root: Path) -> Location:
    """Relative to the project, where it lies inside it."""
    if place.file and Path(place.file).is_relative_to(root):
        return replace(place, file=str(Path(place.file).relative_to(root)))
    return place


def covered_apart(target: Target) -> tuple[Finding, ...]:
    """The same, as it is where the application runs: in a process in which nothing was hooked before it.

    A scan has its sensors in place before it imports the application, and so holds nothing stale itself.
    """
    if not guarded(target):
        return ()
    from hauberk.report.json import loads

    command = [sys.executable, "-m", "hauberk", "check", target.name, "--format", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command
    if done.returncode not in {0, 1}:
        return covered(target)
    result = loads(done.stdout, source="hauberk check", rules=all_rules().values())
    return tuple(finding for finding in result.findings if finding.rule.id.startswith("guard."))


def guarded(target: Target) -> bool:
    """Whether the application's own policy has a guard that is on anywhere."""
    policy: Any = getattr(getattr(target.app, "__hauberk__", None), "policy", None)
    if policy is None and target.framework == "django":
        policy = _of_django()
    guard = getattr(policy, "guard", None)
    return guard is not None and guard.on


def _of_django() -> Any:
    """The policy of a project whose settings name the middleware."""
    settings: Any = getattr(sys.modules.get("django.conf"), "settings", None)
    named = any("hauberk" in str(name) for name in getattr(settings, "MIDDLEWARE", ()))
    if not named:
        return None
    from hauberk.policy import Policy

    return getattr(settings, "HAUBERK", None) or Policy.recommended()


@click.command("check")
@click.argument("target", metavar="MODULE:APP|DIR")
@common
def command(target: str, common: Common) -> int:
    """Judge an application's effective configuration, what is really in force after import, and its code. No traffic.

    Of a folder, the code alone is judged: nothing is imported.
    """
    folder = Path(target)
    if ":" not in target and folder.is_dir():
        from hauberk.check import check
        from hauberk.integrations.facts.folder import folder_facts

        return finish(check(folder_facts(folder)), common, framework="source", root=folder.resolve(), fallback_file="")
    if ":" not in target:
        fix = f"write {target}:app" if target.endswith(".py") else "write for example main:app, or name a folder"
        raise InputError(target, "is neither a folder nor of the form module:app", fix)
    loaded = load(target)
    result = run(loaded)
    if guarded(loaded):
        from hauberk.audit.loaded import loaded_vulnerable

        result = replace(result, findings=(*result.findings, *loaded_vulnerable()))
    result = vouched(result, loaded.root)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
