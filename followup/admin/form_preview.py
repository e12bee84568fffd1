"""試し表示: a form as officers will see it, on the page and as a workbook, with invented bodies."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from followup.forms.answers import AnswerForm, Remarks
from followup.models import FormVersion
from followup.rules.questions import Scope
from followup.services.contents import Content, Row
from followup.services.form_samples import sample_content
from followup.workbooks.answer_guide import Identity
from followup.workbooks.answer_workbook import write_answer_workbook
from followup.workbooks.form_workbook import write_form_workbook
from outreach import clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def preview_context(version: FormVersion) -> dict[str, Any]:
    """Return the forms of the ministry's page and of its bodies' rows."""
    content = sample_content(form_version=version, today=clock.today())
    return {
        "content": content,
        "ministry_form": _ministry_form(content),
        "entries": [(row, _row_form(row)) for row in content.rows],
    }


def _ministry_form(content: Content) -> AnswerForm:
    remarks = Remarks(from_ledger=content.from_ledger)
    return AnswerForm(content.form, Scope.MINISTRY, answers=content.answers, version=None, remarks=remarks)


def _row_form(row: Row) -> AnswerForm:
    prefix = f"row-{row.pk}"
    return AnswerForm(row.form, Scope.BODY, answers=row.answers, version=None, prefix=prefix)


def answer_workbook_response(version: FormVersion) -> HttpResponse:
    """Return the answer workbook that officers would download, of no report and so never taken in."""
    stream = io.BytesIO()
    collection = version.round
    identity = Identity(
        token="sample",  # noqa: S106 - names no workbook
        ministry="（例）見本省",
        request_title=collection.request.title,
        round_number=collection.number,
        form_number=version.number,
        revision=1,
        made_at=clock.now(),
        due_text=str(collection.due or "未定"),
        contact=collection.contact_name,
    )
    content = sample_content(form_version=version, today=clock.today())
    write_answer_workbook(stream, identity=identity, content=content)
    return _download(stream, f"試し表示_回答用ブック_{version}.xlsx")


def form_workbook_response(version: FormVersion) -> HttpResponse:
    stream = io.BytesIO()
    write_form_workbook(stream, version)
    return _download(stream, f"様式_第{version.number}版_{clock.today():%Y%m%d}.xlsx")


def _download(stream: io.BytesIO, name: str) -> HttpResponse:
    response = HttpResponse(stream.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
