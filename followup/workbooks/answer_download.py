"""Make answer workbooks to be taken away: one for a report, or all of a round's in a zip."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

from followup.models import AnswerWorkbook, Report, WorkbookBundle
from followup.services.answer_workbooks import issue_workbook
from followup.services.contents import Content
from followup.workbooks.answer_body_sheet import keep_silent
from followup.workbooks.answer_workbook import Identity, write_answer_workbook
from outreach.models import User
from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import instant_in_tokyo


def make_workbook(
    *,
    report: Report,
    actor: User,
    now: datetime,
    on_behalf: bool = False,
    bundle: WorkbookBundle | None = None,
) -> bytes:
    """Return a new workbook of a report, prefilled with what it says now.

    Raises:
        Refusal: when the report takes no answers now, or not from this user.
    """
    workbook, content = issue_workbook(
        report=report, actor=actor, now=now, on_behalf=on_behalf, bundle=bundle
    )
    return workbook_bytes(workbook, content)


def workbook_bytes(
    workbook: AnswerWorkbook, content: Content, *, tell: Callable[[int], None] = keep_silent
) -> bytes:
    """Write a workbook; `tell` hears now and then how many rows are written."""
    stream = io.BytesIO()
    write_answer_workbook(stream, identity=identity_of(workbook), content=content, tell=tell)
    return stream.getvalue()


def identity_of(workbook: AnswerWorkbook) -> Identity:
    report = workbook.report
    collection = report.round
    contact = (collection.contact_name, collection.contact_phone, collection.contact_email)
    return Identity(
        token=workbook.token,
        ministry=report.assignment.ministry.name,
        request_title=collection.request.title,
        round_number=collection.number,
        form_number=workbook.form_version.number,
        revision=workbook.report_version,
        made_at=workbook.made_at,
        due_text=str(report.due) if report.due else "未定",
        contact="　".join(filter(None, contact)),
    )


def workbook_name(report: Report, *, now: datetime) -> str:
    """Return a name such as 回答用ブック_厚生労働省_20230904.xlsx."""
    day = instant_in_tokyo(now)
    return safe_file_name(f"回答用ブック_{report.assignment.ministry.name}_{day:%Y%m%d}", ".xlsx")
