"""Django."""

from __future__ import annotations

from tests.check.faults.fault import Fault, Project

MAIN = """
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.wsgi import get_wsgi_application

app = get_wsgi_application()
"""
SETTINGS = """
import os

SECRET_KEY = os.environ["SHOP_SECRET"]
DEBUG = False
DEBUG_PROPAGATE_EXCEPTIONS = False
ALLOWED_HOSTS = ["shop.example"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "corsheaders",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "layers.policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": ["templates"],
        "OPTIONS": {"autoescape": True},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.example",
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": os.environ["SHOP_DB"],
    }
}
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 3600
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
CSRF_COOKIE_SECURE = True
CORS_ALLOWED_ORIGINS = ["https://app.example"]
CORS_ALLOW_CREDENTIALS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
USE_X_FORWARDED_HOST = False
LOGGING = {"version": 1, "loggers": {"django.db.backends": {"level": "WARNING"}}}
"""
LAYERS = '''
"""Middleware of this application's own."""


def policy(get_response):
    def answer(request):
        response = get_response(request)
        response["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
        return response

    return answer
'''
URLS = """
from django.urls import path

import views

urlpatterns = [
    path("", views.index),
    path("bold/", views.bold),
    path("hook/", views.hook),
    path("widget/", views.widget),
    path("back/", views.back),
]
"""
VIEWS = """
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt


def index(request):
    return HttpResponse("hello")


def bold(request):
    return HttpResponse(format_html("<b>{}</b>", request.GET["name"]))


def hook(request):
    return HttpResponse("")


def widget(request):
    return HttpResponse("")


def back(request):
    return HttpResponseRedirect("/home")
"""


def setting(kind: str, rule: str, old: str, new: str, *, planted: bool = False) -> Fault:
    """One line of the settings."""
    return Fault(kind=kind, rule=rule, old=old, new=new, file="settings.py", planted=planted)


def view(kind: str, rule: str, old: str, new: str, *, planted: bool = False) -> Fault:
    """One view."""
    return Fault(kind=kind, rule=rule, old=old, new=new, file="views.py", planted=planted)


CORS = 'CORS_ALLOWED_ORIGINS = ["https://app.example"]\n'
CREDENTIALS = CORS + "CORS_ALLOW_CREDENTIALS = True\n"
FAULTS = (
    setting("debug", "debug", "DEBUG = False", "DEBUG = True", planted=True),
    setting(
        "secret-in-source",
        "secret-in-source",
        'os.environ["SHOP_SECRET"]',
        '"django-insecure-4k1x9f0q2w8e7r6t5y3u1i0o"',
        planted=True,
    ),
    setting("any-host", "hosts", '["shop.example"]', '["*"]', planted=True),
    setting(
        "session-cookie-insecure",
        "session-cookie-secure",
        "SESSION_COOKIE_SECURE = True",
        "SESSION_COOKIE_SECURE = False",
        planted=True,
    ),
    setting(
        "session-cookie-script",
        "session-cookie-httponly",
        "SESSION_COOKIE_HTTPONLY = True",
        "SESSION_COOKIE_HTTPONLY = False",
        planted=True,
    ),
    setting(
        "csrf-cookie-insecure", "csrf-cookie", "CSRF_COOKIE_SECURE = True", "CSRF_COOKIE_SECURE = False", planted=True
    ),
    setting("csrf-off", "csrf-off", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "", planted=True),
    setting(
        "https-redirect", "https-redirect", "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = False", planted=True
    ),
    setting("hsts", "hsts", "SECURE_HSTS_SECONDS = 31536000", "SECURE_HSTS_SECONDS = 0", planted=True),
    setting("cors-credentials", "cors-credentials", CORS, "CORS_ALLOW_ALL_ORIGINS = True\n", planted=True),
    setting("password-hasher", "password-hasher", "Argon2PasswordHasher", "MD5PasswordHasher", planted=True),
    setting(
        "password-rules",
        "password-rules",
        SETTINGS[SETTINGS.index("AUTH_PASSWORD_VALIDATORS") : SETTINGS.index("SECURE_SSL")],
        "AUTH_PASSWORD_VALIDATORS = []\n",
        planted=True,
    ),
    setting(
        "session-pickle",
        "session-serializer",
        "django.contrib.sessions.serializers.JSONSerializer",
        "legacy.PickleSerializer",
        planted=True,
    ),
    setting("database-password", "secret-weak", 'os.environ["SHOP_DB"]', '"postgres"', planted=True),
    view("csrf-exempt", "csrf-exempt", "def hook", "@csrf_exempt\ndef hook", planted=True),
    view(
        "markup",
        "code-markup-request",
        'format_html("<b>{}</b>", request.GET["name"])',
        'mark_safe("<b>" + request.GET["name"] + "</b>")',
        planted=True,
    ),
    view("framing-exempt", "framing-exempt", "def widget", "@xframe_options_exempt\ndef widget", planted=True),
    setting(
        "errors-propagate",
        "errors-propagate",
        "DEBUG_PROPAGATE_EXCEPTIONS = False",
        "DEBUG_PROPAGATE_EXCEPTIONS = True",
    ),
    setting("session-cookie-cross-site", "session-cookie-samesite", 'SAMESITE = "Lax"', 'SAMESITE = "None"'),
    setting(
        "session-cookie-domain",
        "session-cookie-domain",
        'SESSION_COOKIE_NAME = "__Host-session"',
        'SESSION_COOKIE_NAME = "__Secure-session"\nSESSION_COOKIE_DOMAIN = ".shop.example"',
    ),
    setting("session-lifetime", "session-lifetime", "SESSION_COOKIE_AGE = 3600", "SESSION_COOKIE_AGE = 31536000"),
    setting(
        "session-absolute",
        "session-absolute",
        "SESSION_COOKIE_AGE = 3600",
        "SESSION_COOKIE_AGE = 3600\nSESSION_SAVE_EVERY_REQUEST = True",
    ),
    setting(
        "session-client-side",
        "session-client-side",
        "SESSION_COOKIE_AGE = 3600",
        'SESSION_COOKIE_AGE = 3600\nSESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"',
    ),
    setting("cors-any-origin", "cors-any-origin", CREDENTIALS, "CORS_ALLOW_ALL_ORIGINS = True\n"),
    setting("cors-pattern", "cors-pattern", CORS, 'CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://.*shop\\.example$"]\n'),
    setting("autoescape-off", "template-autoescape", '"autoescape": True', '"autoescape": False'),
    setting("csp", "csp", '    "layers.policy",\n', ""),
    setting("framing", "framing", '    "django.middleware.clickjacking.XFrameOptionsMiddleware",\n', ""),
    setting("nosniff", "nosniff", "NOSNIFF = True", "NOSNIFF = False"),
    setting("referrer-policy", "referrer-policy", '"no-referrer"', '"unsafe-url"'),
    setting("body-limit", "body-limit", "MEMORY_SIZE = 1_000_000", "MEMORY_SIZE = None"),
    setting("form-limit", "form-limit", "NUMBER_FIELDS = 100", "NUMBER_FIELDS = None"),
    setting(
        "proxy-trust",
        "proxy-trust",
        'ALLOWED_HOSTS = ["shop.example"]',
        'ALLOWED_HOSTS = ["*"]\nUSE_X_FORWARDED_HOST = True',
    ),
    setting("sensitive-log", "sensitive-log", '"WARNING"', '"DEBUG"'),
    setting("rate-limit", "rate-limit", '    "axes",\n', ""),
    setting("development-tools", "development-tools", '    "axes",\n', '    "axes",\n    "silk",\n'),
    view("redirect", "code-redirect-request", '("/home")', '(request.GET["to"])'),
)
PROJECT = Project(
    framework="django",
    files={
        "main.py": MAIN,
        "settings.py": SETTINGS.replace("USE_X_FORWARDED_HOST = False\n", ""),
        "layers.py": LAYERS,
        "urls.py": URLS,
        "views.py": VIEWS,
        "axes/__init__.py": "",
        "silk/__init__.py": "",
        "legacy.py": "import json\n\n\nclass PickleSerializer:\n    dumps, loads = json.dumps, json.loads\n",
    },
    faults=FAULTS,
    limits={"https-redirect-blanket": "SecurityMiddleware redirects programs too"},
)
