"""What reading an answer workbook brings: answers, and what is to be told, each with its cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from followup.rules.questions import Answer

CellKey = tuple[int | None, str]
"""A notification's id (None for the ministry) and the key of an answer."""


@dataclass(frozen=True)
class Finding:
    """One thing to be told about a workbook: where ("" where it is no single cell), and what."""

    sheet: str
    cell: str
    label: str
    message: str

    @property
    def text(self) -> str:
        """Return it on one line: 「シート『団体別回答』 セル F12: …」."""
        where = " ".join(
            filter(None, (self.sheet and f"シート『{self.sheet}』", self.cell and f"セル {self.cell}"))
        )
        said = (
            self.message if not self.label or self.label in self.message else f"{self.label}：{self.message}"
        )
        return f"{where}: {said}" if where else said


@dataclass(frozen=True)
class NewBody:
    """A body that was added at the bottom, with its notice and answers; `cell` holds its name."""

    cell: str
    issued_on_cell: str
    name: str
    category: str
    template_number: int
    issued_on: date
    answers: dict[str, Answer]


class CellMap(Mapping[CellKey, tuple[str, str]]):
    """Where each answer stands, as sheet and cell; addresses are put together when they are asked for."""

    def __init__(self) -> None:
        self._ministry: dict[str, tuple[str, str]] = {}
        self._sheet = ""
        self._rows: dict[int, int] = {}
        self._columns: dict[str, str] = {}

    def add_ministry(self, sheet: str, cells: Mapping[str, str]) -> None:
        """Keep by key the cells of the ministry's answers."""
        self._ministry = {key: (sheet, cell) for key, cell in cells.items()}

    def add_bodies(self, sheet: str, rows: Mapping[int, int], columns: Mapping[str, str]) -> None:
        """Keep the row of each notification and the column of each key."""
        self._sheet, self._rows, self._columns = sheet, dict(rows), dict(columns)

    def __getitem__(self, key: CellKey) -> tuple[str, str]:
        row, answer = key
        if row is None:
            return self._ministry[answer]
        return self._sheet, f"{self._columns[answer]}{self._rows[row]}"

    def __iter__(self) -> Iterator[CellKey]:
        yield from ((None, key) for key in self._ministry)
        yield from ((row, key) for row in self._rows for key in self._columns)

    def __len__(self) -> int:
        return len(self._ministry) + len(self._rows) * len(self._columns)


@dataclass
class AnswerReading:
    """What a workbook says.

    `ministry` is None and a notification is not in `rows` where the book does not have them; an answer
    whose column is not in the book is as it is stored, and one whose cell is blank is not there.
    Any problem keeps the import from being confirmed; proposals are values that were not taken as they
    stand; notices are to be known.
    """

    ministry: dict[str, Answer] | None = None
    rows: dict[int, dict[str, Answer]] = field(default_factory=dict)
    cells: CellMap = field(default_factory=CellMap)
    new_bodies: list[NewBody] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    proposals: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
