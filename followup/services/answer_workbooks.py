"""Hand out answer workbooks: each is a row that knows which report it is of and how it was prefilled."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from followup.models import AnswerWorkbook, Report, WorkbookBundle, WorkbookDownload
from followup.services.contents import Content, report_content
from followup.services.steps import refuse_editing
from outreach.models import User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal


@transaction.atomic
def issue_workbook(
    *,
    report: Report,
    actor: User,
    now: datetime,
    on_behalf: bool = False,
    bundle: WorkbookBundle | None = None,
    download: WorkbookDownload | None = None,
) -> tuple[AnswerWorkbook, Content]:
    """Make the row of a new workbook; return it with what the workbook is to be prefilled with.

    Raises:
        Refusal: when the report takes no answers now, or not from this user.
    """
    refuse_editing(report, actor, on_behalf=on_behalf)
    content = report_content(report)
    if report.form_version is None:
        raise Refusal("様式がまだ公開されていません。公開をお待ちください。")
    workbook = AnswerWorkbook.objects.create(
        token=uuid4().hex,
        report=report,
        form_version=report.form_version,
        report_version=report.version,
        answers=content.answers,
        rows={str(row.pk): row.answers for row in content.rows},
        made_by=actor,
        made_at=now,
        bundle=bundle,
        download=download,
    )
    record_audit(
        action="回答用ブックを作成" if bundle or download else "回答用ブックをダウンロード",
        now=now,
        actor=actor,
        obj=report,
        ministry=report.assignment.ministry,
        after={"ブック番号": workbook.token, "様式": str(report.form_version), "団体": len(content.rows)},
        on_behalf_of=report.assignment.ministry.name if on_behalf else "",
    )
    return workbook, content
