"""Our own rules about code: for each a handler that has the fault, and its twin that has not."""

from __future__ import annotations

import ast

import pytest

from hauberk.check.code import injection, routes, usage
from hauberk.check.facts import Facts
from hauberk.check.module import Module
from hauberk.core.finding import Finding, Location
from hauberk.standards import asvs, cwe_name, top10

CHECKS = (*injection.CHECKS, *usage.CHECKS, *routes.CHECKS)


def flask(*lines: str) -> str:
    body = "\n    ".join(lines)
    imports = "from flask import *\nimport re, os, logging, requests, subprocess, pickle"
    return f"{imports}\n@app.route('/')\ndef view():\n    {body}\n"


def fastapi(signature: str, *lines: str, verb: str = "get", options: str = "") -> str:
    body = "\n    ".join(lines)
    return f"from fastapi import *\nimport re, os\n@app.{verb}('/'{options})\ndef view({signature}):\n    {body}\n"


PAIRS: dict[str, list[tuple[str, str]]] = {
    "sql-request": [
        (
            flask("name = request.args['n']", "db.execute(f\"SELECT * FROM t WHERE n = '{name}'\")"),
            flask("name = request.args['n']", 'db.execute("SELECT * FROM t WHERE n = ?", [name])'),
        ),
        (
            fastapi("order: str = 'name'", "db.execute('SELECT * FROM t ORDER BY ' + order)"),
            fastapi("number: int", "db.execute(f'SELECT * FROM t WHERE id = {number}')"),
        ),
        (
            flask("q = 'SELECT * FROM t WHERE a = %s' % request.form.get('a')", "db.execute(q)"),
            flask("q = 'SELECT * FROM t WHERE a = %d' % int(request.form.get('a'))", "db.execute(q)"),
        ),
    ],
    "shell-request": [
        (
            flask("os.system('ping ' + request.args['host'])"),
            flask("subprocess.run(['ping', '--', request.args['host']])"),
        ),
        (
            flask("subprocess.run(f\"ping {request.args['host']}\", shell=True)"),
            flask("import shlex", "subprocess.run('ping ' + shlex.quote(request.args['host']), shell=True)"),
        ),
    ],
    "eval-request": [(flask("return eval(request.args['x'])"), flask("return ast.literal_eval(request.args['x'])"))],
    "template-source": [
        (
            flask("return render_template_string('<h1>' + request.args['t'] + '</h1>')"),
            flask("return render_template_string('<h1>{{ t }}</h1>', t=request.args['t'])"),
        )
    ],
    "path-request": [
        (
            fastapi("name: str", "return open('files/' + name).read()"),
            fastapi("name: str", "return open('files/' + os.path.basename(name)).read()"),
        ),
        (
            flask("return send_file(os.path.join('f', request.args['n']))"),
            flask("return send_from_directory('f', request.args['n'])"),
        ),
    ],
    "redirect-request": [
        (flask("return redirect(request.args['next'])"), flask("return redirect(url_for('home'))")),
        (
            fastapi("next: str = '/'", "return RedirectResponse(next)"),
            fastapi("number: int", "return RedirectResponse(f'/orders/{number}')"),
        ),
    ],
    "server-request": [
        (
            flask("return requests.get(request.args['url']).text"),
            flask("return requests.get('https://api.example', params={'q': request.args['q']}).text"),
        )
    ],
    "regex-request": [
        (
            flask("return re.search(request.args['p'], text)"),
            flask("return re.search(re.escape(request.args['p']), text)"),
        )
    ],
    "format-request": [
        (flask("return request.args['f'].format(user=user)"), flask("return 'Hello {}'.format(request.args['f'])"))
    ],
    "markup-request": [
        (flask("return Markup('<b>' + request.args['n'] + '</b>')"), flask("return Markup('<b>{}</b>').format(n)"))
    ],
    "log-request": [
        (
            flask("logging.info(f\"login of {request.form['user']}\")"),
            flask("logging.info('login of %r', request.form['user'])"),
        )
    ],
    "unpickle-request": [(flask("pickle.loads(request.data)"), flask("json.loads(request.data)"))],
    "xpath-request": [
        (
            flask("n = request.args['n']", "tree.xpath(f\"//u[@n='{n}']\")"),
            flask("n = request.args['n']", "tree.xpath('//u[@n=$n]', n=n)"),
        )
    ],
    "ldap-request": [
        (
            flask("u = request.form['u']", "c.search_s('dc=x', 2, f'(uid={u})')"),
            flask("u = escape_filter_chars(request.form['u'])", "c.search_s('dc=x', 2, f'(uid={u})')"),
        )
    ],
    "jwt-unverified": [
        (
            "import jwt\njwt.decode(token, options={'verify_signature': False})",
            "import jwt\njwt.decode(token, key, algorithms=['ES256'])",
        ),
    ],
    "mass-assignment": [
        (
            "class F(ModelForm):\n    class Meta:\n        fields = '__all__'",
            "class F(ModelForm):\n    class Meta:\n        fields = ['name']",
        )
    ],
    "key-derivation": [
        (
            "import hashlib\nhashlib.pbkdf2_hmac('sha256', p, s, 1000)",
            "import hashlib\nhashlib.pbkdf2_hmac('sha256', p, s, 600_000)",
        ),
        ("import bcrypt\nbcrypt.gensalt(rounds=4)", "import bcrypt\nbcrypt.gensalt()"),
    ],
    "unauthenticated-cipher": [
        (
            "from cryptography.hazmat.primitives.ciphers import modes\nmodes.CBC(iv)",
            "from cryptography.hazmat.primitives.ciphers import modes\nmodes.CBC(iv)\nmac = HMAC(key)",
        )
    ],
    "cleartext-address": [
        (
            "import requests\nrequests.get('http://billing.example/x')",
            "import requests\nrequests.get('https://billing.example/x')\nrequests.get('http://127.0.0.1:8000/x')",
        )
    ],
    "uuid1": [("import uuid\ntoken = uuid.uuid1()", "import uuid\ntoken = uuid.uuid4()")],
    "latex-shell": [
        (
            "import subprocess\nsubprocess.run(['pdflatex', '-shell-escape', f])",
            "import subprocess\nsubprocess.run(['pdflatex', '-no-shell-escape', f])",
        )
    ],
    "graphql-introspection": [
        (
            "import strawberry\nschema = strawberry.Schema(query=Q)",
            "import strawberry\nschema = strawberry.Schema(query=Q, extensions=[DisableIntrospection])",
        )
    ],
    "secret-question": [
        (
            "class User(Model):\n    security_question = CharField()\n    security_answer = CharField()",
            "class User(Model):\n    question = CharField()",
        )
    ],
    "password-expiry": [("PASSWORD_MAX_AGE = 90", "SESSION_MAX_AGE = 90")],
    "get-writes": [
        (
            fastapi("number: int", "db.execute('DELETE FROM t WHERE id = ?', [number])"),
            fastapi("number: int", "db.execute('DELETE FROM t WHERE id = ?', [number])", verb="delete"),
        ),
        (
            flask("user.delete()", "return 'gone'"),
            flask("seen.add(1)", "return db.execute('SELECT 1')"),
        ),
    ],
    "secret-in-url": [
        (fastapi("password: str", "return 1"), fastapi("password: str = Header()", "return 1")),
        (flask("return request.args['api_key']"), flask("return request.headers['X-API-Key']")),
    ],
    "untyped-body": [
        (
            fastapi("body: dict", "return 1", verb="post"),
            fastapi("body: Item", "return 1", verb="post"),
        )
    ],
    "whole-record": [
        (fastapi("", "return user.__dict__"), fastapi("", "return {'name': user.name}")),
        (fastapi("", "return list(User.objects.values())"), fastapi("", "return list(User.objects.values('name'))")),
        (
            fastapi("", "return vars(user)"),
            fastapi("", "return vars(user)", options=", response_model=Public"),
        ),
    ],
    "upload-name": [
        (
            flask("f = request.files['f']", "f.save(os.path.join('up', f.filename))"),
            flask("f = request.files['f']", "f.save(os.path.join('up', secure_filename(f.filename)))"),
        )
    ],
}


def judged(name: str, code: str) -> list[Finding]:
    module = Module(ast.parse(code), Location(file="app.py"))
    check = next(check for check in CHECKS if check.rule.id == f"check.code-{name}")
    return list(check.judge(Facts(name="app:app", framework="flask", modules=(module,))))


def test_every_rule_has_its_pairs() -> None:
    assert {f"check.code-{name}" for name in PAIRS} == {check.rule.id for check in CHECKS}


@pytest.mark.parametrize(("name", "fault", "twin"), [(name, *pair) for name, pairs in PAIRS.items() for pair in pairs])
def test_the_fault_is_found_and_its_twin_is_not(name: str, fault: str, twin: str) -> None:
    found = judged(name, fault)
    assert {f.outcome for f in found} <= {"fail", "review"}
    assert all(f.location.file == "app.py" and f.location.line for f in found)
    assert [f.outcome for f in judged(name, twin)] == ["pass"]


@pytest.mark.parametrize(
    "code",
    [
        flask("n = request.args['n']", "if not n.isalnum():", "    abort(400)", "db.execute('SELECT * FROM t' + n)"),
        flask("n = request.args['n']", "if n in TABLES:", "    db.execute('SELECT * FROM ' + n)"),
    ],
)
def test_what_a_condition_looks_into_is_for_a_person_to_see(code: str) -> None:
    assert [f.outcome for f in judged("sql-request", code)] == ["review"]


def test_an_allow_list_that_says_whether_counts_as_looked_at() -> None:
    code = fastapi("next: str = '/'", "ours = next.startswith('/')", "return RedirectResponse(next if ours else '/')")
    assert [f.outcome for f in judged("redirect-request", code)] == ["review"]


def test_what_a_database_answers_is_not_what_the_client_sent() -> None:
    code = flask("row = db.execute('SELECT f FROM t WHERE n = ?', [request.args['n']]).fetchone()", "open(row[0])")
    assert [f.outcome for f in judged("path-request", code)] == ["pass"]


def test_without_modules_nothing_is_called_clean() -> None:
    for check in CHECKS:
        (finding,) = check.judge(Facts(name="app:app", framework="flask"))
        assert finding.outcome == "not-applicable"


def test_rules_name_what_exists() -> None:
    for check in CHECKS:
        assert set(check.rule.asvs) <= set(asvs())
        assert set(check.rule.top10) <= set(top10())
        assert all(cwe_name(number) for number in check.rule.cwe), check.rule.id
