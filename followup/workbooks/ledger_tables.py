"""Data tables of the ledger: 団体別 and 周知手段, one row a notification and one a channel of it."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    Field,
    IntegerField,
    OuterRef,
    Subquery,
    When,
)
from django.db.models.functions import Cast, Coalesce

from followup.models import Round
from followup.services.answer_counts import READ_AT_ONCE
from followup.services.ledger_counts import IDENTITY, ledger_of
from outreach.models import BodyCategory, Material
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Table

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

ANSWERS_OF_YES = {True: YES, False: NO}

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
    Column("category", "区分", "団体等の区分", width=30, labels=dict(BodyCategory.choices)),
    Column("template_number", "ひな形番号", "用いたひな形の番号。コード表を参照", Kind.NUMBER, width=12),
    Column(
        "issue_state", "発出状況", "発出日の記録があれば発出済み、なければ未発出",
        width=12, labels={1: ISSUED, 0: PLANNED},
    ),
    Column("issued_on", "発出日", "要請文を発出した日。未発出は空欄", Kind.DATE),
    Column(
        "request_attached", "依頼文書の添付", "依頼文書を添付したか。未発出は空欄", labels=ANSWERS_OF_YES
    ),
    Column(
        "wording_changed", "文言の変更", "ひな形の文言を変更したか。未発出は空欄", labels=ANSWERS_OF_YES
    ),
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
    Column("channel_other", "その他の手段", "周知手段がその他の場合の内容", width=30, is_prose=True),
)


def body_table(round: Round) -> Table:
    return Table("団体別", BODY_COLUMNS, body_rows(round).iterator(READ_AT_ONCE))


def body_rows(round: Round) -> Any:
    """Return the ledger in the order of the columns; what is about the notice only where it was issued."""
    materials = (
        Material.objects.filter(notification=OuterRef("pk"))
        .order_by()
        .values("notification")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        ledger_of(round)
        .annotate(
            identity=IDENTITY,
            category=F("body__category"),
            issued=Case(When(issued_on=None, then=0), default=1),
            day=Cast("issued_on", CharField()),
            attached=_where_issued(F("request_attached")),
            changed=_where_issued(F("wording_changed")),
            provided=_where_issued(Coalesce(Subquery(materials), 0)),
        )
        .order_by("assignment__ministry__order", "pk")
        .values_list(
            "assignment__ministry__order", "assignment__ministry__name", "pk", "body__name", "identity",
            "body__corporate_number", "body__category", "category", "template__number", "issued", "day",
            "attached", "changed", "provided",
        )
    )  # fmt: skip


def _where_issued(value: Any) -> Case:
    return Case(When(issued_on__isnull=False, then=_bare(value, IntegerField())))


def _bare(value: Any, field: Field[Any, Any]) -> ExpressionWrapper[Any]:
    """Return a value as the database gives it: cells need no Python date or bool made of each."""
    return ExpressionWrapper(value, output_field=field)


def channel_table(round: Round) -> Table:
    return Table("周知手段", CHANNEL_COLUMNS, _channel_rows(round).iterator(READ_AT_ONCE))


def _channel_rows(round: Round) -> Any:
    return (
        ledger_of(round)
        .issued()
        .filter(channels__isnull=False)
        .annotate(other=Case(When(channels__is_other=True, then=F("channel_other"))))
        .order_by("assignment__ministry__order", "pk", "channels__order")
        .values_list(
            "assignment__ministry__order", "assignment__ministry__name", "pk", "body__name",
            "channels__code", "channels__label", "other",
        )
    )  # fmt: skip
