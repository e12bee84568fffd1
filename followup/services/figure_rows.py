"""The rows behind a number: exactly those that the figures count (rules.figure_rows names them).

Each function takes a round and the conditions of a selection; conditions that make no sense keep
nothing. Lists are ordered by indexed keys, so that half a million rows are paged through quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, IntegerField, Min, Q, QuerySet, Sum, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, StrIndex

from followup.models import Round, Submission, SubmittedAnswer
from followup.rules.answer_figures import MEMBER_COUNT, NO, REACHED_MEMBER_COUNT, YES
from followup.rules.answer_selection import AnswerSelection, answer_selection
from followup.rules.figure_rows import MinistryState, Narrowing
from followup.rules.figures import Figures, MinistryFigures
from followup.rules.questions import QuestionType
from followup.rules.status import ReportStatus
from followup.services.answer_counts import forms_of, latest_rows_of
from followup.services.ledger_counts import IDENTITY, ledger_of
from followup.services.rulings import standing_rulings
from outreach.models.notification import NotificationQuerySet

Conditions = Mapping[str, str]

_STATES: dict[MinistryState, Callable[[MinistryFigures], bool]] = {
    MinistryState.SUBMITTED: lambda row: row.has_submitted,
    MinistryState.NON_RESPONDERS: lambda row: not row.has_submitted,
    MinistryState.ACCEPTED: lambda row: row.status == ReportStatus.ACCEPTED,
    MinistryState.OVERDUE: lambda row: row.is_overdue,
    MinistryState.LATE: lambda row: row.is_late,
    MinistryState.NO_BODY: lambda row: row.is_no_body,
}


@dataclass(frozen=True)
class _Rows:
    """Where rows of answers have their report, their notification, and the form that they answer."""

    report: str
    notification: str | None
    form: str


_OWN = _Rows("report", None, "form_version")
_OF_BODIES = _Rows("submission__report", "notification", "submission__form_version")


def ministry_rows(figures: Figures, conditions: Conditions) -> list[MinistryFigures]:
    """Keep the ministries of a round that are in a state, in 建制順."""
    found = list(figures.progress.ministries)
    if ministry := conditions.get("ministry"):
        found = [row for row in found if str(row.ministry_id) == ministry]
    if reason := conditions.get("reason"):
        found = [row for row in found if row.non_response_reason == reason]
    state = conditions.get("state")
    if state in {MinistryState.INSURANCE, MinistryState.ACCOUNT}:
        promoted = {
            row.ministry_id
            for row in figures.outcomes.by_ministry
            if (row.insurance_ministries if state == MinistryState.INSURANCE else row.account_ministries)
        }
        return [row for row in found if row.ministry_id in promoted]
    return [row for row in found if _STATES[MinistryState(state)](row)] if state else found


def version_rows(round: Round, conditions: Conditions) -> QuerySet[Submission]:
    """Return the versions that were submitted, ministries in 建制順."""
    found = Submission.objects.filter(report__round=round)
    if ministry := conditions.get("ministry"):
        found = found.filter(report__assignment__ministry=int(ministry))
    return found.order_by("report__assignment__ministry__order", "number")


def notice_rows(round: Round, conditions: Conditions) -> NotificationQuerySet:
    """Return notifications (延べ), assignment by assignment."""
    found = _narrowed(ledger_of(round), conditions)
    if code := conditions.get("channel"):
        found = found.filter(channels__code=code)
    if key := conditions.get("identity"):
        found = found.annotate(identity=IDENTITY).filter(identity=key)
    return found.to_bodies_named(conditions.get("q", "")).order_by("assignment_id", "pk")


def body_rows(round: Round, conditions: Conditions) -> Any:
    """Return distinct bodies (実数) as dicts, with the keys that are annotated below."""
    found = _narrowed(ledger_of(round), conditions).to_bodies_named(conditions.get("q", ""))
    return (
        found.order_by()
        .annotate(identity=IDENTITY)
        .values("identity")
        .annotate(
            name=Min("body__name"),
            ministries=Count("assignment", distinct=True),
            notices=Count("pk"),
            issued=Count("issued_on"),
            first_issued_on=Min("issued_on"),
        )
        .order_by("identity")
    )


def _narrowed(found: NotificationQuerySet, conditions: Conditions) -> NotificationQuerySet:
    lookups = {
        "ministry": "assignment__ministry",
        "template": "template__number",
        "category": "body__category",
        "day": "issued_on",
        "until": "issued_on__lte",
    }
    found = found.filter(
        **{lookup: conditions[name] for name, lookup in lookups.items() if conditions.get(name)}
    )
    issued = conditions.get("issued")
    return found.issued() if issued == "yes" else found.planned() if issued == "no" else found


def body_answer_rows(round: Round, conditions: Conditions) -> QuerySet[SubmittedAnswer]:
    """Return the rows about bodies in the latest submissions that answered, chose or wrote something."""
    found = latest_rows_of(round)
    if ministry := conditions.get("ministry"):
        found = found.filter(submission__report__assignment__ministry=ministry)
    if words := conditions.get("q"):
        found = found.filter(body_name__icontains=words)
    found = _answering(found, _OF_BODIES, round, conditions)
    return found.order_by("submission_id", "template_number", "body_name", "pk")


def ministry_answer_rows(round: Round, conditions: Conditions) -> QuerySet[Submission]:
    """Return the latest submissions whose own answers answered or chose something, in 建制順."""
    found: Any = Submission.objects.filter(report__round=round).newest()
    if ministry := conditions.get("ministry"):
        found = found.filter(report__assignment__ministry=ministry)
    found = _answering(found, _OWN, round, conditions)
    return found.order_by("report__assignment__ministry__order", "pk")


def _answering(found: Any, rows: _Rows, round: Round, conditions: Conditions) -> Any:
    """Keep rows by their answers as the figures count them.

    The database chooses by what was submitted; the few rows that staff ruled on are looked at one by
    one, by what is counted instead.
    """
    asked = answer_selection(conditions, forms_of(round))
    found, kept = _submitted(found, rows, asked)
    rulings = standing_rulings(round=round)
    places = {
        (ruling.report_id, ruling.notification_id)
        for ruling in rulings.applying
        if (ruling.notification_id is None) == (rows.notification is None)
    }
    if not places:
        return found.filter(kept)
    ruled, counted = [], []
    for pk, report, notification, form, answers in _read(found, rows, places):
        ruled.append(pk)
        if asked.counts(form, rulings.counted(report, notification, answers)):
            counted.append(pk)
    return found.filter((kept & ~Q(pk__in=ruled)) | Q(pk__in=counted))


def _read(found: Any, rows: _Rows, places: set[tuple[int, int | None]]) -> Iterator[Any]:
    """Yield the rows at some places: id, report, notification, form, answers."""
    of_them = found.filter(**{f"{rows.report}__in": {report for report, _ in places}})
    if rows.notification:
        of_them = of_them.filter(**{f"{rows.notification}__in": {row for _, row in places}})
    nothing = Value(None, output_field=IntegerField())
    fields = of_them.annotate(of_notification=F(rows.notification) if rows.notification else nothing)
    for row in fields.values_list("pk", rows.report, "of_notification", rows.form, "answers"):
        if (row[1], row[2]) in places:
            yield row


def _submitted(found: Any, rows: _Rows, asked: AnswerSelection) -> tuple[Any, Q]:
    """Return the rows and the condition on what they submitted; the same as AnswerSelection.counts."""
    if asked.narrowing == Narrowing.ANY:
        return found, ~Q(answers={})
    if asked.narrowing == Narrowing.REACH:
        return found, Q(answers__has_keys=[MEMBER_COUNT, REACHED_MEMBER_COUNT])
    if not asked.key:
        return found, Q()
    kept = Q(**{f"{rows.form}__in": list(asked.questions), "answers__has_key": asked.key})
    if asked.narrowing == Narrowing.POSITIVE:
        return found, kept & Q(**{f"answers__{asked.key}__gt": 0})
    if asked.narrowing == Narrowing.PUBLIC:
        return found, kept & Q(**{f"answers__{asked.public_key}": True})
    return _choosing(found, kept, asked) if asked.choice else (found, kept)


def _choosing(found: Any, kept: Q, asked: AnswerSelection) -> tuple[Any, Q]:
    """Keep rows that chose a code; the answers to a multiple choice are a list of codes."""
    answer, types = f"answers__{asked.key}", {question.type for question in asked.questions.values()}
    if QuestionType.BOOLEAN in types:
        return found, kept & Q(**{answer: {YES: True, NO: False}.get(asked.choice)})
    chose = Q(**{answer: asked.choice})
    if QuestionType.MULTIPLE in types:
        listed = StrIndex(Cast(KT(answer), TextField()), Value(f'"{asked.choice}"'))
        found, chose = found.annotate(listed_at=listed), chose | Q(listed_at__gt=0)
    return found, kept & chose


def total_of(*, round: Round, rows: Any, question_key: str) -> Decimal:
    """Return the sum of the numbers that rows of answers gave to a question, as the figures count them."""
    number = Cast(KT(f"answers__{question_key}"), DecimalField(max_digits=30, decimal_places=2))
    total = rows.order_by().aggregate(total=Sum(number))["total"] or Decimal(0)
    total += _corrections(round, rows, question_key)
    return total.quantize(Decimal(1)) if total == total.to_integral_value() else total.normalize()


def _corrections(round: Round, found: Any, key: str) -> Decimal:
    """Return by how much corrected values of the rows differ from those that were submitted."""
    corrected = {
        (ruling.report_id, ruling.notification_id): _number(ruling.corrected_value)
        - _number(ruling.submitted_value)
        for ruling in standing_rulings(round=round).applying
        if ruling.question_key == key and ruling.corrected_value is not None
    }
    if not corrected:
        return Decimal(0)
    rows = _OWN if found.model is Submission else _OF_BODIES
    places = {
        (report, notification)
        for _pk, report, notification, _form, _answers in _read(found, rows, set(corrected))
    }
    return sum((difference for place, difference in corrected.items() if place in places), Decimal(0))


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
