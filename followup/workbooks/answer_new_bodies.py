"""Read the rows that were added to 団体別回答: bodies the report does not know yet, with their notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from followup.rules.questions import Answer, Choice, QuestionSpec, QuestionType, Scope
from followup.services.contents import Content
from followup.workbooks.answer_cells import CellReader
from followup.workbooks.answer_findings import NewBody
from followup.workbooks.answer_layout import CATEGORY_LABELS, TEMPLATE_LABELS
from followup.workbooks.answer_matching import FoundSheet
from followup.workbooks.answer_rows import Cells, FieldCell, RowPlan, make_plan, read_row
from followup.workbooks.answer_rules import column_letters
from followup.workbooks.answer_sheet_reading import SheetFindings
from outreach.models import Body, BodyCategory
from outreach.rules.cells import CellProblem, CellValue
from outreach.rules.names import NameTextError, clean_name, matching_key
from outreach.workbooks.book import Book

NAME_CHARACTERS = Body._meta.get_field("name").max_length or 0
ASKED_PLACES = ("#name", "#category", "#template", "#issued_on")
CATEGORY = QuestionSpec(
    key="category",
    scope=Scope.BODY,
    type=QuestionType.SINGLE,
    label="区分",
    choices=tuple(Choice(code, label) for code, label in CATEGORY_LABELS.items()),
)
TEMPLATE = QuestionSpec(
    key="template",
    scope=Scope.BODY,
    type=QuestionType.SINGLE,
    label="ひな形",
    choices=tuple(Choice(str(number), label) for number, label in TEMPLATE_LABELS.items()),
)
ISSUED_ON = QuestionSpec(key="issued_on", scope=Scope.BODY, type=QuestionType.DATE, label="発出日")

LISTED = "「{name}」は既に一覧にあります。この行を削除し、一覧の行に記入してください。"
ADDED_TWICE = "「{name}」が二回追加されています（{rows}行目）。一つだけを残してください。"
NEEDED = "追加する団体等の{label}を記入してください。"


@dataclass(frozen=True)
class _Added:
    """A row that was added, as far as it could be read."""

    number: int
    name: str
    category: str | None
    template_number: int | None
    issued_on: date | None
    answers: dict[str, Answer]


class NewBodyReader:
    """Reads the added rows of one sheet."""

    def __init__(
        self,
        book: Book,
        found: FoundSheet,
        content: Content,
        cells: list[FieldCell],
        findings: SheetFindings,
    ) -> None:
        self._places = found.headings.matched.places
        self._content = content
        self._cells = cells
        self._findings = findings
        self._readers = {
            "#category": CellReader(CATEGORY, CATEGORY),
            "#template": CellReader(TEMPLATE, TEMPLATE),
            "#issued_on": CellReader(ISSUED_ON, ISSUED_ON, counts_from_1904=book.counts_from_1904),
        }
        self._plans: dict[str | None, RowPlan] = {}
        self._added: list[_Added] = []
        self.columns = [
            *(self._places[key] for key in ASKED_PLACES if key in self._places),
            *(cell.at for cell in cells),
        ]
        """The columns in any of which something makes a row one that was added."""

    def read(self, number: int, cells: Cells) -> None:
        """Read one row, telling everything that is wrong with it."""
        name = self._name(number, cells)
        category = self._place(number, cells, "#category", CATEGORY.label)
        template = self._template(number, cells, category)
        issued_on = self._place(number, cells, "#issued_on", ISSUED_ON.label)
        if category not in self._plans:
            form = self._content.form.for_category(category) if category else self._content.form
            self._plans[category] = make_plan(form, Scope.BODY, self._cells)
        row = read_row(self._plans[category], cells, {})
        self._findings.row(row, lambda cell: f"{column_letters(cell.at)}{number}")
        day = date.fromisoformat(issued_on) if issued_on else None
        self._added.append(_Added(number, name, category, template, day, row.answers))

    def bodies(self) -> Iterator[NewBody]:
        """Give the bodies that could be read; refuse names that are listed or added twice."""
        names = {row.name_key for row in self._content.rows}
        rows_of: dict[str, list[int]] = {}
        for added in self._added:
            if added.name:
                rows_of.setdefault(matching_key(added.name), []).append(added.number)
        for added in self._added:
            key = matching_key(added.name)
            cell = self._cell("#name", added.number)
            if key in names:
                self._findings.problem(cell, LISTED.format(name=added.name), "名称")
            elif len(numbers := rows_of.get(key, [])) > 1:
                rows = "・".join(map(str, numbers))
                self._findings.problem(cell, ADDED_TWICE.format(name=added.name, rows=rows), "名称")
            elif added.name and added.category and added.template_number and added.issued_on:
                yield NewBody(
                    cell=cell,
                    issued_on_cell=self._cell("#issued_on", added.number),
                    name=added.name,
                    category=added.category,
                    template_number=added.template_number,
                    issued_on=added.issued_on,
                    answers=added.answers,
                )

    def _cell(self, key: str, number: int) -> str:
        return f"{column_letters(self._places.get(key, self._places['#id']))}{number}"

    def _value(self, cells: Cells, key: str) -> CellValue:
        at = self._places.get(key)
        return cells[at] if at is not None and at < len(cells) else None

    def _name(self, number: int, cells: Cells) -> str:
        """Return the name as it is stored; "" when it was refused."""
        value = self._value(cells, "#name")
        cell = self._cell("#name", number)
        try:
            name = "" if isinstance(value, CellProblem) else clean_name("" if value is None else str(value))
        except NameTextError as error:
            self._findings.problem(cell, str(error), "名称")
            return ""
        if isinstance(value, CellProblem):
            self._findings.problem(cell, value.message, "名称")
        elif not matching_key(name):
            self._findings.problem(cell, NEEDED.format(label="名称"), "名称")
            return ""
        elif len(name) > NAME_CHARACTERS:
            message = f"{NAME_CHARACTERS}文字以内で入力してください（現在{len(name):,}文字）。"
            self._findings.problem(cell, message, "名称")
            return ""
        return name

    def _template(self, number: int, cells: Cells, category: str | None) -> int | None:
        """Return the template; where it is left blank, the one proposed for the category, told so."""
        proposed = BodyCategory(category).template_number if category else None
        if proposed is not None and self._value(cells, "#template") is None:
            message = f"未記入のため、区分に応じて「{TEMPLATE_LABELS[proposed]}」としました。"
            self._findings.proposal(self._cell("#template", number), message, TEMPLATE.label)
            return int(proposed)
        template = self._place(number, cells, "#template", TEMPLATE.label)
        return int(template) if template else None

    def _place(self, number: int, cells: Cells, key: str, label: str) -> str | None:
        """Read one of the cells that say what body it is; None when it is blank or was refused."""
        found = self._readers[key].read(self._value(cells, key))
        cell = self._cell(key, number)
        if found.error:
            self._findings.problem(cell, found.error, label)
        elif found.answer is None:
            self._findings.problem(cell, NEEDED.format(label=label), label)
        elif found.note:
            self._findings.proposal(cell, found.note, label)
        return None if found.answer is None else str(found.answer)
