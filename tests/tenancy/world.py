"""Two ministries with one of everything that belongs to a ministry, and the rows of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models

from followup.models import (
    AnswerImport,
    AnswerWorkbook,
    BodyRequest,
    CalendarFeed,
    CouncilFile,
    CouncilReport,
    Doubt,
    DoubtDismissal,
    DraftPoint,
    ExtensionRequest,
    FigureRuling,
    FileKind,
    Obligation,
    PointReply,
    Reminder,
    ReminderRule,
    Report,
    ResultRelease,
    Round,
    Submission,
    WorkbookDownload,
)
from followup.rules.doubts import DoubtCode
from followup.rules.obligations import REPORT_DUE
from followup.rules.status import RoundStatus
from followup.services.extensions import ask_extension
from followup.services.points import ReturnPointInput
from followup.services.review import return_report
from outreach.models import (
    Assignment,
    Body,
    Handover,
    Invitation,
    Letter,
    Material,
    Ministry,
    Notification,
    OutreachRequest,
    User,
)
from outreach.models.base import TenantQuerySet
from outreach.services.audit import record_audit
from tests.factories import (
    NOW,
    make_answered_report,
    make_body,
    make_body_request,
    make_channel,
    make_council_file,
    make_council_report,
    make_mail,
    make_ministry,
    make_officer,
    make_proposal,
    make_request,
    make_round,
    make_staff,
    make_submission,
)

LATER = datetime(2099, 1, 1, tzinfo=NOW.tzinfo)


@dataclass(frozen=True)
class Tenant:
    """One ministry's rows; every text of it contains `mark`."""

    mark: str
    ministry: Ministry
    officer: User
    assignment: Assignment
    body: Body
    notification: Notification
    report: Report
    submission: Submission
    body_request: BodyRequest
    material: Material
    answer_import: AnswerImport
    download: WorkbookDownload
    extension: ExtensionRequest
    handover: Handover
    council_file: CouncilFile
    reminder: Reminder


@dataclass(frozen=True)
class World:
    own: Tenant
    foreign: Tenant
    staff: User


def make_world(own: str = "自省") -> World:
    """Make two ministries that share request, round and form, and nothing else; `own` marks the first."""
    request = make_request()
    make_channel(is_other=True)
    collection = make_round(request, status=RoundStatus.FORM_UNDECIDED, due_on=None)
    staff = make_staff(name="山田 職員")
    council = make_council_report(collection, state="running")
    world = World(
        own=_tenant(own, request, collection, staff, council),
        foreign=_tenant("他省の秘密", request, collection, staff, council),
        staff=staff,
    )
    _release(council, staff)
    return world


def _release(council: CouncilReport, staff: User) -> None:
    """Finish the council report, and give both ministries their own sheets of it."""
    for kind in (FileKind.DATA, FileKind.PAPER):
        make_council_file(council, kind)
    CouncilReport.objects.filter(pk=council.pk).update(state="done", finished_at=NOW)
    ResultRelease.objects.create(report=council, released_by=staff, released_at=NOW)


def _tenant(
    mark: str, request: OutreachRequest, collection: Round, staff: User, council: CouncilReport
) -> Tenant:
    ministry = make_ministry(f"{mark}省")
    officer = make_officer(ministry, name=f"{mark}太郎")
    report = make_answered_report(ministry, collection, bodies=1)
    notification = report.assignment.notifications.get()
    Body.objects.filter(pk=notification.body_id).update(name=f"{mark}協会", name_key=f"{mark}協会")
    report = Report.objects.get(pk=report.pk)
    point = ReturnPointInput("", notification.pk, f"{mark}について確認してください")
    for _version in (1, 2):
        submission = make_submission(report, officer)
        report = Report.objects.get(pk=report.pk)
        return_report(report=report, reason=f"{mark}の件", points=[point], actor=staff, now=NOW)
    Report.objects.filter(pk=report.pk).update(previous_form=report.form_version)
    CalendarFeed.objects.create(user=officer, token_hash=str(officer.pk), created_at=NOW)
    reminder = _add_rest(mark, report, officer, staff)
    _add_review(mark, submission, officer, staff)
    return Tenant(
        mark=mark,
        ministry=ministry,
        officer=officer,
        assignment=report.assignment,
        body=make_body(ministry, name=f"{mark}連盟"),
        notification=notification,
        report=Report.objects.get(pk=report.pk),
        submission=submission,
        body_request=_body_request(mark, report, officer),
        material=_material(mark, request),
        answer_import=_import(mark, report, officer),
        download=_download(mark, report, officer),
        extension=_extension(mark, report, officer),
        handover=_handover(mark, ministry, officer),
        reminder=reminder,
        council_file=make_council_file(
            council, FileKind.MINISTRY_SHEET, ministry=ministry, name=f"{mark}の結果.xlsx"
        ),
    )


def _handover(mark: str, ministry: Ministry, officer: User) -> Handover:
    """Plan that an officer's work passes to somebody who is invited."""
    return Handover.objects.create(
        ministry=ministry, predecessor=make_officer(ministry, name=f"{mark}前任"),
        successor_name=f"{mark}後任", successor_email=f"{ministry.pk}@successor.example",
        takes_effect_on=LATER.date(), note=f"{mark}の引継ぎ事項", requested_by=officer, requested_at=NOW,
    )  # fmt: skip


def _extension(mark: str, report: Report, officer: User) -> ExtensionRequest:
    return ask_extension(
        report=report, due_on=date(2023, 10, 13), reason=f"{mark}の都合のため", actor=officer, now=NOW
    )


def _add_review(mark: str, submission: Submission, officer: User, staff: User) -> None:
    """Add what staff doubt and gather, and what was said about a point."""
    doubt = Doubt.objects.create(
        submission=submission, code=DoubtCode.UNANSWERED, message=f"{mark}の団体が未回答です。"
    )
    DoubtDismissal.objects.create(doubt=doubt, word=f"{mark}に確認済み", dismissed_by=staff, dismissed_at=NOW)
    DraftPoint.objects.create(
        submission=submission,
        question_key="issue_style",
        comment=f"{mark}の発出形式",
        created_by=staff,
        created_at=NOW,
    )
    point = submission.return_points.latest("pk")
    PointReply.objects.create(point=point, text=f"{mark}の返信", created_by=officer, created_at=NOW)
    FigureRuling.objects.create(
        report=submission.report, question_key="issue_style", submitted_value=f"{mark}の値", kind="excluded",
        reason=f"{mark}の事情による", created_by=staff, created_at=NOW,
    )  # fmt: skip


def _body_request(mark: str, report: Report, officer: User) -> BodyRequest:
    """Ask the body for its row, and let it answer once."""
    asked = make_body_request(report, actor=officer, message=f"{mark}からの連絡", contact_name=f"{mark}課")
    make_proposal(asked, name=f"{mark}職員", department=f"{mark}部")
    return asked


def _material(mark: str, request: OutreachRequest) -> Material:
    """Make a file; materials belong to the request, which both ministries have."""
    number = request.materials.count() + 1
    file = ContentFile(b"%PDF-", name=f"{number}.pdf")
    return Material.objects.create(
        request=request, order=number, label=f"資料{number}", title="ちらし", file=file
    )


def _import(mark: str, report: Report, officer: User) -> AnswerImport:
    """Make a workbook that came back with mistakes, which are marked in a copy."""
    assert report.form_version
    workbook = AnswerWorkbook.objects.create(
        token=uuid4().hex, report=report, form_version=report.form_version,
        report_version=report.version, answers={"note": f"{mark}の回答"}, made_by=officer, made_at=NOW,
    )  # fmt: skip
    finding = {"sheet": "団体別回答", "cell": "F12", "label": mark, "message": f"{mark}の誤り"}
    return AnswerImport.objects.create(
        report=report, workbook=workbook, state="done", requested_by=officer, requested_at=NOW,
        file_name=f"{mark}.xlsx", sha256="0" * 64, problems=[finding], expires_at=LATER,
        marked_file=ContentFile(b"PK", name=f"{uuid4().hex}.xlsx"),
    )  # fmt: skip


def _download(mark: str, report: Report, officer: User) -> WorkbookDownload:
    """Make a workbook that a worker has made."""
    return WorkbookDownload.objects.create(
        report=report, state="done", requested_by=officer, requested_at=NOW,
        finished_at=NOW, expires_at=LATER, sha256="0" * 64,
        file=ContentFile(f"{mark}のブック".encode(), name=f"{uuid4().hex}.xlsx"),
    )  # fmt: skip


def _add_rest(mark: str, report: Report, officer: User, staff: User) -> Reminder:
    ministry = report.assignment.ministry
    for template in report.assignment.request.letter_templates.all():
        Letter.objects.create(
            assignment=report.assignment, template=template, subject=f"{mark}の件名", text=f"{mark}の本文"
        )
    rule, _created = ReminderRule.objects.get_or_create(
        offset_days=-5, defaults={"subject": "件名", "text": "本文"}
    )
    obligation = Obligation.objects.create(
        kind=REPORT_DUE, subject_id=report.pk, ministry=ministry, report=report, opened_at=NOW,
        anchor_on=date(2023, 10, 6),
    )  # fmt: skip
    reminder = Reminder.objects.create(
        obligation=obligation, rule=rule, due_on=date(2023, 10, 6), recipient=officer.email, user=officer,
        mail=make_mail(ministry=ministry, subject=f"{mark}への督促"), planned_on=NOW.date(),
    )  # fmt: skip
    record_audit(action=f"{mark}の操作", now=NOW, actor=officer, obj=report, ministry=ministry)
    Invitation.objects.create(
        email=f"{report.pk}@invited.example", name=f"{mark}次郎", ministry=ministry, role="viewer",
        token_hash=str(report.pk), invited_by=staff, created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    return reminder


def tenant_models() -> dict[type[models.Model], str]:
    """Return the models whose rows belong to a ministry, with the lookup that leads there."""
    found: dict[type[models.Model], str] = {}
    for model in apps.get_models():
        query = getattr(model._base_manager.model, "objects", None)
        queryset: Any = getattr(query, "_queryset_class", None) or type(query.all() if query else None)
        if issubclass(queryset, TenantQuerySet):
            found[model] = queryset.tenant_path
    return found


def rows_of(ministry: Ministry) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is a ministry's, to compare before and after."""
    return {
        model._meta.label: list(model._base_manager.filter(**{path: ministry}).order_by("pk").values())
        for model, path in tenant_models().items()
    }
