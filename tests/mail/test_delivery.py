"""The outbox is emptied once, in order, whatever servers, workers and colleagues do meanwhile."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from outreach.models import SECRET_LINK, AuditEntry, MailState
from outreach.services.delivery import Cancel, Outcome, Postpone, Send
from outreach.services.mail_by_hand import MailNotCancellable, MailNotRetryable, cancel_mail, retry_mail
from outreach.services.outbox import ATTEMPTS, PAUSES
from tests.factories import NOW, make_mail, make_ministry, make_staff
from tests.mail.sending import deliver_all, deliver_one

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]

PICKY = "tests.mail.backends.Picky"


def test_a_mail_is_sent_once_however_often_it_is_delivered(mailoutbox: Outbox) -> None:
    mail = make_mail(cc="superior@ministry.example")

    outcomes = [deliver_one(mail) for _ in range(2)]

    assert outcomes == [Outcome.SENT, None]
    (sent,) = mailoutbox
    assert (sent.to, sent.cc, sent.subject, sent.body) == (
        [mail.to], ["superior@ministry.example"], "件名", "本文"
    )  # fmt: skip
    assert (mail.state, mail.sent_at, mail.attempts) == (MailState.SENT, NOW, 1)
    assert AuditEntry.objects.get(object_id=str(mail.pk)).action == "メールを送信"


def test_a_mail_names_itself_and_says_that_no_person_wrote_it(mailoutbox: Outbox) -> None:
    mail = make_mail()

    deliver_one(mail)

    message: Any = mailoutbox[0].message()
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]


def test_a_mail_waits_for_its_time(mailoutbox: Outbox) -> None:
    mail = make_mail(not_before=NOW + timedelta(minutes=1))

    assert deliver_one(mail) is None
    assert deliver_all(NOW + timedelta(minutes=1)) == {Outcome.SENT: 1}
    assert len(mailoutbox) == 1


def test_a_secret_link_goes_out_and_is_forgotten(mailoutbox: Outbox) -> None:
    mail = make_mail(body=f"開く：{SECRET_LINK}", secret_link="https://outreach.example/invite/x/")

    deliver_one(mail)

    assert mailoutbox[0].body == "開く：https://outreach.example/invite/x/"
    assert mail.secret_link == ""
    assert "invite" not in mail.body


def test_a_verdict_against_it_cancels_the_mail_and_says_why(mailoutbox: Outbox) -> None:
    mail = make_mail()

    outcome = deliver_one(mail, recheck=lambda _mail, _now: Cancel("提出済みです。"))

    mail.refresh_from_db()
    assert outcome == Outcome.CANCELLED
    assert (mail.state, mail.last_error, mailoutbox) == (MailState.CANCELLED, "提出済みです。", [])
    assert AuditEntry.objects.get(object_id=str(mail.pk)).reason == "提出済みです。"


def test_postponing_costs_no_attempt(mailoutbox: Outbox) -> None:
    mail = make_mail()
    later = NOW + timedelta(hours=20)

    outcome = deliver_one(mail, recheck=lambda _mail, _now: Postpone(later))

    mail.refresh_from_db()
    assert outcome == Outcome.POSTPONED
    assert (mail.state, mail.not_before, mail.attempts) == (MailState.QUEUED, later, 0)


def test_what_was_really_sent_is_kept(mailoutbox: Outbox) -> None:
    mail = make_mail(cc="old@ministry.example")

    deliver_one(mail, recheck=lambda _mail, _now: Send("新しい件名", "新しい本文"))

    mail.refresh_from_db()
    assert (mail.subject, mail.body, mail.cc) == ("新しい件名", "新しい本文", "")
    assert (mailoutbox[0].subject, mailoutbox[0].body, mailoutbox[0].cc) == ("新しい件名", "新しい本文", [])


def test_mail_about_a_ministry_reaches_staff(mailoutbox: Outbox) -> None:
    staff = make_staff()
    mail = make_mail(recipient=staff, ministry=make_ministry(), to=staff.email)

    assert deliver_one(mail) == Outcome.SENT


def test_a_mail_that_is_refused_again_and_again_is_left_to_staff(settings: Settings) -> None:
    settings.EMAIL_BACKEND = PICKY
    mail = make_mail(to="450@ministry.example")
    tried_at = []

    while mail.state != MailState.FAILED:
        tried_at.append(mail.not_before)
        assert deliver_one(mail, mail.not_before) == Outcome.REFUSED

    pauses = [later - earlier for earlier, later in pairwise(tried_at)]
    assert pauses == list(PAUSES) == sorted(PAUSES)
    assert tried_at[-1] - tried_at[0] >= timedelta(hours=24)
    assert "450 no" in mail.last_error
    assert AuditEntry.objects.get(object_id=str(mail.pk)).action == "メールを送信できず"


def test_a_wrong_address_fails_at_once_and_stops_nobody(settings: Settings, mailoutbox: Outbox) -> None:
    settings.EMAIL_BACKEND = PICKY
    bad = make_mail(to="550@ministry.example")
    good = make_mail()

    outcomes = deliver_all()

    bad.refresh_from_db()
    assert outcomes == {Outcome.REFUSED: 1, Outcome.SENT: 1}
    assert (bad.state, bad.attempts) == (MailState.FAILED, 1)
    assert "550" in bad.last_error
    assert [sent.to for sent in mailoutbox] == [[good.to]]


@pytest.mark.parametrize("address", ["450@ministry.example", "554@ministry.example"])
def test_a_refusal_that_may_pass_is_tried_again(settings: Settings, address: str) -> None:
    settings.EMAIL_BACKEND = PICKY
    mail = make_mail(to=address)

    deliver_one(mail)

    assert (mail.state, mail.not_before) == (MailState.QUEUED, NOW + PAUSES[0])


@pytest.mark.parametrize(
    "fields", [{"subject": "件名\nBcc: all@ministry.example"}, {"to": "a@b.example\nBcc: all@c.example"}]
)
def test_a_second_line_in_a_header_fails_that_mail_alone(fields: dict[str, str], mailoutbox: Outbox) -> None:
    bad = make_mail(**fields)
    good = make_mail()

    deliver_all()

    bad.refresh_from_db()
    assert bad.state == MailState.FAILED
    assert [sent.to for sent in mailoutbox] == [[good.to]]


def test_staff_send_a_failed_mail_again(mailoutbox: Outbox) -> None:
    mail = make_mail(state=MailState.FAILED, attempts=ATTEMPTS, last_error="550")
    staff = make_staff()

    retry_mail(mail=mail, actor=staff, now=NOW)

    assert (mail.state, mail.attempts) == (MailState.QUEUED, 0)
    assert deliver_one(mail) == Outcome.SENT
    assert AuditEntry.objects.filter(actor=staff, action="メールの再送を指示").count() == 1


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.SENDING, MailState.SENT, MailState.CANCELLED])
def test_only_a_failed_mail_is_sent_again(state: MailState) -> None:
    mail = make_mail(state=state, sent_at=NOW if state == MailState.SENT else None, leased_until=NOW)

    with pytest.raises(MailNotRetryable):
        retry_mail(mail=mail, actor=make_staff(), now=NOW)


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.FAILED])
def test_staff_withdraw_a_mail_that_has_not_left(state: MailState, mailoutbox: Outbox) -> None:
    mail = make_mail(state=state, secret_link="https://outreach.example/invite/x/")

    cancel_mail(mail=mail, actor=make_staff(), now=NOW, reason="宛先を誤ったため")

    assert (mail.state, mail.secret_link, mail.last_error) == (MailState.CANCELLED, "", "宛先を誤ったため")
    assert deliver_one(mail) is None
    assert AuditEntry.objects.get(action="メールを取りやめ").reason == "宛先を誤ったため"


@pytest.mark.parametrize(
    "state", [MailState.SENDING, MailState.IN_DOUBT, MailState.SENT, MailState.CANCELLED]
)
def test_a_mail_that_has_left_is_not_withdrawn(state: MailState) -> None:
    mail = make_mail(state=state, sent_at=NOW if state == MailState.SENT else None, leased_until=NOW)

    with pytest.raises(MailNotCancellable):
        cancel_mail(mail=mail, actor=make_staff(), now=NOW)
