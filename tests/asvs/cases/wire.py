"""Requirements on answers, by the scan: one page or answer with the fault, and without."""

from __future__ import annotations

from tests.asvs.case import Case, whole

SERVED = """
import json
from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

app = FastAPI(openapi_url=None)


@app.get("/")
def page(q: str = "x"):
    return answer(q)


{body}
"""
HEADERS = (
    '"content-security-policy": "frame-ancestors \'none\'", "cache-control": "no-store", '
    '"x-content-type-options": "nosniff"'
)
PAGE = (
    "def answer(q):\n"
    f'    response = Response("<html><body>hello", media_type="text/html", headers={{{HEADERS}}})\n'
    '    response.set_cookie("session", "0" * 40, httponly=True, secure=True, samesite="lax")\n    return response\n'
)
XML = """
from io import BytesIO
from xml import sax
from xml.sax.handler import ContentHandler, feature_external_ges

from fastapi import FastAPI, Form

app = FastAPI(openapi_url=None)


class Text(ContentHandler):
    def __init__(self):
        self.heard = ""

    def characters(self, content):
        self.heard += content


@app.post("/order")
def order(order_xml: str = Form("<order/>")):
    text, parser = Text(), sax.make_parser()
    parser.setFeature(feature_external_ges, True)
    parser.setContentHandler(text)
    parser.parse(BytesIO(order_xml.encode()))
    return {"heard": text.heard}


@app.get("/echo")
def echo(q: str):
    return {"q": q}
"""


DEFUSED = XML.replace("from xml import sax", "from defusedxml import sax").replace(
    "    parser.setFeature(feature_external_ges, True)\n", ""
)


def served(rule: str, ids: str, bad: str, good: str, about: str = "") -> Case:
    """An application whose answer is made by one function or another."""
    return whole(
        f"scan.{rule}", ids, SERVED.replace("{body}", bad), SERVED.replace("{body}", good), by="scan", about=about
    )


def data(kind: str, headers: str = "") -> str:
    """An answer of a type, with more fields."""
    return f'def answer(q):\n    return Response("hello", media_type="{kind}", headers={{{headers}}})\n'


CASES: tuple[Case, ...] = (
    served("rendered-data", "3.2.1", data("application/octet-stream"), data("application/octet-stream", HEADERS)),
    served(
        "rendered-data",
        "3.2.1",
        data("image/svg+xml", '"x-content-type-options": "nosniff"'),
        data("image/svg+xml", '"content-security-policy": "sandbox", "x-content-type-options": "nosniff"'),
        about="svg",
    ),
    served("cookie-not-httponly", "3.3.4", PAGE.replace("httponly=True, ", ""), PAGE),
    served("frame-ancestors", "3.4.6", PAGE.replace("frame-ancestors 'none'", "default-src 'self'"), PAGE),
    served(
        "content-type",
        "4.1.1",
        'def answer(q):\n    return Response(json.dumps({"a": 1}), media_type="text/html")\n',
        'def answer(q):\n    return Response(json.dumps({"a": 1}), media_type="application/json")\n',
    ),
    served("cacheable-session", "14.2.2 14.3.2", PAGE.replace('"cache-control": "no-store", ', ""), PAGE),
    served(
        "reflected-xss",
        "1.2.3",
        'def answer(q):\n    return Response("<script>var q = \'" + q + "\'</script>", media_type="text/html")\n',
        'def answer(q):\n    text = json.dumps(q).replace("<", "\\\\u003c")\n'
        '    return Response("<script>var q = " + text + "</script>", media_type="text/html")\n',
    ),
    served(
        "trace",
        "13.4.4",
        data("text/plain")
        + '\n\n@app.api_route("/", methods=["TRACE"])\ndef trace(request: Request):\n'
        + '    return Response(str(request.headers), media_type="message/http")\n',
        data("text/plain"),
    ),
    served(
        "directory-listing",
        "13.4.3",
        data("text/plain")
        + '\n\n@app.get("/files/")\ndef index():\n'
        + '    return Response("<title>Index of /files</title><a href=a>a</a>", media_type="text/html")\n',
        data("text/plain"),
    ),
    served(
        "exposed-repository",
        "13.4.1",
        data("text/plain")
        + "\n\nimport os\nimport pathlib\n\nfolder = pathlib.Path(__file__).parent / 'public'\n"
        + "(folder / '.git').mkdir(parents=True, exist_ok=True)\n"
        + "(folder / '.git' / 'HEAD').write_text('ref: refs/heads/main')\n"
        + 'app.mount("/static", StaticFiles(directory=folder))\n',
        data("text/plain")
        + "\n\nimport os\nimport pathlib\n\nfolder = pathlib.Path(__file__).parent / 'published'\nfolder.mkdir()\n"
        + 'app.mount("/static", StaticFiles(directory=folder))\n',
    ),
    whole("code-xml-entities", "1.5.1", XML, DEFUSED),
)
