"""発出 as a table: one row a body chosen for a request; written only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from outreach.models import BodyCategory, Notification
from outreach.resources.base import StaffExport, column
from outreach.resources.widgets import Choice, Day, MinistryName, TimeOfDay, YesNo
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Table


class NotificationResource(StaffExport):
    pk = column("pk", "発出番号", meaning="府省庁と団体の組を一意に示す番号", kind=Kind.NUMBER)
    request = column("assignment__request__title", "依頼", meaning="発出の基となった依頼の件名")
    ministry = column("assignment__ministry", "府省庁", MinistryName(), meaning="府省庁の正式名称")
    body = column("body__name", "団体の名称", meaning="発出先の団体の名称")
    category = column("body__category", "区分", Choice(BodyCategory.choices), meaning="団体の区分")
    corporate_number = column("body__corporate_number", "法人番号", meaning="団体の13桁の法人番号")
    template = column("template__number", "ひな形番号", meaning="用いたひな形の番号", kind=Kind.NUMBER)
    issued_on = column("issued_on", "発出日", meaning="要請文を発出した日。未発出は空欄", kind=Kind.DATE)
    channel_other = column(
        "channel_other", "その他の手段", meaning="周知手段がその他の場合の内容", is_prose=True
    )
    request_attached = column(
        "request_attached", "依頼文書を添付した", YesNo(), meaning="依頼文書を添付したか"
    )
    wording_changed = column("wording_changed", "文言を変更した", YesNo(), meaning="ひな形の文言を変更したか")
    note = column("note", "備考", meaning="府省庁の備考", is_prose=True)
    recorded_by = column("recorded_by__name", "記録者", meaning="発出を記録した利用者の氏名")
    recorded_on = column("recorded_at", "記録日", Day(), meaning="記録した日", kind=Kind.DATE)
    recorded_time = column("recorded_at", "記録時刻", TimeOfDay(), meaning="記録した時刻（HH:MM）")

    class Meta:
        model = Notification
        fields = (
            "pk",
            "request",
            "ministry",
            "body",
            "category",
            "corporate_number",
            "template",
            "issued_on",
            "channel_other",
            "request_attached",
            "wording_changed",
            "note",
            "recorded_by",
            "recorded_on",
            "recorded_time",
        )
        chunk_size = 2000

    def filter_export(self, queryset: QuerySet[Notification], **_kwargs: Any) -> QuerySet[Notification]:
        related = ("assignment__request", "assignment__ministry", "body", "template", "recorded_by")
        return queryset.select_related(*related)

    def more_tables(self, queryset: QuerySet[Notification]) -> list[Table]:
        """Return what a notice has several of, one row each: its channels and its materials."""
        links = (("周知手段", "channels", CHANNEL), ("提供した資料", "materials", MATERIAL))
        return [
            Table(
                name,
                (NUMBER, NOTIFICATION, BODY, column),
                queryset.filter(**{f"{relation}__isnull": False})
                .order_by("pk", f"{relation}__order")
                .values_list("pk", "body__name", f"{relation}__label"),
            )
            for name, relation, column in links
        ]


NOTIFICATION = Column("pk", "発出番号", "最初のシートの発出番号", Kind.NUMBER, width=12)
BODY = Column("body", "団体の名称", "発出先の団体の名称", width=36)
CHANNEL = Column("channel", "周知手段", "団体への発出に用いた手段", width=24)
MATERIAL = Column("material", "提供した資料", "団体に添付又は提供した関連資料", width=40)
