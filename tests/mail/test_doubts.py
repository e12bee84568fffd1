"""A mail whose text was given without an answer: settled by the relay's log, else sent once more, flagged."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.db.models.functions import Now
from pytest_django import Settings

from outreach.models import AuditEntry, MailOutage, MailState, OutgoingMail, Settlement
from outreach.services.delivery import Outcome
from outreach.services.mail_by_hand import MailNotConfirmable, MailNotRetryable, confirm_mail, retry_mail
from outreach.services.mail_standing import count_settlements, mail_standing
from outreach.services.outbox import PAUSES
from tests.factories import NOW, make_mail, make_staff
from tests.mail.sending import LONG_AGO, deliver_all, deliver_one, let_leases_run_out

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]

SILENT = "tests.mail.backends.Silent"
LATER = NOW + PAUSES[0]


@pytest.fixture
def relay_log(settings: Settings, tmp_path: Path) -> Path:
    log = tmp_path / "mail.log"
    log.write_text("")
    settings.MAIL_RELAY_LOG = str(log)
    return log


def fall_into_doubt(settings: Settings, mail: OutgoingMail, now: datetime = NOW) -> None:
    """Send it to a server that takes it and does not answer; then the lease runs out."""
    usual, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, SILENT
    MailOutage.objects.all().delete()
    assert deliver_one(mail, now) == Outcome.IN_DOUBT
    settings.EMAIL_BACKEND = usual
    MailOutage.objects.all().delete()
    let_leases_run_out()


def test_a_mail_is_in_doubt_before_its_text_is_given(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: Outbox
) -> None:
    mail = make_mail()
    states: list[str] = []

    def look(message: EmailMessage) -> bytes:
        states.append(OutgoingMail.objects.get().state)
        return b""

    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages", lambda _self, sent: look(sent)
    )

    deliver_one(mail)

    assert states == [MailState.IN_DOUBT]


def test_nobody_touches_a_doubt_while_its_worker_may_be_at_it(settings: Settings, mailoutbox: Outbox) -> None:
    mail = make_mail()
    settings.EMAIL_BACKEND = SILENT
    deliver_one(mail)
    MailOutage.objects.all().delete()

    assert deliver_all(NOW + timedelta(days=1)) == {}

    mail.refresh_from_db()
    assert mail.state == MailState.IN_DOUBT
    assert len(mailoutbox) == 1


def test_what_the_log_names_was_sent(settings: Settings, mailoutbox: Outbox, relay_log: Path) -> None:
    mail = make_mail()
    fall_into_doubt(settings, mail)
    relay_log.write_text(f"accepted {mail.message_id}\n")

    assert deliver_all(LATER) == {}

    mail.refresh_from_db()
    assert (mail.state, mail.settlement, mail.sent_at) == (MailState.SENT, Settlement.FOUND, LATER)
    assert len(mailoutbox) == 1
    assert AuditEntry.objects.get(object_id=str(mail.pk)).action == "中継記録で送達を確認"


def test_what_the_log_does_not_name_goes_again(settings: Settings, relay_log: Path) -> None:
    mail = make_mail()
    fall_into_doubt(settings, mail)
    relay_log.write_text("accepted <another@outreach.example>\n")

    assert deliver_all() == {}  # settled, and waits its pause
    assert deliver_one(mail, LATER) == Outcome.SENT

    assert (mail.state, mail.settlement, mail.attempts) == (MailState.SENT, Settlement.ABSENT, 2)


def test_without_a_log_it_goes_once_more_under_its_name_and_is_flagged(
    settings: Settings, mailoutbox: Outbox
) -> None:
    mail = make_mail()
    fall_into_doubt(settings, mail)

    deliver_all()
    outcome = deliver_one(mail, LATER)

    assert outcome == Outcome.SENT
    assert [sent.extra_headers["Message-ID"] for sent in mailoutbox] == [mail.message_id] * 2
    assert mail.settlement == Settlement.RESENT
    assert count_settlements() == {Settlement.RESENT: 1}


def test_a_second_doubt_without_a_log_is_left_to_staff(settings: Settings, mailoutbox: Outbox) -> None:
    mail = make_mail()
    fall_into_doubt(settings, mail)
    deliver_all()
    fall_into_doubt(settings, mail, LATER)

    deliver_all(LATER)
    deliver_all(LATER + timedelta(days=2))

    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert "二度確認できません" in mail.last_error
    assert len(mailoutbox) == 2


def test_a_log_that_cannot_be_read_proves_nothing(
    settings: Settings, mailoutbox: Outbox, relay_log: Path
) -> None:
    mail = make_mail()
    fall_into_doubt(settings, mail)
    OutgoingMail.objects.update(leased_until=Now() - timedelta(minutes=1))
    relay_log.unlink()

    deliver_all(LATER)

    mail.refresh_from_db()
    assert (mail.state, mail_standing(now=NOW).in_doubt) == (MailState.IN_DOUBT, 1)
    let_leases_run_out()  # for days: staff must see to it
    deliver_all(LATER)
    mail.refresh_from_db()
    assert (mail.state, mail.settlement) == (MailState.FAILED, Settlement.UNKNOWN)
    assert len(mailoutbox) == 1


def test_a_mail_that_may_have_arrived_twice_stays_flagged(settings: Settings, relay_log: Path) -> None:
    mail = make_mail(settlement=Settlement.RESENT)
    fall_into_doubt(settings, mail)
    relay_log.write_text(f"accepted {mail.message_id}\n")

    deliver_all()

    mail.refresh_from_db()
    assert (mail.state, mail.settlement) == (MailState.SENT, Settlement.RESENT)


def test_staff_say_that_a_doubted_mail_arrived(mailoutbox: Outbox) -> None:
    mail = make_mail(state=MailState.FAILED, settlement=Settlement.RESENT, secret_link="https://x.example/")
    staff = make_staff()

    confirm_mail(mail=mail, actor=staff, now=NOW, reason="宛先に電話で確認")

    assert (mail.state, mail.settlement, mail.secret_link) == (MailState.SENT, Settlement.CONFIRMED, "")
    assert AuditEntry.objects.get(actor=staff).reason == "宛先に電話で確認"
    assert mailoutbox == []


def test_staff_do_not_confirm_what_nobody_doubts() -> None:
    with pytest.raises(MailNotConfirmable):
        confirm_mail(mail=make_mail(state=MailState.FAILED), actor=make_staff(), now=NOW, reason="確認")


def test_staff_send_a_doubted_mail_again_only_when_its_lease_is_over(mailoutbox: Outbox) -> None:
    mail = make_mail(state=MailState.IN_DOUBT, leased_until=NOW + timedelta(days=36500))
    staff = make_staff()

    with pytest.raises(MailNotRetryable):
        retry_mail(mail=mail, actor=staff, now=NOW)
    OutgoingMail.objects.update(leased_until=LONG_AGO)
    retry_mail(mail=mail, actor=staff, now=NOW)

    assert (mail.state, mail.settlement) == (MailState.QUEUED, Settlement.RESENT)
    assert deliver_one(mail) == Outcome.SENT
