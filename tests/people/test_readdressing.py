"""A mail that was queued for somebody who is away or has left goes to who acts for that person."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from outreach.models import SECRET_LINK, AuditEntry, MailKind, MailState, OutgoingMail, User
from outreach.services.delivery import Outcome, deliver_due
from outreach.services.mail import queue_mail_to_ministry
from outreach.services.mail_by_hand import retry_mail
from tests.factories import NOW, TODAY, make_mail, make_ministry, make_officer, make_staff

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]


def queued_for(officer: User, **fields: object) -> OutgoingMail:
    return make_mail(**({"recipient": officer, "ministry": officer.ministry, "to": officer.email} | fields))


def leave(officer: User, successor: User | None = None) -> None:
    User.objects.filter(pk=officer.pk).update(is_active=False, successor=successor)


def go_away(officer: User, deputy: User | None = None) -> None:
    User.objects.filter(pk=officer.pk).update(away_from=TODAY, away_until=TODAY, deputy=deputy)


def send_due(now: datetime = NOW) -> Counter[Outcome]:
    return deliver_due(read_clock=lambda: now, recheck=lambda _mail, _now: None)


def send(mail: OutgoingMail) -> Outcome:
    [outcome] = send_due()
    mail.refresh_from_db()
    return outcome


def test_after_an_officer_left_the_successor_gets_it_and_is_told_why(mailoutbox: Outbox) -> None:
    officer = make_officer(name="前任 一郎")
    successor = make_officer(officer.ministry, name="後任 二郎")
    mail = queued_for(officer)
    leave(officer, successor)

    assert send(mail) == Outcome.SENT

    (sent,) = mailoutbox
    assert sent.to == [successor.email]
    assert sent.body == ("（前任 一郎さんは異動・退職したため、後任の後任 二郎さんにお送りします。）\n\n本文")
    assert (mail.to, mail.recipient) == (successor.email, successor)
    entry = AuditEntry.objects.get(action="メールの宛先を変更")
    assert (entry.before, entry.after) == ({"宛先": officer.email}, {"宛先": successor.email})


def test_after_an_officer_left_without_successor_the_mailbox_gets_it(mailoutbox: Outbox) -> None:
    officer = make_officer(make_ministry(mailbox="box@ministry.example"))
    make_officer(officer.ministry)
    mail = queued_for(officer)
    leave(officer)

    assert send(mail) == Outcome.SENT
    assert [sent.to for sent in mailoutbox] == [["box@ministry.example"]]
    assert mail.recipient is None


def test_after_an_officer_left_with_neither_it_is_kept_from_leaving(mailoutbox: Outbox) -> None:
    officer = make_officer(make_ministry(mailbox=""))
    mail = queued_for(officer)
    leave(officer)

    assert send(mail) == Outcome.CANCELLED
    assert mailoutbox == []
    assert "後任も共有メールボックスも" in mail.last_error


def test_an_officer_who_moved_gets_no_mail_of_the_old_ministry(mailoutbox: Outbox) -> None:
    officer = make_officer()
    old = make_ministry(mailbox="old@ministry.example")
    make_officer(officer.ministry)

    send(queued_for(officer, ministry=old))

    assert [sent.to for sent in mailoutbox] == [["old@ministry.example"]]


def test_while_an_officer_is_away_the_deputy_gets_it(mailoutbox: Outbox) -> None:
    officer = make_officer()
    deputy = make_officer(officer.ministry)
    mail = queued_for(officer, kind=MailKind.REVIEW)
    go_away(officer, deputy)

    send(mail)

    assert [sent.to for sent in mailoutbox] == [[deputy.email]]
    assert "不在のため、代理の" in mailoutbox[0].body


def test_who_is_away_with_neither_deputy_nor_mailbox_gets_it_in_person(mailoutbox: Outbox) -> None:
    officer = make_officer(make_ministry(mailbox=""))
    mail = queued_for(officer)
    go_away(officer)

    send(mail)

    assert [(sent.to, sent.body) for sent in mailoutbox] == [([officer.email], "本文")]


def test_after_the_absence_mail_arrives_in_person_again(mailoutbox: Outbox) -> None:
    officer = make_officer()
    queued_for(officer, not_before=NOW + timedelta(days=1))
    go_away(officer, make_officer(officer.ministry))

    send_due(NOW + timedelta(days=1))

    assert [sent.to for sent in mailoutbox] == [[officer.email]]


def test_after_an_address_changed_the_new_one_gets_it(mailoutbox: Outbox) -> None:
    officer = make_officer(name="担当 花子")
    mail = queued_for(officer)
    old, officer.email = officer.email, "new@ministry.example"
    officer.save()

    send(mail)

    (sent,) = mailoutbox
    assert sent.to == ["new@ministry.example"]
    assert "担当 花子さんのメールアドレスが変わったため" in sent.body
    entry = AuditEntry.objects.get(action="メールの宛先を変更")
    assert (entry.before, entry.after) == ({"宛先": old}, {"宛先": "new@ministry.example"})


def test_what_was_refused_is_sent_again_to_the_address_as_corrected(mailoutbox: Outbox) -> None:
    officer = make_officer()
    mail = queued_for(officer, state=MailState.FAILED, attempts=1, last_error="宛先がありません。")
    User.objects.filter(pk=officer.pk).update(email="right@ministry.example")

    retry_mail(mail=mail, actor=make_staff(), now=NOW)
    send(mail)

    assert [sent.to for sent in mailoutbox] == [["right@ministry.example"]]


def test_who_got_the_same_mail_gets_no_second_one(mailoutbox: Outbox) -> None:
    officer = make_officer()
    successor = make_officer(officer.ministry)
    assert officer.ministry
    queue_mail_to_ministry(
        ministry=officer.ministry, kind=MailKind.FORM, occasion="form:1", subject="様式", body="本文",
        why="試験のため", now=NOW,
    )  # fmt: skip
    leave(officer, successor)

    outcomes = send_due()

    assert outcomes == {Outcome.CANCELLED: 1, Outcome.SENT: 1}
    assert [sent.to for sent in mailoutbox] == [[successor.email]]


def test_a_second_attempt_goes_where_the_first_went(mailoutbox: Outbox) -> None:
    officer = make_officer()
    successor = make_officer(officer.ministry)
    mail = queued_for(officer)
    leave(officer, successor)
    send(mail)
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.QUEUED, sent_at=None)

    assert send(mail) == Outcome.SENT

    assert [sent.to for sent in mailoutbox] == [[successor.email]] * 2
    assert mailoutbox[0].body == mailoutbox[1].body


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": MailKind.ACCOUNT},
        {"kind": MailKind.INVITATION},
        {"body": f"開く：{SECRET_LINK}", "secret_link": "https://outreach.example/x/"},
        {"ministry": None},
    ],
)
def test_what_is_personal_goes_to_nobody_else(fields: dict[str, object], mailoutbox: Outbox) -> None:
    officer = make_officer()
    mail = queued_for(officer, **fields)
    leave(officer, make_officer(officer.ministry))

    assert send(mail) == Outcome.CANCELLED
    assert mailoutbox == []


def test_what_is_personal_reaches_who_is_away(mailoutbox: Outbox) -> None:
    officer = make_officer()
    mail = queued_for(officer, kind=MailKind.ACCOUNT)
    go_away(officer, make_officer(officer.ministry))

    assert send(mail) == Outcome.SENT
    assert [sent.to for sent in mailoutbox] == [[officer.email]]


def test_mail_for_staff_who_left_is_cancelled(mailoutbox: Outbox) -> None:
    staff = make_staff(is_active=False)
    mail = make_mail(recipient=staff, ministry=make_ministry(), to=staff.email)

    assert send(mail) == Outcome.CANCELLED
    assert mailoutbox == []
