"""`manage.py verify_report` counts a frozen report again, and finds one wrong figure or word anywhere."""

from __future__ import annotations

import hashlib
import io
import zipfile
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from docx import Document
from openpyxl import load_workbook

from followup.migrations import _council_guards
from followup.models import (
    CouncilFile,
    CouncilReport,
    FigureRuling,
    FileKind,
    Report,
    Round,
    SubmittedAnswer,
)
from followup.services.council_reports import request_council_report
from followup.workbooks.council_report import build_council_report
from outreach.models import Notification, User
from tests.council.conftest import copy_files, make_asking_round, make_ruling, owe, submit, use
from tests.factories import NOW, make_body, make_channel, make_ministry, make_notification, make_staff

pytestmark = pytest.mark.django_db

FORMULA, GAIJI = '=HYPERLINK("https://evil.example","開く")', "髙島󠄀屋𠮷野家協会"
LATER = NOW + timedelta(days=40)
WORDS_DIFFER = "相違：保存し、印刷した文章6個と集計上の取扱い4個"


@pytest.fixture(scope="module")
def made_report(files_of_module: Path) -> CouncilReport:
    """Freeze everything that makes counting hard."""
    staff = make_staff()
    collection = make_asking_round(staff)
    mail, other = make_channel(label="メール"), make_channel(label="その他", is_other=True)
    busy = owe(collection, ministry=make_ministry("=忙しい省"))
    notices = [
        use(make_notification(busy.assignment, make_body(busy.assignment.ministry, name=name)), mail, other)
        for name in (FORMULA, GAIJI, "第三協会")
    ]
    make_notification(busy.assignment, make_body(busy.assignment.ministry), issued_on=None)
    submit(busy, answers={"insurance_methods": ["none"]}, rows={notices[0]: {"member_count": 1}})
    submit(busy, number=2, at=NOW + timedelta(days=35), answers=_own_answers(), rows=_rows(notices))
    _rule(busy, notices, staff)
    same = owe(collection)
    make_notification(same.assignment, make_body(same.assignment.ministry, name=GAIJI))
    submit(owe(collection), no_body_reason="所管する団体がない")
    owe(collection)
    return _frozen(collection, staff)


@pytest.fixture
def report(made_report: CouncilReport, files_of_module: Path, db: None) -> CouncilReport:
    copy_files(files_of_module)
    return deepcopy(made_report)


def _own_answers() -> dict[str, Any]:
    return {
        "has_bodies": True,
        "insurance_methods": ["mail", "other"],
        "insurance_methods__other": "朝礼",
        "insurance_staff": 1200,
        "account_methods": ["none"],
    }


def _rows(notices: list[Notification]) -> dict[Notification, dict[str, Any]]:
    first, second, third = notices
    return {
        first: {
            "reach_status": "done", "member_count": 12_000, "reached_member_count": 0, "onsite_count": 2,
            "obstacle": "窓口①が\n　混む（㈱甲）", "obstacle_public": True, "good_practice": "=会報\tに掲載",
        },
        second: {
            "reach_status": "done", "member_count": 300, "reached_member_count": 100, "forwarded": True,
            "good_practice": "あ" * 10_000, "good_practice_public": True, "reached_on": "2023-09-10",
        },
        third: {"reach_status": "not_done", "obstacle": "=1+1", "reach_channels": ["mail", "website"]},
    }  # fmt: skip


def _rule(report: Any, notices: list[Notification], staff: User) -> None:
    """Correct a number, leave out a text and a choice, and rule on a value that has changed since."""
    first, second, third = notices
    for notice, key, submitted, corrected in (
        (first, "member_count", 12_000, 1_200),
        (third, "obstacle", "=1+1", None),
        (third, "reach_channels", ["mail", "website"], ["website"]),
        (None, "insurance_methods", ["mail", "other"], None),
        (second, "onsite_count", 9, None),
    ):
        make_ruling(report, notice, key, submitted, corrected, actor=staff)


def _frozen(collection: Round, staff: User) -> CouncilReport:
    report = request_council_report(round=collection, actor=staff, now=LATER)
    with time_machine.travel(LATER, tick=False):
        build_council_report(council_report_id=report.pk, now=LATER)
    report.refresh_from_db()
    return report


def verify(capsys: pytest.CaptureFixture[str], report: CouncilReport) -> str:
    """Return what the command prints and how it ends."""
    try:
        call_command("verify_report", report=report.pk)
    except CommandError as error:
        return capsys.readouterr().out + str(error)
    return capsys.readouterr().out


def test_what_was_frozen_can_be_counted_again_on_every_path(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    told = verify(capsys, report)

    assert told.count("一致：") == 8, told
    assert "一致：保存し、印刷した文章6個と集計上の取扱い4個" in told
    assert "1件の取りまとめに、相違はありませんでした。" in told


def test_a_round_without_rows_is_verified_too(
    collection: Round, staff: User, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(capsys, _frozen(collection, staff)).count("一致：") == 8


def test_a_wrong_figure_among_the_stored_ones_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = report.figures
    figures["outcomes"]["onsite_times"]["total"] = "3"
    _overwrite_figures(report, figures)

    told = verify(capsys, report)

    assert told.count("取組／合計／onsite_times.total：取りまとめでは 3、再計算では 2") == 3
    assert "3件の相違が見つかりました" in told


def test_a_wrong_figure_printed_in_the_paper_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    _overwrite_cell(report, FileKind.PAPER, "府省庁別", "B5", 5)

    told = verify(capsys, report)

    assert "会議資料／府省庁別／=忙しい省／対象団体数（延べ）：取りまとめでは 5、再計算では 4" in told
    assert "1件の相違" in told


def test_a_ruling_missing_from_the_paper_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    _overwrite_cell(report, FileKind.PAPER, "除外・補正した値", "D5", "－")

    told = verify(capsys, report)

    assert "会議資料／除外・補正した値／=忙しい省／" in told
    assert "2件の相違" in told  # it is missed in the count, and by itself


def test_a_wrong_figure_in_the_sheet_of_a_ministry_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    _overwrite_cell(report, FileKind.MINISTRY_SHEET, "結果", "B6", 5)

    told = verify(capsys, report)

    assert "府省庁別結果／=忙しい省／対象団体数／貴府省庁：取りまとめでは 5、再計算では 4" in told
    assert "府省庁別結果一式" in told


def test_wrong_figures_in_the_table_and_the_sentences_of_the_summary_are_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    file = report.files.get(kind=FileKind.SUMMARY)
    document = Document(file.file.path)
    document.tables[0].rows[3].cells[1].text = "7"
    for paragraph in document.paragraphs:
        if "府省庁に報告を求め" in paragraph.text:
            paragraph.text = paragraph.text.replace("4府省庁に報告を求め", "9府省庁に報告を求め")
    document.save(file.file.path)
    _own_up(file)

    told = verify(capsys, report)

    assert "概要／表／発出団体数／数：取りまとめでは 7、再計算では 4" in told
    assert "概要／文章／府省庁／対象府省庁数：取りまとめでは 9、再計算では 4" in told


def test_a_wrong_row_in_the_data_workbook_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    _overwrite_cell(report, FileKind.DATA, "団体別", "L2", None)

    told = verify(capsys, report)

    assert "発出／延べ発出団体数：取りまとめでは 4、再計算では 3" in told


def test_a_wrong_row_in_the_csv_is_found(report: CouncilReport, capsys: pytest.CaptureFixture[str]) -> None:
    _rewrite_csv(report, "設問別回答.csv", ",1200,", ",1201,")

    assert "member_count" in verify(capsys, report)


def test_a_wrong_row_in_the_database_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = Notification.objects.filter(issued_on=None).get()
    Notification.objects.filter(pk=planned.pk).update(issued_on="2023-09-02")

    told = verify(capsys, report)

    assert "相違：データベースから計算し直した数値" in told
    assert "日別／2023-09-02／延べ発出団体数：取りまとめでは 0、再計算では 1" in told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (
            (FileKind.PAPER, "好事例", "C5", "い" * 800 + "…（以下略）"),
            f"会議資料／好事例／=忙しい省／{GAIJI}",
        ),
        ((FileKind.PAPER, "支障", "C5", "窓口①が 混む（㈱乙）"), f"会議資料／支障／=忙しい省／{FORMULA}"),
        ((FileKind.PAPER, "支障", "B5", "別の協会"), "会議資料／支障／=忙しい省／別の協会"),
        ((FileKind.PAPER, "除外・補正した値", "E6", "12,001者"), "会議資料／除外・補正した値／=忙しい省／"),
        ((FileKind.PAPER, "除外・補正した値", "G5", "文書で"), "会議資料／除外・補正した値／=忙しい省／"),
        ((FileKind.MINISTRY_SHEET, "好事例・支障", "C6", "い" * 800), "府省庁別結果（=忙しい省）／好事例／"),
        ((FileKind.MINISTRY_SHEET, "好事例・支障", "D5", "不可"), "府省庁別結果（=忙しい省）／好事例／"),
        ((FileKind.MINISTRY_SHEET, "集計上の取扱い", "G5", "文書"), "府省庁別結果（=忙しい省）／集計上の"),
        ((FileKind.DATA, "自由記述", "L4", "窓口が混む"), "データのExcel／自由記述／=忙しい省／"),
        ((FileKind.DATA, "自由記述", "N2", "文書で確認"), "データのExcel／自由記述／=忙しい省／"),
        ((FileKind.DATA, "設問別回答", "T2", "電話で確認"), "データのExcel／設問別回答／=忙しい省／"),
        ((FileKind.DATA, "設問別回答", "T3", "文書で確認"), "データのExcel／設問別回答／=忙しい省／"),
        ((FileKind.DATA, "設問別回答", "N3", "website"), "データのExcel／設問別回答／=忙しい省／"),
    ],
)
def test_a_wrong_word_of_a_remark_or_a_ruling_is_found_wherever_it_is_printed(
    report: CouncilReport, capsys: pytest.CaptureFixture[str], place: tuple[Any, ...], told: str
) -> None:
    _overwrite_cell(report, *place)

    output = verify(capsys, report)

    assert told in output
    assert WORDS_DIFFER in output


def test_a_remark_left_out_of_the_paper_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    _overwrite_cell(report, FileKind.PAPER, "支障", "A5", "該当するデータはありません。")

    told = verify(capsys, report)

    assert (
        f"会議資料／支障／=忙しい省／{FORMULA}：取りまとめでは なし、元の行では 「窓口①が 混む（㈱甲）」"
        in told
    )
    assert "1件の相違" in told


def test_a_wrong_word_in_the_csv_is_found(report: CouncilReport, capsys: pytest.CaptureFixture[str]) -> None:
    _rewrite_csv(report, "自由記述.csv", "窓口(1)が 混む（(株)甲）", "窓口(1)が 混む（(株)乙）")

    told = verify(capsys, report)

    assert "データのCSV／自由記述／=忙しい省／" in told
    assert "取りまとめでは 「1が混む株乙」、元の行では 「1が混む株甲」" in told


def test_a_wrong_quote_in_the_summary_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    file = report.files.get(kind=FileKind.SUMMARY)
    document = Document(file.file.path)
    for paragraph in document.paragraphs:
        if "混む" in paragraph.text:
            paragraph.text = paragraph.text.replace("混む", "空く")
    document.save(file.file.path)
    _own_up(file)

    told = verify(capsys, report)

    assert "概要／引用／支障となっている事項：取りまとめでは 「窓口①が 空く" in told


def test_a_wrong_word_among_the_stored_figures_is_found(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = report.figures
    figures["remarks"][0]["text"] = figures["remarks"][0]["text"].replace("あ", "い", 1)
    figures["rulings"][0]["reason"] = "文書で確認"
    _overwrite_figures(report, figures)

    told = verify(capsys, report)

    assert "固めた数値／好事例／=忙しい省／" in told
    assert "固めた数値／集計上の取扱い／=忙しい省／" in told
    assert "2件の相違" in told


def test_a_text_that_was_changed_in_the_database_is_found_in_every_file(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    row = SubmittedAnswer.objects.get(submission__number=2, body_name=FORMULA)
    row.answers["obstacle"] = "窓口が空く"
    with connection.cursor() as cursor:
        answers = SubmittedAnswer._meta.get_field("answers").get_db_prep_save(row.answers, connection)
        cursor.execute("UPDATE followup_submittedanswer SET answers = %s WHERE id = %s", [answers, row.pk])

    told = verify(capsys, report)

    for place in (
        "固めた数値／支障", "会議資料／支障", "府省庁別結果（=忙しい省）／支障", "概要／引用",
        "データのExcel／自由記述", "データのCSV／自由記述",
    ):  # fmt: skip
        assert place in told, place
    assert "6件の相違" in told


def test_later_versions_and_rulings_leave_what_was_written_then(
    report: CouncilReport, staff: User, capsys: pytest.CaptureFixture[str]
) -> None:
    busy = Report.objects.get(assignment__ministry__name="=忙しい省")
    submit(busy, number=3, at=LATER + timedelta(days=1), answers={"has_bodies": False})
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        FigureRuling.objects.update(withdrawn_at=LATER + timedelta(days=1), withdrawn_by=staff)

    assert "一致：保存し、印刷した文章6個と集計上の取扱い4個" in verify(capsys, report)


def test_a_file_that_was_changed_is_told_by_its_hash(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(report.files.get(kind=FileKind.DATA).file.path)
    path.write_bytes(path.read_bytes() + b"\0")

    told = verify(capsys, report)

    assert "作成したときのSHA-256と異なります" in told
    assert "省略：データのExcel" in told


def test_after_a_later_change_the_files_are_compared_and_the_database_is_not(
    report: CouncilReport, capsys: pytest.CaptureFixture[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outreach_auditentry (at, actor_label, on_behalf_of, action, object_type, object_id,"
            " object_label, reason) VALUES (%s, '', '', '発出を記録', 'outreach.assignment', '1', '', '')",
            [LATER + timedelta(days=1)],
        )

    told = verify(capsys, report)

    assert "省略：データベースとの比較（この時点の後に1件の変更があったため。" in told
    assert "相違はありませんでした" in told


def test_an_unknown_report_is_refused_with_those_there_are(report: CouncilReport) -> None:
    with pytest.raises(CommandError, match=f"指定できる番号：{report.pk}"):
        call_command("verify_report", report=report.pk + 1)


def _overwrite_cell(report: CouncilReport, kind: FileKind, sheet: str, cell: str, value: object) -> None:
    """Plant a figure in a stored workbook, and let its hash say that it has always been there."""
    file = report.files.filter(kind=kind).earliest("pk")
    book = load_workbook(file.file.path)
    book[sheet][cell] = value
    content = io.BytesIO()
    book.save(content)
    Path(file.file.path).write_bytes(content.getvalue())
    _own_up(file)


def _rewrite_csv(report: CouncilReport, table: str, old: str, new: str) -> None:
    file = report.files.get(kind=FileKind.DATA_CSV)
    with zipfile.ZipFile(file.file.path) as archive:
        tables = {name: archive.read(name) for name in archive.namelist()}
    tables[table] = tables[table].replace(old.encode(), new.encode())
    with zipfile.ZipFile(file.file.path, "w") as archive:
        for name, content in tables.items():
            archive.writestr(name, content)
    _own_up(file)


def _own_up(file: CouncilFile) -> None:
    sha256 = hashlib.sha256(Path(file.file.path).read_bytes()).hexdigest()
    _unguarded("UPDATE followup_councilfile SET sha256 = %s WHERE id = %s", [sha256, file.pk])


def _overwrite_figures(report: CouncilReport, figures: dict[str, Any]) -> None:
    field = CouncilReport._meta.get_field("figures")
    stored = field.get_db_prep_save(figures, connection)
    _unguarded("UPDATE followup_councilreport SET figures = %s WHERE id = %s", [stored, report.pk])


def _unguarded(statement: str, params: list[Any]) -> None:
    """Change what the database keeps from change, as somebody with all rights could."""
    guards = {"sqlite": _council_guards.SQLITE_DOWN, "postgresql": _council_guards.POSTGRES_DOWN}
    with connection.cursor() as cursor:
        for guard in guards[connection.vendor]:
            cursor.execute(guard)
        cursor.execute(statement, params)
