"""Django: one careless project and its hardened twin. Settings are set once a process, so each runs in its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECRET = "django-insecure-abcdefghijklmnopqrstuvwxyz0123456789"
PASSWORD = "hunter2"
GOOD_KEY = "k8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iMw7Qz2"
RUN = """
import json
from hauberk.check import check
from hauberk.integrations.facts import facts
from hauberk.integrations.target import load
found = facts(load("wsgi:app"))
result = check(found)
print(json.dumps({"findings": [f.as_json() for f in result.findings], "gaps": result.gaps,
                  "complete": result.complete, "stats": dict(result.stats), "facts": repr(found)}))
"""
WSGI = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""
BAD = {
    "base": """
SECRET_KEY = "django-insecure-abcdefghijklmnopqrstuvwxyz0123456789"
DEBUG = False
ALLOWED_HOSTS = ["shop.example.com"]
""",
    "settings": """
from base import *
DEBUG = True
DEBUG_PROPAGATE_EXCEPTIONS = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "django.contrib.messages", "django.contrib.admin", "django.contrib.admindocs", "debug_toolbar",
                  "rest_framework"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "corsheaders.middleware.CorsMiddleware",
              "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
              "OPTIONS": {"autoescape": False, "context_processors": [
                  "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                  "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop",
                         "PASSWORD": "hunter2"}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_SERIALIZER = "legacy.PickleSerializer"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 365
SESSION_COOKIE_HTTPONLY = False
SESSION_COOKIE_SAMESITE = None
SESSION_COOKIE_DOMAIN = ".example.com"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOWED_ORIGINS = ["null", "http://intranet.example.com"]
CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://shop.example\\.com"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []
DATA_UPLOAD_MAX_MEMORY_SIZE = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = None
USE_X_FORWARDED_HOST = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGGING = {"version": 1, "loggers": {"django.db.backends": {"level": "DEBUG"}}}
SILENCED_SYSTEM_CHECKS = ["admin.E406"]
CSRF_FAILURE_VIEW = "nowhere.refused"
""",
    "urls": """
from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.static import serve
from django.views import View
from django.utils.decorators import method_decorator


@csrf_exempt
def hook(request):
    return HttpResponse("")


@method_decorator(csrf_exempt, name="dispatch")
class Hook(View):
    pass


urlpatterns = [
    path("admin/doc/", include("django.contrib.admindocs.urls")),
    path("admin/", admin.site.urls),
    path("hook/", hook),
    path("hooks/", Hook.as_view()),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": ".", "show_indexes": True}),
]
""",
}
GOOD = {
    "settings": """
import os
SECRET_KEY = os.environ["APP_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["shop.example.com"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "django.contrib.messages", "django.contrib.admin", "rest_framework"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "policy.Policy",
              "django.contrib.sessions.middleware.SessionMiddleware", "corsheaders.middleware.CorsMiddleware",
              "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware",
              "django.middleware.clickjacking.XFrameOptionsMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
              "OPTIONS": {"context_processors": [
                  "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                  "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop", "PASSWORD": os.environ["APP_KEY"]}}
SESSION_COOKIE_AGE = 60 * 60 * 8
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://([a-z]+\\.)?example\\.com$"]
CORS_ALLOW_CREDENTIALS = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
                  "DEFAULT_THROTTLE_RATES": {"user": "100/minute"}}
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
""",
    "policy": """
def Policy(get_response):
    def answer(request):
        response = get_response(request)
        response["Content-Security-Policy"] = "default-src 'self'"
        return response
    return answer
""",
    "urls": """
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path, re_path
from django.views.static import serve
urlpatterns = [
    path("back-office-7c1f/", admin.site.urls),
    path("", lambda request: HttpResponse("")),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": "published"}),
]
""",
}
PACKAGES = {
    # What their settings say is judged; the code of these packages is not run.
    "debug_toolbar": "",
    "rest_framework": "",
    "corsheaders": "",
    "corsheaders/middleware": "class CorsMiddleware:\n    def __init__(self, get_response): pass\n"
    "    def __call__(self, request): return self.get_response(request)\n",
    "legacy": "class PickleSerializer: pass\n",
}
EXPECTED = {
    "admin-url", "body-limit", "cors-credentials", "cors-http", "cors-null", "cors-pattern", "csp", "csrf-cookie",
    "csrf-exempt", "debug", "development-tools", "directory-listing", "django-deploy", "docs-exposed",
    "errors-propagate", "form-limit",
    "framing", "hosts", "hsts", "https-redirect", "nosniff", "open-by-default", "opener-policy", "password-hasher",
    "password-rules", "proxy-trust", "referrer-policy", "secret-in-source", "secret-weak", "sensitive-log",
    "session-client-side", "session-cookie-domain", "session-cookie-httponly", "session-cookie-prefix",
    "session-cookie-samesite", "session-cookie-secure", "session-lifetime", "session-serializer", "static-contents",
    "template-autoescape", "rate-limit",
}  # fmt: skip


@dataclass
class Project:
    folder: Path
    findings: list[dict[str, Any]]
    said: str
    complete: bool
    gaps: list[str]

    @property
    def outcomes(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for finding in self.findings:
            found[finding["rule"].removeprefix("check.")].add(finding["outcome"])
        return found

    @property
    def failed(self) -> set[str]:
        return {rule for rule, outcomes in self.outcomes.items() if "fail" in outcomes}

    @property
    def passed(self) -> set[str]:
        return {rule for rule, outcomes in self.outcomes.items() if outcomes == {"pass"}}

    def line(self, rule: str) -> str:
        """The text of the line that the rule's first failure names."""
        failures = [f for f in self.findings if f["rule"] == f"check.{rule}" and f["outcome"] == "fail"]
        location = failures[0]["location"]
        line: int = location["line"]
        file: str = location["file"]
        return (self.folder / file).read_text().splitlines()[line - 1]


def judge(folder: Path, files: dict[str, str]) -> Project:
    for name, text in {**PACKAGES, "wsgi": WSGI, **files}.items():
        path = folder / f"{name}.py" if name in files or "/" in name or text else folder / name / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "published").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "APP_KEY": GOOD_KEY},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return Project(folder, said["findings"], done.stdout, said["complete"], said["gaps"])


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return judge(tmp_path_factory.mktemp("bad"), BAD)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return judge(tmp_path_factory.mktemp("good"), GOOD)


def test_careless(bad: Project) -> None:
    assert bad.failed == EXPECTED
    assert bad.complete
    assert SECRET not in bad.said
    assert PASSWORD not in bad.said


def test_hardened(good: Project) -> None:
    assert good.failed == {"https-redirect-blanket"}
    assert good.passed >= EXPECTED - {"docs-exposed", "development-tools"}
    assert {"docs-exposed", "development-tools"} <= good.passed
    assert GOOD_KEY not in good.said


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("debug", "DEBUG = True"),
        ("hosts", "ALLOWED_HOSTS = ['*']"),
        ("secret-in-source", "SECRET_KEY ="),
        ("session-cookie-httponly", "SESSION_COOKIE_HTTPONLY = False"),
        ("session-cookie-samesite", "SESSION_COOKIE_SAMESITE"),
        ("session-lifetime", "SESSION_COOKIE_AGE"),
        ("session-serializer", "SESSION_SERIALIZER"),
        ("session-client-side", "SESSION_"),
        ("cors-credentials", "CORS_ALLOW_ALL_ORIGINS"),
        ("password-hasher", "PASSWORD_HASHERS"),
        ("password-rules", "AUTH_PASSWORD_VALIDATORS"),
        ("template-autoescape", "autoescape"),
        ("csrf-exempt", "def hook"),
        ("directory-listing", "show_indexes"),
        ("proxy-trust", "USE_X_FORWARDED_HOST"),
        ("body-limit", "DATA_UPLOAD_MAX_MEMORY_SIZE"),
        ("django-deploy", "CSRF_FAILURE_VIEW"),
    ],
)
def test_each_fault_has_its_line(bad: Project, rule: str, text: str) -> None:
    line = bad.line(rule).replace('"', "'")
    assert text in line or (rule == "csrf-exempt" and "csrf_exempt" in line)


def test_a_proxy_header_is_for_a_person(bad: Project) -> None:
    assert "review" in bad.outcomes["proxy-trust"]


def test_protection_counts(tmp_path: Path) -> None:
    middleware = '\nMIDDLEWARE = ["hauberk.django.Shield", *MIDDLEWARE]\n'
    protected = judge(tmp_path, {**BAD, "settings": BAD["settings"] + middleware})
    cured = {"csp", "framing", "hsts", "nosniff", "referrer-policy", "opener-policy", "session-cookie-secure"}
    assert protected.passed >= cured
    assert protected.failed >= {"debug", "hosts", "session-serializer"}


def test_broken_urls_are_a_gap(tmp_path: Path) -> None:
    broken = judge(tmp_path, {**GOOD, "urls": "raise RuntimeError('hunter2')\n"})
    assert not broken.complete
    assert any("URL configuration could not be read: RuntimeError" in gap for gap in broken.gaps)
    assert broken.outcomes["docs-exposed"] == broken.outcomes["admin-url"] == {"not-applicable"}
    assert PASSWORD not in broken.said


OWN = """
from django.conf import settings
from django.core.checks import Info, Tags, Warning, register


@register(Tags.security, deploy=True)
def vault(app_configs, **kwargs):
    return [Warning(f"No vault, but {settings.SECRET_KEY}.", hint="Set SHOP_VAULT.", id="shop.W001"),
            Info("Silenced.", id="shop.I002")]


@register(Tags.models)
def another(app_configs, **kwargs):
    return [Warning("Not about security.", id="shop.W003")]


@register(Tags.security)
def broken(app_configs, **kwargs):
    raise LookupError(settings.SECRET_KEY)
"""


def messages(project: Project) -> dict[str, dict[str, Any]]:
    """What Django's own check is quoted with, by its id."""
    found = [f for f in project.findings if f["rule"] == "check.django-deploy" and f["outcome"] in {"fail", "review"}]
    return {finding["message"].partition(":")[0]: finding for finding in found}


def test_checks_of_the_projects_own_are_asked(tmp_path: Path) -> None:
    more = """
INSTALLED_APPS += ["shopchecks"]
SECURE_REFERRER_POLICY = "same-orgin"
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["shop.I002"]
"""
    project = judge(tmp_path, {**GOOD, "shopchecks": OWN, "settings": GOOD["settings"] + more})
    said = messages(project)
    outcomes = {code: (finding["outcome"], finding["severity"]) for code, finding in said.items()}
    assert outcomes == {
        "shop.W001": ("fail", "low"),
        "security.E023": ("fail", "medium"),
        "security.W021": ("review", "low"),
    }
    assert said["shop.W001"]["message"] == "shop.W001: No vault, but …. Set SHOP_VAULT."
    line = said["security.E023"]["location"]["line"]
    assert (tmp_path / "settings.py").read_text().splitlines()[line - 1].startswith("SECURE_REFERRER_POLICY")
    # The one that raises is named, and nothing else is lost to it.
    assert not project.complete
    assert any("shopchecks.broken could not be read: LookupError" in gap for gap in project.gaps)
    assert GOOD_KEY not in project.said


def test_what_another_rule_says_is_not_said_twice(bad: Project) -> None:
    """Django warns of the same cookies, headers and key; each is one finding, of the rule that judges it."""
    assert set(messages(bad)) == {"security.E102"}
