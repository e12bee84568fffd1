"""Compare each text and each ruling, wherever it is printed, with the raw rows (`words`).

Every place prints rows, of which each is looked for among those that it should print. Papers are
compared letter by letter, on one line as they print it; the tables for machines are in `table_words`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from typing import IO, Any
from unicodedata import category

from docx import Document
from openpyxl import Workbook, load_workbook

from followup.management.recount.tally import Address, Difference
from followup.management.recount.words import Handled, Words, Written
from followup.rules.outcomes import REMARKS_KEPT

Cells = tuple[str, ...]

FIRST_ROW = 5
NO_ROWS = "該当するデータはありません。"
MINISTRY_ITSELF = "（府省庁）"
KINDS = {"practice": "好事例", "obstacle": "支障"}
EFFECTS = {"excluded": "除外", "corrected": "補正"}
LONGEST, CUT = 800, "…（以下略）"
"""Characters of a text in one printed row, and what stands after a text that was cut."""
QUOTED, LONGEST_QUOTE = 3, 90
SHOWN = 40
"""Characters of a text that are told, from where it differs."""


def row_differences(
    place: Address, printed: Iterable[Cells], expected: Iterable[Cells], *, names: int, is_whole: bool = True
) -> Iterator[Difference]:
    """Return what is printed otherwise, or not printed; the first cells (`names`) tell which row it is.

    Without `is_whole` only some of the expected rows need to be there.
    """
    missing = Counter(expected)
    surplus = []
    for row in printed:
        if missing[row]:
            missing[row] -= 1
        else:
            surplus.append(row)
    left: dict[Cells, list[Cells]] = defaultdict(list)
    for row in missing.elements():
        left[row[:names]].append(row)
    for row in surplus:
        other = left[row[:names]].pop() if left[row[:names]] else ()
        yield _difference(place, names, row, other)
    for row in (row for rows in left.values() for row in rows if is_whole):
        yield _difference(place, names, (), row)


def _difference(place: Address, names: int, printed: Cells, expected: Cells) -> Difference:
    """Return the first cell that differs, from a little before where it does."""
    cells = zip(printed[names:], expected[names:], strict=True) if printed and expected else ()
    one, other = next(
        (pair for pair in cells if pair[0] != pair[1]),
        ("・".join(printed[names:]), "・".join(expected[names:])),
    )
    same = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    start = max(same - 5, 0)
    stored, read = (f"「{text[start : start + SHOWN]}」" if text else None for text in (one, other))
    return Difference((*place, *(printed or expected)[:names]), stored, read, source="元の行")


def on_one_line(text: object) -> str:
    """Return a text as papers print it: no line breaks, no doubled spaces, nothing that cannot be seen."""
    line = str(text or "")
    if line.isprintable() and "  " not in line:
        return line.strip()  # nearly every one, and a tenth of the time
    runs = []
    for is_space, group in groupby(filter(_can_be_printed, line), str.isspace):
        run = "".join(group)
        runs.append(" " if is_space and run != "\u3000" else run)
    return "".join(runs).strip()


def _can_be_printed(character: str) -> bool:
    return character.isspace() or (
        category(character) not in {"Cc", "Cs"} and character not in "\ufffe\uffff"
    )


def _cut(text: str, longest: int = LONGEST, mark: str = CUT) -> str:
    line = on_one_line(text)
    return line if len(line) <= longest else f"{line[:longest]}{mark}"


def stored_word_differences(stored: Mapping[str, Any], words: Words) -> Iterator[Difference]:
    """Compare what the frozen figures carry of remarks and rulings."""
    for kind, name in KINDS.items():
        remarks = words.remarks(kind)
        kept = (
            (row["ministry"], row["body"], row["text"], str(row["is_public"]))
            for row in stored["remarks"]
            if row["kind"] == kind
        )
        read = ((row.whose.ministry, row.whose.body, row.text, str(row.is_public)) for row in remarks)
        yield from row_differences(("固めた数値", name), kept, read, names=2, is_whole=_is_whole(remarks))
    rulings = (
        (row["ministry"], row["body"], row["question"], EFFECTS[row["kind"]], row["submitted"],
         row["corrected"] or "（除外）", row["reason"])
        for row in stored["rulings"]
    )  # fmt: skip
    handled = map(_ruling_cells, words.handled)
    yield from row_differences(("固めた数値", "集計上の取扱い"), rulings, handled, names=3)


def _is_whole(remarks: Sequence[Written]) -> bool:
    """Say whether all remarks of a kind are printed; of very many only some are."""
    return len(remarks) <= REMARKS_KEPT


def _ruling_cells(value: Handled) -> Cells:
    ruled = value.ruled
    return (
        value.whose.ministry,
        value.whose.body,
        value.asked.label,
        EFFECTS[ruled.kind],
        value.asked.words(ruled.submitted),
        value.asked.words(ruled.corrected) if ruled.kind == "corrected" else "（除外）",
        ruled.reason,
    )


def paper_word_differences(content: IO[bytes], words: Words) -> Iterator[Difference]:
    """Compare the pages of good practice, obstacles and rulings of the council paper."""
    book = load_workbook(content, read_only=True, data_only=True)
    for kind, name in KINDS.items():
        remarks = words.remarks(kind)
        expected = (
            (on_one_line(row.whose.ministry), _body(row), _cut(row.text)) for row in remarks if row.is_public
        )
        printed = _page(book, name, 3)
        yield from row_differences(
            ("会議資料", name), printed, expected, names=2, is_whole=_is_whole(remarks)
        )
    yield from _ruling_page_differences("会議資料", book, "除外・補正した値", words.handled)


def _body(row: Written | Handled) -> str:
    return on_one_line(row.whose.body) or MINISTRY_ITSELF


def _page(book: Workbook, name: str, width: int) -> Iterator[Cells]:
    if name not in book.sheetnames:
        return
    for row in book[name].iter_rows(min_row=FIRST_ROW, max_col=width, values_only=True):
        if row[0] != NO_ROWS:
            yield tuple(map(on_one_line, row))


def _ruling_page_differences(
    file: str, book: Workbook, page: str, handled: Iterable[Handled]
) -> Iterator[Difference]:
    expected = []
    for value in handled:
        ministry, _body_name, question, effect, submitted, corrected, reason = map(
            on_one_line, _ruling_cells(value)
        )
        expected.append((ministry, _body(value), question, effect, _cut(submitted), corrected, reason))
    yield from row_differences((file, page), _page(book, page, 7), expected, names=3)


def sheet_word_differences(content: IO[bytes], ministry: str, words: Words) -> Iterator[Difference]:
    """Compare the pages of remarks and rulings of a ministry's own sheet; long texts take several rows."""
    book = load_workbook(content, read_only=True, data_only=True)
    place = f"府省庁別結果（{ministry}）"
    printed = list(_page(book, "好事例・支障", 4))
    for kind, name in KINDS.items():
        remarks = words.remarks(kind)
        own = (row for row in remarks if row.whose.ministry == ministry)
        expected = (
            (name, _body(row), piece.strip(), "可" if row.is_public else "不可")
            for row in own
            for piece in _pieces(on_one_line(row.text))
        )
        rows = (row for row in printed if row[0] == name)
        yield from row_differences((place,), rows, expected, names=2, is_whole=_is_whole(remarks))
    handled = (value for value in words.handled if value.whose.ministry == ministry)
    yield from _ruling_page_differences(place, book, "集計上の取扱い", handled)


def _pieces(line: str) -> list[str]:
    return [line[start : start + LONGEST] for start in range(0, len(line), LONGEST)]


def summary_word_differences(content: IO[bytes], words: Words) -> Iterator[Difference]:
    """Compare what the Word summary quotes after the sentence that counts the remarks."""
    paragraphs = [paragraph.text for paragraph in Document(content).paragraphs]
    for kind, name in (("practice", "好事例"), ("obstacle", "支障となっている事項")):
        public = [row for row in words.remarks(kind) if row.is_public][:QUOTED]
        expected = "".join(
            f"「{_cut(row.text, LONGEST_QUOTE, '…')}」（{on_one_line(row.whose.body or row.whose.ministry)}）"
            for row in public
        )
        counts = re.compile(rf"\(\d+\)　{name}は[\d,]+件の回答があり、[\d,]+件が公表してよいとされた。")
        said = [text[found.end() :] for text in paragraphs if (found := counts.match(text))]
        printed = [(name, text) for text in said if text]
        expected_rows = [(name, expected)] if expected else []
        yield from row_differences(("概要", "引用"), printed, expected_rows, names=1)
