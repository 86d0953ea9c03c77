"""Applications that violate a requirement, each with its fixed twin."""

from __future__ import annotations

from tests.asvs.case import Case
from tests.asvs.cases import code, configuration, content, identity, more, pages, people, service, tokens, wire

CASES: tuple[Case, ...] = (
    *code.CASES,
    *configuration.CASES,
    *more.CASES,
    *people.CASES,
    *tokens.CASES,
    *identity.CASES,
    *content.CASES,
    *wire.CASES,
    *pages.CASES,
    *service.CASES,
)
