"""What interpreters say when their input is broken. Never proof alone: a balanced twin has to be silent."""

from __future__ import annotations

import html
import re
from typing import Literal

from hauberk.scan.messages import Response

Interpreter = Literal["sql", "nosql", "xpath", "ldap", "xml", "pickle", "template", "shell", "python"]

_SIGNS: dict[Interpreter, re.Pattern[str]] = {
    "sql": re.compile(
        r"sqlite3?\.(Operational|Programming|Integrity|Database|Interface)?Error|sqlite error|unrecognized token: |"
        r"near \\?[\"&][^\n]{0,80}: syntax error|incomplete input|SELECTs to the left and right|"
        r"psycopg2?\.(errors\.|\w*Error)|asyncpg\.exceptions|PG::\w*Error|syntax error at or near|"
        r"unterminated quoted (string|identifier) at or near|pymysql\.err|MySQLdb\.|mysql\.connector\.errors|"
        r"You have an error in your SQL syntax|MariaDB server version for the right syntax|"
        r"Unclosed quotation mark|Incorrect syntax near|pyodbc\.\w*Error|ORA-\d{5}|sqlalchemy\.exc\.|"
        r"django\.db\.utils\.\w*Error|no such column: |Unknown column '",
        re.IGNORECASE,
    ),
    "nosql": re.compile(
        r"unknown (top level )?operator: \$|pymongo\.errors\.|bson\.errors\.|MongoServerError|OperationFailure: |"
        r"mongoengine\.errors\.|SyntaxError: [^\n]{0,80}functionExpressionParser|JavaScript execution failed",
    ),
    "xpath": re.compile(
        r"XPathEvalError|XPathSyntaxError|Invalid (XPath )?(expression|predicate)|Unfinished literal|"
        r"elementpath\.\w*exceptions|ElementPathSyntaxError|XPST\d{4}|SyntaxError: invalid (predicate|descendant)",
        re.IGNORECASE,
    ),
    "ldap": re.compile(
        r"LDAPInvalidFilterError|malformed filter|Bad search filter|FILTER_ERROR|invalid ldap filter|"
        r"ldap\.(FILTER_ERROR|INVALID_DN_SYNTAX)|LDAPException",
        re.IGNORECASE,
    ),
    "xml": re.compile(
        r"XMLSyntaxError|xml\.etree\.ElementTree\.ParseError|ExpatError|not well-formed \(invalid token\)|"
        r"Start tag expected|Document is empty",
        re.IGNORECASE,
    ),
    "pickle": re.compile(
        r"UnpicklingError|pickle data was truncated|invalid load key|could not find MARK|unpickling stack underflow|"
        r"persistent IDs in protocol 0|pickle\.loads|EOFError: Ran out of input",
    ),
    "template": re.compile(r"jinja2\.exceptions|TemplateSyntaxError|mako\.exceptions|UndefinedError"),
    "shell": re.compile(r"/bin/(ba|da)?sh: |sh: \d+: |Unterminated quoted string|unexpected EOF while looking for"),
    "python": re.compile(r"SyntaxError: |NameError: name '|unterminated string literal|invalid syntax \(<string>"),
}


def complaint(interpreter: Interpreter, response: Response) -> str:
    """What the interpreter said in this answer; empty if it said nothing."""
    text = html.unescape(f"{response.text}\n{response.error}")
    found = _SIGNS[interpreter].search(text)
    return "" if found is None else text[max(found.start() - 20, 0) : found.end() + 80].strip()
