"""What is shown of a workbook that was read, before it is confirmed; no queries here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from followup.rules.answer_texts import key_label
from followup.rules.questions import OTHER_SUFFIX
from followup.services.contents import Content, Row
from followup.services.import_work import Preview
from followup.services.new_bodies import BodyProblem, EnteredBody
from followup.workbooks.answer_findings import AnswerReading, Finding
from followup.workbooks.answer_layout import BODY_SHEET
from followup.workbooks.answer_merge import Merge, RowId

SUBMITTED = (
    "提出済みで、追加で回答を求められている設問ではないため、変更できません。元の値に戻してください。"
    "修正が必要なときは、問合せ先へ御連絡ください。"
)


@dataclass(frozen=True)
class Found:
    """A workbook that was read against what was stored at one moment.

    `version` is the report's at that moment; `refused` says by its cell what is wrong with a new body.
    """

    version: int
    content: Content
    reading: AnswerReading
    merged: Merge
    refused: dict[str, BodyProblem]

    @cached_property
    def problems(self) -> list[dict[str, str]]:
        found = [
            *self.reading.problems,
            *self._unasked(),
            *self._refused_bodies(),
        ]
        return [asdict(problem) for problem in found]

    @cached_property
    def new_bodies(self) -> list[dict[str, Any]]:
        return [
            asdict(body) | {"issued_on": body.issued_on.isoformat()} for body in entered_bodies(self.reading)
        ]

    def digest(self) -> str:
        """Return the SHA-256 of what the preview shows."""
        return self.merged.digest(self.new_bodies, self.problems)

    def preview(self) -> Preview:
        names: dict[RowId, str] = {row.pk: row.body_name for row in self.content.rows}
        return Preview(
            digest=self.digest(),
            counts=self._counts(),
            problems=self.problems,
            proposals=[asdict(proposal) for proposal in self.reading.proposals],
            notices=[asdict(notice) for notice in self.reading.notices],
            changes=[
                {"row": row, "name": names.get(row, ""), "edits": edits}
                for row, edits in self.merged.edits.items()
            ],
            conflicts=[
                {"row": row, "name": names.get(row, ""), "edits": clashes}
                for row, clashes in self.merged.conflicts.items()
            ],
            new_bodies=self.new_bodies,
        )

    def _refused_bodies(self) -> Iterator[Finding]:
        """Tell what is wrong with a new body at its cell: that of the day, or else that of the name."""
        for body in self.reading.new_bodies:
            if problem := self.refused.get(body.cell):
                is_day = problem.field == "issued_on"
                cell, label = (body.issued_on_cell, "発出日") if is_day else (body.cell, "名称")
                yield Finding(BODY_SHEET, cell, label, problem.message)

    def _unasked(self) -> Iterator[Finding]:
        """Name the cells of submitted answers that were changed although only others are asked again."""
        if self.content.asked_keys is None and all(row.asked_keys is None for row in self.content.rows):
            return
        rows: dict[RowId, Row] = {row.pk: row for row in self.content.rows}
        for found in (self.merged.edits, self.merged.conflicts):
            for place, edits in found.items():
                asked = rows.get(place, self.content)
                for key in (edit.key for edit in edits):
                    question = asked.form.by_key[key.removesuffix(OTHER_SUFFIX)]
                    if not asked.asks(question.key):
                        sheet, cell = self.reading.cells.get((place, key), ("", ""))
                        yield Finding(sheet, cell, key_label(question, key), SUBMITTED)

    def _counts(self) -> dict[str, int]:
        edits = [edit for found in self.merged.edits.values() for edit in found]
        new = sum(edit.old is None for edit in edits)
        cleared = sum(edit.new is None for edit in edits)
        return {
            "new": new,
            "changed": len(edits) - new - cleared,
            "cleared": cleared,
            "unchanged": self.merged.unchanged,
            "conflicts": sum(map(len, self.merged.conflicts.values())),
            "bodies": sum(row is not None for row in self.merged.edits),
            "problems": len(self.problems),
            "new_bodies": len(self.new_bodies),
        }


def entered_bodies(reading: AnswerReading) -> list[EnteredBody]:
    return [
        EnteredBody(
            cell=body.cell,
            name=body.name,
            category=body.category,
            template_number=body.template_number,
            issued_on=body.issued_on,
            answers=body.answers,
        )
        for body in reading.new_bodies
    ]
