"""What is logged in production tells where and what, and nothing of anybody: sent through real doors."""

from __future__ import annotations

import io
import json
import logging
import smtplib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from followup import tasks
from followup.models import AnswerImport
from followup.workbooks import answer_import
from outreach.logs import PrivateJsonFormatter
from tests.access.test_headers import ask_production
from tests.access.test_login import log_in
from tests.factories import NOW, make_mail, make_officer, make_report

pytestmark = pytest.mark.django_db

ADDRESS = "taro.kosei@mhlw.example"
NAME = "厚生太郎"
TOKEN = "Zx9-" + "aB3_dE6f" * 5
PASSWORD = "my dog is called Pochi"
ESCAPED = (NAME.encode("unicode_escape").decode(), quote(NAME), ascii(NAME)[1:-1])
ROMAN = "Taro Kosei"
PRIVATE = (ADDRESS, NAME, ROMAN, *ESCAPED, TOKEN, PASSWORD, "Pochi", "taro.kosei")
WORDS = f"Key (email)=({ADDRESS}) of {NAME} ({ROMAN}) already exists, token {TOKEN}"


class Lines:
    """What production would have written by now."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, logger: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["logger"] == logger]

    def assert_private(self) -> None:
        written = self.stream.getvalue()
        assert written
        plain = written.replace("\\\\", "\\")  # as JSON writes a backslash
        assert not [secret for secret in PRIVATE if secret in plain]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Let everything be written, from DEBUG upwards, as in production."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(PrivateJsonFormatter())
    watched = [logging.getLogger(name) for name in ("", "celery", "outreach.access")]
    levels = [logger.level for logger in watched]
    for logger in watched:
        logger.setLevel(logging.DEBUG)
    watched[0].addHandler(handler)
    yield Lines(handler.stream)
    watched[0].removeHandler(handler)
    for logger, level in zip(watched, levels, strict=True):
        logger.setLevel(level)


def crash(_request: HttpRequest, **_values: Any) -> HttpResponse:
    try:
        raise IntegrityError(WORDS)
    except IntegrityError as error:
        raise RuntimeError(NAME) from error


class WithCrash:
    """An address that crashes with somebody's address in the words of the error."""

    handler400 = "outreach.views.errors.bad_request"
    urlpatterns = [path("crash/<str:name>/<int:pk>/", crash)]


class Refusing(EmailBackend):
    """A mail server that repeats the address in its refusal, with more than that."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        words = f"5.1.1 <{messages[0].to[0]}>: {NAME} unknown".encode()
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, words)})


def test_a_failed_login(client: Client, lines: Lines) -> None:
    make_officer(email=ADDRESS, name=NAME)

    log_in(client, ADDRESS, PASSWORD)
    client.get(f"/login/?next=/portal/&email={ADDRESS}&name={NAME}")

    lines.assert_private()
    assert {line["route"] for line in lines.of("outreach.access")} == {"/login/"}


@pytest.mark.parametrize("door", ["invite", "answer", "shared", "password/reset/key/1", "nowhere"])
def test_a_secret_link_that_leads_nowhere(client: Client, lines: Lines, door: str) -> None:
    client.get(f"/{door}/{TOKEN}/?mail={ADDRESS}")
    client.get(f"/{door}-{TOKEN}/{NAME}/")

    lines.assert_private()


@override_settings(ROOT_URLCONF=WithCrash)
def test_a_crash(lines: Lines) -> None:
    officer = make_officer(email=ADDRESS, name=NAME)
    client = Client(raise_request_exception=False)
    client.force_login(officer)

    response = client.get(f"/crash/{NAME}/7/?q={TOKEN}")

    lines.assert_private()
    [line] = [line for line in lines.of("django.request") if line["level"] == "ERROR"]
    assert line["message"] == "Internal Server Error: /crash/<str:name>/<int:pk>/"
    assert line["error"] == "RuntimeError"
    assert "IntegrityError" in line["trace"]
    assert line["trace"][-2].endswith(" crash")
    assert (line["user"], line["request"]) == (officer.pk, response["X-Request-ID"])
    assert lines.of("outreach.access")[-1]["ids"] == {"pk": 7}


def test_a_mail_that_the_server_refuses(lines: Lines, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    mail = make_mail(to=ADDRESS, subject=f"{NAME}様", body=f"https://outreach.example/invite/{TOKEN}/")

    tasks.deliver_mail.apply()

    mail.refresh_from_db()
    assert NAME in mail.last_error  # staff may read it, on the page of the mail
    lines.assert_private()
    assert any(f"mail {mail.pk}" in line["message"] for line in lines.all())


def test_an_import_that_crashes_in_a_worker(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> bool:
        raise LookupError(WORDS)

    monkeypatch.setattr(answer_import, "_read", fail)
    report = make_report()
    officer = make_officer(report.assignment.ministry, email=ADDRESS, name=NAME)
    item = AnswerImport.objects.create(
        report=report, requested_by=officer, requested_at=NOW, expires_at=NOW, file_name=f"{NAME}.xlsx"
    )

    tasks.read_answer_import.apply(args=[item.pk], kwargs={})

    lines.assert_private()
    [line] = [line for line in lines.of("celery.app.trace") if line["level"] == "ERROR"]
    assert line["error"] == "LookupError"
    assert line["task"] == "followup.tasks.read_answer_import"


def test_what_a_library_says_in_words_of_its_own(lines: Lines) -> None:
    library = logging.getLogger("a.library")

    library.warning("no answer from %s for %s", f"https://mail.example/send?to={ROMAN[:4]}", ADDRESS)
    library.warning(f"cannot open {NAME}.xlsx of {TOKEN}", extra={"request_body": PASSWORD})
    library.error("failed: %s", ValueError(ROMAN))

    lines.assert_private()
    assert [line["message"] for line in lines.of("a.library")] == [
        "no answer from https://mail.example/send?[query] for [address]",
        "cannot open [text].xlsx of [secret]",
        "failed: ValueError",
    ]


def test_a_line_carries_the_id_that_our_proxy_gave_and_no_other(client: Client, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    given = {"X-Request-ID": "3f2c9d7e-1234", "X-Forwarded-For": "203.0.113.9"}

    assert client.get("/login/", headers=given)["X-Request-ID"] == "3f2c9d7e-1234"
    forged = client.get("/login/", headers=given | {"X-Request-ID": f"x {ADDRESS}"})
    assert ADDRESS not in forged["X-Request-ID"]

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert client.get("/login/", headers=given)["X-Request-ID"] != "3f2c9d7e-1234"


def test_production_logs_this_way(tmp_path: Any) -> None:
    found = ask_production(tmp_path, "LOGGING")["LOGGING"]

    assert "'formatter': 'private'" in found
    assert "mail_admins" not in found
