"""Accounts tried out by declared flows: register, sign in, change the password, sign out.

result = accounts(Flows.load(Path("pyproject.toml")), transport, target="shop:app")
"""

from __future__ import annotations

from hauberk.core.errors import NothingToTestError
from hauberk.core.finding import Finding, Result, Rule
from hauberk.core.progress import Progress, silent
from hauberk.scan.accounts.checks import CHECKS
from hauberk.scan.accounts.flows import Flows
from hauberk.scan.accounts.people import People
from hauberk.scan.client import Budget, ExhaustedError
from hauberk.scan.transport import GoneError, Transport

RULES: tuple[Rule, ...] = tuple(check.rule for check in CHECKS)
DEFAULT = Budget()

__all__ = ["RULES", "Flows", "accounts"]


def accounts(
    flows: Flows, transport: Transport, *, target: str, progress: Progress = silent, budget: Budget = DEFAULT
) -> Result:
    """Make accounts and try each rule on them. It really writes: give it a copy with test data.

    The transport is entered and left here. Raises NothingToTestError if an account with a long random password cannot
    be made, or does not sign in.
    """
    found: list[Finding] = []
    gaps: list[str] = []
    with transport:
        people = People(transport, flows, budget)
        if people.inside(people.client()):
            raise NothingToTestError(f"{target}: flows.private is given to somebody who is not signed in")
        if people.settled() is None:
            raise NothingToTestError(f"{target}: nobody could register and sign in by the declared flows")
        try:
            for number, check in enumerate(CHECKS):
                progress("trying accounts", number, len(CHECKS))
                found += [said.finding(check.rule, people) for said in check.judge(people)]
        except (ExhaustedError, GoneError) as stopped:
            gaps.append(f"The test of accounts stopped: {stopped}.")
    return Result(
        command="accounts",
        target=target,
        complete=not gaps,
        findings=tuple(found),
        stats={"requests": people.requests, "rules": len(CHECKS)},
        gaps=tuple(gaps),
    )
