"""What a ministry has open, for whoever takes over: its requests, what was asked back, bodies, links."""

from __future__ import annotations

from datetime import date, datetime

from followup.models import BodyRequest, ExtensionRequest, ProposedAnswer, ReturnPoint
from followup.rules.status import ReportStatus
from followup.services.body_request_lists import state_of
from followup.services.handover_tables import MOST_ROWS, Column, Part, table_of
from followup.services.summaries import Obligation, obligations_of
from outreach.models import Ministry, Notification
from outreach.rules.wareki import format_wareki, instant_in_tokyo

WORK = (
    Column("依頼", 36), Column("発出の状況", 24), Column("報告の状態", 16), Column("回答期限", 22),
    Column("次にすること", 30),
)  # fmt: skip


def work_part(ministry: Ministry, now: datetime) -> Part:
    rows = [_work_row(obligation) for obligation in obligations_of(ministry, now=now)]
    return Part("未了の仕事", WORK, rows, note="期限の近い順。完了した依頼も最後に示します。")


def _work_row(obligation: Obligation) -> tuple[str, ...]:
    report = obligation.report
    due = str(report.due) if report and report.due else "未定"
    notices = f"対象 {obligation.chosen}団体、発出済み {obligation.issued}団体"
    return (
        obligation.assignment.request.title,
        "該当団体なし" if obligation.assignment.is_no_body else notices,
        report.get_status_display() if report else "－",
        f"{due}（期限を過ぎています）" if obligation.is_overdue else due,
        obligation.step.label,
    )


POINTS = (Column("報告", 30), Column("対象", 34), Column("指摘", 50), Column("指摘の日", 16))


def points_part(ministry: Ministry) -> Part:
    found = (
        ReturnPoint.objects.filter(
            submission__report__assignment__ministry=ministry, submission__is_latest=True
        )
        .exclude(submission__report__status=ReportStatus.ACCEPTED)
        .select_related(
            "submission__report__round__request", "submission__form_version", "notification__body"
        )
        .prefetch_related("submission__form_version__questions")
        .order_by("submission", "pk")
    )
    return table_of(
        title="差戻し・確認の指摘", columns=POINTS, found=found, row=_point_row, note="最新の版への指摘です。"
    )


def _point_row(point: ReturnPoint) -> tuple[str, ...]:
    labels = {question.key: question.label for question in point.submission.form_version.questions.all()}
    body = point.notification.body.name if point.notification else ""
    subject = "　".join(filter(None, [body, labels.get(point.question_key)])) or "報告の全体"
    day = format_wareki(instant_in_tokyo(point.created_at).date())
    return str(point.submission.report.round), subject, point.comment, day


EXTENSIONS = (Column("報告", 34), Column("希望する回答期限", 20), Column("理由", 56), Column("申出の日", 20))


def extensions_part(ministry: Ministry) -> Part:
    found = ExtensionRequest.objects.waiting().filter(report__assignment__ministry=ministry)
    return table_of(
        title="審査を待つ延長の申出",
        columns=EXTENSIONS,
        found=found.select_related("report__round__request"),
        row=_extension_row,
    )


def _extension_row(extension: ExtensionRequest) -> tuple[str, ...]:
    return (
        str(extension.report.round),
        format_wareki(extension.wanted_on),
        extension.reason,
        format_wareki(instant_in_tokyo(extension.asked_at).date()),
    )


PLANNED = (
    Column("団体", 44), Column("区分", 22), Column("ひな形", 12), Column("メール", 30), Column("電話", 20),
)  # fmt: skip


def planned_part(ministry: Ministry) -> Part:
    found = Notification.objects.filter(assignment__ministry=ministry, issued_on=None)
    return table_of(
        title="発出していない団体", columns=PLANNED,
        found=found.select_related("body", "template").order_by("body__name", "pk"),
        row=lambda notice: (
            notice.body.name, notice.body.get_category_display(), f"ひな形{notice.template.number}",
            notice.body.email or "－", notice.body.phone or "－",
        ),
        note="対象に選び、まだ発出を記録していない団体です。",
    )  # fmt: skip


ASKED = (
    Column("団体", 38), Column("宛先", 30), Column("回答期限", 18), Column("状態", 14),
    Column("リンクを送った日", 18), Column("問合せ先", 26),
)  # fmt: skip


def asked_part(ministry: Ministry, *, today: date) -> Part:
    found = (
        BodyRequest.objects.live(today)
        .filter(report__assignment__ministry=ministry)
        .select_related("notification__body")
        .order_by("due_on", "pk")
    )
    told = list(found[: MOST_ROWS + 1])
    left_out = found.count() - MOST_ROWS if len(told) > MOST_ROWS else 0
    answers = ProposedAnswer.objects.filter(body_request__in=told).defer("answers").order_by("number")
    latest = {answer.body_request_id: answer for answer in answers}
    rows = [
        (
            asked.notification.body.name, asked.email, format_wareki(asked.due_on),
            str(state_of(asked, latest.get(asked.pk), today=today).label), format_wareki(asked.sent_on),
            f"{asked.contact_name}（{asked.contact_email}）",
        )
        for asked in told[:MOST_ROWS]
    ]  # fmt: skip
    note = "団体に送った、本人だけが回答できるリンクです。リンクは引継ぎの後も使えます。"
    return Part("団体への回答依頼", ASKED, rows, note=note, left_out=left_out)
