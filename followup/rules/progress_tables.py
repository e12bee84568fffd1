"""The figures of progress and notices as tables: the whole, by ministry, template, channel and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from followup.rules.figure_definitions import DEFINITION
from followup.rules.figure_rows import MinistryState, RowKind, Selection, rows
from followup.rules.figure_tables import Cell, Line, Table, rate
from followup.rules.figures import MinistryFigures, Progress
from outreach.rules.wareki import format_wareki

MINISTRIES, NOTICES = RowKind.MINISTRIES, RowKind.NOTIFICATIONS
NUMBER, TEXT = True, False
BODIES = "団体"


def progress_tables(progress: Progress, categories: Mapping[str, str]) -> Iterator[Table]:
    """Yield the tables; `categories` names the categories of bodies by code."""
    yield _summary(progress)
    yield _by_ministry(progress)
    yield _non_responders(progress)
    yield _said_no_body(progress)
    yield _by_category(progress, categories)
    yield _by_channel(progress)
    yield _by_day(progress)


def notices(*, issued: bool | None = None, **conditions: object) -> Selection:
    state = None if issued is None else "yes" if issued else "no"
    return rows(NOTICES, issued=state, **conditions)


def defined(key: str, *cells: Cell) -> Line:
    """Return a line that is headed by the name of a figure, with its meaning."""
    definition = DEFINITION[key]
    return Line(key, definition.name, cells, meaning=definition.meaning)


def ministry_key(ministry_id: int) -> str:
    return f"ministry-{ministry_id}"


def _summary(progress: Progress) -> Table:
    def state(key: str, number: int) -> Line:
        return defined(key, Cell(number, "府省庁", rows(MINISTRIES, state=MinistryState(key))))

    distinct = rows(RowKind.BODIES)
    return Table(
        "summary",
        "概要",
        "数値",
        (("値", NUMBER),),
        (
            defined("asked", Cell(progress.asked, "府省庁", rows(MINISTRIES))),
            state("submitted", progress.submitted),
            defined("response_rate", rate(progress.response_rate)),
            state("accepted", progress.accepted),
            state("non_responders", len(progress.non_responders)),
            state("overdue", progress.overdue),
            state("late", progress.late),
            state("no_body", progress.no_body),
            defined("versions", Cell(progress.versions, "版", rows(RowKind.VERSIONS))),
            defined("aimed", Cell(progress.aimed, BODIES, notices())),
            defined("issued", Cell(progress.issued, BODIES, notices(issued=True))),
            defined("issue_rate", rate(progress.issue_rate)),
            defined("distinct_aimed", Cell(progress.distinct_aimed, BODIES, distinct)),
            defined(
                "distinct_issued", Cell(progress.distinct_issued, BODIES, rows(RowKind.BODIES, issued="yes"))
            ),
        ),
    )


def _by_ministry(progress: Progress) -> Table:
    return Table(
        "ministries",
        "府省庁別",
        "府省庁",
        (
            ("発出先（延べ）", NUMBER),
            ("ひな形1で発出", NUMBER),
            ("ひな形2で発出", NUMBER),
            ("発出済み（延べ）", NUMBER),
            ("発出率", NUMBER),
            ("提出版数", NUMBER),
            ("報告の状態", TEXT),
        ),
        tuple(
            Line(
                ministry_key(row.ministry_id),
                row.name,
                _ministry_cells(row, row.ministry_id, _state_of(row)),
                row.report_id,
            )
            for row in progress.ministries
        ),
        total=Line("total", "計", _ministry_cells(progress, None, "")),
        empty="対象の府省庁がありません。",
    )


def _ministry_cells(row: MinistryFigures | Progress, ministry: int | None, state: str) -> tuple[Cell, ...]:
    return (
        Cell(row.aimed, rows=notices(ministry=ministry)),
        Cell(row.issued_by_template_1, rows=notices(issued=True, ministry=ministry, template=1)),
        Cell(row.issued_by_template_2, rows=notices(issued=True, ministry=ministry, template=2)),
        Cell(row.issued, rows=notices(issued=True, ministry=ministry)),
        rate(row.issue_rate),
        Cell(row.versions, rows=rows(RowKind.VERSIONS, ministry=ministry)),
        Cell(text=state),
    )


def _state_of(row: MinistryFigures) -> str:
    notes = [
        note
        for note, holds in (
            ("期限超過", row.is_overdue),
            ("期限後に提出", row.is_late),
            ("該当なし", row.is_no_body),
        )
        if holds
    ]
    return f"{row.status_label}（{'、'.join(notes)}）" if notes else row.status_label


def _non_responders(progress: Progress) -> Table:
    """Count the reasons, then name the ministries of each."""
    reasons = Counter(row.non_response_reason for row in progress.non_responders)
    return Table(
        "non-responders",
        "未提出の府省庁",
        "理由",
        (("府省庁数", NUMBER), ("府省庁", TEXT)),
        tuple(
            Line(
                reason,
                reason,
                (
                    Cell(
                        count, "府省庁", rows(MINISTRIES, state=MinistryState.NON_RESPONDERS, reason=reason)
                    ),
                    Cell(text=_names(r for r in progress.non_responders if r.non_response_reason == reason)),
                ),
            )
            for reason, count in reasons.items()
        ),
        empty="全ての府省庁が提出しています。" if progress.asked else "対象の府省庁がありません。",
    )


def _names(ministries: Iterable[MinistryFigures]) -> str:
    return "、".join(row.name for row in ministries)


def _said_no_body(progress: Progress) -> Table:
    return Table(
        "no-body",
        "該当なしの府省庁",
        "府省庁",
        (("理由", TEXT),),
        tuple(
            Line(ministry_key(row.ministry_id), row.name, (Cell(text=row.no_body_reason),), row.report_id)
            for row in progress.ministries
            if row.is_no_body
        ),
        empty="該当なしと回答した府省庁はありません。",
    )


def _by_category(progress: Progress, categories: Mapping[str, str]) -> Table:
    return Table(
        "categories",
        "ひな形・区分別",
        "ひな形・区分",
        (
            ("発出先（延べ）", NUMBER),
            ("発出済み（延べ）", NUMBER),
            ("発出率", NUMBER),
            ("発出済み（実数）", NUMBER),
        ),
        tuple(
            Line(
                f"{row.template_number}-{row.category}",
                f"ひな形{row.template_number}：{categories[row.category]}",
                (
                    Cell(row.aimed, rows=notices(template=row.template_number, category=row.category)),
                    Cell(
                        row.issued,
                        rows=notices(issued=True, template=row.template_number, category=row.category),
                    ),
                    rate(row.issue_rate),
                    Cell(
                        row.distinct_issued,
                        rows=rows(
                            RowKind.BODIES, issued="yes", template=row.template_number, category=row.category
                        ),
                    ),
                ),
            )
            for row in progress.categories
        ),
        empty="発出先の団体等がありません。",
    )


def _by_channel(progress: Progress) -> Table:
    return Table(
        "channels",
        "周知手段別",
        "周知手段",
        (("発出済み（延べ）", NUMBER),),
        tuple(
            Line(row.code, row.label, (Cell(row.issued, rows=notices(issued=True, channel=row.code)),))
            for row in progress.channels
        ),
        empty="周知手段が登録されていません。",
    )


def _by_day(progress: Progress) -> Table:
    return Table(
        "days",
        "日別・累計",
        "発出日",
        (("発出（延べ）", NUMBER), ("累計（延べ）", NUMBER)),
        tuple(
            Line(
                row.day.isoformat(),
                format_wareki(row.day),
                (
                    Cell(row.issued, rows=notices(issued=True, day=row.day.isoformat())),
                    Cell(row.issued_so_far, rows=notices(issued=True, until=row.day.isoformat())),
                ),
            )
            for row in progress.days
        ),
        empty="発出の記録がありません。",
    )
