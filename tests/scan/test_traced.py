"""Checks that say of themselves that an input which leaves no trace is nothing to them have nothing to say of it."""

import os

import pytest

from hauberk.scan.checks.active import AT_POINTS
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.trial import PLAIN, POLYGLOT, SWEEP, ActiveCheck, Kit, Point, Shot, Trial, canary

KIT = Kit(origin="https://testserver", bait="/nowhere/hbk", secret="0" * 32)
TRACED = [check for check in AT_POINTS if check.TRACED]
INPUTS = [
    Parameter(name="q", place="query", example="a"),
    Parameter(name="next_url", place="query", example="/home"),
    Parameter(name="template", place="form", example="{{ a }}"),
    Parameter(name="x-sql", place="header", example="SELECT 1"),
    Parameter(name="document", place="body", example="<a/>"),
    Parameter(name="user.filter", place="json", example='{"a": 1}'),
]
ANSWERS = [
    Response(status=200, headers=(("content-type", "text/html"),), body=b"<p>fine</p><script>var a = '';</script>"),
    Response(status=500, headers=(("content-type", "text/plain"),), body=b'near "x": syntax error', error="Error: x"),
    Response(status=302, headers=(("location", "https://other.example/"), ("x-hbk", "1")), body=b""),
]


@pytest.mark.parametrize("check", TRACED, ids=lambda check: check.RULE.id)
@pytest.mark.parametrize("parameter", INPUTS, ids=lambda parameter: parameter.name)
@pytest.mark.parametrize("response", ANSWERS, ids=lambda response: str(response.status))
def test_without_a_trace_nothing_is_said(check: ActiveCheck, parameter: Parameter, response: Response) -> None:
    point = Point(operation=Operation(method="POST", path="/", parameters=(parameter,)), parameter=parameter)
    shot = Shot(value=SWEEP, canary="hbk00000000", request=Request(), response=response)
    assert check.judge(Trial(point=point, template=SWEEP, shot=shot, control=shot, kit=KIT)) is None
    assert set(check.probes(point, shot, KIT)) <= {POLYGLOT, PLAIN}


def test_no_two_canaries_are_alike() -> None:
    assert len({canary() for _ in range(5_000)}) == 5_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_draws_canaries_of_its_own() -> None:
    canary()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, canary().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 64).decode() != canary()
    os.close(reader)
    os.close(writer)
