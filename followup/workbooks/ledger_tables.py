"""Data tables of the ledger: 団体別 and 周知手段, one row a notification and one a channel of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from followup.models import Round
from followup.services.figures import IDENTITY, READ_AT_ONCE, ledger_of
from outreach.models import BodyCategory, Material
from outreach.workbooks.plain_tables import Column, Kind, Row, Table, numbered

NUMBER = Column("no", "番号", "行の通し番号", Kind.NUMBER, width=8)
MINISTRY_ORDER = Column("ministry_order", "府省庁番号", "府省庁の建制順を示す番号", Kind.NUMBER, width=12)
MINISTRY = Column("ministry", "府省庁", "府省庁の正式名称", width=24)
NOTIFICATION = Column(
    "notification_id",
    "発出番号",
    "府省庁と団体等の組を一意に示す番号。各シートを結び付ける",
    Kind.NUMBER,
    width=10,
)
BODY = Column("body", "団体名", "団体等の名称", width=36)

YES, NO = "はい", "いいえ"
ISSUED, PLANNED = "発出済み", "未発出"

BODY_COLUMNS = (
    NUMBER,
    MINISTRY_ORDER,
    MINISTRY,
    NOTIFICATION,
    BODY,
    Column(
        "body_identity", "同一団体キー",
        "府省庁をまたいで同じ団体等を示す値。法人番号、なければ表記の揺れを除いた名称。実数はこの値の異なりで数える",
        width=28,
    ),
    Column("corporate_number", "法人番号", "13桁の法人番号。把握していない場合は空欄", width=16),
    Column("category_code", "区分コード", "団体等の区分のコード。コード表を参照"),
    Column("category", "区分", "団体等の区分", width=30),
    Column("template_number", "ひな形番号", "用いたひな形の番号。コード表を参照", Kind.NUMBER, width=12),
    Column("issue_state", "発出状況", "発出日の記録があれば発出済み、なければ未発出", width=12),
    Column("issued_on", "発出日", "要請文を発出した日。未発出は空欄", Kind.DATE),
    Column("request_attached", "依頼文書の添付", "依頼文書を添付したか。未発出は空欄"),
    Column("wording_changed", "文言の変更", "ひな形の文言を変更したか。未発出は空欄"),
    Column("materials", "提供資料数", "添付又は提供した関連資料の数。未発出は空欄", Kind.NUMBER, "件"),
)  # fmt: skip

CHANNEL_COLUMNS = (
    NUMBER,
    MINISTRY_ORDER,
    MINISTRY,
    NOTIFICATION,
    BODY,
    Column("channel_code", "周知手段コード", "府省庁が団体等への発出に用いた手段のコード。コード表を参照"),
    Column("channel", "周知手段", "府省庁が団体等への発出に用いた手段", width=20),
    Column("channel_other", "その他の手段", "周知手段がその他の場合の内容", width=30),
)


def body_table(round: Round) -> Table:
    return Table("団体別", BODY_COLUMNS, numbered(_body_rows(round)))


def _body_rows(round: Round) -> Iterator[Row]:
    materials = (
        Material.objects.filter(notification=OuterRef("pk"))
        .order_by()
        .values("notification")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = (
        ledger_of(round)
        .annotate(identity=IDENTITY, material_count=Coalesce(Subquery(materials), 0))
        .order_by("assignment__ministry__order", "pk")
        .values_list(
            "assignment__ministry__order", "assignment__ministry__name", "pk", "body__name", "identity",
            "body__corporate_number", "body__category", "template__number", "issued_on",
            "request_attached", "wording_changed", "material_count",
        )
    )  # fmt: skip
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        *told, category, template, issued_on, attached, changed, count = cast("Any", row)
        label = BodyCategory(category).label
        if issued_on is None:
            yield (*told, category, label, template, PLANNED, None, None, None, None)
        else:
            record = (issued_on, yes_or_no(attached), yes_or_no(changed), count)
            yield (*told, category, label, template, ISSUED, *record)


def yes_or_no(value: bool) -> str:  # noqa: FBT001
    return YES if value else NO


def channel_table(round: Round) -> Table:
    return Table("周知手段", CHANNEL_COLUMNS, numbered(_channel_rows(round)))


def _channel_rows(round: Round) -> Iterator[Row]:
    rows = (
        ledger_of(round)
        .issued()
        .filter(channels__isnull=False)
        .order_by("assignment__ministry__order", "pk", "channels__order")
        .values_list(
            "assignment__ministry__order", "assignment__ministry__name", "pk", "body__name",
            "channels__code", "channels__label", "channels__is_other", "channel_other",
        )
    )  # fmt: skip
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        *told, is_other, other = cast("Any", row)
        yield (*told, other if is_other else None)
