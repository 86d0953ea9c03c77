"""Requirements on what code does with what it is sent: one route, with the fault and without."""

from __future__ import annotations

from tests.asvs.case import Case, handler

Q = 'request.query_params["q"]'
CASES: tuple[Case, ...] = (
    handler(
        "code-sql-request",
        "1.2.4",
        f'c = sqlite3.connect("a.db")\nreturn c.execute("SELECT * FROM t WHERE n = \'" + {Q} + "\'").fetchall()',
        f'c = sqlite3.connect("a.db")\nreturn c.execute("SELECT * FROM t WHERE n = ?", ({Q},)).fetchall()',
        imports="import sqlite3\n",
    ),
    handler(
        "code-shell-request",
        "1.2.5",
        f'os.system("ping " + {Q})',
        f'subprocess.run(["ping", "--", {Q}])',
        imports="import subprocess\n",
    ),
    handler(
        "code-regex-request",
        "1.2.9",
        f'return bool(re.search({Q}, "text"))',
        f'return bool(re.search(re.escape({Q}), "text"))',
        imports="import re\n",
    ),
    handler("code-eval-request", "1.3.2", f"return eval({Q})", f"return int({Q})"),
    handler(
        "code-markup-request",
        "1.2.1 1.3.1",
        f'return HTMLResponse(Markup("<b>" + {Q} + "</b>"))',
        f'return HTMLResponse(Markup("<b>{{}}</b>").format({Q}))',
        imports="from fastapi.responses import HTMLResponse\nfrom markupsafe import Markup\n",
    ),
    handler(
        "code-server-request",
        "1.3.6 13.2.4",
        f"return urllib.request.urlopen({Q}, timeout=5).read()",
        'return urllib.request.urlopen("https://api.example/", timeout=5).read()',
        imports="import urllib.request\n",
    ),
    handler(
        "code-template-source",
        "1.3.7",
        f"return jinja2.Environment(autoescape=True).from_string({Q}).render()",
        f'return jinja2.Environment(autoescape=True).from_string("{{{{ q }}}}").render(q={Q})',
        imports="import jinja2\n",
    ),
    handler("code-format-request", "1.3.10", f"return {Q}.format(request)", f'return "{{}}".format({Q})'),
    handler(
        "code-deserialisation",
        "1.5.2",
        f"return pickle.loads(bytes.fromhex({Q}))",
        f"return json.loads({Q})",
        imports="import json\nimport pickle\n",
    ),
    handler(
        "code-redirect-request",
        "3.7.2",
        f"return RedirectResponse({Q})",
        'return RedirectResponse("/home")',
        imports="from fastapi.responses import RedirectResponse\n",
    ),
    handler("code-path-request", "5.3.2", f'return open("files/" + {Q}).read()', 'return open("files/a").read()'),
    handler(
        "code-jwt-unverified",
        "9.1.1",
        f'return jwt.decode({Q}, options={{"verify_signature": False}})',
        f'return jwt.decode({Q}, os.environ["KEY"], algorithms=["HS256"])',
        imports="import jwt\n",
    ),
    handler(
        "code-weak-cipher",
        "11.3.1 11.3.2",
        "return Cipher(algorithms.AES(os.urandom(16)), modes.ECB()).encryptor().update(b'0' * 16).hex()",
        "return AESGCM(os.urandom(16)).encrypt(os.urandom(12), b'0', None).hex()",
        imports="from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\n"
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n",
    ),
    handler(
        "code-weak-hash",
        "11.4.1 11.4.3",
        f"return hashlib.md5({Q}.encode()).hexdigest()",
        f"return hashlib.sha256({Q}.encode()).hexdigest()",
        imports="import hashlib\n",
    ),
    handler(
        "code-key-derivation",
        "11.4.2 11.4.4",
        f'return hashlib.pbkdf2_hmac("sha256", {Q}.encode(), os.urandom(16), 1000).hex()',
        f'return hashlib.pbkdf2_hmac("sha256", {Q}.encode(), os.urandom(16), 700_000).hex()',
        imports="import hashlib\n",
    ),
    handler(
        "code-weak-key",
        "11.2.3 11.6.1",
        "return rsa.generate_private_key(65537, 1024).key_size",
        "return rsa.generate_private_key(65537, 3072).key_size",
        imports="from cryptography.hazmat.primitives.asymmetric import rsa\n",
    ),
    handler(
        "code-tls-unverified",
        "12.3.2",
        'return httpx.get("https://api.example/", verify=False, timeout=5).text',
        'return httpx.get("https://api.example/", timeout=5).text',
        imports="import httpx\n",
    ),
    handler(
        "code-cleartext-address",
        "12.3.1 12.3.3",
        'return httpx.get("http://api.example/", timeout=5).text',
        'return httpx.get("https://api.example/", timeout=5).text',
        imports="import httpx\n",
    ),
)
