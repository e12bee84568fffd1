"""SMTP as it is spoken: to a real server on loopback that refuses, breaks off and falls silent."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from outreach.models import MailOutage, MailState, OutgoingMail, Settlement
from outreach.services import mail_line
from outreach.services.delivery import Outcome
from outreach.services.outbox import PAUSES
from tests.factories import NOW, make_mail
from tests.mail.sending import deliver_all, deliver_one, let_leases_run_out
from tests.mail_sink import Sink, accepted, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Settings, tmp_path: Path) -> Iterator[Sink]:
    """Send to a sink, whose log is the relay's."""
    made = Sink(tmp_path, hang_seconds=1.5)
    with running(made) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
        settings.MAIL_RELAY_LOG = str(made.log)
        yield made


def test_many_mails_go_over_one_connection(sink: Sink, tmp_path: Path) -> None:
    mails = [make_mail(body="一行目\n.\n..点で始まる行") for _ in range(25)]

    outcomes = deliver_all()

    assert outcomes == {Outcome.SENT: 25}
    assert accepted(tmp_path) == Counter(mail.message_id for mail in mails)
    assert sink.connections == 1


@pytest.mark.parametrize("address", ["450@ministry.example", "550@ministry.example"])
def test_a_refused_recipient_is_known_without_doubt(sink: Sink, tmp_path: Path, address: str) -> None:
    mail, good = make_mail(to=address), make_mail()

    outcomes = deliver_all()

    mail.refresh_from_db()
    assert outcomes == {Outcome.REFUSED: 1, Outcome.SENT: 1}
    assert mail.state == (MailState.FAILED if address.startswith("550") else MailState.QUEUED)
    assert (mail.log_position, accepted(tmp_path)) == ("", Counter([good.message_id]))


def test_a_refused_cc_is_told_and_the_mail_arrives(sink: Sink, tmp_path: Path) -> None:
    mail = make_mail(cc="550@ministry.example")

    assert deliver_one(mail) == Outcome.SENT
    assert mail.last_error == "CCは届いていません（550 no such address）。"
    assert accepted(tmp_path) == Counter([mail.message_id])


def test_a_refused_text_is_known_without_doubt(sink: Sink) -> None:
    sink.misbehave(refuse=1)
    mail = make_mail()

    assert deliver_one(mail) == Outcome.REFUSED
    assert (mail.state, mail.not_before) == (MailState.QUEUED, NOW + PAUSES[0])


@pytest.mark.parametrize(
    ("step", "settlement", "times"),
    [
        ("drop_after", Settlement.FOUND, 1),
        ("hang", Settlement.FOUND, 1),
        ("drop_before", Settlement.ABSENT, 0),
    ],
)
def test_a_missing_answer_is_settled_by_the_log(
    sink: Sink, tmp_path: Path, step: str, settlement: Settlement, times: int
) -> None:
    sink.misbehave(**{step: 1})
    mail = make_mail()

    assert deliver_one(mail) == Outcome.IN_DOUBT
    let_leases_run_out()
    deliver_one(mail)

    assert mail.settlement == settlement
    assert accepted(tmp_path)[mail.message_id] == times
    sink.misbehave()
    deliver_one(mail, NOW + PAUSES[0])
    assert (mail.state, accepted(tmp_path)[mail.message_id]) == (MailState.SENT, 1)


def test_a_worker_that_froze_after_data_does_not_end_the_text(
    sink: Sink, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = make_mail()
    late = iter([0.0, settings.MAIL_LEASE_SECONDS / 2 + 1])
    monkeypatch.setattr("time.clock_gettime", lambda _clock: next(late))

    assert deliver_one(mail) == Outcome.BROKEN
    assert accepted(tmp_path) == Counter()
    assert (mail.state, mail.not_before) == (MailState.QUEUED, NOW + PAUSES[0])


def test_a_lost_claim_leaves_the_line_to_the_next_mail(sink: Sink, tmp_path: Path) -> None:
    lost, good = make_mail(), make_mail()

    def lose(mail: OutgoingMail, _now: object) -> None:
        OutgoingMail.objects.filter(pk=lost.pk).update(fence=99)

    outcomes = deliver_all(recheck=lose)

    assert outcomes == {Outcome.NOT_OURS: 1, Outcome.SENT: 1}
    assert accepted(tmp_path) == Counter([good.message_id])
    assert sink.connections == 1


def test_a_line_that_was_closed_while_idle_is_opened_again(
    sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [make_mail() for _ in range(3)]

    announce = mail_line._announce
    broken = iter([False, True, False, False])

    def announce_on_a_dead_line(server: Any, *arguments: Any) -> str:
        if next(broken):
            server.sock.shutdown(socket.SHUT_RDWR)
        return announce(server, *arguments)

    monkeypatch.setattr(mail_line, "_announce", announce_on_a_dead_line)

    assert deliver_all() == {Outcome.SENT: 3}
    assert accepted(tmp_path) == Counter(mail.message_id for mail in mails)
    assert sink.connections == 2


def test_nobody_listening_is_an_outage(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    mail = make_mail()

    assert deliver_one(mail) == Outcome.UNREACHABLE
    assert (mail.state, mail.attempts) == (MailState.QUEUED, 0)
    assert "Connection refused" in MailOutage.objects.get().error
