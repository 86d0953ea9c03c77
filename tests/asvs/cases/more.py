"""More requirements on code: queries of directories and documents, secrets in addresses, old protocols."""

from __future__ import annotations

from tests.asvs.case import Case, handler

Q = 'request.query_params["q"]'
CASES: tuple[Case, ...] = (
    handler(
        "code-ldap-request",
        "1.2.6",
        f'u = {Q}\nreturn c.search_s("dc=x", 2, f"(uid={{u}})")',
        f'u = escape_filter_chars({Q})\nreturn c.search_s("dc=x", 2, f"(uid={{u}})")',
        imports="from types import SimpleNamespace\n\nc = SimpleNamespace(search_s=print)\nescape_filter_chars = str\n",
    ),
    handler(
        "code-xpath-request",
        "1.2.7",
        f"n = {Q}\nreturn tree.xpath(f\"//u[@n='{{n}}']\")",
        f'n = {Q}\nreturn tree.xpath("//u[@n=$n]", n=n)',
        imports="from types import SimpleNamespace\n\ntree = SimpleNamespace(xpath=print)\n",
    ),
    handler(
        "code-secret-in-url",
        "14.2.1",
        'password = request.query_params["password"]\nreturn len(password)',
        'password = request.headers["x-password"]\nreturn len(password)',
    ),
    handler(
        "code-tls-old",
        "12.1.1",
        "return str(ssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv3))",
        "return str(ssl.create_default_context())",
        imports="import ssl\n",
    ),
    handler(
        "code-get-writes",
        "3.5.3",
        'db.execute("DELETE FROM t")\ndb.commit()',
        'return db.execute("SELECT 1").fetchall()',
        imports='import sqlite3\n\ndb = sqlite3.connect(":memory:")\n',
    ),
    handler(
        "code-server-request",
        "1.3.6",
        f"return httpx.get({Q}, timeout=5).text",
        'return httpx.get("https://api.example/", timeout=5).text',
        imports="import httpx\n",
    ),
)
