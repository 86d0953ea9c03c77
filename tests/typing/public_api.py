"""Code that must type-check, and, where a line says `type: ignore`, code that must not.

mypy reads this file in `make check`: strict mode reports an ignore that ignores nothing. Nothing here is run.
"""

from __future__ import annotations

from typing import assert_type

from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette

import hauberk
from hauberk import CSP, HSTS, NONCE, Cookies, FrameOptions, Guard, Policy, ReferrerPolicy


def the_same_type_comes_back() -> None:
    assert_type(hauberk.protect(FastAPI()), FastAPI)
    assert_type(hauberk.protect(Starlette(), Policy.strict()), Starlette)
    assert_type(hauberk.protect(Flask("shop"), guard=Guard(mode="block")), Flask)


def policies() -> None:
    assert_type(Policy.recommended().replace(hsts=None), Policy)
    Policy(hsts=HSTS(max_age=60), csp=CSP(script_src=("'self'", NONCE)), cookies=Cookies(readable=frozenset({"a"})))
    Policy(hsts=True)  # type: ignore[arg-type]
    Policy(hst=HSTS())  # type: ignore[call-arg]
    Policy(HSTS())  # type: ignore[call-arg, arg-type]


def options() -> None:
    HSTS(max_age="a year")  # type: ignore[arg-type]
    FrameOptions(action="deny")  # type: ignore[arg-type]
    ReferrerPolicy(policy=("sameorigin",))  # type: ignore[arg-type]
    CSP(script_src="'self'")  # type: ignore[arg-type]
    Guard(mode="kill")  # type: ignore[arg-type]
    HSTS().max_age = 5  # type: ignore[misc]


def templates_and_nonces(request: object) -> None:
    assert_type(hauberk.csp_nonce(request), str)
