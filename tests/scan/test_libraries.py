"""JavaScript libraries by their addresses and by what is in their files, and the faults that their versions have."""

from __future__ import annotations

import pytest

from hauberk.scan.assets import addresses
from hauberk.scan.libraries import Libraries, Library, in_address, in_file
from hauberk.standards.js_libraries import is_below, js_libraries, known_faults


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/static/jquery-3.4.1.min.js", {"jquery": "3.4.1"}),
        ("/jquery-3.4.1.slim.min.js", {"jquery": "3.4.1"}),
        ("https://cdn.example/ajax/libs/lodash.js/4.17.4/lodash.min.js", {"lodash": "4.17.4"}),
        ("https://cdn.example/npm/vue@2.6.10/dist/vue.js", {"vue": "2.6.10"}),
        ("/bootstrap/3.3.7/js/bootstrap.min.js", {"bootstrap": "3.3.7"}),
        ("/wp-includes/js/jquery/jquery.min.js?ver=1.12.4", {"jquery": "1.12.4"}),
        ("/jquery-ui-1.12.1.js", {"jquery-ui": "1.12.1"}),
        ("/js/app.3.2.1.js", {}),
        ("/myjquery-3.4.1.js", {}),
        ("/jquery.js", {}),
        ("/react-router-7.6.0.js", {"react-router": "7.6.0"}),
    ],
)
def test_by_the_address(address: str, found: dict[str, str]) -> None:
    assert in_address(address) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/*! jQuery v1.12.4 | (c) jQuery Foundation */", {"jquery": "1.12.4"}),
        ("/*!\n * jQuery JavaScript Library v1.8.3\n */", {"jquery": "1.8.3"}),
        ("/*! jQuery UI - v1.12.1 - 2016-09-14 */", {"jquery-ui": "1.12.1"}),
        ("/*! jQuery Migrate v1.2.1 | (c) 2005 */", {"jquery-migrate": "1.2.1"}),
        ("/*\n AngularJS v1.5.8\n (c) 2010-2016 */", {"angularjs": "1.5.8"}),
        ("/*!\n * Vue.js v2.6.10\n * (c) 2014 */", {"vue": "2.6.10"}),
        ("/*!\n  * Bootstrap v4.3.1 (https://example.com/) */", {"bootstrap": "4.3.1"}),
        ("//! moment.js\n//! version : 2.18.1\n//! authors", {"moment": "2.18.1"}),
        ("/*! @license DOMPurify 2.0.7 | (c) */", {"dompurify": "2.0.7"}),
        ("/**!\n\n @license\n handlebars v4.0.5\n*/", {"handlebars": "4.0.5"}),
        ("/* axios v0.18.0 | (c) 2018 */", {"axios": "0.18.0"}),
        ("/** @license React v16.8.6\n * react-dom.production.min.js\n */", {"react": "16.8.6", "react-dom": "16.8.6"}),
        ('x={version:"18.2.0",rendererPackageName:"react-dom"}', {"react": "18.2.0", "react-dom": "18.2.0"}),
        ('e.fn=e.prototype={jquery:"3.3.1",constructor:e}', {"jquery": "3.3.1"}),
        ("/* written for jQuery, version 3 of our plugin */", {}),
        ("/*! my plugin v1.2.3, needs jQuery */", {}),
        ("var version = '1.2.3';", {}),
    ],
)
def test_by_the_file(text: str, found: dict[str, str]) -> None:
    assert in_file(text) == found


@pytest.mark.parametrize(
    ("version", "other", "below"),
    [
        ("1.2", "1.2.0", False),
        ("1.2.0", "1.2", False),
        ("1.2.9", "1.10.0", True),
        ("1.2.0-rc.1", "1.2.0", True),
        ("1.9.0b1", "1.9.0", True),
        ("3.0.0-beta1", "3.0.0-rc.1", True),
        ("2.0.0", "2.0.0-rc.1", False),
        ("v1.0", "1.1", True),
    ],
)
def test_the_order_of_versions(version: str, other: str, below: bool) -> None:
    assert is_below(version, other) is below


@pytest.mark.parametrize(
    ("name", "version", "one"),
    [
        ("jquery", "3.4.1", "CVE-2020-11022"),
        ("jquery", "1.8.3", "CVE-2012-6708"),
        ("lodash", "4.17.4", "CVE-2019-10744"),
        ("bootstrap", "3.3.7", "CVE-2019-8331"),
        ("jquery", "3.7.1", ""),
        ("vue", "3.5.13", ""),
        ("nobody", "1.0", ""),
    ],
)
def test_known_faults(name: str, version: str, one: str) -> None:
    ids = {name for fault in known_faults(name, version) for name in fault.ids}
    assert (one in ids) if one else not ids


def test_the_table_reads_as_it_should() -> None:
    for name, faults in js_libraries().items():
        for fault in faults:
            assert fault.severity in {"critical", "high", "medium", "low"}
            assert not fault.since or not fault.before or is_below(fault.since, fault.before), (name, fault)


def test_findings() -> None:
    seen = Libraries()
    seen.script("/static/jquery.js", "/*! jQuery v3.4.1 | (c) */")
    seen.add(Library("vue", "3.5.13"))
    (one,) = seen.findings()
    assert (one.outcome, one.severity, one.own_title) == ("fail", "medium", "jquery 3.4.1 has known faults")
    assert one.location.key() == "GET /static/jquery.js  "
    assert one.fix == "Upgrade jquery to 3.5.0 or newer."
    assert seen.stats() == [{"name": "jquery", "version": "3.4.1"}, {"name": "vue", "version": "3.5.13"}]


@pytest.mark.parametrize(("version", "outcome"), [("3.7.1", "pass"), (None, "not-applicable")])
def test_nothing_wrong(version: str | None, outcome: str) -> None:
    seen = Libraries()
    if version:
        seen.add(Library("jquery", version))
    (one,) = seen.findings()
    assert one.outcome == outcome


def test_the_scripts_of_a_page() -> None:
    page = (
        "<script src=a.js></script><script src='//cdn.example/b.js'></script><script>1</script><script src='http://[x'>"
    )
    assert addresses(page, "http://t/x/") == ["http://t/x/a.js", "http://cdn.example/b.js"]
