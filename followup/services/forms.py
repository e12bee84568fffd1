"""What staff do to a form (様式): begin its next version, publish it for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import F, Max

from followup.models import CrossCheck, FormVersion, Question, Report, Round
from followup.rules.due import Due
from followup.rules.form_problems import find_form_problems
from followup.rules.status import EDITABLE, RoundStatus
from followup.services.due_dates import due_entry, move_due_date, refuse_passed
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
    *, form_version: FormVersion, due_on: date, due_time: time | None = None, actor: User, now: datetime
) -> FormVersion:
    """Publish a form for good: open the round, pin the reports to it, set due dates, mail メール1.

    A report whose own due date is later than the new one keeps it. Reports that were submitted or
    accepted stay with the version that they answered, and get no mail.

    Raises:
        FormNotReady: with everything that is wrong with the form.
    """
    locked = lock_round(form_version.round, actor)
    if locked.status != RoundStatus.OPEN:
        round_step(locked, verb="open", actor=actor)
    due = Due(due_on, due_time)
    refuse_passed(due, now=now)
    version = FormVersion.objects.get(pk=form_version.pk)
    form = version.spec()
    if problems := find_form_problems(form):
        raise FormNotReady(problems)
    published = FormVersion.objects.filter(pk=version.pk, published_at=None).update(
        published_at=now, published_by=actor, content_hash=form.content_hash()
    )
    if not published:
        raise Refusal("この様式は既に公開されています。")
    version.refresh_from_db()
    before = labelled(Round, {"status": locked.status}) | due_entry(Round, locked.due)
    _ask_with(locked, version, due)
    unreached = _mail_form(locked, version, now=now)
    record_audit(
        action="様式を公開",
        now=now,
        actor=actor,
        obj=version,
        before=before,
        after=labelled(Round, {"status": locked.status})
        | due_entry(Round, due)
        | labelled(FormVersion, {"content_hash": version.content_hash})
        | ({"メールの宛先がない府省庁": unreached} if unreached else {}),
    )
    return version


def _ask_with(collection: Round, version: FormVersion, due: Due) -> None:
    """Open the round and let its reports follow the published version and due date."""
    move_due_date(collection, due)
    asked = collection.reports.filter(status__in=EDITABLE)
    asked.update(form_version=version, version=F("version") + 1, **UNAPPROVED)
    collection.status = RoundStatus.OPEN
    collection.save(update_fields=["status"])


def _mail_form(collection: Round, version: FormVersion, *, now: datetime) -> list[str]:
    """Queue メール1 to each ministry that is asked with it; return the names of those without any address."""
    reports = collection.reports.filter(status__in=EDITABLE).select_related(
        "assignment__ministry", "round__request", "round__council"
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
