"""A form leaves as a workbook and comes back: nothing changes by itself, everything wrong is told by cell."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from followup.models import CrossCheck, FormVersion, Question
from followup.rules.questions import CHOICES, QuestionType, Scope
from followup.rules.status import RoundStatus
from followup.services.form_drafts import form_of_rows, renumber_draft
from followup.services.forms import create_form_draft
from followup.workbooks.form_workbook import read_form_workbook, write_form_workbook
from outreach.models import AuditEntry, BodyCategory, User
from tests.factories import NOW, make_asked_report, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(staff: User) -> FormVersion:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    return create_form_draft(round=collection, actor=staff, now=NOW)


def page(version: FormVersion, verb: str) -> str:
    return reverse(f"admin:followup_formversion_{verb}", args=[version.pk])


def written(version: FormVersion) -> bytes:
    stream = io.BytesIO()
    write_form_workbook(stream, version)
    return stream.getvalue()


def edited(version: FormVersion, *cells: tuple[str, str, Any]) -> bytes:
    """Return the version's workbook with some cells (sheet, address, value) typed over."""
    book = load_workbook(io.BytesIO(written(version)))
    for sheet, address, value in cells:
        book[sheet][address] = value
    return saved(book)


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(desk: Client, version: FormVersion, content: bytes, name: str = "様式.xlsx") -> Any:
    return desk.post(page(version, "upload"), {"file": SimpleUploadedFile(name, content)})


def confirmed(desk: Client, version: FormVersion, preview: Any) -> Any:
    sheets = preview.context["form"]["sheets"].value()
    return desk.post(page(version, "upload"), {"sheets": sheets, "confirmed": "1"}, follow=True)


def row_of(version: FormVersion, key: str) -> int:
    sheet = load_workbook(io.BytesIO(written(version)))["設問"]
    return next(row for row in range(2, 100) if sheet.cell(row, 2).value == key)


def test_the_standard_form_comes_back_as_it_left(desk: Client, draft: FormVersion) -> None:
    before = draft.spec()
    content = desk.get(page(draft, "workbook")).content

    preview = upload(desk, draft, content)
    done = confirmed(desk, draft, preview)

    assert "違いはありません" in preview.content.decode()
    assert "設問に変更はありません" in done.content.decode()
    assert FormVersion.objects.get(pk=draft.pk).spec() == before
    assert {"様式をダウンロード", "様式をブックから取り込み"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_who_goes_back_from_the_preview_may_choose_another_file(desk: Client, draft: FormVersion) -> None:
    preview = upload(desk, draft, written(draft))
    sheets = preview.context["form"]["sheets"].value()

    again = desk.post(page(draft, "upload"), {"sheets": sheets, "again": "1"})

    assert again.status_code == 200
    assert 'type="file"' in again.content.decode()
    assert sheets not in again.content.decode()


def test_an_edited_workbook_shows_what_changes_and_then_changes_it(desk: Client, draft: FormVersion) -> None:
    row, gone = row_of(draft, "issue_style"), row_of(draft, "insurance_on")
    content = edited(
        draft,
        ("設問", f"F{row}", "発出の形式"),
        *[("設問", f"{column}{gone}", None) for column in "ABCDEFGHIJKLMNOPQR"],
        ("設問", "A60", 5), ("設問", "B60", "visits"), ("設問", "C60", "団体"), ("設問", "E60", "整数"),
        ("設問", "F60", "訪問回数"),
    )  # fmt: skip

    preview = upload(desk, draft, content)
    unchanged = draft.questions.filter(key="insurance_on").exists()
    confirmed(desk, draft, preview)

    html = preview.content.decode()
    assert "発出の形式" in html
    assert "訪問回数" in html
    assert unchanged
    form = FormVersion.objects.get(pk=draft.pk).spec()
    assert form.by_key["issue_style"].label == "発出の形式"
    assert form.of(Scope.BODY)[0].key == "visits"
    assert "insurance_on" not in form.by_key


def test_everything_wrong_is_told_at_once_with_its_cell(desk: Client, draft: FormVersion) -> None:
    content = edited(
        draft,
        ("設問", "A2", "ゼロ"), ("設問", "B3", "has_bodies"), ("設問", "C4", "町村"), ("設問", "F5", None),
        ("設問", "K6", "1.234"), ("設問", "N3", "memo"), ("設問", "Q7", "株式会社"), ("設問", "R8", "=1+1"),
        ("設問", "S1", "余分な列"), ("相互チェック", "B2", "≠"), ("記入要領", "A2", "悪\u0080い文字"),
    )  # fmt: skip

    html = upload(desk, draft, content).content.decode()

    for cell in ("A2", "B3", "C4", "F5", "K6", "N3", "Q7", "R8", "S1"):
        assert f"シート「設問」 セル {cell}：" in html
    assert "シート「相互チェック」 セル B2：" in html
    assert draft.questions.filter(key="issue_style").exists()


def test_columns_may_stand_in_another_order_but_not_be_missing(desk: Client, draft: FormVersion) -> None:
    book = load_workbook(io.BytesIO(written(draft)))
    book["設問"].move_range("F1:F60", cols=20)

    moved = upload(desk, draft, saved(book)).content.decode()
    book["設問"].delete_cols(2)
    missing = upload(desk, draft, saved(book)).content.decode()

    assert "違いはありません" in moved
    assert "見出し「キー（恒久）」がありません" in missing


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"", "空です"),
        ("a.xlsx", b"not a workbook", "Excelブックではありません"),
        ("a.csv", "設問\n".encode(), "Excelブック（.xlsx）で取り込んで"),
        ("a.xlsx", saved(Workbook()), "シート「設問」がありません"),
    ],
)
def test_a_file_that_is_no_form_is_refused(
    desk: Client, draft: FormVersion, name: str, content: bytes, told: str
) -> None:
    answer = upload(desk, draft, content, name)

    assert answer.status_code == 400
    assert told in answer.content.decode()


def test_a_colleagues_change_after_the_preview_is_not_overwritten(desk: Client, draft: FormVersion) -> None:
    preview = upload(desk, draft, written(draft))
    draft.questions.filter(key="issue_style").update(label="同僚が直した設問")

    answer = confirmed(desk, draft, preview)

    assert answer.status_code == 409
    assert "ほかの方が様式を変更しました" in answer.content.decode()
    assert draft.questions.get(key="issue_style").label == "同僚が直した設問"


@pytest.mark.parametrize("sheets", ["forged", "e30:1abcde:signature"])
def test_a_forged_preview_changes_nothing(desk: Client, draft: FormVersion, sheets: str) -> None:
    answer = desk.post(page(draft, "upload"), {"sheets": sheets, "confirmed": "1"})

    assert "有効期限が切れました" in answer.content.decode()
    assert draft.questions.filter(key="issue_style").exists()


def test_a_published_form_goes_out_and_takes_nothing_in(desk: Client) -> None:
    version = make_asked_report().form_version
    assert version is not None

    content = desk.get(page(version, "workbook")).content
    answer = confirmed(desk, version, upload(desk, version, content))

    assert load_workbook(io.BytesIO(content)).sheetnames == ["設問", "相互チェック", "記入要領"]
    assert "公開した様式は変更できません" in answer.content.decode()


def test_the_workbook_offers_lists_and_prints_its_headings_on_every_page(draft: FormVersion) -> None:
    sheet = load_workbook(io.BytesIO(written(draft)))["設問"]

    lists = {rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert '"府省庁,団体"' in lists
    assert '"はい,いいえ"' in lists
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.freeze_panes == "C2"


def test_questions_are_numbered_by_tens_in_their_order(desk: Client, draft: FormVersion, staff: User) -> None:
    draft.questions.filter(key="issue_style").update(order=1)
    keys = list(draft.questions.filter(scope="ministry").order_by("order").values_list("key", flat=True))

    desk.post(page(draft, "renumber"))

    ordered = list(draft.questions.filter(scope="ministry").order_by("order").values_list("order", "key"))
    assert ordered == [(number * 10, key) for number, key in enumerate(keys, start=1)]
    assert renumber_draft(form_version=draft, actor=staff, now=NOW) == 0


# Any form at all

WORDS = st.text(
    st.sampled_from("甲乙丙あいうアイウabcXYZ019 =+-@'\"&<>%（）、。・,#~＝"), min_size=1, max_size=12
).map(lambda text: " ".join(text.split())).filter(bool)  # fmt: skip
KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
CODES = st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True)
LABELS = WORDS.filter(lambda text: "（その他）" not in text)
CHOICE = st.fixed_dictionaries({"code": CODES, "label": LABELS, "is_other": st.booleans()})
LIMIT = st.none() | st.decimals(-1000, 1000, places=2)


@st.composite
def question_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for order, key in enumerate(draw(st.lists(KEYS, min_size=1, max_size=6, unique=True)), start=1):
        kind = draw(st.sampled_from(QuestionType))
        rows.append(
            {
                "order": order,
                "key": key,
                "scope": draw(st.sampled_from(Scope)),
                "type": kind,
                "label": draw(WORDS),
                "section": draw(st.just("") | WORDS),
                "help": "\n".join(draw(st.lists(WORDS, max_size=3))),
                "example": draw(st.just("") | WORDS),
                "unit": draw(st.sampled_from(["", "者", "%"])),
                "required": draw(st.booleans()),
                "minimum": draw(LIMIT),
                "maximum": draw(LIMIT),
                "max_length": draw(st.none() | st.integers(1, 5000)),
                "choices": draw(st.lists(CHOICE, min_size=1, max_size=4)) if kind in CHOICES else [],
                "show_when_key": draw(st.just("") | KEYS),
                "show_when_values": draw(st.lists(CODES | st.booleans(), max_size=2)),
                "categories": draw(st.lists(st.sampled_from(BodyCategory.values), max_size=3, unique=True)),
                "prefill": draw(st.sampled_from(["", "has_bodies", "first_issued_on"])),
            }
        )
    return rows


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=question_rows(), instructions=st.lists(WORDS, max_size=4).map("\n".join), message=WORDS)
def test_any_form_comes_back_as_it_left(rows: list[dict[str, Any]], instructions: str, message: str) -> None:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    version = FormVersion.objects.create(round=collection, number=1, instructions=instructions)
    Question.objects.bulk_create(Question(form_version=version, **row) for row in rows)
    CrossCheck.objects.create(form_version=version, left_key="a", right_key="b", message=message)

    read = read_form_workbook("様式.xlsx", written(version))

    assert read.faults == []
    again = form_of_rows(instructions=read.instructions, questions=read.questions, checks=read.checks)
    assert again == FormVersion.objects.get(pk=version.pk).spec()
    assert all(isinstance(question.minimum, Decimal | None) for question in again.questions)
