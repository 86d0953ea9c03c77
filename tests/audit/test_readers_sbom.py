"""Bills of materials in their other notations, and as tools write them."""

from __future__ import annotations

import json

import pytest

from hauberk.audit.readers import detect, reader
from hauberk.core.errors import InputError

TAGS = """SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentName: x
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app

PackageName: app
SPDXID: SPDXRef-app
PackageComment: <text>many
PackageName: not-one
lines</text>

PackageName: jinja2
SPDXID: SPDXRef-j
PackageVersion: 2.11.0
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/jinja2@2.11.0
Relationship: SPDXRef-app DEPENDS_ON SPDXRef-j

FileName: ./x
SPDXID: SPDXRef-file
"""
XML = """<?xml version="1.0" encoding="utf-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1">
  <metadata><component type="application" bom-ref="app"><name>app</name></component></metadata>
  <components>
    <component type="library" bom-ref="j"><name>jinja2</name><version>2.11.0</version>
      <purl>pkg:pypi/jinja2@2.11.0</purl>
      <components><component bom-ref="n"><purl>pkg:npm/%40s/n@1.0.0</purl></component></components>
    </component>
  </components>
  <dependencies><dependency ref="app"><dependency ref="j"/></dependency><dependency ref="j"/></dependencies>
</bom>
"""
YAML = """spdxVersion: SPDX-2.3
packages:
- name: a
  SPDXID: SPDXRef-a
  versionInfo: 1.10
  externalRefs:
  - referenceType: purl
    referenceLocator: pkg:npm/a@1.10.0
"""
GITHUB = {
    "sbom": {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"SPDXID": "a", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/lodash@4.17.15"}]},
            {"SPDXID": "b", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/x@%3E%3D%201.0"}]},
        ],
    }
}

READ = [
    ("x.spdx", TAGS, ["jinja2@2.11.0"], []),
    ("sbom.txt", TAGS, ["jinja2@2.11.0"], []),
    ("bom.xml", XML, ["jinja2@2.11.0", "@s/n@1.0.0"], []),
    ("sbom.xml", XML, ["jinja2@2.11.0", "@s/n@1.0.0"], []),
    ("x.spdx.yaml", YAML, ["a@1.10.0"], []),
    ("sbom.json", json.dumps(GITHUB), ["lodash@4.17.15"], ["x@>= 1.0 unpinned"]),
]


@pytest.mark.parametrize(("path", "text", "packages", "left"), READ, ids=[row[0] for row in READ])
def test_read(path: str, text: str, packages: list[str], left: list[str]) -> None:
    kind = detect(path, text)
    assert kind
    found = reader(kind)(text, path)
    assert [f"{one.name}@{one.version}" for one in found.packages] == packages
    assert [f"{one.what} {one.why}" for one in found.not_judged if one.why != "project"] == left


def test_lines_and_paths() -> None:
    (one,) = reader("spdx")(TAGS, "x.spdx").packages
    assert one.line == 15
    first, second = reader("cyclonedx")(XML, "bom.xml").packages
    assert (first.keys, second.keys) == (("j",), ("n",))
    assert reader("cyclonedx")(XML, "bom.xml").roots == ("j",)


BROKEN = [
    ('<!DOCTYPE b [<!ENTITY a "x">]><bom xmlns="http://cyclonedx.org/schema/bom/1.4">&a;</bom>', "document type"),
    ("<a>" * 100_000, "nested too deeply"),
    ("<html></html>", "bomFormat"),
    ("<bom", "unclosed"),
    ('<bom xmlns="http://cyclonedx.org/schema/bom/1.4">&undefined;</bom>', "undefined entity"),
]


@pytest.mark.parametrize(("text", "problem"), BROKEN, ids=[row[1] for row in BROKEN])
def test_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        reader("cyclonedx")(text, "bom.xml")


def test_a_long_text_costs_its_length() -> None:
    text = f'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components>{"x &amp; " * 100_000}</components></bom>'
    assert not reader("cyclonedx")(text, "bom.xml").packages
    found = reader("spdx")("SPDXVersion: SPDX-2.3\nPackageName: <text>" + "x\n" * 100_000, "x.spdx")
    assert not found.packages
