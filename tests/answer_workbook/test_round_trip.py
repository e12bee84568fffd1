"""What is written is read back as it was, for every kind of question and any answer."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from followup.rules.answers import parse_answers
from followup.rules.questions import Answer, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from followup.services.contents import Content
from followup.workbooks.answer_reading import find_token, read_answers
from outreach.models import BodyCategory
from outreach.workbooks.book import read_book
from outreach.workbooks.guard import check_upload
from tests.answer_workbook.books import TOKEN, make_content, make_row, reread, standard_form, written

CATEGORIES = tuple(BodyCategory.values)
LINE = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12)
DAYS = st.dates(min_value=date(1873, 1, 1), max_value=date(2100, 12, 31))


@st.composite
def questions(draw: st.DrawFn, scope: str, number: int, earlier: list[QuestionSpec]) -> QuestionSpec:
    """Draw a question of any kind, one in three of them on a condition."""
    kind = draw(st.sampled_from(list(QuestionType)))
    labels = draw(st.lists(LINE.filter(str.strip), min_size=1, max_size=4, unique_by=str.casefold))
    choices = tuple(
        Choice(f"c{index}", f"{label}{index}", is_other=index == len(labels) - 1 and draw(st.booleans()))
        for index, label in enumerate(labels)
    )
    fields: dict[str, Any] = {}
    conditions = [row for row in earlier if row.type == QuestionType.BOOLEAN]
    if conditions and draw(st.integers(0, 2)) == 0:
        fields = {"show_when_key": conditions[-1].key, "show_when_values": (draw(st.booleans()),)}
    if scope == Scope.BODY and draw(st.integers(0, 3)) == 0:
        fields["categories"] = tuple(draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3)))
    return QuestionSpec(
        key=f"q{number}", scope=scope, type=kind, label=draw(LINE) or "設問", required=draw(st.booleans()),
        choices=choices if kind in {QuestionType.SINGLE, QuestionType.MULTIPLE} else (), **fields,
    )  # fmt: skip


@st.composite
def forms(draw: st.DrawFn) -> FormSpec:
    found: list[QuestionSpec] = []
    for scope in (Scope.MINISTRY, Scope.BODY):
        of_scope: list[QuestionSpec] = []
        for _ in range(draw(st.integers(0, 4))):
            of_scope.append(draw(questions(scope, len(found) + len(of_scope), of_scope)))
        found += of_scope
    return FormSpec(tuple(found))


def typed(draw: st.DrawFn, question: QuestionSpec) -> Any:
    """Draw what somebody types in answer to a question; "" for nothing."""
    codes = [choice.code for choice in question.choices]
    drawn: dict[str, Any] = {
        QuestionType.INTEGER: st.integers(-(10**9), 10**9).map(str),
        QuestionType.DECIMAL: st.decimals(Decimal(-99999), Decimal(99999), places=2).map(str),
        QuestionType.PERCENT: st.integers(0, 100).map(str),
        QuestionType.BOOLEAN: st.sampled_from(["はい", "いいえ"]),
        QuestionType.SINGLE: st.sampled_from(codes or [""]),
        QuestionType.MULTIPLE: st.lists(st.sampled_from(codes or [""]), max_size=4),
        QuestionType.SHORT_TEXT: LINE,
        QuestionType.LONG_TEXT: st.lists(LINE, max_size=3).map("\n".join),
        QuestionType.DATE: DAYS.map(str),
    }
    return draw(st.one_of(st.just(""), drawn[question.type]))


@st.composite
def reports(draw: st.DrawFn) -> Content:
    """Draw a report whose answers are such as can be stored."""
    form = draw(forms())

    def answers(asked: FormSpec, scope: Scope) -> dict[str, Answer]:
        row = {question.key: typed(draw, question) for question in asked.of(scope)}
        row |= {question.other_key: draw(LINE) for question in asked.of(scope) if question.other_choice}
        return parse_answers(asked, scope, row).answers

    rows = []
    for pk in range(1, draw(st.integers(0, 3)) + 1):
        category = draw(st.sampled_from(CATEGORIES))
        own = answers(form.for_category(category), Scope.BODY)
        rows.append(make_row(form, pk, own, category=category))
    return make_content(form, answers(form, Scope.MINISTRY), rows)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(reports())
def test_any_report_is_read_back_as_it_was_written(content: Content) -> None:
    reading = reread(written(content), content)

    assert [finding.text for finding in reading.problems + reading.proposals] in (
        [],
        ["データの行がありません。記入した行が残っているか確認してください。"],
    )
    assert reading.ministry in (content.answers, None)
    assert reading.ministry is not None or not content.answers
    assert reading.rows == {row.pk: row.answers for row in content.rows}


def full_report() -> Content:
    """Return a report with every kind of answer, odd ones among them."""
    form = standard_form()
    body: dict[str, Answer] = {
        "reach_status": "done", "reached_on": "2019-05-01", "reach_channels": ["mail", "sns", "other"],
        "reach_channels__other": "＝掲示板", "member_count": 1_234_567, "reached_member_count": 0,
        "forwarded": False, "onsite_count": 3, "good_practice": "=SUM(A1)\n𠮷野家・髙島屋\n_x0041_",
        "obstacle": " 全角　空白 ".strip(),
    }  # fmt: skip
    agency: dict[str, Answer] = {
        "reach_status": "done", "reached_on": "1890-01-01", "reach_channels": ["document"],
        "reached_staff_count": 12,
    }  # fmt: skip
    rows = [
        make_row(form, 1, body, name="-1協会"),
        make_row(form, 2, agency, category=BodyCategory.AGENCY_RESEARCH),
        make_row(form, 3),
    ]
    ministry: dict[str, Answer] = {
        "has_bodies": True, "issue_style": "other", "issue_style__other": "@訓令", "issued_on": "2023-09-01",
        "insurance_methods": ["mail"], "insurance_staff": 0, "account_methods": ["none", "other"],
        "account_methods__other": "1-2", "account_on": "2024-02-29",
    }  # fmt: skip
    return make_content(form, ministry, rows, from_ledger=["has_bodies"])


def unchanged(file: bytes, content: Content) -> None:
    """Hold that a file, read as an upload is, changes nothing and refuses nothing."""
    assert check_upload("回答.xlsx", file) == "xlsx"
    book = read_book(file)
    assert find_token(book) == TOKEN
    reading = read_answers(book, content=content, workbook_form=content.form)
    assert [finding.text for finding in reading.problems + reading.proposals] == []
    assert reading.ministry == content.answers
    assert reading.rows == {row.pk: row.answers for row in content.rows}
    assert reading.new_bodies == []


def test_a_report_goes_through_the_reader_of_uploads_unchanged() -> None:
    content = full_report()

    unchanged(written(content), content)


@pytest.mark.browser
def test_a_book_saved_by_libreoffice_changes_nothing(tmp_path: Path) -> None:
    content = full_report()
    source = tmp_path / "回答.xlsx"
    source.write_bytes(written(content))
    office = shutil.which("soffice")
    assert office

    subprocess.run(
        [
            office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
            "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"), str(source),
        ],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip

    unchanged((tmp_path / "saved" / "回答.xlsx").read_bytes(), content)
