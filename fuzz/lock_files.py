"""Any octets are a lock file, for every reader: `python -m fuzz.lock_files`.

A reader gives a manifest of printable facts or `InputError` in bounded time, and nothing else.
"""

from __future__ import annotations

import time
from contextlib import suppress

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.audit.paths import Paths
    from hauberk.audit.readers import FORMATS, detect, reader
    from hauberk.audit.readers.javascript import of_text
    from hauberk.audit.reading import gaps
    from hauberk.audit.registry.releases import of_answer
    from hauberk.audit.versions import ECOSYSTEMS, key
    from hauberk.core.errors import InputError

SECONDS = 2.0
SEEDS = (
    b"flask==1.5 --hash=sha256:ab \\\n  ; python_version > '3'\n-r x.txt\n-e .\na @ https://h.example/a-1.0-py3-none-any.whl",
    b'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "x" }\n'
    b'[package.dev-dependencies]\nd = [{ name = "a" }]',
    b'[[package]]\nname = "a"\nversion = "1"\ncategory = "dev"\n[metadata]\ncontent-hash = "x"',
    b'[[package]]\nname = "a"\nversion = "1"\ngroups = ["default"]\n[metadata]\nlock_version = "4"',
    b'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\narchive = {url = "x"}',
    b'{"_meta": {}, "default": {"a": {"version": "==1"}}, "develop": {}}',
    b'{"lockfileVersion": 3, "packages": {"": {"name": "x"}, "node_modules/a": {"version": "1.0.0"}}}',
    b'{"lockfileVersion": 1, "dependencies": {"a": {"version": "npm:b@1.0.0", "requires": {"c": "1"}}}}',
    b'# yarn lockfile v1\n\n"a@^1", b@2:\n  version "1.0.0"\n  dependencies:\n    c "1"\n',
    b'__metadata:\n  version: 8\n\n"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n',
    b"lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        version: 1.0.0\n"
    b"packages:\n  a@1.0.0:\n    resolution: {integrity: x}\n",
    b"lockfileVersion: 5.4\npackages:\n  /a/1.0.0_b@2:\n    resolution: {integrity: x}\n    dev: true\n",
    b'{"lockfileVersion": 1, "workspaces": {"": {}}, "packages": {"a": ["a@1.0.0", "", {}, "x"],},} // x',
    b"package:\n- name: a\n  version: '1'\n  manager: pip\n",
    b"name: x\ndependencies:\n- python\n- pip:\n  - a==1\n",
    b'{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/%40s/a@1.0.0"}]}',
    b'{"spdxVersion": "SPDX-2.3", "packages": [{"externalRefs": ['
    b'{"referenceType": "purl", "referenceLocator": "pkg:pypi/a@1"}]}]}',
    b'{"@graph": [{"type": "software_Package", "software_packageUrl": "pkg:pypi/a@1"}]}',
    b"SPDXVersion: SPDX-2.3\nPackageName: <text>a\nb</text>\nSPDXID: x\nExternalRef: P purl pkg:pypi/a@1\n"
    b"Relationship: x DEPENDS_ON y\n",
    b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component bom-ref="a"><name>a</name>'
    b"<purl>pkg:npm/a@1.0.0</purl></component></components></bom>",
    b'[project]\ndependencies = ["a==1"]\n[tool.poetry.dependencies]\nb = {version = "1"}',
    b'{"dependencies": {"a": "1.0.0", "b": "npm:c@1.0.0"}}',
    b"/*! jQuery v3.4.1 */",
    b"\x1b[2J::set-output name=x::y\n- *a\n- &a [*a]\n../../etc",
)  # fmt: skip


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("utf-8", "replace")
    detect("some file", text)
    of_text(text)
    for ecosystem in ECOSYSTEMS:
        with suppress(ValueError):
            of_answer(ecosystem, "a", data)
    for kind in FORMATS:
        before = time.process_time()
        try:
            found = reader(kind)(text, "the file")
        except InputError as error:
            if not str(error).isprintable():
                raise AssertionError(f"{kind} says {str(error)!r}") from error
            continue
        paths = Paths(found)
        for pin in found.packages:
            if not pin.name or not pin.version:
                raise AssertionError(f"{kind} read a package without a name or version: {pin!r}")
            key(pin.ecosystem, pin.version)
            if not all(step.isprintable() for step in paths.to(pin)):
                raise AssertionError(f"{kind} shows {paths.to(pin)!r}")
        if not all(gap.isprintable() for gap in gaps("the file", found.not_judged)):
            raise AssertionError(f"{kind} shows {found.not_judged!r}")
        if time.process_time() - before > SECONDS:
            raise AssertionError(f"{kind} took {time.process_time() - before:.1f} s")


if __name__ == "__main__":
    main(one_input, SEEDS)
