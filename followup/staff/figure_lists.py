"""How the rows behind a figure are shown: the columns of each kind, and a cell's text and address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from followup.models import Round
from followup.rules.answer_figures import MEMBER_COUNT, REACHED_MEMBER_COUNT, is_summable, labels_of
from followup.rules.answer_texts import answer_text
from followup.rules.figure_rows import Narrowing, RowKind, rows
from followup.rules.figures import Figures, MinistryFigures
from followup.rules.questions import Answers, QuestionSpec
from followup.services import figure_rows
from followup.services.answer_counts import forms_of
from followup.staff.figure_addresses import rows_url
from outreach.rules.wareki import format_wareki, format_wareki_at


@dataclass(frozen=True)
class Shown:
    """One cell of a list; `kind` is the class of its column: number, date, long, or nothing."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Column:
    heading: str
    kind: str = ""


@dataclass(frozen=True)
class FigureList:
    """Rows to page through, the columns to show, and how one row fills them.

    `told` is what the number asked for, in words; `summed` are the questions whose answers add up.
    """

    rows: Any
    columns: Sequence[Column]
    show: Callable[[Any], Sequence[Shown]]
    told: Sequence[tuple[str, str]] = ()
    summed: Sequence[QuestionSpec] = ()


def figure_list(
    kind: RowKind, *, round: Round, figures: Callable[[], Figures], given: dict[str, str]
) -> FigureList:
    """Return the list of a kind; `figures` are counted only where a list is read off them."""
    if kind is RowKind.MINISTRIES:
        reason = [("未提出の理由", given["reason"])] if given.get("reason") else []
        return FigureList(figure_rows.ministry_rows(figures(), given), _MINISTRY, _ministry, reason)
    if kind is RowKind.VERSIONS:
        found = figure_rows.version_rows(round, given).select_related("report__assignment__ministry")
        return FigureList(found, _VERSION, _version)
    if kind is RowKind.NOTIFICATIONS:
        notices = figure_rows.notice_rows(round, given).select_related(
            "assignment__ministry", "body", "template"
        )
        return FigureList(notices.prefetch_related("channels"), _NOTICE, _notice, _told_of_days(given))
    if kind is RowKind.BODIES:
        return FigureList(figure_rows.body_rows(round, given), _BODY, _bodies(round, given))
    return _answers(kind, round, given)


def _told_of_days(given: dict[str, str]) -> list[tuple[str, str]]:
    day, until, identity = given.get("day"), given.get("until"), given.get("identity")
    return [
        *([("発出日", format_wareki(date.fromisoformat(day)))] if day else []),
        *([("発出日", f"{format_wareki(date.fromisoformat(until))}まで")] if until else []),
        *([("団体", "同一とみなす団体等だけ")] if identity else []),
    ]


_MINISTRY = (
    Column("府省庁"),
    Column("報告の状態"),
    Column("回答期限", "date"),
    Column("提出版数", "number"),
    Column("最初の提出", "date"),
    Column("備考", "long"),
)


def _ministry(row: MinistryFigures) -> list[Shown]:
    notes = [
        row.non_response_reason,
        "期限後に提出" if row.is_late else "",
        f"該当なし：{row.no_body_reason}" if row.is_no_body else "",
    ]
    return [
        Shown(row.name, reverse("admin:followup_report_change", args=[row.report_id])),
        Shown(row.status_label),
        Shown(str(row.due) if row.due else "未定"),
        Shown(f"{row.versions:,}"),
        Shown(format_wareki(row.first_submitted_on) if row.first_submitted_on else "－"),
        Shown("、".join(filter(None, notes)) or "－"),
    ]


_VERSION = (Column("府省庁"), Column("版"), Column("提出日時", "date"), Column("受付番号"), Column("提出者"))


def _version(row: Any) -> list[Shown]:
    return [
        Shown(row.report.assignment.ministry.name),
        Shown(str(row), reverse("admin:followup_submission_change", args=[row.pk])),
        Shown(format_wareki_at(row.submitted_at)),
        Shown(row.receipt_number),
        Shown(row.submitted_by_label),
    ]


_NOTICE = (
    Column("府省庁"),
    Column("団体", "long"),
    Column("区分"),
    Column("ひな形"),
    Column("発出日", "date"),
    Column("周知手段"),
)


def _notice(row: Any) -> list[Shown]:
    channels = [channel.label for channel in row.channels.all()]
    return [
        Shown(row.assignment.ministry.name),
        Shown(row.body.name, reverse("admin:outreach_notification_change", args=[row.pk])),
        Shown(row.body.get_category_display()),
        Shown(str(row.template)),
        Shown(format_wareki(row.issued_on) if row.issued_on else "未発出"),
        Shown("、".join(channels) or "－"),
    ]


_BODY = (
    Column("団体", "long"),
    Column("同一とみなす根拠"),
    Column("発出先にした府省庁", "number"),
    Column("発出（延べ）", "number"),
    Column("発出済み（延べ）", "number"),
    Column("最初の発出日", "date"),
)


def _bodies(round: Round, given: dict[str, str]) -> Callable[[dict[str, Any]], list[Shown]]:
    """Return how a distinct body is shown, with the way to its notices under the same conditions."""
    same = {name: value for name, value in given.items() if name != "q"}

    def shown(row: dict[str, Any]) -> list[Shown]:
        basis, _, key = row["identity"].partition(":")
        behind = rows(RowKind.NOTIFICATIONS, **same, identity=row["identity"])
        first = row["first_issued_on"]
        return [
            Shown(row["name"], rows_url(round.pk, behind)),
            Shown(f"法人番号 {key}" if basis == "number" else "名称"),
            Shown(f"{row['ministries']:,}"),
            Shown(f"{row['notices']:,}"),
            Shown(f"{row['issued']:,}"),
            Shown(format_wareki(first) if first else "未発出"),
        ]

    return shown


def _answers(kind: RowKind, round: Round, given: dict[str, str]) -> FigureList:
    forms = forms_of(round)
    newest = {question.key: question for questions in forms.values() for question in questions}
    keys = [key for key in _shown_keys(given) if key in newest]
    headings = [Column(newest[key].label, "long") for key in keys]

    def texts(form: int, answers: Answers) -> list[Shown]:
        asked = {question.key: question for question in forms.get(form, ())}
        return [Shown(answer_text(asked[key], answers) if key in asked else "－") for key in keys]

    asked = [newest[key] for key in keys]
    shared: dict[str, Any] = {
        "told": _told_of_answers(given, asked),
        "summed": [question for question in asked if is_summable(question)],
    }
    if kind is RowKind.MINISTRY_ANSWERS:
        found = figure_rows.ministry_answer_rows(round, given)
        return FigureList(
            found.select_related("report__assignment__ministry"),
            (Column("府省庁"), Column("版"), *headings),
            lambda row: [*_version(row)[:2], *texts(row.form_version_id, row.answers)],
            **shared,
        )
    answered = figure_rows.body_answer_rows(round, given)
    return FigureList(
        answered.select_related("submission__report__assignment__ministry"),
        (Column("府省庁"), Column("団体", "long"), Column("区分"), *headings),
        lambda row: [*_answered(row), *texts(row.submission.form_version_id, row.answers)],
        **shared,
    )


def _answered(row: Any) -> list[Shown]:
    return [
        Shown(row.submission.report.assignment.ministry.name),
        Shown(row.body_name, reverse("admin:outreach_notification_change", args=[row.notification_id])),
        Shown(row.get_body_category_display()),
    ]


def _shown_keys(given: dict[str, str]) -> list[str]:
    """Return the questions whose answers are shown: the one asked about, or both of the reach."""
    if given.get("narrowing") == Narrowing.REACH:
        return [MEMBER_COUNT, REACHED_MEMBER_COUNT]
    return [given["question"]] if given.get("question") else []


def _told_of_answers(given: dict[str, str], asked: Sequence[QuestionSpec]) -> list[tuple[str, str]]:
    """Say which question, which choice, and what else narrows the answers."""
    narrowing, code = given.get("narrowing"), given.get("choice")
    return [
        *(("設問", question.label) for question in asked),
        *(("選択肢", labels_of(question).get(code, code)) for question in asked if code),
        *([("回答", Narrowing(narrowing).label)] if narrowing else []),
    ]
