"""Data tables of the answers: 設問別回答, one row a value; and 自由記述, one row a text.

Both read the latest submissions; each answer is told by the form version that its author saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from followup.models import FormVersion, Round, Submission
from followup.rules.answer_figures import YES_NO_LABELS, codes_of, number_of
from followup.rules.questions import Answer, Answers, FormSpec, QuestionSpec, QuestionType, Scope
from followup.services.figures import READ_AT_ONCE, latest_rows_of
from followup.workbooks.ledger_tables import MINISTRY, MINISTRY_ORDER, NUMBER
from outreach.workbooks.plain_tables import Column, Kind, Row, Table, numbered, pieces_of

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
    Column("question", "設問", "回答時の様式における設問の文言", width=36),
)  # fmt: skip

ANSWER_COLUMNS = (
    *SOURCE_COLUMNS,
    Column(
        "number", "数値回答（単位列の単位）", "整数・小数・割合の設問の回答", Kind.NUMBER, "単位列による", 24
    ),
    Column("unit", "単位", "数値回答の単位", width=8),
    Column("day", "日付回答", "日付の設問の回答", Kind.DATE),
    Column("choice_code", "選択肢コード", "選んだ選択肢のコード。複数選択は選択肢ごとに1行。コード表を参照"),
    Column("choice", "選択肢", "選んだ選択肢の文言", width=24),
)

TEXT_COLUMNS = (
    *SOURCE_COLUMNS,
    Column(
        "piece", "分割番号", "1セルに入らない長文を分けた場合の順番。通常は1", Kind.NUMBER, width=10,
    ),
    Column("text", "記述", "記述の内容。改行は半角空白1字に置き換えている", width=80),
)  # fmt: skip


@dataclass(frozen=True)
class _Source:
    """Whose answers, and about which body (None: the ministry's own)."""

    ministry_order: int
    ministry: str
    submission_number: int
    form_version_id: int
    notification_id: int | None = None
    body: str | None = None

    def cells(self, form_number: int, key: str, label: str) -> Row:
        scope = Scope.MINISTRY if self.notification_id is None else Scope.BODY
        return (
            self.ministry_order, self.ministry, self.submission_number, form_number,
            scope.value, self.notification_id, self.body, key, label,
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
    return Table("設問別回答", ANSWER_COLUMNS, numbered(_answer_rows(round, forms)))


def text_table(round: Round, forms: Forms) -> Table:
    return Table("自由記述", TEXT_COLUMNS, numbered(_text_rows(round, forms)))


def _answer_rows(round: Round, forms: Forms) -> Iterator[Row]:
    for source, answers, _reason in _submitted(round):
        form_number, form = forms[source.form_version_id]
        for question in form.questions:
            if question.key in answers and question.type not in TEXTS:
                told = source.cells(form_number, question.key, question.label)
                yield from ((*told, *cells) for cells in _value_cells(question, answers[question.key]))


def _value_cells(question: QuestionSpec, answer: Answer) -> Iterator[Row]:
    """Return number, unit, day, code and label; one row a chosen code."""
    if question.type == QuestionType.DATE:
        yield (None, None, date.fromisoformat(str(answer)), None, None)
    elif (number := number_of(question, answer)) is not None:
        yield (
            number,
            question.unit or ("％" if question.type == QuestionType.PERCENT else None),
            None,
            None,
            None,
        )
    else:
        for code in codes_of(question, answer):
            label = YES_NO_LABELS[code] if question.type == QuestionType.BOOLEAN else question.label_of(code)
            yield (None, None, None, code, label)


def _text_rows(round: Round, forms: Forms) -> Iterator[Row]:
    for source, answers, reason in _submitted(round):
        form_number, form = forms[source.form_version_id]
        for key, label, text in _texts(form, answers, reason):
            told = source.cells(form_number, key, label)
            yield from ((*told, piece, part) for piece, part in enumerate(pieces_of(text), start=1))


def _texts(form: FormSpec, answers: Answers, no_body_reason: str) -> Iterator[tuple[str, str, str]]:
    """Return key, label and text of whatever was written freely."""
    if no_body_reason:
        yield NO_BODY_REASON, "該当なしの理由", no_body_reason
    for question in form.questions:
        if question.type in TEXTS and question.key in answers:
            yield question.key, question.label, str(answers[question.key])
        if question.other_key in answers:
            yield question.other_key, f"{question.label}（その他の内容）", str(answers[question.other_key])


def _submitted(round: Round) -> Iterator[tuple[_Source, Answers, str]]:
    """Return the ministries' own answers with the reason of 該当なし, then the rows about bodies."""
    submissions = (
        Submission.objects.filter(report__round=round)
        .newest()
        .order_by("report__assignment__ministry__order")
        .values_list(
            "report__assignment__ministry__order", "report__assignment__ministry__name", "number",
            "form_version_id", "answers", "no_body_reason",
        )
    )  # fmt: skip
    for order, ministry, number, form_version_id, answers, reason in submissions:
        yield _Source(order, ministry, number, form_version_id), answers, reason
    rows = (
        latest_rows_of(round)
        .order_by("submission__report__assignment__ministry__order", "pk")
        .values_list(
            "submission__report__assignment__ministry__order",
            "submission__report__assignment__ministry__name", "submission__number",
            "submission__form_version_id", "notification_id", "body_name", "answers",
        )
    )  # fmt: skip
    for *source, answers in rows.iterator(chunk_size=READ_AT_ONCE):
        yield _Source(*source), answers, ""
