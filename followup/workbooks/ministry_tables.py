"""Data tables of the ministries: 府省庁別 with their figures, and 更新履歴."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from followup.models import CouncilReport, FormVersion, Round, Submission
from followup.rules.answer_figures import MemberReach
from followup.rules.figures import DEFINITION, Figures, MinistryFigures, percentage
from followup.workbooks.ledger_tables import ANSWERS_OF_YES, MINISTRY, MINISTRY_ORDER
from outreach.models import WorkState
from outreach.rules.wareki import instant_in_tokyo
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table


def _figure(key: str, suffix: str = "") -> Column:
    """Return the column of a defined figure."""
    definition = DEFINITION[key]
    header = f"{definition.name}（％）" if definition.unit == "％" else f"{definition.name}{suffix}"
    return Column(key, header, definition.meaning, Kind.NUMBER, definition.unit)


MINISTRY_COLUMNS = (
    NUMBER,
    MINISTRY_ORDER,
    MINISTRY,
    Column("status_code", "報告状態コード", "報告の状態のコード。コード表を参照"),
    Column("status", "報告状態", "報告の状態"),
    Column("due_on", "回答期限", "延長後の回答期限。様式が未定の間は空欄", Kind.DATE),
    Column(
        "overdue", "期限超過", "回答期限を過ぎて提出（再提出を含む）を終えていないか", labels=ANSWERS_OF_YES
    ),
    Column("versions", "提出版数", "提出した版の数。未提出は0", Kind.NUMBER, "版"),
    Column("first_submitted_on", "初回提出日", "第1版を提出した日。未提出は空欄", Kind.DATE),
    Column("last_submitted_on", "最新提出日", "最新の版を提出した日。未提出は空欄", Kind.DATE),
    Column("late", "期限後提出", "第1版の提出が回答期限の後だったか。未提出は空欄", labels=ANSWERS_OF_YES),
    Column("no_body", "該当なし", "要請の対象とする団体等がないと回答したか", labels=ANSWERS_OF_YES),
    _figure("aimed"),
    _figure("issued"),
    _figure("issue_rate"),
    Column("issued_1", "ひな形1延べ発出団体数", "ひな形1で発出した団体等の数", Kind.NUMBER, "団体", 24),
    Column("issued_2", "ひな形2延べ発出団体数", "ひな形2で発出した団体等の数", Kind.NUMBER, "団体", 24),
    _figure("member_reach_bodies"),
    Column(
        "members", "算定対象の会員事業者数",
        "両方の数を回答した団体等の会員事業者数の合計。回答がなければ空欄",
        Kind.NUMBER, "者", 24,
    ),
    Column(
        "reached_members", "算定対象の周知した会員数",
        "両方の数を回答した団体等の周知した会員数の合計。回答がなければ空欄",
        Kind.NUMBER, "者", 24,
    ),
    _figure("member_reach_rate"),
    Column("due_time", "回答期限時刻", "回答期限の時刻（HH:MM）。空欄は、その日の終わりまで"),
)  # fmt: skip

HISTORY_COLUMNS = (
    NUMBER,
    Column("changed_on", "更新日", "更新した日", Kind.DATE),
    Column("change", "種別", "更新の種別。コード表を参照", width=20),
    Column(
        "ministry_order", "府省庁番号", "府省庁による更新の場合、その建制順を示す番号", Kind.NUMBER, width=12
    ),
    Column("ministry", "府省庁", "府省庁による更新の場合、その正式名称", width=24),
    Column("version", "版番号", "様式又は提出の版の番号", Kind.NUMBER, width=10),
    Column("content", "内容", "更新の内容", width=50, is_prose=True),
)

REQUEST_ISSUED, FORM_PUBLISHED, SUBMITTED, FROZEN = (
    "依頼の発出",
    "様式の公開",
    "報告の提出",
    "取りまとめの作成",
)
CHANGES = {
    REQUEST_ISSUED: "依頼を府省庁に発出した",
    FORM_PUBLISHED: "フォローアップの様式を公開した。設問が変わることがある",
    SUBMITTED: "府省庁が報告を提出した。回答は最新の版に置き換わる",
    FROZEN: "その時点の取りまとめを作成した",
}


def ministry_table(figures: Figures) -> Table:
    reach_of = figures.answers.member_reach_of
    asks_reach = figures.answers.member_reach is not None
    rows = (
        (
            *_ministry_row(row),
            *_reach_cells(reach_of.get(row.report_id, MemberReach()), asks_reach=asks_reach),
            f"{row.due_time:%H:%M}" if row.due_time else None,
        )
        for row in figures.progress.ministries
    )
    return Table("府省庁別", MINISTRY_COLUMNS, rows)


def _ministry_row(row: MinistryFigures) -> Row:
    return (
        row.order,
        row.name,
        row.status,
        row.status_label,
        row.due_on,
        row.is_overdue,
        row.versions,
        row.first_submitted_on,
        row.last_submitted_on,
        row.is_late if row.has_submitted else None,
        row.is_no_body,
        row.aimed,
        row.issued,
        row.issue_rate,
        row.issued_by(1),
        row.issued_by(2),
    )


def _reach_cells(reach: MemberReach, *, asks_reach: bool) -> Row:
    """Return n, members, reached, rate; sums over nobody are blank, and so is n where nobody was asked."""
    if reach.bodies == 0:
        return (0 if asks_reach else None, None, None, None)
    return (reach.bodies, reach.members, reach.reached, percentage(reach.reached, reach.members))


def history_table(round: Round, as_of: datetime) -> Table:
    rows = sorted(_changes(round, as_of), key=lambda row: row[0])
    return Table("更新履歴", HISTORY_COLUMNS, [(_day(at), *row) for at, *row in rows])


def _day(instant: datetime) -> date:
    return instant_in_tokyo(instant).date()


def _changes(
    round: Round, as_of: datetime
) -> Iterator[tuple[datetime, str, int | None, str | None, int | None, str]]:
    if round.request.issued_at:
        yield (round.request.issued_at, REQUEST_ISSUED, None, None, None, round.request.title)
    for number, at in (
        FormVersion.objects.published().filter(round=round).values_list("number", "published_at")
    ):
        if at:
            yield (at, FORM_PUBLISHED, None, None, number, f"様式第{number}版")
    submissions = Submission.objects.filter(report__round=round).values_list(
        "submitted_at",
        "report__assignment__ministry__order",
        "report__assignment__ministry__name",
        "number",
        "receipt_number",
    )
    for at, order, ministry, number, receipt_number in submissions.order_by("submitted_at", "pk"):
        yield (at, SUBMITTED, order, ministry, number, f"受付番号{receipt_number}")
    frozen = CouncilReport.objects.filter(round=round, state=WorkState.DONE)
    for at in [*frozen.order_by("pk").values_list("as_of", flat=True), as_of]:
        yield (at, FROZEN, None, None, None, "取りまとめを作成した時点")
