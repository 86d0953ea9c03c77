"""Open redirect: the input decides to which other site the answer sends the browser."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from hauberk.core.finding import Rule
from hauberk.scan.care import snake
from hauberk.scan.html import parse
from hauberk.scan.messages import Response
from hauberk.scan.trial import Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.open-redirect",
    title="Open redirect",
    severity="medium",
    why="A link that begins with your own name leads to an attacker's page: made for phishing and for stealing tokens.",
    fix="Redirect to paths of your own only: parse the target, refuse a scheme or host, or look it up in a list.",
    cwe=(601,),
    asvs=("v5.0.0-3.7.2",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
)

HOST = "{c}.example"
HINT = re.compile(
    r"(^|[_-])(next|url|uri|to|goto|dest|destination|return|back|continue|redir\w*|target|location)([_-]|$)"
)


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """Another site in three spellings, where the answer redirects or the parameter looks like an address."""
    response, known = control.response, str(point.parameter.example or "")
    led = [response.header("location") or "", response.header("refresh") or "", *_refreshes(response)]
    reflected = control.canary in "".join(led)
    if reflected:
        return _fitting("".join(led).partition(control.canary)[0].removesuffix("../"))
    moved = point.operation.method == "GET" and 300 <= response.status < 400
    likely = moved or HINT.search(snake(point.parameter.name)) or known.startswith(("/", "http://", "https://"))
    return (f"https://{HOST}/", f"//{HOST}/") if likely else ()


def _fitting(before: str) -> tuple[str, ...]:
    """Spellings for a value that stands behind this text: at the beginning, right behind a host, or in a path."""
    begins = before.rpartition("=")[2].strip("'\"; ")
    if not begins or (begins.endswith("/") and not begins.strip("/")):
        return (f"https://{HOST}/", f"//{HOST}/", f"/\\{HOST}/", f"/{HOST}/")
    host = re.fullmatch(r"\w+://[^/?#]*", begins)
    return (f".{HOST}", f"@{HOST}") if host else ()


def judge(trial: Trial) -> Judgement:
    """Whether a browser would follow the answer to the probe's host."""
    response, host = trial.shot.response, HOST.replace("{c}", trial.shot.canary)
    location = response.header("location") if 300 <= response.status < 400 else None
    refreshes = [response.header("refresh") or "", *_refreshes(response)]
    led = [re.search(r"url\s*=\s*['\"]?([^'\"]*)", refresh, re.IGNORECASE) for refresh in refreshes]
    for target in (location, *(found[1] for found in led if found)):
        if target is not None and _host(target, trial.kit.origin).endswith(host):
            return Proof(reason=f"the answer sends the browser to {target[:200]}", seen={"location": target[:500]})
    return None


def _refreshes(response: Response) -> list[str]:
    """What the page's own head says (HTML, section 4.2.5.3)."""
    if not response.is_html or b"http-equiv" not in response.body.lower():
        return []
    nodes = parse(response.text).css("meta[http-equiv][content]")
    return [
        n.attributes.get("content") or "" for n in nodes if (n.attributes.get("http-equiv") or "").lower() == "refresh"
    ]


def _host(target: str, origin: str) -> str:
    """The host as a browser finds it: backslashes are slashes, controls are dropped (URL, section 4.4)."""
    text = "".join(c for c in target.strip() if c not in "\t\r\n").replace("\\", "/")
    text = re.sub(r"^(https?:)?/{2,}", lambda found: (found[1] or "") + "//", text, flags=re.IGNORECASE)
    try:
        return (urlsplit(urljoin(origin, text)).hostname or "").lower()
    except ValueError:
        return ""
