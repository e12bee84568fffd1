"""What a mail tells of some obligations as they stand: read for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse

from followup.models import BodyAnswer, Obligation, Reminder, Report, Round
from followup.rules.due import Due
from followup.rules.reminder_text import OpenItem
from followup.services.obligation_queries import SOURCES, live_rows
from outreach.models import MailState, Notification
from outreach.rules.wareki import instant_in_tokyo

Key = tuple[str, int, int]
"""What an obligation is about: kind, subject and part."""


@dataclass(frozen=True)
class Facts:
    """What is known of some obligations: the open ones' live rows by their key, and what belongs to them.

    An obligation without a live row has been met, whatever its kept row says.
    """

    rows: Mapping[Key, Mapping[str, Any]]
    rounds: Mapping[int, Round]
    body_counts: Mapping[int, int]
    answered_counts: Mapping[int, int]
    reminded_on: Mapping[int, date]
    first_asked_on: Mapping[int, date]

    def row(self, obligation: Obligation) -> Mapping[str, Any] | None:
        return self.rows.get(key_of(obligation))


def key_of(obligation: Obligation) -> Key:
    return (obligation.kind, obligation.subject_id, obligation.part_id)


def gather(obligations: Sequence[Obligation]) -> Facts:
    """Read the facts; one query a kind and six more, however many there are."""
    rows = _live(obligations)
    reports = {row["of_report"] for row in rows.values() if row["of_report"]}
    bodies = Notification.objects.issued().filter(assignment__reports__in=reports)
    answered = BodyAnswer.objects.filter(report__in=reports, notification__issued_on__isnull=False)
    reminded = Reminder.objects.filter(obligation__in=obligations, mail__state=MailState.SENT)
    published = Report.objects.filter(pk__in=reports, form_version__published_at__isnull=False)
    return Facts(
        rows=rows,
        rounds=Round.objects.in_bulk({row["of_round"] for row in rows.values() if row["of_round"]}),
        body_counts=dict(bodies.values_list("assignment__reports").annotate(Count("pk")).order_by()),
        answered_counts=dict(
            answered.exclude(answers={}).values_list("report").annotate(Count("pk")).order_by()
        ),
        reminded_on=_days(reminded.values_list("obligation").annotate(Max("mail__sent_at")).order_by()),
        first_asked_on=_days(published.values_list("pk", "form_version__published_at")),
    )


def _live(obligations: Iterable[Obligation]) -> dict[Key, dict[str, Any]]:
    subjects: dict[str, list[int]] = {}
    for obligation in obligations:
        subjects.setdefault(obligation.kind, []).append(obligation.subject_id)
    return {
        (kind, row["about"], row["part"]): row
        for kind, found in subjects.items()
        for row in live_rows(kind, found)
    }


def _days(rows: Iterable[Any]) -> dict[int, date]:
    return {pk: instant_in_tokyo(instant).date() for pk, instant in rows}


def open_item(
    obligation: Obligation,
    *,
    stage: int,
    facts: Facts,
    today: date,
    to_staff: bool,
    reminder_id: int | None = None,
) -> OpenItem:
    """Return what a mail tells of an obligation that is open; its link is that of the reminder, if given.

    The day it was last asked for is that of the last reminder sent, else of the form's publication.
    """
    row = facts.rows[key_of(obligation)]
    report = row["of_report"] or 0
    first_asked_on = facts.first_asked_on.get(report, today)
    return OpenItem(
        kind=obligation.kind,
        stage=stage,
        ministry=obligation.ministry.name,
        title=row["called"],
        due=Due(row["day"], row["at_time"]),
        state=row["stands"],
        url=_link(obligation, reminder_id, to_staff=to_staff),
        contact=contact(facts.rounds.get(row["of_round"])),
        last_asked_on=facts.reminded_on.get(obligation.pk, first_asked_on),
        body_count=facts.body_counts.get(report, 0),
        answered_count=facts.answered_counts.get(report, 0),
    )


def hand_over_url(*, to_staff: bool) -> str:
    """Return where an officer hands over; staff have no ministry's work to hand over."""
    return "" if to_staff else f"{settings.BASE_URL}{reverse('portal:member_list')}"


def _link(obligation: Obligation, reminder_id: int | None, *, to_staff: bool) -> str:
    """Return the full address that leads to the page on which an obligation is met."""
    if reminder_id is None:
        return f"{settings.BASE_URL}{path_of(obligation, to_staff=to_staff)}"
    page = "admin:followup_reminder_open" if to_staff else "portal:reminder_open"
    return f"{settings.BASE_URL}{reverse(page, args=[reminder_id])}"


def path_of(obligation: Obligation, *, to_staff: bool) -> str:
    """Return the address of the page on which an obligation is met."""
    source = SOURCES[obligation.kind]
    page = source.staff_page if to_staff else source.page
    takes_subject = source.staff_page_takes_subject if to_staff else source.page_takes_subject
    return reverse(page, args=[obligation.subject_id] if takes_subject else [])


def contact(collection: Round | None) -> str:
    """Return whom to call about a round, else who usually answers."""
    collection = collection or Round()
    details = [
        collection.contact_name,
        f"電話：{collection.contact_phone}" if collection.contact_phone else "",
        f"メール：{collection.contact_email}" if collection.contact_email else "",
    ]
    return "　".join(filter(None, details))
