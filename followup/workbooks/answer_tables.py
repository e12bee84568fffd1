"""Data tables of the answers: 設問別回答, one row a value; and 自由記述, one row a text.

Both read the latest submissions; each answer is told by the form version that its author saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple

from followup.models import FormVersion, Round, Submission
from followup.rules.answer_figures import TEXTS, YES_NO_LABELS, codes_of
from followup.rules.questions import NUMBERS, Answer, Answers, FormSpec, QuestionSpec, QuestionType, Scope
from followup.rules.rulings import Ruling, RulingKind
from followup.services.answer_counts import READ_AT_ONCE, latest_rows_of
from followup.services.rulings import active_rulings
from followup.workbooks.ledger_tables import MINISTRY, MINISTRY_ORDER
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table, pieces_of

NO_BODY_REASON = "no_body_reason"

HANDLINGS: dict[str, str] = dict(RulingKind.choices)
HANDLING = Column(
    "handling", "集計上の取扱い",
    "職員が理由を付けて集計から除外し、又は補正した場合の別。空欄は、提出された値のまま集計した。コード表を参照",
    labels=HANDLINGS,
)  # fmt: skip
HANDLING_REASON = Column("handling_reason", "取扱いの理由", "除外又は補正した理由", width=40, is_prose=True)

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
    HANDLING,
    Column(
        "counted_number", "集計に用いる数値（単位列の単位）",
        "集計に用いた数値。補正した場合は補正後の値、除外した場合は空欄、その他は数値回答と同じ値",
        Kind.NUMBER, "単位列による", 30,
    ),
    Column(
        "counted_day", "集計に用いる日付",
        "集計に用いた日付。補正した場合は補正後の値、除外した場合は空欄、その他は日付回答と同じ値", Kind.DATE,
    ),
    Column(
        "counted_code", "集計に用いる選択肢コード",
        "集計に用いた選択肢。補正した場合は補正後のコード、除外した場合は空欄、その他は選択肢コードと同じ値",
        width=24,
    ),
    HANDLING_REASON,
)  # fmt: skip

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
    HANDLING,
    HANDLING_REASON,
)  # fmt: skip


Forms = dict[int, tuple[int, FormSpec]]
"""Number and content of each form version, by its id."""

Rulings = dict[tuple[int, int | None], dict[str, Ruling]]
"""What was ruled on the values of a row, by question; the row by report and notification (None: own)."""


def forms_of(round: Round) -> Forms:
    versions = FormVersion.objects.published().filter(round=round).order_by("number")
    return {
        version.pk: (version.number, version.spec())
        for version in versions.prefetch_related("questions", "cross_checks")
    }


def rulings_of(round: Round) -> Rulings:
    rulings: Rulings = defaultdict(dict)
    for (report_id, notification_id, key), ruling in active_rulings(round=round).items():
        rulings[report_id, notification_id][key] = ruling
    return rulings


def answer_table(round: Round, forms: Forms, rulings: Rulings) -> Table:
    return Table("設問別回答", ANSWER_COLUMNS, _answer_rows(round, forms, rulings))


def text_table(round: Round, forms: Forms, rulings: Rulings) -> Table:
    return Table("自由記述", TEXT_COLUMNS, _text_rows(round, forms, rulings))


Cells = Callable[[Answer, Ruling | None], Iterable[tuple[Any, ...]]]


def _answer_rows(round: Round, forms: Forms, rulings: Rulings) -> Iterator[Row]:
    cells_of = {version: value_cells(form) for version, (_number, form) in forms.items()}
    for row in _submitted(round, forms, rulings):
        answers = row.answers
        for key, cells in cells_of[row.version]:
            if key in answers:
                for values in cells(answers[key], row.rulings.get(key)):
                    yield row.told + values


def value_cells(form: FormSpec) -> list[tuple[str, Cells]]:
    """Return the key of each question whose answer is a value, with what makes the answer into cells."""
    return [(question.key, _cells_of(question)) for question in form.questions if not _is_text(question)]


def _is_text(question: QuestionSpec) -> bool:
    return question.type in TEXTS


def _cells_of(question: QuestionSpec) -> Cells:
    """Return what makes an answer into the columns from 設問キー on; one row a code."""
    told = (question.key, question.label)
    if question.type == QuestionType.DATE:
        return lambda answer, ruling: [
            (*told, None, None, answer, None, None, _kind(ruling), None, _counted(answer, ruling), None,
             _reason(ruling))
        ]  # fmt: skip
    if question.type in NUMBERS:
        unit = question.unit or ("％" if question.type == QuestionType.PERCENT else None)
        return lambda answer, ruling: [
            (*told, answer, unit, None, None, None, _kind(ruling), _counted(answer, ruling), None, None,
             _reason(ruling))
        ]  # fmt: skip
    return partial(_choice_cells, question, _Labels(question))


def _choice_cells(
    question: QuestionSpec, labels: dict[str | None, str | None], answer: Answer, ruling: Ruling | None
) -> Iterator[tuple[Any, ...]]:
    """Return a row a code, chosen or counted in its place."""
    codes = codes_of(question, answer)
    counted = _counted(answer, ruling)
    counts = codes if ruling is None else [] if counted is None else codes_of(question, counted)
    for code, count in zip_longest(codes, counts):
        yield (
            question.key, question.label, None, None, None, code, labels[code], _kind(ruling), None, None,
            count, _reason(ruling),
        )  # fmt: skip


def _kind(ruling: Ruling | None) -> str | None:
    return ruling.kind.value if ruling else None


def _counted(answer: Answer, ruling: Ruling | None) -> Answer | None:
    return ruling.corrected if ruling else answer


def _reason(ruling: Ruling | None) -> str | None:
    return ruling.reason if ruling else None


class _Labels(dict[str | None, str | None]):
    """The label of each code; one that the form does not have stands for itself."""

    def __init__(self, question: QuestionSpec) -> None:
        super().__init__({None: None})
        is_boolean = question.type == QuestionType.BOOLEAN
        self.update(YES_NO_LABELS if is_boolean else {row.code: row.label for row in question.choices})

    def __missing__(self, code: str) -> str:
        return code


def _text_rows(round: Round, forms: Forms, rulings: Rulings) -> Iterator[Row]:
    texts_of = {version: list(free_texts(form)) for version, (_number, form) in forms.items()}
    for row in _submitted(round, forms, rulings):
        if row.no_body_reason:
            yield from _pieces((*row.told, NO_BODY_REASON, "該当なしの理由"), row.no_body_reason, None)
        for key, stored_key, label in texts_of[row.version]:
            if stored_key in row.answers:
                told = (*row.told, stored_key, label)
                yield from _pieces(told, str(row.answers[stored_key]), row.rulings.get(key))


def free_texts(form: FormSpec) -> Iterator[tuple[str, str, str]]:
    """Return key of the question, key of the answer and label of whatever can be written freely."""
    for question in form.questions:
        if _is_text(question):
            yield question.key, question.key, question.label
        yield question.key, question.other_key, f"{question.label}（その他の内容）"


def _pieces(told: Row, text: str, ruling: Ruling | None) -> Iterator[Row]:
    """Return a row a piece; the text of その他 is not counted where its question is ruled on."""
    handling = RulingKind.EXCLUDED.value if ruling else None
    for number, piece in enumerate(pieces_of(text), start=1):
        yield (*told, number, piece, handling, _reason(ruling))


class _Row(NamedTuple):
    """One ministry's own answers, or those about one body; `told` says whose, up to 団体名."""

    version: int
    told: tuple[Any, ...]
    answers: Answers
    rulings: dict[str, Ruling]
    no_body_reason: str = ""


NO_RULINGS: dict[str, Ruling] = {}


def _submitted(round: Round, forms: Forms, rulings: Rulings) -> Iterator[_Row]:
    """Return the ministries' own answers, then the rows about bodies, both in 建制順."""
    submissions = (
        Submission.objects.filter(report__round=round)
        .newest()
        .order_by("report__assignment__ministry__order")
        .values_list(
            "report_id", "report__assignment__ministry__order", "report__assignment__ministry__name",
            "number", "form_version_id", "answers", "no_body_reason",
        )
    )  # fmt: skip
    for report, order, ministry, number, version, answers, reason in submissions:
        told = (order, ministry, number, forms[version][0], Scope.MINISTRY.value, None, None)
        yield _Row(version, told, answers, rulings.get((report, None), NO_RULINGS), reason)
    rows = (
        latest_rows_of(round)
        .order_by("submission__report__assignment__ministry__order", "pk")
        .values_list(
            "submission__report_id", "submission__report__assignment__ministry__order",
            "submission__report__assignment__ministry__name", "submission__number",
            "submission__form_version_id", "notification_id", "body_name", "answers",
        )
    )  # fmt: skip
    for report, order, ministry, number, version, about, body, answers in rows.iterator(READ_AT_ONCE):
        told = (order, ministry, number, forms[version][0], Scope.BODY.value, about, body)
        yield _Row(version, told, answers, rulings.get((report, about), NO_RULINGS))
