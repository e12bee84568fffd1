"""Mark cells of a workbook; run as a program, so that limits can hold it.

Takes on standard input a line of JSON, {"findings": [[sheet, cell, label, message], …], "author": …,
"sheet": …, "title": …, "lead": …, "headings": […], "more": …}, and then the workbook; gives the marked
workbook on standard output. `sheet` names the list that is put in front; one of an earlier time is
replaced, and what was marked then is as it was. It imports nothing of the project.
"""

import io
import json
import resource
import sys
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 120
MARKED_CELLS = 5_000
COMMENT_CHARACTERS = 1_000
COLUMNS = "ABCD"
WIDTHS = (18, 9, 32, 90)
LINE_CHARACTERS = 42  # full-width characters on a line of the widest column
LINE_POINTS = 16
A4 = "9"

FONT = "游ゴシック"
TEXT = Font(FONT, 10.5)
WRONG = PatternFill("solid", fgColor="FFD6D6")
OPEN, LOCKED = PatternFill("solid", fgColor="FFFBE0"), PatternFill("solid", fgColor="F2F2F2")
HEADING = PatternFill("solid", fgColor="E8F1FE")
RED, GREY = Side("medium", color="C00000"), Side("thin", color="999999")
AROUND, BOX = Border(RED, RED, RED, RED), Border(GREY, GREY, GREY, GREY)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    told = json.loads(sys.stdin.buffer.readline())
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()), keep_links=False)
    _clear(book, told)
    _mark(book, told)
    _list(book, told)
    stream = io.BytesIO()
    book.save(stream)
    sys.stdout.buffer.write(stream.getvalue())


def _clear(book: Any, told: dict[str, Any]) -> None:
    """Take away what was marked at an earlier time."""
    if told["sheet"] in book.sheetnames:
        del book[told["sheet"]]
    for sheet in book.worksheets:
        for cell in [cell for cell in sheet._cells.values() if cell.comment]:  # noqa: SLF001
            if cell.comment.author == told["author"]:
                cell.comment = None
                cell.fill = LOCKED if cell.protection.locked else OPEN
                cell.border = BOX


def _mark(book: Any, told: dict[str, Any]) -> None:
    """Fill each wrong cell and put all that is wrong with it into one comment."""
    messages: dict[tuple[str, str], list[str]] = {}
    for sheet, cell, _label, message in told["findings"]:
        if cell and sheet in book.sheetnames:
            messages.setdefault((sheet, cell), []).append(message)
    for (sheet, place), found in list(messages.items())[:MARKED_CELLS]:
        cell = book[sheet][place]
        if type(cell).__name__ == "MergedCell":
            continue
        text = _clean("\n".join(dict.fromkeys(found)))[:COMMENT_CHARACTERS]
        before = f"{cell.comment.text}\n" if cell.comment else ""
        cell.comment = Comment(before + text, told["author"], height=40 + 20 * len(found), width=320)
        cell.fill = WRONG
        cell.border = AROUND


def _list(book: Any, told: dict[str, Any]) -> None:
    """Put the list of all that is wrong in front, each line leading to its cell."""
    sheet = book.create_sheet(told["sheet"], 0)
    for letter, width in zip(COLUMNS, WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _write(sheet, "A1", told["title"], Font(FONT, 16, bold=True))
    _write(sheet, "A2", told["lead"], TEXT)
    for row, height in ((1, 30), (2, 22), (4, 24)):
        sheet.row_dimensions[row].height = height
    for letter, heading in zip(COLUMNS, told["headings"], strict=True):
        _box(_write(sheet, f"{letter}4", heading, Font(FONT, 10.5, bold=True))).fill = HEADING
    shown = told["findings"][:MARKED_CELLS]
    for row, finding in enumerate(shown, start=5):
        for letter, text in zip(COLUMNS, finding, strict=True):
            _box(_write(sheet, f"{letter}{row}", text, TEXT))
        sheet.row_dimensions[row].height = LINE_POINTS * (1 + len(finding[3]) // LINE_CHARACTERS) + 6
        _link(book, sheet, row, finding)
    if len(told["findings"]) > len(shown):
        _write(sheet, f"A{5 + len(shown)}", told["more"], TEXT)
    _set_up(book, sheet)


def _link(book: Any, sheet: Any, row: int, finding: list[str]) -> None:
    name, place = finding[0], finding[1]
    if place and name in book.sheetnames:
        quoted = name.replace("'", "''")
        cell = sheet.cell(row, 2)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{place}")
        cell.font = Font(FONT, 10.5, color="0017C1", underline="single")


def _set_up(book: Any, sheet: Any) -> None:
    """Freeze and print the list under its headings, and open the book at it."""
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "4:4"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.oddFooter.right.text = "&P / &N"
    sheet.sheet_view.showGridLines = False
    book.active = 0
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet


def _write(sheet: Any, place: str, text: str, font: Font) -> Any:
    """Write text that stays text, whatever it looks like."""
    cell = sheet[place]
    cell.value = _clean(text)
    cell.data_type = "s"
    cell.font = font
    cell.quotePrefix = True
    return cell


def _box(cell: Any) -> Any:
    cell.border = BOX
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
    return cell


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text).encode("utf-8", "ignore").decode()


if __name__ == "__main__":
    main()
