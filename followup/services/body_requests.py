"""Ask bodies to answer for themselves (団体への回答依頼): ask, send the link again, remind, withdraw.

What bodies answer is services.proposals, what becomes of it services.proposal_decisions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from followup.models import BodyRequest, ProposedAnswer, Report
from followup.rules.body_requests import ACCEPTED, LONGEST_DAYS, ProposalState
from followup.rules.questions import Scope
from followup.services.body_links import hash_of_link, new_seed
from followup.services.body_request_mails import (
    draft_to_body,
    drop_waiting_mails,
    letter_title,
    letter_titles,
)
from followup.services.contents import form_of, rows_of
from followup.services.opening_days import opening_days
from followup.services.steps import lock_report, refuse_editing
from outreach.models import Notification, User
from outreach.rules.wareki import format_wareki, instant_in_tokyo
from outreach.services.audit import labelled, record_audit, record_audit_of_each
from outreach.services.errors import NotAllowed, Refusal
from outreach.services.mail import queue_mails

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Addressee:
    """One body to ask, and where its mail goes."""

    notification_id: int
    email: str
    name: str = ""


@dataclass(frozen=True)
class Wording:
    """What all bodies that are asked together are told."""

    due_on: date
    contact_name: str
    contact_email: str
    contact_phone: str = ""
    message: str = ""


class AlreadyAsked(Refusal):
    """Some of the bodies have a link that works, or have answered; nobody was asked."""

    def __init__(self, names: Sequence[str]) -> None:
        shown = "、".join(names[:5]) + (f"ほか{len(names) - 5}団体" if len(names) > 5 else "")  # noqa: PLR2004
        super().__init__(
            f"既に依頼しているか、回答のある団体が含まれています（{shown}）。何も送っていません。"
            "選び直すか、その団体の画面から再送・取消しをしてください。"
        )


@transaction.atomic
def ask_bodies(
    *, report: Report, addressees: Sequence[Addressee], wording: Wording, actor: User, now: datetime
) -> list[BodyRequest]:
    """Ask bodies for their rows, each by a mail and a link of its own; all of them, or none.

    A request that has expired without an answer gives way to the new one.

    Raises:
        AlreadyAsked: when a body has a link that works, or an answer.
        NotAllowed: for an id that is not of a notified body of this report.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    today = instant_in_tokyo(now).date()
    _refuse_number(addressees)
    refuse_due_date(wording.due_on, today=today)
    notices = _notices(locked, addressees)
    _refuse_unasked(locked, notices.values())
    _end_earlier(locked, notices.values(), today=today, now=now)
    drafts = [
        draft_request(
            report=locked, notification=notices[one.notification_id], addressee=one, wording=wording
        )
        for one in addressees
    ]
    return _ask(drafts, report=locked, actor=actor, now=now)


def draft_request(
    *, report: Report, notification: Notification, addressee: Addressee, wording: Wording
) -> BodyRequest:
    """Return a request that is not stored: what is sent, or shown before sending."""
    return BodyRequest(
        report=report,
        notification=notification,
        email=addressee.email,
        addressee=addressee.name,
        **asdict(wording),
    )


def refuse_due_date(due_on: date, *, today: date) -> None:
    """Refuse a day that leaves no time, and one that would leave links open for months."""
    if due_on < today:
        raise Refusal("団体の回答期限には、今日以降の日を入力してください。", field="due_on")
    if due_on > today + timedelta(days=LONGEST_DAYS):
        last = format_wareki(today + timedelta(days=LONGEST_DAYS))
        raise Refusal(f"団体の回答期限は、{last}までの日を入力してください。", field="due_on")


def _refuse_number(addressees: Sequence[Addressee]) -> None:
    if not addressees:
        raise Refusal("回答を依頼する団体を選んでください。")
    if len(addressees) > MOST_AT_ONCE:
        raise Refusal(f"一度に依頼できるのは{MOST_AT_ONCE}団体までです。分けて依頼してください。")
    if max(Counter(one.notification_id for one in addressees).values()) > 1:
        raise Refusal("同じ団体が2回選ばれています。画面を開き直してください。")


def _notices(report: Report, addressees: Sequence[Addressee]) -> dict[int, Notification]:
    notices = (
        Notification.objects.filter(
            assignment=report.assignment_id, pk__in=[one.notification_id for one in addressees]
        )
        .issued()
        .select_related("body", "template")
        .in_bulk()
    )
    if len(notices) != len(addressees):
        raise NotAllowed("この報告にない団体が含まれています。画面を開き直してください。")
    return notices


def _refuse_unasked(report: Report, notices: Collection[Notification]) -> None:
    """Refuse bodies that are asked nothing: by the form, or because their rows were submitted."""
    rows = rows_of(report, form_of(report), only=[notice.pk for notice in notices])
    unasked = [row.body_name for row in rows if not row.open_form().of(Scope.BODY)]
    if unasked:
        raise Refusal(
            f"次の団体には、回答を求める設問がありません。選び直してください：{'、'.join(unasked[:5])}"
        )


def _end_earlier(report: Report, notices: Collection[Notification], *, today: date, now: datetime) -> None:
    earlier = BodyRequest.objects.filter(report=report, notification__in=notices)
    standing = earlier.filter(withdrawn_at=None)
    answered = ProposedAnswer.objects.filter(
        body_request__in=earlier, state__in=[ProposalState.PENDING]
    ) | ProposedAnswer.objects.filter(body_request__in=standing, state__in=ACCEPTED)
    busy = set(standing.filter(due_on__gte=today).values_list("notification", flat=True))
    busy |= set(answered.values_list("body_request__notification", flat=True))
    if busy:
        raise AlreadyAsked([notice.body.name for notice in notices if notice.pk in busy])
    standing.update(withdrawn_at=now)


def _ask(drafts: Sequence[BodyRequest], *, report: Report, actor: User, now: datetime) -> list[BodyRequest]:
    """Store requests, queue their mails and record each; as many statements for one as for all."""
    for draft in drafts:
        _give_new_link(draft)
        draft.created_by, draft.created_at, draft.sent_on = actor, now, instant_in_tokyo(now).date()
    asked = BodyRequest.objects.bulk_create(drafts)
    _send_links(asked, report=report, actor=actor, now=now)
    record_audit_of_each(
        [(one, labelled(BodyRequest, {"email": one.email, "due_on": one.due_on})) for one in asked],
        action="団体に回答を依頼",
        now=now,
        actor=actor,
        ministry=report.assignment.ministry,
    )
    return asked


def _give_new_link(body_request: BodyRequest) -> None:
    seed = new_seed()
    body_request.link_seed, body_request.token_hash = seed, hash_of_link(seed)


def _send_links(asked: Sequence[BodyRequest], *, report: Report, actor: User, now: datetime) -> None:
    titles = letter_titles(report)
    mails = [
        draft_to_body(
            "body_request",
            one,
            title=letter_title(one, titles),
            occasion=one.token_hash[:16],
            why=f"{actor.name}さんが団体に回答を依頼したため",
            now=now,
        )
        for one in asked
    ]
    for one, mail in zip(asked, queue_mails(mails), strict=True):
        one.mail = mail
    BodyRequest.objects.bulk_update(asked, ["mail"])


@transaction.atomic
def resend_request(
    *, body_request: BodyRequest, email: str, due_on: date, actor: User, now: datetime
) -> BodyRequest:
    """Send a new link, to another address or by another day if wished; the old link is dead."""
    locked = lock_request(body_request, actor)
    today = instant_in_tokyo(now).date()
    refuse_due_date(due_on, today=today)
    if locked.proposals.filter(state__in=ACCEPTED).exists():
        raise Refusal(
            "この団体の回答は採用済みのため、再送できません。改めて尋ねる場合は、取り消してから依頼してください。"
        )
    before = labelled(BodyRequest, {"email": locked.email, "due_on": locked.due_on})
    drop_waiting_mails([locked], reason="新しいリンクを送り直したため", now=now, actor=actor)
    _give_new_link(locked)
    locked.email, locked.due_on, locked.sent_on, locked.opened_at = email, due_on, today, None
    locked.save(update_fields=["link_seed", "token_hash", "email", "due_on", "sent_on", "opened_at"])
    _send_links([locked], report=locked.report, actor=actor, now=now)
    record_audit(
        action="団体への回答依頼を再送",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.report.assignment.ministry,
        before=before,
        after=labelled(BodyRequest, {"email": email, "due_on": due_on}),
    )
    return locked


@transaction.atomic
def withdraw_request(*, body_request: BodyRequest, actor: User, now: datetime) -> None:
    """End a link at once; answers that have arrived stay, to be decided on."""
    locked = lock_request(body_request, actor)
    drop_waiting_mails([locked], reason="回答依頼を取り消したため", now=now, actor=actor)
    locked.withdrawn_at = now
    locked.save(update_fields=["withdrawn_at"])
    record_audit(
        action="団体への回答依頼を取消し",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.report.assignment.ministry,
        before=labelled(BodyRequest, {"email": locked.email, "due_on": locked.due_on}),
    )


def lock_request(body_request: BodyRequest, actor: User) -> BodyRequest:
    """Read a request afresh with its report locked; refuse when it was withdrawn or may not be changed."""
    report = lock_report(body_request.report)
    refuse_editing(report, actor)
    found = BodyRequest.objects.select_related("mail", "notification__body", "notification__template").get(
        pk=body_request.pk
    )
    if found.withdrawn_at is not None:
        raise Refusal("この回答依頼は、既に取り消されています。画面を再読み込みしてください。")
    found.report = report
    return found


@transaction.atomic
def remind_bodies(*, report: Report, actor: User, now: datetime) -> tuple[int, int]:
    """Remind every body whose answer is awaited; return how many were, and how many are left.

    A body gets at most one mail on an opening day and none on others; a press reminds MOST_AT_ONCE.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    today = instant_in_tokyo(now).date()
    days = opening_days()
    if not days.is_open(today):
        next_day = format_wareki(days.add(today, 1), weekday=True)
        raise Refusal(f"今日は閉庁日のため、催促を送りません。{next_day}以降に送ってください。")
    awaited = remindable(locked, today=today)
    if not awaited:
        raise Refusal(
            "今日、催促を送る団体はありません。回答のない団体には、依頼した日の翌日から、1日に1回まで送れます。"
        )
    reminded = awaited[:MOST_AT_ONCE]
    _remind(reminded, report=locked, actor=actor, today=today, now=now)
    record_audit(
        action="団体に回答を催促",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        after={"団体": [one.notification.body.name for one in reminded]},
    )
    return len(reminded), len(awaited) - len(reminded)


def remindable(report: Report, *, today: date) -> list[BodyRequest]:
    """Return the requests whose answer is awaited and that got no mail today; three queries at most."""
    answered = ProposedAnswer.objects.exclude(state__in=[ProposalState.DECLINED, ProposalState.REPLACED])
    found = (
        BodyRequest.objects.live(today)
        .filter(report=report, sent_on__lt=today)
        .exclude(last_reminded_on__gte=today)
        .exclude(pk__in=answered.filter(body_request__report=report).values("body_request"))
        .select_related("mail", "notification__body", "notification__template")
        .order_by("pk")
    )
    awaited = list(found)
    for body_request in awaited:
        body_request.report = report
    return awaited


def _remind(
    reminded: Sequence[BodyRequest], *, report: Report, actor: User, today: date, now: datetime
) -> None:
    """Send the same links again: who has the page open goes on with it."""
    drop_waiting_mails(reminded, reason="催促に差し替えたため", now=now, actor=actor)
    titles = letter_titles(report)
    mails = [
        draft_to_body(
            "body_reminder",
            one,
            title=letter_title(one, titles),
            occasion=today.isoformat(),
            why=f"{actor.name}さんが団体に回答を催促したため",
            now=now,
        )
        for one in reminded
    ]
    for one, mail in zip(reminded, queue_mails(mails), strict=True):
        one.mail = mail
        one.token_hash = hash_of_link(one.link_seed)  # another one after a new SECRET_KEY
        one.last_reminded_on = today
        one.reminder_count += 1
    BodyRequest.objects.bulk_update(reminded, ["mail", "token_hash", "last_reminded_on", "reminder_count"])
