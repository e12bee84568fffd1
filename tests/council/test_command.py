"""`manage.py export_council_report` saves everything in a folder, or says in Japanese why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from followup.models import CouncilReport, Round
from followup.services.council_reports import claim_council_report, request_council_report
from outreach import clock
from tests.council.conftest import owe
from tests.factories import make_notification

pytestmark = pytest.mark.django_db


def test_the_folder_is_made_and_holds_workbook_paper_and_csv_files(
    collection: Round, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_notification(owe(collection).assignment)
    folder = tmp_path / "new" / "folder"

    call_command("export_council_report", round=str(collection.pk), out=folder)

    workbooks = sorted(path.name.split("_")[1] for path in folder.glob("*.xlsx"))
    assert workbooks == ["会議資料", "取りまとめデータ"]
    assert len(list((folder / "csv").glob("*.csv"))) == 8
    assert capsys.readouterr().out.count("保存しました：") == 5
    assert CouncilReport.objects.get().requested_by is None


@pytest.mark.parametrize("number", ["0", "-1", "第1回", "²", "99999999999999999999"])
def test_an_unknown_round_is_refused_with_those_there_are(
    collection: Round, tmp_path: Path, number: str
) -> None:
    with pytest.raises(CommandError, match=f"指定できる番号：{collection.pk}"):
        call_command("export_council_report", round=number, out=tmp_path)

    assert not CouncilReport.objects.exists()


def test_a_folder_that_cannot_be_made_is_refused(collection: Round, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="作成できません"):
        call_command("export_council_report", round=str(collection.pk), out=tmp_path / "file")

    assert not CouncilReport.objects.exists()


def test_while_another_process_builds_the_report_the_command_says_so(
    collection: Round, tmp_path: Path
) -> None:
    report = request_council_report(round=collection, actor=None, now=clock.now())
    claim_council_report(council_report_id=report.pk, now=clock.now())

    with pytest.raises(CommandError, match="ほかの処理が作成中です"):
        call_command("export_council_report", round=str(collection.pk), out=tmp_path)
