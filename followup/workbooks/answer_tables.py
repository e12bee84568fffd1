"""Data tables of the answers: 設問別回答, one row a value; and 自由記述, one row a text.

Both read the latest submissions; each answer is told by the form version that its author saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from followup.models import FormVersion, Round, Submission
from followup.rules.answer_figures import YES_NO_LABELS, codes_of
from followup.rules.questions import NUMBERS, Answer, Answers, FormSpec, QuestionSpec, QuestionType, Scope
from followup.services.figures import READ_AT_ONCE, latest_rows_of
from followup.workbooks.ledger_tables import MINISTRY, MINISTRY_ORDER
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table, pieces_of

NO_BODY_REASON = "no_body_reason"
TEXTS = frozenset({QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT})

SOURCE_COLUMNS = (
    NUMBER,
    MINISTRY_ORDER,
    MINISTRY,
    Column("submission_number", "版番号", "回答を含む提出の版の番号（最新の版）", Kind.NUMBER, width=10),
    Column("form_number", "様式版番号", "回答した様式の版の番号", Kind.NUMBER, width=12),
    Column("scope", "回答単位コード", "府省庁としての回答か、団体等ごとの回答か。コード表を参照"),
    Column(
        "notification_id", "発出番号",
        "団体等ごとの回答の場合、団体別シートの発出番号。府省庁としての回答は空欄",
        Kind.NUMBER, width=10,
    ),
    Column("body", "団体名", "団体等ごとの回答の場合、提出時の名称。府省庁としての回答は空欄", width=36),
    Column("question_key", "設問キー", "設問を示す恒久的な識別子", width=24),
    Column("question", "設問", "回答時の様式における設問の文言", width=36, is_prose=True),
)  # fmt: skip

ANSWER_COLUMNS = (
    *SOURCE_COLUMNS,
    Column(
        "number", "数値回答（単位列の単位）", "整数・小数・割合の設問の回答", Kind.NUMBER, "単位列による", 24
    ),
    Column("unit", "単位", "数値回答の単位", width=8),
    Column("day", "日付回答", "日付の設問の回答", Kind.DATE),
    Column("choice_code", "選択肢コード", "選んだ選択肢のコード。複数選択は選択肢ごとに1行。コード表を参照"),
    Column("choice", "選択肢", "選んだ選択肢の文言", width=24, is_prose=True),
)

TEXT_COLUMNS = (
    *SOURCE_COLUMNS,
    Column(
        "piece", "分割番号", "1セルに入らない長文を分けた場合の順番。通常は1", Kind.NUMBER, width=10,
    ),
    Column(
        "text", "記述",
        "記述の内容。改行と連続する空白は半角空白1字に、丸数字などの機種依存文字は通常の文字に置き換えている",
        width=80, is_prose=True,
    ),
)  # fmt: skip


Forms = dict[int, tuple[int, FormSpec]]
"""Number and content of each form version, by its id."""


def forms_of(round: Round) -> Forms:
    versions = FormVersion.objects.published().filter(round=round).order_by("number")
    return {
        version.pk: (version.number, version.spec())
        for version in versions.prefetch_related("questions", "cross_checks")
    }


def answer_table(round: Round, forms: Forms) -> Table:
    return Table("設問別回答", ANSWER_COLUMNS, _answer_rows(round, forms))


def text_table(round: Round, forms: Forms) -> Table:
    return Table("自由記述", TEXT_COLUMNS, _text_rows(round, forms))


Cells = Callable[[Answer], Iterable[tuple[Any, ...]]]


def _answer_rows(round: Round, forms: Forms) -> Iterator[Row]:
    cells_of = {
        version: [
            (question.key, _cells_of(question)) for question in form.questions if not _is_text(question)
        ]
        for version, (_number, form) in forms.items()
    }
    for version, told, answers, _reason in _submitted(round, forms):
        for key, cells in cells_of[version]:
            if key in answers:
                for values in cells(answers[key]):
                    yield told + values


def _is_text(question: QuestionSpec) -> bool:
    return question.type in TEXTS


def _cells_of(question: QuestionSpec) -> Cells:
    """Return what makes an answer into key, label, number, unit, day, code and choice; one row a code."""
    told = (question.key, question.label)
    if question.type == QuestionType.DATE:
        return lambda answer: [(*told, None, None, answer, None, None)]
    if question.type in NUMBERS:
        unit = question.unit or ("％" if question.type == QuestionType.PERCENT else None)
        return lambda answer: [(*told, answer, unit, None, None, None)]
    labels = YES_NO_LABELS if question.type == QuestionType.BOOLEAN else _Labels(question)
    return lambda answer: [
        (*told, None, None, None, code, labels[code]) for code in codes_of(question, answer)
    ]


class _Labels(dict[str, str]):
    """The label of each code; one that the form does not have stands for itself."""

    def __init__(self, question: QuestionSpec) -> None:
        super().__init__((choice.code, choice.label) for choice in question.choices)

    def __missing__(self, code: str) -> str:
        return code


def _text_rows(round: Round, forms: Forms) -> Iterator[Row]:
    texts_of = {version: list(_texts(form)) for version, (_number, form) in forms.items()}
    for version, told, answers, reason in _submitted(round, forms):
        if reason:
            yield from _pieces((*told, NO_BODY_REASON, "該当なしの理由"), reason)
        for key, label in texts_of[version]:
            if key in answers:
                yield from _pieces((*told, key, label), str(answers[key]))


def _texts(form: FormSpec) -> Iterator[tuple[str, str]]:
    """Return key and label of whatever can be written freely."""
    for question in form.questions:
        if _is_text(question):
            yield question.key, question.label
        yield question.other_key, f"{question.label}（その他の内容）"


def _pieces(told: Row, text: str) -> Iterator[Row]:
    yield from ((*told, number, piece) for number, piece in enumerate(pieces_of(text), start=1))


def _submitted(round: Round, forms: Forms) -> Iterator[tuple[int, tuple[Any, ...], Answers, str]]:
    """Return the ministries' own answers, then the rows about bodies: form, who, answers, 該当なしの理由."""
    submissions = (
        Submission.objects.filter(report__round=round)
        .newest()
        .order_by("report__assignment__ministry__order")
        .values_list(
            "report__assignment__ministry__order", "report__assignment__ministry__name", "number",
            "form_version_id", "answers", "no_body_reason",
        )
    )  # fmt: skip
    for order, ministry, number, version, answers, reason in submissions:
        told = (order, ministry, number, forms[version][0], Scope.MINISTRY.value, None, None)
        yield version, told, answers, reason
    rows = (
        latest_rows_of(round)
        .order_by("submission__report__assignment__ministry__order", "pk")
        .values_list(
            "submission__report__assignment__ministry__order",
            "submission__report__assignment__ministry__name", "submission__number",
            "submission__form_version_id", "notification_id", "body_name", "answers",
        )
    )  # fmt: skip
    for order, ministry, number, version, notification_id, body, answers in rows.iterator(READ_AT_ONCE):
        told = (order, ministry, number, forms[version][0], Scope.BODY.value, notification_id, body)
        yield version, told, answers, ""
