"""What tells how to fill in the answer workbook: 記入要領 and 記入例, plain and printable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from xlsxwriter.worksheet import Worksheet

from followup.rules.questions import FormSpec, QuestionSpec, QuestionType, Scope
from followup.workbooks.answer_layout import (
    BODY_SHEET,
    EXAMPLE_SHEET,
    FROM_LEDGER,
    GUIDE_SHEET,
    MARK,
    MINISTRY_SHEET,
    NOT_ASKED,
    TOKEN_LABEL,
    requirement_text,
)
from followup.workbooks.answer_paper import LINE_HEIGHT, AnswerPaper, row_height, write_value
from followup.workbooks.paper_layout import lines_of
from outreach.rules.wareki import format_wareki_at

TITLE = "マイナンバーカード活用等に向けた周知に関するフォローアップ"
WIDTHS = (4, 14, 112)
"""A bullet, the rest of a label, and the text."""
TEXT_WIDTH, LINE_WIDTH = WIDTHS[2], WIDTHS[1] + WIDTHS[2]


@dataclass(frozen=True)
class Identity:
    """What a workbook is: `token` is the key of its record, the rest is for those who read it."""

    token: str
    ministry: str
    request_title: str
    round_number: int
    form_number: int
    revision: int
    made_at: datetime
    due_text: str
    contact: str

    @property
    def title(self) -> str:
        return f"フォローアップ第{self.round_number}回　回答用ブック"


GUIDE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "記入のしかた",
        (
            f"「{MINISTRY_SHEET}」シートには府省庁としての回答を、「{BODY_SHEET}」シートには要請文を発出した団体等ごとの状況を記入してください。書き方は「{EXAMPLE_SHEET}」シートを御覧ください。",
            "黄色の欄に記入してください。灰色の欄は変更できません。",
            f"斜線の網掛けの欄及び「{NOT_ASKED}」の欄は、条件や団体の区分に当たらないため、記入は不要です。記入しても取り込まれません。",
            f"「{FROM_LEDGER}」とある欄は、システムの記録を転記したものです。内容を確かめ、誤りがあれば直してください。",
            "数は数字だけを記入してください（単位は不要です）。分からないときは空欄のままとし、実績がないときは「0」を記入してください。空欄と「0」は区別して集計します。",
            "日付は「2023/9/4」又は「令和5年9月4日」のように記入してください。",
            f"複数を選べる設問は、当たる列（「{MINISTRY_SHEET}」では行）の全てに「{MARK}」を選んでください。",
        ),
    ),
    (
        "団体等の追加",
        (
            f"一覧にない団体等へ発出したときは、「{BODY_SHEET}」シートの最下部の「追加」の行に、名称、区分、ひな形、発出日を記入してください。取込みの際に、新しい団体等として確認します。",
        ),
    ),
    (
        "該当なしの場合",
        (
            "要請の対象とする団体等が一つもない場合は、システムの「発出」の画面で理由を添えて「該当なし」を登録した上で、府省庁としての取組を回答してください。",
        ),
    ),
    (
        "回答の返し方",
        (
            "記入後は上書き保存し、システムの「報告」の画面からこのブックを取り込んでください。ファイル名は変更して差し支えありません。",
            "取込みの前に、変更される内容の一覧が表示されます。「確定」を押すまでは何も保存されません。誤りがあれば、該当する欄に印を付けたブックをお返しします。",
            "取込みだけでは提出になりません。内容を確かめ、「報告」の画面で提出してください。",
        ),
    ),
    (
        "並べ替え等",
        (
            "絞り込みと、行の高さ・列の幅・書式の変更は、保護されたままで行えます。",
            "並べ替え、列の移動、行や列の追加・削除を行うときは、「校閲」→「シート保護の解除」を選んでください（パスワードはありません）。並べ替えは、表の全ての列を選んで行ってください。",
            "行や列の順序が変わっても、行や列を削除しても、取り込めます。削除した行や列の回答は、システムに登録されている内容のままとなります。回答を取り消すときは、欄を空欄にしてください。",
            "見出しの文字、非表示の行・列は変更しないでください。セルは結合しないでください。",
        ),
    ),
)


def write_guide(paper: AnswerPaper, identity: Identity, instructions: str) -> None:
    """Write what the book is, by when and how to fill it in and return it, and whom to ask."""
    sheet = paper.answer_page(GUIDE_SHEET)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 34)
    sheet.write_string(0, 0, f"{TITLE}（第{identity.round_number}回）", paper.style(font_size=18, bold=True))
    sheet.set_row(1, 24)
    sheet.write_string(
        1, 0, f"回答用ブック　記入要領　　{identity.ministry}", paper.style(font_size=13, bold=True)
    )
    row = 3
    for label, text in _facts(identity):
        _write_fact(paper, sheet, row, label, text)
        row += 1
    sections = [("この様式について", _lines(instructions)), *GUIDE] if instructions.strip() else list(GUIDE)
    for number, (title, lines) in enumerate(sections, start=1):
        sheet.set_row(row, 10)
        sheet.set_row(row + 1, 24)
        sheet.write_string(row + 1, 0, f"{number}　{title}", paper.style(font_size=12, bold=True))
        row += 2
        for line in lines:
            _write_line(paper, sheet, row, line)
            row += 1
    sheet.print_area(0, 0, row - 1, len(WIDTHS) - 1)


def _facts(identity: Identity) -> Iterator[tuple[str, str]]:
    yield "依頼", identity.request_title
    yield "府省庁", identity.ministry
    yield "回答期限", identity.due_text
    yield "様式", f"第{identity.form_number}版"
    yield "作成日時", f"{format_wareki_at(identity.made_at)}（このときの登録内容を転記しています）"
    yield "問合せ先", identity.contact
    yield TOKEN_LABEL, identity.token


def _write_fact(paper: AnswerPaper, sheet: Worksheet, row: int, label: str, text: str) -> None:
    sheet.set_row(row, row_height([lines_of(text, TEXT_WIDTH)], 24))
    strong = {"bold": True, "font_size": 12} if label == "回答期限" else {}
    sheet.merge_range(row, 0, row, 1, label, paper.heading(align="left", indent=1))
    box = paper.quoted_box(text, **({"bg_color": "#FFFFFF"} | strong))
    write_value(sheet, row, 2, text, box)


def _write_line(paper: AnswerPaper, sheet: Worksheet, row: int, line: str) -> None:
    sheet.set_row(row, LINE_HEIGHT * lines_of(line, LINE_WIDTH) + 3)
    sheet.write_string(row, 0, "・", paper.style(align="right", valign="top"))
    sheet.merge_range(row, 1, row, 2, "", paper.style())
    sheet.write_string(row, 1, line, paper.paragraph(line))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


EXAMPLE_HEADINGS = (("番号", 6), ("設問", 36), ("記入例", 40), ("単位", 7), ("必須・条件", 40), ("説明", 52))


def write_example(paper: AnswerPaper, form: FormSpec) -> None:
    """Write each question with an example, for both sheets."""
    sheet = paper.answer_page(EXAMPLE_SHEET)
    for column, (_heading, width) in enumerate(EXAMPLE_HEADINGS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, "記入例", paper.style(font_size=14, bold=True))
    sheet.set_row(1, 20)
    note = "書き方の例です。このシートに記入しても取り込まれません。"
    sheet.write_string(1, 0, note, paper.style(font_size=9))
    row = 2
    for scope, title in (
        (Scope.MINISTRY, f"「{MINISTRY_SHEET}」シート"),
        (Scope.BODY, f"「{BODY_SHEET}」シート（例：一般社団法人○○協会の行）"),
    ):
        if form.of(scope):
            sheet.set_row(row, 24)
            sheet.write_string(row, 0, title, paper.style(font_size=12, bold=True))
            row = _write_examples(paper, sheet, row + 1, form, scope)
    sheet.print_area(0, 0, row - 1, len(EXAMPLE_HEADINGS) - 1)


def _write_examples(paper: AnswerPaper, sheet: Worksheet, row: int, form: FormSpec, scope: Scope) -> int:
    """Write a table of examples; return the row after the one left blank under it."""
    questions = form.of(scope)
    sheet.set_row(row, 22)
    for column, (heading, _width) in enumerate(EXAMPLE_HEADINGS):
        sheet.write_string(row, column, heading, paper.heading())
    for number, question in enumerate(questions, start=1):
        texts = (
            str(number), question.label, example_text(question), question.unit,
            requirement_text(form, question), _explanation(question),
        )  # fmt: skip
        lines = [lines_of(text, width) for text, (_, width) in zip(texts, EXAMPLE_HEADINGS, strict=True)]
        sheet.set_row(row + number, row_height(lines, 22))
        for column, text in enumerate(texts):
            align = "center" if EXAMPLE_HEADINGS[column][0] in {"番号", "単位"} else "left"
            style = paper.quoted_box(text, align=align, bg_color="#FFFFFF")
            write_value(sheet, row + number, column, text, style)
    return row + len(questions) + 2


def example_text(question: QuestionSpec) -> str:
    """Return what would be filled in; for 複数選択, in which cells the marks would stand."""
    if question.type != QuestionType.MULTIPLE:
        return question.example
    chosen = [choice.label for choice in question.choices if choice.label in question.example.split("、")]
    return f"{''.join(f'「{label}」' for label in chosen)}に{MARK}" if chosen else question.example


def _explanation(question: QuestionSpec) -> str:
    labels = "／".join(choice.label for choice in question.choices)
    choices = f"選択肢：{labels}" if labels else ""
    return "\n".join(filter(None, (question.help, choices)))
