"""Pages and scripts of the application's own, read as they stand: templates, and files that are served."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hauberk.check.facts import Facts, MarkupFacts
from hauberk.check.verdict import Check, fail, not_applicable, passed
from hauberk.core.finding import Finding, Location, Rule, Severity


def _rule(
    name: str, title: str, severity: Severity, why: str, fix: str, cwe: tuple[int, ...], asvs: str, top10: str = ""
) -> Rule:
    return Rule(
        id=f"check.{name}",
        title=title,
        severity=severity,
        why=why,
        fix=fix,
        cwe=cwe,
        asvs=tuple(f"v5.0.0-{number}" for number in asvs.split()),
        top10=tuple(f"{number}:2025" for number in top10.split()),
        docs="https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html",
    )


TAG = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9-]*)((?:\"[^\"]*\"|'[^']*'|\{\{.*?\}\}|\{%.*?%\}|\{(?![{%])|[^>\"'{])*)>", re.DOTALL
)
SCRIPT = re.compile(r"<script\b((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
INSERT = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
HARMLESS = re.compile(
    r"\|\s*(tojson|json_script|escapejs|int|float|length|urlencode)|csp_nonce|csrf_token|url_for\(|static\(|nonce"
)
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*|<!--.*?-->|\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a page: where it begins, and what is wrong there; empty if it is only one that was looked at."""

    at: int
    wrong: str = ""


Look = Callable[[str], Iterator[Spot]]


def _attributes(text: str) -> dict[str, str]:
    found = re.findall(r"([a-zA-Z_:@][-\w:.@]*)\s*(?:=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+))?", text)
    return {name.lower(): value.strip("\"'") for name, value in found}


def _tags(text: str, *names: str) -> Iterator[tuple[int, str, str, dict[str, str]]]:
    for found in TAG.finditer(text):
        if found[1].lower() in names or not names:
            yield found.start(), found[1].lower(), found[2], _attributes(found[2])


def _in_script(text: str) -> Iterator[Spot]:
    """A value in a script needs the quoting of a script: HTML's leaves backslashes and line breaks alone."""
    for script in SCRIPT.finditer(text):
        for insert in INSERT.finditer(script[2]):
            safe = HARMLESS.search(insert[1])
            yield Spot(script.start(2) + insert.start(), "" if safe else f"{insert[0][:60]} stands in a script")


def _unquoted(text: str) -> Iterator[Spot]:
    """Without quotation marks a blank ends the value, and escaping does not touch blanks."""
    for at, name, inside, _ in _tags(text):
        for found in re.finditer(
            r"[\w-]+\s*=\s*(\"[^\"]*\"|'[^']*'|\{\{.*?\}\}|[^\s\"'>]*\{\{.*?\}\})", inside, re.DOTALL
        ):
            if "{{" in found[1]:
                bare = not found[1].startswith(('"', "'"))
                yield Spot(at, f"<{name}> has {found[0][:50]} without quotation marks" if bare else "")


def _password(text: str) -> Iterator[Spot]:
    for at, _, _, attributes in _tags(text, "input"):
        named = " ".join(attributes.get(word, "") for word in ("name", "id", "autocomplete"))
        kind = attributes.get("type", "text").lower()
        if kind == "password" or (
            re.search(r"passw|pwd", named, re.IGNORECASE) and kind in {"text", "search", "email", "tel"}
        ):
            yield Spot(
                at,
                "" if kind == "password" else f"the field {attributes.get('name') or named.strip()!r} has type={kind}",
            )


def _paste(text: str) -> Iterator[Spot]:
    for at, _, _, attributes in _tags(text, "input"):
        if attributes.get("type", "").lower() != "password":
            continue
        if re.search(r"return\s+false|preventDefault", attributes.get("onpaste", "")):
            yield Spot(at, "pasting into the password field is prevented")
        elif attributes.get("autocomplete", "").lower() in {"off", "false", "nope"}:
            yield Spot(at, f"the password field says autocomplete={attributes['autocomplete']}")
        else:
            yield Spot(at)


def _plugins(text: str) -> Iterator[Spot]:
    """Pages are looked at by their head or body; a fragment says nothing."""
    if re.search(r"<(html|body|head)\b", text, re.IGNORECASE):
        yield Spot(0)
    for at, name, _, attributes in _tags(text, "applet", "embed", "object"):
        kind = " ".join(attributes.get(word, "") for word in ("type", "classid", "src", "data"))
        if name == "applet" or re.search(
            r"flash|silverlight|x-java|clsid|\.swf|\.xap|nacl|director", kind, re.IGNORECASE
        ):
            yield Spot(at, f"<{name}> asks for a plug-in that no browser has any more")


def _sinks(text: str) -> Iterator[Spot]:
    for found in re.finditer(
        r"\.(innerHTML|outerHTML)\s*\+?=(?!=)\s*([^;\n]+)|\.(insertAdjacentHTML)\(([^;\n]+)|(document\.write(?:ln)?)\(([^;\n]+)|\.(textContent|innerText)\s*=",
        text,
    ):
        if found[7]:
            yield Spot(found.start())
            continue
        value = (found[2] or found[4] or found[6] or "").strip()
        plain = re.fullmatch(r"(\"[^\"]*\"|'[^']*'|`[^`$]*`)\)?", value) or re.search(
            r"sanitize|DOMPurify|escape", value
        )
        yield Spot(found.start(), "" if plain else f"{found[1] or found[3] or found[5]} is given {value[:50]}")


def _messages(text: str) -> Iterator[Spot]:
    for found in re.finditer(r"addEventListener\(\s*[\"']message[\"']|\bonmessage\s*=", text):
        around = text[found.start() : found.start() + 1500]
        if re.search(
            r"(worker|socket|ws|source|port|channel)\.?(onmessage|addEventListener)$",
            text[max(0, found.start() - 30) : found.end()].split("(")[0].strip(),
            re.IGNORECASE,
        ):
            continue
        yield Spot(
            found.start(),
            "" if re.search(r"\.origin\b", around) else "messages are taken whoever sends them: origin is not compared",
        )


def _storage(text: str) -> Iterator[Spot]:
    for found in re.finditer(
        r"(local|session)Storage\.setItem\(\s*[\"'`]([^\"'`]+)[\"'`]|(local|session)Storage(?:\.(\w+)|\[[\"'](\w+)[\"']\])\s*=(?!=)",
        text,
    ):
        key = found[2] or found[4] or found[5] or ""
        secret = re.search(
            r"passw|secret|card|cvv|iban|ssn|address|birth|phone|email|api.?key|credential|private", key, re.IGNORECASE
        )
        yield Spot(found.start(), f"{key!r} is kept in the browser's storage" if secret else "")


def _sockets(text: str) -> Iterator[Spot]:
    for found in re.finditer(r"new\s+WebSocket\(\s*[\"'`](wss?):(//[^\"'`/]*)", text):
        local = re.match(r"//(localhost|127\.|\[::1\])", found[2])
        yield Spot(found.start(), f"a WebSocket is opened to ws:{found[2]}" if found[1] == "ws" and not local else "")


TRACKERS = re.compile(
    r"google-analytics\.com|googletagmanager\.com|connect\.facebook\.net|facebook\.com/tr|hotjar\.com|segment\.(com|io)"
    r"|mixpanel\.com|fullstory\.com|clarity\.ms|doubleclick\.net|matomo\.cloud|amplitude\.com|bat\.bing\.com|snap\.licdn\.com"
)


def _trackers(text: str) -> Iterator[Spot]:
    """Whoever gets a page's address and its fields."""
    if re.search(r"<(html|body|head|form)\b", text, re.IGNORECASE):
        sensitive = re.search(
            r"type=[\"']?password|autocomplete=[\"']?(cc-|current-password|new-password|bday|tel|street)", text
        )
        found = TRACKERS.search(text)
        if sensitive:
            yield Spot(
                found.start() if found else 0,
                f"a page that asks for a password or a card loads {found[0]}" if found else "",
            )


RULES: tuple[tuple[Rule, Look, str], ...] = (
    (
        _rule(
            "script-insert",
            "A value is written into a script as if it were text of a page",
            "medium",
            "HTML's escaping leaves backslashes and line breaks alone: they end the string, and what follows runs.",
            "Write {{ value|tojson }}, or put it into a data- attribute and read it from there.",
            (79, 116),
            "1.2.3",
            "A05",
        ),
        _in_script,
        "values in scripts",
    ),
    (
        _rule(
            "attribute-unquoted",
            "A value stands in an attribute without quotation marks",
            "medium",
            "A blank in it ends the attribute, and onmouseover=... follows.",
            'Write quotation marks around it: href="{{ url }}".',
            (79, 83),
            "1.2.1",
            "A05",
        ),
        _unquoted,
        "values in attributes",
    ),
    (
        _rule(
            "password-field",
            "A password is typed in the open",
            "medium",
            "Whoever looks over the shoulder reads it, and browsers keep it among the form's suggestions.",
            'Write type="password".',
            (549,),
            "6.2.6",
            "A06",
        ),
        _password,
        "password fields",
    ),
    (
        _rule(
            "password-paste",
            "Password managers are kept out",
            "low",
            "Who must type a password chooses a short one.",
            'Write autocomplete="current-password" or "new-password", and leave pasting alone.',
            (522,),
            "6.2.7",
            "A07",
        ),
        _paste,
        "password fields",
    ),
    (
        _rule(
            "plugin",
            "A page needs a plug-in that is no longer supported",
            "medium",
            "Flash, Silverlight and Java applets get no more repairs.",
            "Write it in HTML and JavaScript.",
            (477, 1104),
            "3.7.1",
            "A03",
        ),
        _plugins,
        "pages",
    ),
    (
        _rule(
            "script-sink",
            "A script writes text as HTML",
            "medium",
            "Markup in the text becomes part of the page, and runs.",
            "Write textContent; where markup is wanted, clean it with DOMPurify.",
            (79,),
            "3.2.2",
            "A05",
        ),
        _sinks,
        "places where scripts write into the page",
    ),
    (
        _rule(
            "script-message",
            "Messages of other windows are taken whoever sends them",
            "medium",
            "Any page that opens or frames this one sends it commands.",
            "Compare event.origin with a list, then look at the shape of event.data.",
            (346, 940),
            "3.5.5",
            "A07",
        ),
        _messages,
        "listeners for messages",
    ),
    (
        _rule(
            "script-storage",
            "Something sensitive is kept in the browser's storage",
            "low",
            "Every script of the page reads it, and it stays after signing out.",
            "Keep it on the server; keep an id in an HttpOnly cookie.",
            (922, 312),
            "14.3.3",
            "A04",
        ),
        _storage,
        "values in the browser's storage",
    ),
    (
        _rule(
            "script-websocket",
            "A WebSocket is opened without TLS",
            "medium",
            "Whoever is on the way reads and changes every message.",
            "Write wss://, or build the address of location.host.",
            (319,),
            "4.4.1",
            "A04",
        ),
        _sockets,
        "WebSocket addresses in scripts",
    ),
    (
        _rule(
            "tracker",
            "A page that asks for a password or a card loads a tracker",
            "low",
            "A script of others reads every field of the page, and sends its address on.",
            "Leave trackers out of such pages.",
            (359, 829),
            "14.2.3",
            "A01",
        ),
        _trackers,
        "pages that ask for something sensitive",
    ),
)


def _judge(rule: Rule, look: Look, what: str) -> Callable[[Facts], Iterator[Finding]]:
    def judge(facts: Facts) -> Iterator[Finding]:
        seen = failed = 0
        for page in facts.markup or ():
            text = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), page.text)
            for spot in look(text):
                seen += 1
                if spot.wrong:
                    failed += 1
                    yield fail(
                        rule,
                        _at(page, spot),
                        f"{page.name}: {spot.wrong}.",
                        key=f"{page.name} {spot.wrong}",
                        confidence="firm",
                    )
        if not seen:
            yield not_applicable(rule, f"There are no {what} in {len(facts.markup or ())} templates and scripts.")
        elif not failed:
            yield passed(rule, f"{seen} {what} were looked at; none is wrong.", confidence="firm")

    return judge


def _at(page: MarkupFacts, spot: Spot) -> Location:
    """The line of the file, or where the template is made if it has none."""
    if page.where.line != 1:
        return page.where
    return replace(page.where, line=1 + page.text.count("\n", 0, spot.at))


CHECKS = tuple(Check(rule, _judge(rule, look, what)) for rule, look, what in RULES)
