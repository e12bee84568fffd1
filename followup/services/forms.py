"""What staff do to a form (様式): begin its next version, publish it for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Coalesce

from followup.models import CrossCheck, FormVersion, Question, Report, Round
from followup.rules.due import Due
from followup.rules.form_problems import find_form_problems
from followup.rules.questions import FormSpec
from followup.rules.status import EDITABLE, RoundStatus
from followup.services.asking_again import Supplement, ask_again, find_supplements
from followup.services.due_dates import due_entry, move_due_date, refuse_passed
from followup.services.extensions import grant_met
from followup.services.mail_texts import render_mail, url_of
from followup.services.rounds import lock_round, round_step
from followup.services.steps import UNAPPROVED
from outreach.models import MailKind, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry
from outreach.services.reference import read_fixture

QUESTION_FIELDS = [
    field.name for field in Question._meta.concrete_fields if field.name not in {"id", "form_version"}
]
CHECK_FIELDS = ["left_key", "operator", "right_key", "message"]


class FormNotReady(Refusal):
    """The form has problems; `problems` lists them for the page."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("様式を公開できません。" + "".join(problems))
        self.problems = list(problems)


@transaction.atomic
def create_form_draft(*, round: Round, actor: User, now: datetime) -> FormVersion:
    """Begin the next version of a round's form as a copy of its newest one, else of the standard form."""
    locked = lock_round(round, actor)
    if locked.form_versions.filter(published_at=None).exists():
        raise Refusal("公開前の様式が既にあります。その様式を編集するか、公開してください。")
    newest = newest_form(locked)
    number = (locked.form_versions.aggregate(Max("number"))["number__max"] or 0) + 1
    draft = FormVersion.objects.create(round=locked, number=number)
    if newest:
        _copy(newest, draft)
    else:
        _fill_from_standard(draft)
    record_audit(action="様式を作成", now=now, actor=actor, obj=draft)
    return draft


def newest_form(collection: Round) -> FormVersion | None:
    """Return the version that a round asks with now."""
    return collection.form_versions.filter(published_at__isnull=False).order_by("-number").first()


def published_forms(collection: Round) -> list[FormSpec]:
    """Return every version published in a round, the first one first; three queries."""
    versions = collection.form_versions.filter(published_at__isnull=False).order_by("number")
    return [version.spec() for version in versions.prefetch_related("questions", "cross_checks")]


def onto_newest_form(report: Report) -> dict[str, Any]:
    """Return what to write to a report that goes on with its round's newest form, whatever it had.

    The version that it comes from stays known until an officer has confirmed the differences.
    """
    newest = newest_form(report.round)
    if newest is None or newest.pk == report.form_version_id:
        return {}
    return {"form_version": newest, "previous_form": report.previous_form_id or report.form_version_id}


def _copy(source: FormVersion, target: FormVersion) -> None:
    target.instructions = source.instructions
    target.save(update_fields=["instructions"])
    Question.objects.bulk_create(
        Question(form_version=target, **{name: getattr(question, name) for name in QUESTION_FIELDS})
        for question in source.questions.all()
    )
    CrossCheck.objects.bulk_create(
        CrossCheck(form_version=target, **{name: getattr(check, name) for name in CHECK_FIELDS})
        for check in source.cross_checks.all()
    )


def _fill_from_standard(target: FormVersion) -> None:
    standard = read_fixture("standard_form")
    target.instructions = standard["instructions"]
    target.save(update_fields=["instructions"])
    Question.objects.bulk_create(
        Question(form_version=target, order=order * 10, **row)
        for order, row in enumerate(standard["questions"], start=1)
    )
    CrossCheck.objects.bulk_create(CrossCheck(form_version=target, **row) for row in standard["cross_checks"])


@transaction.atomic
def publish_form(
    *,
    form_version: FormVersion,
    due_on: date,
    due_time: time | None = None,
    asks_submitted: bool = False,
    actor: User,
    now: datetime,
) -> FormVersion:
    """Publish a form for good: open the round, pin the reports to it, set due dates, mail メール1.

    A report whose own due date is later than the new one keeps it. Reports that were submitted or
    accepted stay with the version that they answered, and get no mail; with `asks_submitted` they are
    asked, by mail, for what is new or changed (services.asking_again).

    Raises:
        FormNotReady: with everything that is wrong with the form.
    """
    locked = lock_round(form_version.round, actor)
    if locked.status != RoundStatus.OPEN:
        round_step(locked, verb="open", actor=actor)
    due = Due(due_on, due_time)
    refuse_passed(due, now=now)
    before = labelled(Round, {"status": locked.status}) | due_entry(Round, locked.due)
    version = _publish(locked, form_version, actor=actor, now=now)
    again = find_supplements(locked, version.spec()) if asks_submitted else []
    _ask_with(locked, version, due)
    grant_met(locked, actor=actor, now=now)
    unreached = _mail_form(locked, version, again, now=now)
    unreached += [
        supplement.report.assignment.ministry.name
        for supplement in again
        if not ask_again(supplement=supplement, version=version, actor=actor, now=now)
    ]
    record_audit(
        action="様式を公開",
        now=now,
        actor=actor,
        obj=version,
        before=before,
        after=labelled(Round, {"status": locked.status})
        | due_entry(Round, due)
        | labelled(FormVersion, {"content_hash": version.content_hash})
        | ({"追加の回答を求めた府省庁の数": len(again)} if again else {})
        | ({"メールの宛先がない府省庁": unreached} if unreached else {}),
    )
    return version


def _publish(collection: Round, form_version: FormVersion, *, actor: User, now: datetime) -> FormVersion:
    """Mark a draft as published; its lock keeps colleagues from adding a question meanwhile."""
    version = FormVersion.objects.select_for_update().get(pk=form_version.pk)
    form = version.spec()
    if version.is_published:
        raise Refusal("この様式は既に公開されています。")
    if problems := find_form_problems(form, published_forms(collection)):
        raise FormNotReady(problems)
    FormVersion.objects.filter(pk=version.pk).update(
        published_at=now, published_by=actor, content_hash=form.content_hash()
    )
    version.refresh_from_db()
    return version


def _ask_with(collection: Round, version: FormVersion, due: Due) -> None:
    """Open the round and let its reports follow the published version and due date.

    What a report was still asked in addition by an earlier version is part of the whole form again.
    """
    move_due_date(collection, due)
    collection.reports.filter(status__in=EDITABLE).update(
        previous_form=Coalesce("previous_form", "form_version"),
        form_version=version,
        asked_keys=[],
        version=F("version") + 1,
        **UNAPPROVED,
    )
    collection.status = RoundStatus.OPEN
    collection.save(update_fields=["status"])


def _mail_form(
    collection: Round, version: FormVersion, again: Sequence[Supplement], *, now: datetime
) -> list[str]:
    """Queue メール1 to each ministry that is asked with it; return the names of those without any address."""
    reports = (
        collection.reports.filter(status__in=EDITABLE)
        .exclude(pk__in=[supplement.report.pk for supplement in again])
        .select_related("assignment__ministry", "round__request", "round__council")
    )
    unreached = [report for report in reports if not mail_form_to(report, version, now=now)]
    return [report.assignment.ministry.name for report in unreached]


def mail_form_to(report: Report, version: FormVersion, *, now: datetime) -> bool:
    """Queue メール1 to one ministry; return False when it has no address at all."""
    subject, body = render_mail("form", {"report": report, "url": url_of("portal:report_detail", report.pk)})
    return bool(
        queue_mail_to_ministry(
            ministry=report.assignment.ministry,
            kind=MailKind.FORM,
            occasion=f"form:{version.pk}:{report.pk}",
            subject=subject,
            body=body,
            why="フォローアップの様式が公開されたため",
            now=now,
        )
    )
