"""Checks that send something. Each module has a RULE, the probes, and the judge of their answers."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.checks.active import (
    active_upload,
    cache_poisoning,
    code_inclusion,
    code_injection,
    command_injection,
    cors_reflection,
    deserialisation,
    dom_xss,
    graphql_abuse,
    header_injection,
    host_header,
    jsonp,
    ldap_injection,
    method_tampering,
    nosql_injection,
    open_redirect,
    path_traversal,
    reflected_xss,
    request_smuggling,
    socket_origin,
    sql_injection,
    ssrf,
    state_by_get,
    stored_xss,
    template_injection,
    user_enumeration,
    xpath_injection,
    xxe,
)
from hauberk.scan.trial import ActiveCheck, checks

AT_POINTS: tuple[ActiveCheck, ...] = checks(
    reflected_xss,
    xpath_injection,
    ldap_injection,
    sql_injection,
    nosql_injection,
    command_injection,
    open_redirect,
    header_injection,
    template_injection,
    code_injection,
    xxe,
    code_inclusion,
    ssrf,
    deserialisation,
    path_traversal,
    jsonp,
)
"""Run at every insertion point. `stored_xss`, `state_by_get` and `cors_reflection` look at pages and operations."""

RULES: tuple[Rule, ...] = (
    *(check.RULE for check in AT_POINTS),
    stored_xss.RULE,
    dom_xss.RULE,
    socket_origin.RULE,
    state_by_get.RULE,
    cors_reflection.RULE,
    user_enumeration.RULE,
    host_header.RULE,
    method_tampering.RULE,
    cache_poisoning.RULE,
    active_upload.RULE,
    graphql_abuse.RULE,
    request_smuggling.RULE,
)
