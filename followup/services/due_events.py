"""What stands in the calendars of officers: due dates of reports, and until when facts hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.urls import reverse

from followup.models import Reminder, Report
from followup.rules.due import Due
from followup.rules.status import UNANSWERED, RoundStatus
from followup.services.mail_texts import url_of
from outreach.models import KeyFact, Ministry, OutgoingMail


@dataclass(frozen=True)
class DueEvent:
    """One day in a calendar, without any personal data.

    The same `uid` is the same entry; of two, calendars keep the one with the higher `sequence`, which
    grows whenever the day moves, or becomes settled or open again.
    """

    uid: str
    sequence: int
    due: Due
    title: str
    text: str
    url: str
    is_settled: bool = False


def report_events(ministry: Ministry) -> list[DueEvent]:
    """Return the due dates of a ministry's reports that are being collected; two queries.

    A report that was submitted is told as settled, so that calendars take the day out again.
    """
    found = (
        Report.objects.filter(
            assignment__ministry=ministry, round__status=RoundStatus.OPEN, due_on__isnull=False
        )
        .select_related("round__request", "round__council", "assignment__ministry")
        .order_by("due_on", "pk")
    )
    reports = list(found)
    sequences = _sequences(reports)
    return [_report_event(report, sequences[report.pk]) for report in reports]


def events_told(*, mail: OutgoingMail, ministry: Ministry, body: str) -> list[DueEvent]:
    """Return the due dates still open of the reports that a mail links to, or reminds of by the ledger."""
    reminded = Reminder.objects.filter(mail=mail).values_list("obligation__report_id", flat=True)
    uids = {_uid(f"report-{pk}") for pk in reminded}
    return [
        event
        for event in report_events(ministry)
        if not event.is_settled and (event.uid in uids or event.url in body)
    ]


def _report_event(report: Report, sequence: int) -> DueEvent:
    due = report.due
    if due is None:
        raise ValueError("A report without a due date is in no calendar.")
    name = report.round.request.title
    url = url_of("portal:report_detail", report.pk)
    return DueEvent(
        uid=_uid(f"report-{report.pk}"),
        sequence=sequence,
        due=due,
        title=f"【回答期限】フォローアップ（{report.assignment.ministry.name}）",
        text=f"「{name}」に関するフォローアップの回答期限は、{due}です。\n入力画面：{url}",
        url=url,
        is_settled=report.status not in UNANSWERED,
    )


def _sequences(reports: Iterable[Report]) -> dict[int, int]:
    """Count by report how often its due date moved, or it became settled or open, as its history tells."""
    past = Report.history.filter(id__in=[report.pk for report in reports], due_on__isnull=False)
    rows = past.order_by("history_id").values_list("id", "due_on", "due_time", "status")
    return _changes((pk, (on, time, status in UNANSWERED)) for pk, on, time, status in rows)


def _changes(rows: Iterable[tuple[int, Any]]) -> dict[int, int]:
    states: dict[int, list[Any]] = defaultdict(list)
    for pk, state in rows:
        states[pk].append(state)
    counts = {pk: sum(old != new for old, new in pairwise(known)) for pk, known in states.items()}
    return defaultdict(int, counts)


def key_fact_events(ministry: Ministry) -> list[DueEvent]:
    """Return until when the facts of the requests to a ministry hold, e.g. 2023-09-30; two queries."""
    facts = list(
        KeyFact.objects.filter(topic__request__assignments__ministry=ministry, valid_until__isnull=False)
        .select_related("topic__request")
        .order_by("valid_until", "pk")
    )
    past = KeyFact.history.filter(id__in=[fact.pk for fact in facts], valid_until__isnull=False)
    sequences = _changes(past.order_by("history_id").values_list("id", "valid_until"))
    return [
        DueEvent(
            uid=_uid(f"key-fact-{fact.pk}"),
            sequence=sequences[fact.pk],
            due=Due(fact.valid_until),
            title=f"【期限】{fact.label}",
            text=f"「{fact.topic.request.title}」の周知事項の期限です。この日までに団体等へお知らせください。",
            url=settings.BASE_URL + reverse("portal:request_list"),
        )
        for fact in facts
        if fact.valid_until
    ]


def _uid(name: str) -> str:
    host = settings.BASE_URL.split("//")[1].split(":")[0]
    return f"{name}@{host}"
