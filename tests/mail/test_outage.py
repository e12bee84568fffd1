"""A mail server that is out of order is asked once a pause; nobody's attempts are spent, and staff see it."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from outreach.models import AuditEntry, MailOutage, MailState, OutgoingMail
from outreach.services.delivery import Outcome
from tests.factories import NOW, make_mail, make_staff
from tests.mail.sending import LONG_AGO, deliver_all

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]

UNREACHABLE = "tests.mail.backends.Unreachable"
SILENT = "tests.mail.backends.Silent"
PICKY = "tests.mail.backends.Picky"


def let_the_pause_pass() -> None:
    MailOutage.objects.update(next_probe_at=LONG_AGO)


def test_a_dead_server_costs_no_mail_an_attempt(settings: Settings) -> None:
    settings.EMAIL_BACKEND = UNREACHABLE
    mails = [make_mail() for _ in range(3)]

    outcomes = []
    for _ in range(20):  # for hours
        outcomes.append(deliver_all())
        let_the_pause_pass()

    assert outcomes == [{Outcome.UNREACHABLE: 1}] * 20
    assert OutgoingMail.objects.queued().filter(attempts=0, not_before=NOW).count() == len(mails)
    assert (MailOutage.objects.get().probes, MailOutage.objects.get().since) == (19, NOW)
    assert AuditEntry.objects.filter(action="メールサーバーの障害を検知").count() == 1


def test_between_two_probes_nobody_asks(settings: Settings, mailoutbox: Outbox) -> None:
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = UNREACHABLE
    make_mail()
    deliver_all()
    settings.EMAIL_BACKEND = usual

    assert deliver_all() == {}
    assert mailoutbox == []


def test_all_mail_leaves_when_the_server_is_back(settings: Settings, mailoutbox: Outbox) -> None:
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = UNREACHABLE
    mails = [make_mail() for _ in range(3)]
    deliver_all()

    settings.EMAIL_BACKEND = usual
    let_the_pause_pass()
    deliver_all()

    assert sorted(sent.to[0] for sent in mailoutbox) == sorted(mail.to for mail in mails)
    assert not MailOutage.objects.exists()
    assert AuditEntry.objects.filter(action="メールサーバーの復旧を確認").count() == 1


def test_a_server_that_falls_silent_leaves_two_mails_in_doubt_and_not_all(
    settings: Settings, mailoutbox: Outbox
) -> None:
    settings.EMAIL_BACKEND = SILENT
    for _ in range(5):
        make_mail()

    assert deliver_all() == {Outcome.IN_DOUBT: 2}
    let_the_pause_pass()
    assert deliver_all() == {Outcome.IN_DOUBT: 1}
    assert OutgoingMail.objects.queued().filter(attempts=0).count() == 2
    assert MailOutage.objects.exists()


def test_a_refused_address_is_no_outage(settings: Settings) -> None:
    settings.EMAIL_BACKEND = PICKY
    for _ in range(3):
        make_mail(to="550@ministry.example")

    assert deliver_all() == {Outcome.REFUSED: 3}
    assert not MailOutage.objects.exists()


def test_staff_see_an_outage_a_doubt_and_how_long_mail_waits(settings: Settings, client: Client) -> None:
    settings.EMAIL_BACKEND = UNREACHABLE
    make_mail()
    make_mail(state=MailState.IN_DOUBT, leased_until=NOW)
    deliver_all()
    client.force_login(make_staff())

    page = client.get(reverse("admin:index")).content.decode()

    assert "送達未確認のメール" in page
    assert "からメールサーバーに送れません（メールサーバーに接続できません（timed out）。）" in page
    assert "から待っています。" in page
