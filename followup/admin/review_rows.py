"""A version as a reviewer reads it: each answer beside the version before and the last round, with doubts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator

from followup.models import Doubt, FigureRuling, Submission, SubmittedAnswer
from followup.rules.answer_texts import answer_text
from followup.rules.questions import Answers, FormSpec, QuestionSpec, Scope
from followup.rules.versions import Differences, differences
from followup.services.comparison import Compared, last_round, previous_version
from outreach.rules.names import matching_key

ROWS_PER_PAGE = 20
CHANGED, DOUBTS = "changed", "doubts"
SHOWN = {"": "全ての団体・設問", CHANGED: "前の版から変わった所だけ", DOUBTS: "疑義のある所だけ"}
REMOVED_SHOWN = 50

Place = tuple[int | None, str]
"""A notification's id (None: the ministry's own answers) and a question's key ("": the row)."""


@dataclass(frozen=True)
class Cell:
    """One question of a row: its answer now, before and in the last round (None: there is none)."""

    question: QuestionSpec
    now: str
    before: str | None
    last: str | None
    change: str
    has_doubt: bool
    is_answered: bool
    ruling: FigureRuling | None


@dataclass(frozen=True)
class Section:
    """The ministry's own answers (row None), or one body's row."""

    row: SubmittedAnswer | None
    cells: list[Cell]
    doubts: list[Doubt]
    is_new: bool = False

    @property
    def is_changed(self) -> bool:
        return any(cell.change for cell in self.cells)


@dataclass
class Review:
    """Everything that the page shows of a version and what it is compared with."""

    submission: Submission
    show: str
    search: str
    form: FormSpec = field(init=False)
    before: Compared | None = field(init=False)
    last: Compared | None = field(init=False)

    def __post_init__(self) -> None:
        self.form = self.submission.form_version.spec()
        self.before, self.last = previous_version(self.submission), last_round(self.submission)
        self.before_form = self.before.submission.form_version.spec() if self.before else self.form
        self.last_form = self.last.submission.form_version.spec() if self.last else self.form
        self.found = self._differences()
        self.doubted = self._doubted()
        rulings = FigureRuling.objects.active().filter(report=self.submission.report_id)
        self.rulings = {(ruling.notification_id, ruling.question_key): ruling for ruling in rulings}

    def _differences(self) -> Differences[int]:
        """Compare all rows with the version before; nothing is new where there is none."""
        rows = dict(self.submission.rows.order_by().values_list("notification_id", "answers"))
        if self.before is None:
            return Differences([], [], [], {})
        old = self.before.submission
        old_rows = dict(old.rows.order_by().values_list("notification_id", "answers"))
        return differences((old.answers, old_rows), (self.submission.answers, rows))

    def _doubted(self) -> dict[int, bool]:
        """Return the rows with doubts, and whether one of them is open."""
        found = self.submission.doubts.exclude(notification=None).order_by("notification_id")
        open_ones = found.filter(dismissal=None).values_list("notification_id", flat=True)
        return dict.fromkeys(found.values_list("notification_id", flat=True), False) | dict.fromkeys(
            open_ones, True
        )

    def page(self, number: str | None) -> Page[Any]:
        """Return a page of rows: open doubts first, then what changed, then the rest, each by name."""
        moved = set(self.found.changed) | set(self.found.added)
        rows = self.submission.rows.order_by("template_number", "body_name", "pk")
        words = matching_key(self.search)
        kept = [
            (0 if self.doubted.get(notice) else 1 if notice in moved else 2, pk)
            for pk, notice, name in rows.values_list("pk", "notification_id", "body_name")
            if self._is_shown(notice, moved) and (not words or words in matching_key(name))
        ]
        kept.sort(key=lambda item: item[0])
        return Paginator([pk for _rank, pk in kept], ROWS_PER_PAGE).get_page(number)

    def _is_shown(self, notice: int, moved: set[int]) -> bool:
        return {CHANGED: notice in moved, DOUBTS: notice in self.doubted}.get(self.show, True)

    def ministry_section(self) -> Section:
        doubts = list(_with_dismissals(self.submission).filter(notification=None).exclude(question_key=""))
        old = self.before.submission.answers if self.before else None
        past = self.last.submission.answers if self.last else None
        cells = self._cells(self.form, None, (self.submission.answers, old, past), doubts)
        return Section(None, cells, doubts)

    def doubts_on_whole(self) -> list[Doubt]:
        return list(_with_dismissals(self.submission).filter(notification=None, question_key=""))

    def row_sections(self, pks: Iterable[int]) -> list[Section]:
        """Return the rows of a page in its order; the number of queries does not depend on theirs."""
        rows = self.submission.rows.select_related("notification").in_bulk(list(pks))
        own = [(row.notification_id, row.notification.body_id) for row in rows.values()]
        old = dict(self.before.rows(own)) if self.before else {}
        past = dict(self.last.rows(own)) if self.last else {}
        doubts: dict[int | None, list[Doubt]] = {}
        wanted = [notice for notice, _body in own]
        for doubt in _with_dismissals(self.submission).filter(notification__in=wanted):
            doubts.setdefault(doubt.notification_id, []).append(doubt)
        return [
            self._row_section(rows[pk], old, past, doubts.get(rows[pk].notification_id, [])) for pk in pks
        ]

    def _row_section(
        self,
        row: SubmittedAnswer,
        old: Mapping[int, Answers],
        past: Mapping[int, Answers],
        doubts: list[Doubt],
    ) -> Section:
        answers = (row.answers, old.get(row.notification_id), past.get(row.notification_id))
        form = self.form.for_category(row.body_category)
        cells = self._cells(form, row.notification_id, answers, doubts)
        is_new = self.before is not None and row.notification_id not in old
        return Section(row, cells, doubts, is_new)

    def _cells(
        self,
        form: FormSpec,
        notification_pk: int | None,
        answers: tuple[Answers, Answers | None, Answers | None],
        doubts: Sequence[Doubt],
    ) -> list[Cell]:
        now, old, past = answers
        scope = Scope.MINISTRY if notification_pk is None else Scope.BODY
        doubted = {doubt.question_key for doubt in doubts}
        asked = {question.key for question in form.asked(scope, now)}
        cells = [
            Cell(
                question=question,
                now=answer_text(question, now),
                before=_text(self.before_form, question, old),
                last=_text(self.last_form, question, past),
                change=_change(question, now, old),
                has_doubt=question.key in doubted,
                is_answered=question.key in now,
                ruling=self.rulings.get((notification_pk, question.key)),
            )
            for question in form.of(scope)
            if question.key in asked or question.key in {**(old or {}), **(past or {})}
        ]
        return [
            cell
            for cell in cells
            if {CHANGED: bool(cell.change), DOUBTS: cell.has_doubt}.get(self.show, True)
        ]

    def removed(self) -> tuple[list[str], int]:
        """Return names of bodies that the version before had, and how many more there are."""
        if self.before is None or not self.found.removed:
            return [], 0
        gone = self.before.submission.rows.filter(notification__in=self.found.removed[:REMOVED_SHOWN])
        names = list(gone.order_by("body_name").values_list("body_name", flat=True))
        return names, len(self.found.removed) - len(names)


def _with_dismissals(submission: Submission) -> Any:
    return (
        Doubt.objects.filter(submission=submission)
        .select_related("dismissal__dismissed_by")
        .order_by("dismissal__pk", "pk")
    )


def _text(form: FormSpec, question: QuestionSpec, answers: Answers | None) -> str | None:
    return None if answers is None else answer_text(form.by_key.get(question.key, question), answers)


def _change(question: QuestionSpec, now: Answers, old: Answers | None) -> str:
    """Say in a word what happened to an answer since the version before."""
    if old is None:
        return ""
    keys = (question.key, question.other_key)
    was, is_now = ([answers.get(key) for key in keys] for answers in (old, now))
    if was == is_now:
        return ""
    if question.key not in old:
        return "追加"
    return "変更" if question.key in now else "取消し"
