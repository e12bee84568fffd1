"""The data workbook (取りまとめデータ), for machines: the tables, コード表 and 項目定義; also as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from followup.models import Round
from followup.rules.answer_figures import YES_NO_LABELS
from followup.rules.figures import DEFINITIONS, Figures
from followup.rules.questions import QuestionSpec, QuestionType, Scope
from followup.rules.rulings import RulingKind
from followup.rules.status import ReportStatus
from followup.workbooks.answer_tables import Forms, answer_table, forms_of, rulings_of, text_table
from followup.workbooks.ledger_tables import ISSUED, NO, PLANNED, YES, body_table, channel_table
from followup.workbooks.ministry_tables import CHANGES, history_table, ministry_table
from outreach.models import BodyCategory, Channel, TemplateNumber
from outreach.workbooks.plain_book import write_workbook
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table, write_csv

CODE_COLUMNS = (
    NUMBER,
    Column("scheme", "コード体系", "コードを用いる列の物理名、又は設問キー", width=24),
    Column("item", "項目名", "コードを用いる列の項目名、又は設問の文言", width=36, is_prose=True),
    Column("code", "コード", "データに現れる値", width=20),
    Column("label", "名称", "コードの意味", width=40, is_prose=True),
    Column("form_number", "様式版番号", "設問の選択肢の場合、その様式の版の番号", Kind.NUMBER, width=12),
)

DEFINITION_COLUMNS = (
    NUMBER,
    Column(
        "table",
        "シート",
        "項目があるシートの名称。全体に関する説明、設問、会議資料の数値の別を含む",
        width=20,
    ),
    Column("header", "項目名", "列の見出し、設問の文言、又は数値の名称", width=30, is_prose=True),
    Column("key", "物理名", "プログラムで用いる英数字の名称。設問の場合は設問キー", width=24),
    Column("kind", "型", "セルの値の型、又は設問の種類", width=20),
    Column("unit", "単位", "数値の単位", width=12),
    Column("meaning", "定義", "項目の意味", width=70),
    Column(
        "counted",
        "数え方",
        "延べ（団体等と府省庁の組の数）、実数（異なる団体等の数）、府省庁（府省庁の数）、合計（回答された数の合計）の別",
    ),
    Column("numerator", "分子", "数値の数え方、割合の場合はその分子", width=40),
    Column("denominator", "分母", "割合の分母", width=24),
    Column("source", "出所", "数値を計算し直せるシートと列、又は設問のキー", width=40),
)

PAPER = "会議資料"
"""Where 項目定義 places the figures that are computed from the tables."""


def data_tables(round: Round, figures: Figures, *, as_of: datetime) -> Iterator[Table]:
    """Return the tables in the order of the sheets; read the rows of one before asking for the next."""
    forms, rulings = forms_of(round), rulings_of(round)
    tables = [
        body_table(round),
        ministry_table(figures),
        channel_table(round),
        answer_table(round, forms, rulings),
        text_table(round, forms, rulings),
        Table("コード表", CODE_COLUMNS, _padded(_codes(forms), CODE_COLUMNS)),
    ]
    history = history_table(round, as_of)
    yield from tables
    yield _definition_table([*tables, history], forms)
    yield history


Watch = Callable[[Iterable[Table]], Iterable[Table]]
"""Hands tables on as they are, and sees how far they are read: whoever waits wants to know."""


def write_data_workbook(
    path: Path, round: Round, figures: Figures, *, as_of: datetime, watch: Watch = iter
) -> None:
    write_workbook(
        path,
        watch(data_tables(round, figures, as_of=as_of)),
        title=f"{round.council}取りまとめデータ",
        created_at=as_of,
    )


def write_data_csv(
    folder: Path, round: Round, figures: Figures, *, as_of: datetime, watch: Watch = iter
) -> list[Path]:
    """Write each table as one CSV file (UTF-8 with BOM) named for it; return the paths."""
    paths = []
    for table in watch(data_tables(round, figures, as_of=as_of)):
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            write_csv(stream, table)
        paths.append(path)
    return paths


def _codes(forms: Forms) -> Iterator[Row]:
    for code, label in BodyCategory.choices:
        yield ("category_code", "区分コード", code, label)
    for number, label in TemplateNumber.choices:
        yield ("template_number", "ひな形番号", str(number), label)
    yield ("issue_state", "発出状況", ISSUED, "発出日の記録がある")
    yield ("issue_state", "発出状況", PLANNED, "発出先に選んだが、発出日の記録がない")
    for key, item in YES_NO_COLUMNS.items():
        yield (key, item, YES, "当てはまる")
        yield (key, item, NO, "当てはまらない")
    for code, label in ReportStatus.choices:
        yield ("status_code", "報告状態コード", code, label)
    for channel in Channel.objects.order_by("order"):
        yield ("channel_code", "周知手段コード", channel.code, channel.label)
    for code, label in Scope.choices:
        yield ("scope", "回答単位コード", code, f"{label}ごとの回答")
    yield ("handling", "集計上の取扱い", RulingKind.EXCLUDED.label, "集計から除いた")
    yield (
        "handling",
        "集計上の取扱い",
        RulingKind.CORRECTED.label,
        "提出された値に代えて、集計に用いる値で集計した",
    )
    for change, meaning in CHANGES.items():
        yield ("change", "種別", change, meaning)
    for form_number, form in forms.values():
        yield from ((*row, form_number) for row in choice_codes(form.questions))


YES_NO_COLUMNS = {
    "request_attached": "依頼文書の添付",
    "wording_changed": "文言の変更",
    "overdue": "期限超過",
    "late": "期限後提出",
    "no_body": "該当なし",
}


def choice_codes(questions: Iterable[QuestionSpec]) -> Iterator[tuple[str, str, str, str]]:
    """Return key and wording of a question, code and label of everything that it lets one choose."""
    for question in questions:
        if question.type == QuestionType.BOOLEAN:
            yield from ((question.key, question.label, *choice) for choice in YES_NO_LABELS.items())
        for choice in question.choices:
            yield (question.key, question.label, choice.code, choice.label)


def _definition_table(tables: list[Table], forms: Forms) -> Table:
    own = Table("項目定義", DEFINITION_COLUMNS, ())
    columns = (
        (table.name, column.header, column.key, column.kind.value, column.unit, column.meaning)
        for table in [*tables, own]
        for column in table.columns
    )
    figures = (
        (
            PAPER, definition.name, definition.key, Kind.NUMBER.value, definition.unit, definition.meaning,
            definition.counted.value, definition.numerator, definition.denominator, definition.source,
        )
        for definition in DEFINITIONS
    )  # fmt: skip
    questions = (
        (f"設問（様式第{number}版）", *_asked(question))
        for number, form in forms.values()
        for question in form.questions
    )
    return Table(own.name, own.columns, _padded([*ABOUT, *columns, *questions, *figures], own.columns))


ABOUT = tuple(
    ("全体", item, key, "説明", None, meaning)
    for item, key, meaning in (
        (
            "データの版",
            "edition",
            "2。第2版で、設問別回答と自由記述に集計上の取扱い、項目定義に設問と出所を加えた",
        ),
        (
            "出典",
            "source",
            "府省庁が記録した要請文の発出と、府省庁が提出したフォローアップの報告（最新の版）",
        ),
        (
            "作成方法",
            "method",
            "更新履歴の「取りまとめの作成」の時点の記録から機械的に作成した。推計や補完はしていない",
        ),
        (
            "文字コード",
            "encoding",
            "ExcelブックはUTF-8。CSVはUTF-8（BOM付き）、改行はCRLF、区切りは半角コンマ",
        ),
        ("空欄", "blank", "該当しない、又は回答がないことを示す。数の0とは異なる。秘匿の記号は用いていない"),
        ("日付", "date", "西暦のYYYY-MM-DD。1900年3月1日より前の日付は、Excelでは文字列とする"),
        (
            "文字列",
            "text",
            "改行と連続する空白は半角空白1字にする。数式に見える文字列は、CSVでは先頭に'を付ける",
        ),
        ("団体の名称", "names", "府省庁が登録した固有名詞のため、機種依存文字を含むことがある"),
        (
            "続きのシート",
            "sheets",
            "1,048,575行を超える表は、名称の末尾に2からの番号を付けた次のシートに続ける",
        ),
    )
)
"""What is true of all tables: rows of 項目定義 before those of the columns."""


def _asked(question: QuestionSpec) -> Row:
    """Return a question as 項目定義 tells it: wording, key, type, unit, and how it may be answered."""
    scope = Scope(question.scope).label
    limits = [
        f"最小値{question.minimum.normalize():f}" if question.minimum is not None else "",
        f"最大値{question.maximum.normalize():f}" if question.maximum is not None else "",
        f"{question.max_length}文字まで" if question.max_length else "",
    ]
    meaning = "、".join(filter(None, [f"{scope}ごとの設問", *limits]))
    return question.label, question.key, QuestionType(question.type).label, question.unit, meaning


def _padded(rows: Iterable[Row], columns: tuple[Column, ...]) -> Iterator[Row]:
    """Fill rows up with blanks; 番号 is not theirs."""
    for row in rows:
        yield (*row, *[None] * (len(columns) - 1 - len(row)))
