"""Workers share the outbox; one that froze or died neither sends, nor marks, nor loses anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.mail import EmailMessage
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries, Settings

from outreach.models import AuditEntry, MailState, OutgoingMail
from outreach.services import outbox
from outreach.services.delivery import Outcome
from outreach.services.outbox import ATTEMPTS, PAUSES, Failure
from tests.factories import NOW, make_mail
from tests.mail.sending import LONG_AGO, as_planned, deliver_all, deliver_one, let_leases_run_out

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]


def test_two_workers_share_what_is_due(mailoutbox: Outbox) -> None:
    mails = [make_mail() for _ in range(3)]
    others: list[dict[Outcome, int]] = []

    def while_the_other_works(_mail: OutgoingMail, now: object) -> None:
        others.append(deliver_all())

    outcomes = deliver_all(recheck=while_the_other_works)

    assert (outcomes, others) == ({Outcome.SENT: 3}, [{}, {}, {}])
    assert sorted(sent.to[0] for sent in mailoutbox) == [mail.to for mail in mails]


def test_a_worker_that_froze_before_sending_neither_sends_nor_marks(mailoutbox: Outbox) -> None:
    mail = make_mail()

    def freeze(_mail: OutgoingMail, _now: object) -> None:
        let_leases_run_out()
        deliver_all(NOW)  # queues it again, with a pause
        deliver_all(NOW + timedelta(minutes=1))

    outcome = deliver_one(mail, recheck=freeze)

    assert outcome == Outcome.NOT_OURS
    assert len(mailoutbox) == 1
    assert (mail.state, mail.sent_at, mail.fence) == (MailState.SENT, NOW + timedelta(minutes=1), 2)


@pytest.mark.parametrize(
    "change",
    [
        outbox.put_in_doubt,
        outbox.give_back,
        lambda mail: outbox.mark_sent(mail, now=NOW),
        lambda mail: outbox.cancel(mail, reason="提出済み", now=NOW),
        lambda mail: outbox.note_failure(mail, Failure("拒否", is_final=True), now=NOW),
    ],
    ids=["put in doubt", "give back", "mark sent", "cancel", "note a failure"],
)
def test_an_old_fence_changes_nothing(change: Callable[[OutgoingMail], bool]) -> None:
    make_mail()
    (frozen,) = outbox.claim_due(now=NOW)
    outbox.give_back(OutgoingMail.objects.get())
    (ours,) = outbox.claim_due(now=NOW)

    is_changed = change(frozen)

    assert not is_changed
    stored = OutgoingMail.objects.get()
    assert (stored.state, stored.fence, ours.fence) == (MailState.SENDING, 2, 2)
    assert not AuditEntry.objects.exists()


def test_what_a_killed_worker_claimed_goes_again(mailoutbox: Outbox) -> None:
    mails = [make_mail() for _ in range(3)]
    outbox.claim_due(now=NOW)

    assert deliver_all() == {}  # the worker may still be at it
    let_leases_run_out()
    assert deliver_all() == {Outcome.SENT: 2}  # the first may have been what killed it, and waits
    assert deliver_all(NOW + PAUSES[0]) == {Outcome.SENT: 1}
    assert len(mailoutbox) == len(mails)


def test_a_mail_that_kills_its_worker_does_not_do_so_for_ever() -> None:
    deadly, other = make_mail(attempts=ATTEMPTS - 1), make_mail()
    outbox.claim_due(now=NOW)
    let_leases_run_out()

    outbox.release_stale_claims(now=NOW)

    deadly.refresh_from_db()
    other.refresh_from_db()
    assert (deadly.state, deadly.attempts) == (MailState.FAILED, ATTEMPTS)
    assert (other.state, other.attempts) == (MailState.QUEUED, 0)


def test_a_crash_while_rechecking_gives_the_others_back(mailoutbox: Outbox) -> None:
    mails = [make_mail() for _ in range(3)]

    def crash(mail: OutgoingMail, _now: object) -> None:
        if mail.pk == mails[1].pk:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver_all(recheck=crash)

    states = OutgoingMail.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [MailState.SENT, MailState.SENDING, MailState.QUEUED]


def test_a_database_that_is_away_for_a_moment_loses_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OperationalError("database is locked"), OperationalError("restarting"), None])
    paused: list[float] = []
    monkeypatch.setattr("time.sleep", paused.append)
    connection = SimpleNamespace(close=lambda: None, in_atomic_block=False)
    monkeypatch.setattr(outbox, "connection", connection)

    def change() -> str:
        if error := next(answers):
            raise error
        return "marked"

    assert outbox.insist(change) == "marked"
    assert paused == list(outbox.DATABASE_PAUSES[:2])


def test_a_mail_costs_the_same_queries_among_one_and_among_twenty(
    django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    for count in (1, 20):
        for _ in range(count):
            make_mail()
        with django_assert_num_queries(OVERHEAD + A_MAIL * count):
            deliver_all(recheck=as_planned)


OVERHEAD = 10
"""Settle, release, ask for an outage; claim (savepoint, SELECT, UPDATE, its release) until nothing is due."""
A_MAIL = 5
"""Put in doubt; then mark and tell the trail, in one transaction."""


@pytest.mark.parametrize("days", [-400, 4, 400])
def test_a_worker_whose_day_is_another_takes_nothing_over(days: int, mailoutbox: Outbox) -> None:
    make_mail(not_before=LONG_AGO)
    outbox.claim_due(now=NOW)

    assert deliver_all(NOW + timedelta(days=days)) == {}  # leases belong to the database's clock
    assert OutgoingMail.objects.get().state == MailState.SENDING
    assert mailoutbox == []
