"""CORS that lets every site in: the answer allows whatever Origin asks, with credentials."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.messages import Response
from hauberk.scan.trial import Proof

RULE = Rule(
    id="scan.cors-reflection",
    title="CORS allows any site with credentials",
    severity="high",
    why="Any page that a logged-in user opens reads his data from here with his cookies.",
    fix="Name the origins that may read answers; never send back the Origin that came together with "
    "Access-Control-Allow-Credentials.",
    cwe=(942,),
    asvs=("v5.0.0-3.4.2",),
    top10=("A02:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html#cross-origin-resource-sharing",
)


def origin(canary: str) -> str:
    """An origin that nobody can have allowed."""
    return f"https://{canary}.example"


def judge(response: Response, asked: str) -> Proof | None:
    """Whether the answer lets that origin read it with the user's credentials (Fetch, section 3.2)."""
    allowed = response.header("access-control-allow-origin")
    credentials = (response.header("access-control-allow-credentials") or "").strip()
    if allowed == asked and credentials == "true":
        return Proof(reason=f"Origin {asked} may read the answer with credentials")
    return None
