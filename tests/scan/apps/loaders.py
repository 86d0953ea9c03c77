"""Handlers that read a body or an uploaded file as XML, YAML or a pickle; each beside one that does it safely."""

import base64
import json
import pickle
import xml.dom.minidom
import xml.sax
import xml.sax.handler
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import yaml
from flask import Flask, request
from lxml import etree

app = Flask("loaders")
OPEN = {"resolve_entities": True, "load_dtd": True, "no_network": False}
SHUT = {"resolve_entities": False, "load_dtd": False, "no_network": True}


@app.post("/open/xml")
def open_xml() -> Any:
    return etree.tostring(etree.fromstring(request.data, etree.XMLParser(**OPEN)))


@app.post("/open/order")
def open_order() -> str:
    document = etree.fromstring(request.get_data(), etree.XMLParser(**OPEN))
    return document.findtext("name") or "none"  # what the entity brings is not shown


@app.post("/open/upload")
def open_upload() -> str:
    return str(etree.parse(request.files["doc"], etree.XMLParser(**OPEN)).getroot().tag)


@app.post("/open/settings")
def open_settings() -> str:
    return str(type(yaml.load(request.files["settings"].read(), yaml.Loader)))


@app.post("/open/job")
def open_job() -> str:
    return str(type(pickle.loads(request.data)))


@app.get("/open/token")
def open_token() -> str:
    token = request.cookies.get("token")
    return str(type(pickle.loads(base64.b64decode(token)))) if token else "none"


def quietly(read: Callable[[], Any]) -> str:
    """The answer shows neither that it failed nor what the input holds, and no name hints at a format."""
    try:
        read()
    except Exception:
        return "thanks"
    return "thanks"


def sax(text: str, *, entities: bool) -> Any:
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, entities)
    return xml.dom.minidom.parseString(text, parser)


@app.get("/open/quiet/one")
def open_quiet_yaml() -> str:
    return quietly(lambda: yaml.load(request.args.get("a", ""), Loader=yaml.Loader)["text"])


@app.get("/open/quiet/two")
def open_quiet_header() -> str:
    return quietly(lambda: yaml.unsafe_load(request.headers.get("x-b", "").split(" ")[0]))


@app.post("/open/quiet/three")
def open_quiet_pickle() -> str:
    return quietly(lambda: pickle.loads(urlsafe_b64decode(request.form.get("c", ""))))


@app.get("/open/quiet/four")
def open_quiet_xml() -> str:
    return quietly(lambda: sax(request.args.get("d", ""), entities=True))


@app.get("/safe/quiet/one")
def safe_quiet_yaml() -> str:
    return quietly(lambda: yaml.safe_load(request.args.get("a", ""))["text"])


@app.get("/safe/quiet/two")
def safe_quiet_header() -> str:
    return quietly(lambda: yaml.safe_load(request.headers.get("x-b", "").split(" ")[0]))


@app.post("/safe/quiet/three")
def safe_quiet_base64() -> str:
    return quietly(lambda: json.loads(urlsafe_b64decode(request.form.get("c", ""))))


@app.get("/safe/quiet/four")
def safe_quiet_xml() -> str:
    return quietly(lambda: sax(request.args.get("d", ""), entities=False))


@app.get("/safe/quiet/five")
def safe_quiet_own() -> str:
    """What it loads is its own, whatever is asked."""
    request.args.get("a", "")
    return quietly(lambda: pickle.loads(base64.b64decode(base64.b64encode(pickle.dumps([1])))))


@app.post("/safe/xml")
def safe_xml() -> Any:
    return etree.tostring(etree.fromstring(request.data, etree.XMLParser(**SHUT)))


@app.post("/safe/upload")
def safe_upload() -> str:
    return str(etree.parse(request.files["doc"], etree.XMLParser(**SHUT)).getroot().tag)


@app.post("/safe/settings")
def safe_settings() -> str:
    return str(type(yaml.safe_load(request.files["settings"].read())))


@app.post("/safe/job")
def safe_job() -> str:
    return str(type(json.loads(request.data)))


@app.get("/safe/token")
def safe_token() -> str:
    token = request.cookies.get("token")
    return str(len(base64.b64decode(token))) if token else "none"
