"""DOM-based cross-site scripting: the page's own scripts run what a link, another site or a store hands them.

Judged in a browser: see `scan.browser.dom`.
"""

from __future__ import annotations

from hauberk.core.finding import Rule

RULE = Rule(
    id="scan.dom-xss",
    title="DOM-based cross-site scripting",
    severity="high",
    why="A link, or any site that opens the page, runs an attacker's script in the session of whoever follows it; no "
    "server sees it, as the value never has to leave the browser.",
    fix="Write values as text (textContent, the framework's own binding), not as markup; check addresses for http and "
    "https before they are followed; check the origin of messages; let no value reach eval or a timer. Where markup is "
    "meant, pass it through DOMPurify or the Sanitizer API, and set require-trusted-types-for 'script'.",
    cwe=(79,),
    asvs=("v5.0.0-3.2.2", "v5.0.0-1.3.1"),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/DOM_based_XSS_Prevention_Cheat_Sheet.html",
)
