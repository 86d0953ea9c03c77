"""Requirements on what becomes of content that a client sent, and on how others are spoken to."""

from __future__ import annotations

from tests.asvs.case import Case, handler

Q = 'request.query_params["q"]'
CASES: tuple[Case, ...] = (
    handler(
        "code-markup-request",
        "1.1.2",
        f'page = Markup("<b>" + {Q} + "</b>")\nreturn str(page)',
        f'page = Markup("<b>{{}}</b>").format({Q})\nreturn str(page)',
        imports="from markupsafe import Markup\n",
    ),
    handler(
        "code-latex-shell",
        "1.2.8",
        'subprocess.run(["pdflatex", "-shell-escape", "a.tex"])',
        'subprocess.run(["pdflatex", "-no-shell-escape", "a.tex"])',
        imports="import subprocess\n",
    ),
    handler(
        "code-markdown-request",
        "1.3.5",
        f"return markdown.markdown({Q})",
        f"return nh3.clean(markdown.markdown({Q}))",
        imports="from types import SimpleNamespace\n\ntry:\n    import markdown\n    import nh3\n"
        "except ImportError:\n    markdown = nh3 = SimpleNamespace()\n",
    ),
    handler(
        "code-memcache-request",
        "1.3.9",
        f"return cache.get({Q})",
        f"return cache.get(hashlib.sha256({Q}.encode()).hexdigest())",
        imports="import hashlib\n\ntry:\n    import pymemcache\n\n    cache = pymemcache.Client('localhost')\n"
        "except ImportError:\n    cache = None\n",
    ),
    handler(
        "code-mail-request",
        "1.3.11",
        'server = smtplib.SMTP("mail.example")\n'
        f'server.sendmail("a@shop.example", "b@shop.example", "Subject: " + {Q} + "\\n\\nhello")',
        'server = smtplib.SMTP("mail.example")\nmail = EmailMessage()\n'
        f'mail["Subject"] = {Q}\nserver.send_message(mail)',
        imports="import smtplib\nfrom email.message import EmailMessage\n",
    ),
    handler(
        "code-native-memory",
        "1.4.1",
        f'size = int({Q})\nreturn ctypes.string_at(b"abc", size)',
        f'size = int({Q})\nif not 0 <= size <= 3:\n    raise ValueError("size")\nreturn ctypes.string_at(b"abc", size)',
        imports="import ctypes\n",
    ),
    handler(
        "code-native-number",
        "1.4.2",
        f"amount = int({Q})\nreturn ctypes.c_int32(amount).value",
        f'amount = int({Q})\nif not 0 <= amount < 2**31:\n    raise ValueError("amount")\n'
        "return ctypes.c_int32(amount).value",
        imports="import ctypes\n",
    ),
    handler(
        "code-unclosed",
        "1.4.3",
        'file = open("terms.txt")\nreturn file.read()',
        'with open("terms.txt") as file:\n    return file.read()',
    ),
    handler(
        "code-json-any-type",
        "3.5.2",
        "return json.loads(request.body)",
        'if request.headers["content-type"] != "application/json":\n    raise ValueError("type")\n'
        "return json.loads(request.body)",
        imports="import json\n",
        method="post",
    ),
    handler(
        "code-graphql-introspection",
        "4.3.2",
        "return str(strawberry.Schema(int))",
        "return str(strawberry.Schema(int, extensions=[strawberry.DisableIntrospection]))",
        imports="from types import SimpleNamespace\n\ntry:\n    import strawberry\n"
        "except ImportError:\n    strawberry = SimpleNamespace()\n",
    ),
    handler(
        "code-archive-size",
        "5.2.3",
        'with zipfile.ZipFile("a.zip") as archive:\n    archive.extractall("to")',
        'with zipfile.ZipFile("a.zip") as archive:\n'
        "    if sum(one.file_size for one in archive.infolist()) > 10**8:\n"
        '        raise ValueError("too large")\n    archive.extractall("to")',
        imports="import zipfile\n",
    ),
    handler(
        "code-upload-name",
        "5.3.1",
        "file = request.state.file\nopen(f'files/{file.filename}', 'wb').write(b'')",
        "file = request.state.file\nopen('files/' + secrets.token_hex(16), 'wb').write(b'')",
        imports="import secrets\n",
        method="post",
    ),
    handler(
        "code-home-made-crypto",
        "11.2.1",
        "def xor_bytes(data, key):\n    return bytes(a ^ b for a, b in zip(data, key))\n\n"
        "return xor_bytes(b'0', os.urandom(1)).hex()",
        "return Fernet(Fernet.generate_key()).encrypt(b'0').hex()",
        imports="from cryptography.fernet import Fernet\n",
    ),
    handler(
        "code-unauthenticated-cipher",
        "11.3.3",
        "return Cipher(algorithms.AES(os.urandom(16)), modes.CBC(os.urandom(16))).encryptor().update(b'0' * 16).hex()",
        "return AESGCM(os.urandom(16)).encrypt(os.urandom(12), b'0', None).hex()",
        imports="from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\n"
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n",
    ),
    handler(
        "code-tls-ciphers",
        "12.1.2",
        'context = ssl.create_default_context()\ncontext.set_ciphers("RC4:HIGH")\nreturn str(context)',
        'context = ssl.create_default_context()\ncontext.set_ciphers("ECDHE+AESGCM")\nreturn str(context)',
        imports="import ssl\n",
    ),
    handler(
        "code-client-certificate",
        "12.1.3",
        "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\ncontext.verify_mode = ssl.CERT_OPTIONAL\n"
        "return str(context)",
        "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\ncontext.verify_mode = ssl.CERT_REQUIRED\n"
        "return str(context)",
        imports="import ssl\n",
    ),
    handler(
        "code-redirects-followed",
        "15.3.2",
        f"url = {Q}\nif url not in ALLOWED:\n    return None\n"
        "return httpx.get(url, timeout=5, follow_redirects=True).text",
        f"url = {Q}\nif url not in ALLOWED:\n    return None\n"
        "return httpx.get(url, timeout=5, follow_redirects=False).text",
        imports='import httpx\n\nALLOWED = {"https://api.example/"}\n',
    ),
    handler(
        "code-log-secret",
        "16.2.5",
        'password = request.headers["x-password"]\nlogging.getLogger(__name__).info("login %s", password)',
        'name = request.headers["x-name"]\nlogging.getLogger(__name__).info("login %r", name)',
        imports="import logging\n",
    ),
    handler(
        "code-whole-record",
        "15.3.1",
        "return vars(User())",
        'return {"name": User().name}',
        imports='class User:\n    def __init__(self):\n        self.name, self.hash = "ada", "x"\n',
    ),
)
