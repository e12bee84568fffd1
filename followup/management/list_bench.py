"""Measure the lists of portal and admin at few and at many rows: first page, last page, searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from math import ceil

from django.conf import settings
from django.db.models import Model, QuerySet
from django.test import Client, override_settings
from django.urls import reverse

from followup.management.bench_cost import least_cost
from followup.management.row_copies import MADE_UNIQUE, MOVED, Copied, copy_rows, refresh_statistics
from followup.models import (
    BodyAnswer,
    Obligation,
    Reminder,
    ReminderRule,
    Report,
    Round,
    Submission,
    SubmittedAnswer,
)
from followup.rules.obligations import REPORT_DUE
from followup.services.bench_rows import ANSWERS
from outreach.models import AuditEntry, Body, MailKind, Notification, OutgoingMail, Role, User
from outreach.rules.names import matching_key

BASE_ROWS = 10_000
SMALL_STEP, LARGE_STEP = 1_000, 10_000_000
MEASURED_TIMES = 5
PER_PAGE = 50
PAST_THE_END = 10**9
COMMON, RARE, ABSENT = "協会", "銀行", "鉄道"
LEDGERS = (
    Copied(AuditEntry, {}),
    Copied(OutgoingMail, {"dedupe_key": MADE_UNIQUE, "message_id": MADE_UNIQUE}),
    Copied(Reminder, {"recipient": MADE_UNIQUE}),
)
COPIES = (
    Copied(Body, {"name": MADE_UNIQUE, "name_key": MADE_UNIQUE}),
    Copied(Notification, {"body_id": MOVED}),
    Copied(Notification.channels.through, {"notification_id": MOVED}),
    Copied(BodyAnswer, {"notification_id": MOVED}),
    Copied(SubmittedAnswer, {"notification_id": MOVED, "body_name": MADE_UNIQUE}),
    Copied(Submission, {"number": "row.number + n", "is_latest": "FALSE", "receipt_number": MADE_UNIQUE}),
    *LEDGERS,
)
"""What is multiplied, a table before those that point at it."""
SEARCHED: dict[type[Model], tuple[str, ...]] = {
    Notification: (COMMON, RARE, ABSENT),
    Body: (COMMON, RARE, ABSENT),
    AuditEntry: ("依頼", ABSENT),
    OutgoingMail: ("依頼", ABSENT),
    Reminder: (),
    Submission: (ABSENT,),
}
"""The lists of the admin, and the words that are searched in each."""


@dataclass(frozen=True)
class Listed:
    """One list: whose it is, its address, what is searched; `rows` counts those of the admin's."""

    name: str
    user: User
    url: str
    words: tuple[str, ...] = ()
    rows: Callable[[], int] | None = None

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield what is measured and its address; the admin counts its pages in `p`, ours in `page`."""
        last = f"p={ceil(self.rows() / PER_PAGE)}" if self.rows else f"page={PAST_THE_END}"
        yield "最初のページ", self.url
        yield "最後のページ", self._with(last)
        for word in self.words:
            yield f"検索「{word}」", self._with(f"q={word}")

    def _with(self, parameter: str) -> str:
        return f"{self.url}{'&' if '?' in self.url else '?'}{parameter}"


@dataclass(frozen=True)
class _Page:
    """What a page costs (CPU), and how many rows its tables show."""

    seconds: float
    rows: int


def compare_lists(collection: Round, *, rows: int, actor: User, now: datetime) -> Iterator[str]:
    """Yield what to print: the cost of each page at `rows`, and how many times its cost before.

    A page that shows more rows than before costs more at any size of the table, so that is told as well.
    The round comes with about BASE_ROWS notifications and leaves with about `rows`.
    """
    lists = _prepare(collection, actor, now)
    refresh_statistics()
    before = _measure_all(lists)
    for copied in COPIES:
        copy_rows(copied, times=max(rows // BASE_ROWS, 2) - 1, step=LARGE_STEP)
    refresh_statistics()
    for what, page in _measure_all(lists).items():
        few = before[what]
        grown = f"（表示する行が{few.rows}行から{page.rows}行に増えた）" if page.rows > few.rows else ""
        yield f"{page.seconds / few.seconds:8.2f} 倍　{page.seconds:9.3f} 秒　{what}{grown}"


def _measure_all(lists: list[Listed]) -> dict[str, _Page]:
    with override_settings(ALLOWED_HOSTS=["testserver"], DEBUG=False, STAFF_MFA_REQUIRED=False):
        return {
            f"{one.name}　{page}": _cost(client, address)
            for one in lists
            for client in [_client(one.user)]
            for page, address in one.addresses()
        }


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def _cost(client: Client, address: str) -> _Page:
    def open_page() -> bytes:
        response = client.get(address)
        if response.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{address} answered {response.status_code}.")
        return response.content

    return _Page(least_cost(open_page, times=MEASURED_TIMES), open_page().count(b"<tr"))


def _prepare(collection: Round, actor: User, now: datetime) -> list[Listed]:
    """Fill the ledgers to about BASE_ROWS, too, and return what is measured."""
    reports = Report.objects.filter(round=collection).select_related("assignment__ministry").order_by("pk")
    report, answered = reports.filter(submissions=None)[0], reports.exclude(submissions=None)[0]
    notices = Notification.objects.filter(assignment=report.assignment_id).order_by("pk")
    for number, notice in enumerate(notices[:PER_PAGE], start=1):
        name = f"第{number}{RARE}"
        Body.objects.filter(notifications=notice).update(name=name, name_key=matching_key(name))
    officers = [_officer(one, n) for n, one in enumerate((report, answered))]
    BodyAnswer.objects.bulk_create(
        BodyAnswer(report=report, notification=one, answers=ANSWERS, updated_at=now, updated_by=actor)
        for one in notices
    )
    _fill_ledgers(reports, now)
    return [*_of_staff(actor, answered), *_of_officers((report, answered), officers)]


def _officer(report: Report, number: int) -> User:
    return User.objects.create_user(
        f"list{number}@ministry.example",
        name="計測",
        ministry=report.assignment.ministry,
        role=Role.COORDINATOR,
    )


def _fill_ledgers(reports: QuerySet[Report], now: datetime) -> None:
    """Write about as many mails, reminders and entries as there are notifications."""
    rule, day = ReminderRule.objects.earliest("pk"), now.date()
    mails = OutgoingMail.objects.bulk_create(_mail(report, now) for report in reports)
    Reminder.objects.bulk_create(
        Reminder(
            obligation=_obligation(report, now),
            rule=rule,
            due_on=day,
            recipient=mail.to,
            mail=mail,
            planned_on=day,
        )
        for report, mail in zip(reports, mails, strict=True)
    )
    for ledger in LEDGERS:
        rows = ledger.model._base_manager.count()
        copy_rows(ledger, times=max(BASE_ROWS // rows, 2) - 1, step=SMALL_STEP)


def _obligation(report: Report, now: datetime) -> Obligation:
    return Obligation.objects.create(
        kind=REPORT_DUE,
        subject_id=report.pk,
        report=report,
        ministry=report.assignment.ministry,
        anchor_on=report.due_on or now.date(),
        opened_at=now,
    )


def _mail(report: Report, now: datetime) -> OutgoingMail:
    return OutgoingMail(
        kind=MailKind.FORM,
        dedupe_key=f"bench-{report.pk}",
        message_id=f"<bench-{report.pk}@digital.example>",
        ministry=report.assignment.ministry,
        to=f"officer{report.pk}@ministry.example",
        subject="フォローアップ様式の送付について（依頼）",
        body="計測のための本文です。",
        why="計測",
        not_before=now,
        created_at=now,
    )


def _of_staff(actor: User, answered: Report) -> Iterator[Listed]:
    for model, words in SEARCHED.items():
        name = f"管理画面・{model._meta.verbose_name}"
        url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        yield Listed(name, actor, url, words, model._base_manager.count)
    page = reverse("admin:followup_report_change", args=[answered.pk])
    yield Listed("管理画面・提出された団体別回答", actor, page)


def _of_officers(reports: Sequence[Report], officers: Sequence[User]) -> Iterator[Listed]:
    words = (COMMON, RARE, ABSENT)
    answering, answered = officers
    yield Listed("ポータル・発出", answering, reverse("portal:notification_list"), words)
    yield Listed("ポータル・団体", answering, reverse("portal:body_list"), words)
    yield Listed("ポータル・記録", answering, reverse("portal:activity"))
    yield Listed(
        "ポータル・団体別回答", answering, reverse("portal:report_rows", args=[reports[0].pk]), words
    )
    latest = reports[1].submissions.get(is_latest=True)
    yield Listed("ポータル・提出", answered, reverse("portal:submission_detail", args=[latest.pk]))
