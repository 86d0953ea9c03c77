"""JavaScript libraries that a project serves itself: told by their banner, or by their file's name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hauberk.audit.readers.manifest import Manifest, Pinned

FOLDERS = frozenset({"static", "public", "assets", "www", "wwwroot", "htdocs", "staticfiles", "media", "vendor", "lib"})
"""Folders from which web applications serve files."""
HEAD = 4096
"""Octets of a file that are looked at: a banner comes first."""
MOST = 20_000

# As banners and file names have it, in lower case and without `.js`, to the package that advisories speak of.
_NAMES = {
    "jquery": "jquery", "jquery javascript library": "jquery", "jquery ui": "jquery-ui", "jquery-ui": "jquery-ui",
    "jquery mobile": "jquery-mobile", "jquery migrate": "jquery-migrate", "jquery-migrate": "jquery-migrate",
    "jquery validation plugin": "jquery-validation", "jquery.validate": "jquery-validation",
    "bootstrap": "bootstrap", "bootstrap-table": "bootstrap-table", "bootstrap-select": "bootstrap-select",
    "angularjs": "angular", "angular": "angular", "vue": "vue", "react": "react", "react-dom": "react-dom",
    "ember": "ember-source", "backbone": "backbone", "knockout": "knockout", "knockout javascript library": "knockout",
    "underscore": "underscore", "lodash": "lodash", "moment": "moment", "handlebars": "handlebars",
    "mustache": "mustache", "dompurify": "dompurify", "axios": "axios", "d3": "d3", "chart": "chart.js",
    "select2": "select2", "datatables": "datatables.net", "ckeditor": "ckeditor4", "tinymce": "tinymce",
    "prototype": "prototypejs", "dojo": "dojo", "three": "three", "highcharts": "highcharts", "swagger-ui":
    "swagger-ui", "swagger-ui-dist": "swagger-ui-dist", "pdfjs": "pdfjs-dist", "plupload": "plupload",
    "mathjax": "mathjax", "markdown-it": "markdown-it", "marked": "marked", "highlight": "highlight.js",
    "prism": "prismjs", "summernote": "summernote", "quill": "quill", "froala_editor": "froala-editor",
    "video": "video.js", "jspdf": "jspdf", "xlsx": "xlsx", "next": "next", "svelte": "svelte", "alpine": "alpinejs",
    "htmx": "htmx.org", "socket.io": "socket.io-client", "requirejs": "requirejs", "require": "requirejs",
    "fancybox": "@fancyapps/fancybox", "sweetalert2": "sweetalert2", "leaflet": "leaflet", "popper": "popper.js",
    "zepto": "zepto", "mootools": "mootools", "yui": "yui", "dropzone": "dropzone", "izimodal": "izimodal",
}  # fmt: skip
_VERSION = r"v?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+)?)"
_BANNER = re.compile(
    rf"^[\s/*!]*(?:@license:?\s+|@preserve\s+|@overview\s+)?([A-Za-z][\w. -]{{1,40}}?)(?:\.js)?"
    rf"(?:\s*[-–:,|]?\s*(?:ver(?:sion)?\.?:?\s*|release\s+)?|\s*@\s*|\s*\n[\s/*!@]*version\s*:?\s*){_VERSION}\b",
    re.MULTILINE | re.IGNORECASE,
)
_FILE = re.compile(
    rf"([A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*?)(?:\.js)?[-._@]{_VERSION}(?:[.-](?:slim|min|full|prod|umd|bundle|global|common))*\.js"
)
_FOLDER = re.compile(_VERSION)


def discover(folder: Path) -> Iterator[Path]:
    """JavaScript files below folders that are served, in a stable order. Links are not followed."""
    count = 0
    for where, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in {".git", "node_modules", ".venv", "venv"})
        if FOLDERS.isdisjoint(Path(where).relative_to(folder).parts) and folder.name not in FOLDERS:
            continue
        for name in sorted(files):
            if name.endswith(".js"):
                count += 1
                if count > MOST:
                    return
                yield Path(where) / name


def read_file(path: Path) -> Manifest | None:
    """The library that a file is; None if it is none that is known, or cannot be read."""
    try:
        if path.is_symlink():
            return None
        with path.open("rb") as stream:
            head = stream.read(HEAD).decode("utf-8", "replace")
    except OSError:
        return None
    found = of_text(head) or of_path(path)
    if found is None:
        return None
    own, version, line = found
    return Manifest(packages=(Pinned(name=own, version=version, ecosystem="npm", line=line, dev=False, keys=(own,)),))


def of_text(head: str) -> tuple[str, str, int | None] | None:
    """Package, version and line, by the banner."""
    for match in _BANNER.finditer(head):
        own = _NAMES.get(" ".join(match[1].lower().split()).removesuffix(".js").strip())
        if own:
            return own, match[2], head.count("\n", 0, match.start(1)) + 1
    return None


def of_path(path: Path) -> tuple[str, str, int | None] | None:
    """By `jquery-3.4.1.min.js`, or `jquery/3.4.1/jquery.min.js`."""
    match = _FILE.fullmatch(path.name)
    if match and (own := _NAMES.get(match[1].lower().removesuffix(".js"))):
        return own, match[2], None
    bare = path.name.lower()
    for ending in (".js", ".min", ".slim", ".js"):
        bare = bare.removesuffix(ending)
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder and (own := _NAMES.get(bare)):
        return own, folder[1], None
    return None
