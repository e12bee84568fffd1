"""Odd and hostile files at the upload page: a message each, nothing stored, and never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from followup.models import AnswerImport, BodyAnswer, Report
from followup.services.import_work import NOT_ITS_WORKBOOK
from followup.tasks import sweep_answer_imports
from tests.hostile_files import FILES, OddFile
from tests.imports.excel import newest, portal, text_of, upload


@pytest.mark.parametrize("odd", FILES, ids=str)
def test_a_file_that_is_no_workbook_of_ours_gets_a_message_and_changes_nothing(
    laptop: Client, report: Report, odd: OddFile
) -> None:
    page: Any = upload(laptop, portal(report), odd.make(), odd.name)
    if sweep_answer_imports():  # a large one is read by a worker
        page = laptop.get(f"{portal(report)}{newest().pk}/")

    assert page.status_code in {200, 400}
    if AnswerImport.objects.exists():
        assert newest().state == "failed"
        assert newest().error in text_of(page)
        assert odd.refused in newest().error if odd.refused else newest().error == NOT_ITS_WORKBOOK
    else:
        assert odd.refused in text_of(page)
    assert not BodyAnswer.objects.exists()
    assert Report.objects.get(pk=report.pk).version == report.version
