"""What every answer carries, whatever it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from tests.factories import make_officer, make_staff
from tests.tenancy.addresses import all_addresses

pytestmark = pytest.mark.django_db

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DIRECTIVES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip


def assert_guarded(response: HttpResponse, where: str) -> None:
    directives = set(response["Content-Security-Policy"].split("; "))
    assert directives == DIRECTIVES, where
    assert "unsafe" not in response["Content-Security-Policy"]
    assert {name: response.get(name) for name in HEADERS} == HEADERS, where
    assert "camera=()" in response["Permissions-Policy"], where


@pytest.mark.parametrize("who", ["nobody", "officer", "staff"])
def test_every_answer_carries_the_security_headers(client: Client, who: str) -> None:
    if who != "nobody":
        client.force_login(make_officer() if who == "officer" else make_staff())

    for address in all_addresses():
        response = client.get(address.path())
        assert_guarded(response, address.name)  # type: ignore[arg-type]
        assert "no-store" in response["Cache-Control"] or "no-cache" in response["Cache-Control"], (
            address.name
        )
        if response.status_code == 200 and not response.streaming:
            assert "charset" in response["Content-Type"] or "json" in response["Content-Type"], address.name


def crash(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the code")


class WithCrash:
    """The project's addresses, and one that crashes."""

    handler400 = "outreach.views.errors.bad_request"
    urlpatterns = [path("crash/", crash)]


@override_settings(ROOT_URLCONF=WithCrash)
def test_a_crash_carries_them_too_and_tells_nothing() -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_officer())

    response = client.get("/crash/")

    assert response.status_code == 500
    assert_guarded(response, "500")  # type: ignore[arg-type]
    assert "システムで問題が発生しました" in response.content.decode()
    assert "secret of the code" not in response.content.decode()


def test_refusals_carry_them_too(client: Client) -> None:
    refusals = {
        400: client.get("/?q=%00"),
        404: client.get("/nowhere/"),
        405: client.generic("TRACE", "/"),
    }
    unknown_host = client.get("/login/", headers={"host": "evil.example"})

    for status, response in refusals.items():
        assert response.status_code == status
        assert_guarded(response, str(status))  # type: ignore[arg-type]
    assert unknown_host.status_code == 400
    assert "evil.example" not in unknown_host.content.decode()
    assert_guarded(unknown_host, "host")  # type: ignore[arg-type]


PRODUCTION = {
    "SECRET_KEY": "k3y-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "outreach.example",
    "BASE_URL": "https://outreach.example",
    "DATABASE_URL": "sqlite://:memory:",
    "REDIS_URL": "redis://localhost:6379/0",
    "EMAIL_URL": "smtp://localhost:25",
}

ASK = """
import django
django.setup()
from django.conf import settings
for name in NAMES:
    print(name, getattr(settings, name))
"""


def ask_production(tmp_path: Path, *names: str, **environment: str) -> dict[str, str]:
    """Return settings as a process in production has them."""
    result = subprocess.run(
        [sys.executable, "-c", ASK.replace("NAMES", repr(names))],
        env={
            "PATH": os.environ["PATH"],
            "OUTREACH_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "outreach.settings",
        }
        | PRODUCTION
        | environment,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


def test_production_is_strict_by_itself(tmp_path: Path) -> None:
    expected = {
        "DEBUG": "False",
        "STAFF_MFA_REQUIRED": "True",
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": "True",
        "CSRF_COOKIE_SECURE": "True",
        "SESSION_COOKIE_HTTPONLY": "True",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SECURE_SSL_REDIRECT": "True",
        "SECURE_HSTS_SECONDS": "31536000",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": "True",
        "SECURE_PROXY_SSL_HEADER": "None",
        "ALLOWED_HOSTS": "['outreach.example']",
        "CSRF_TRUSTED_ORIGINS": "['https://outreach.example']",
        "CELERY_ACCEPT_CONTENT": "['json']",
        "USE_X_FORWARDED_HOST": "False",
    }

    assert ask_production(tmp_path, *expected) == expected


@pytest.mark.parametrize("missing", sorted(PRODUCTION))
def test_production_does_not_start_without_its_secrets_and_servers(tmp_path: Path, missing: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        ask_production(tmp_path, "DEBUG", **{missing: ""})

    assert missing in failure.value.stderr
