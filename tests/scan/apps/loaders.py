"""Handlers that read a body or an uploaded file as XML, YAML or a pickle; each beside one that does it safely."""

import base64
import json
import pickle
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
