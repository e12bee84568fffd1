"""発出 as a table: one row a body chosen for a request; written only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from outreach.models import BodyCategory, Notification
from outreach.resources.base import StaffExport, column
from outreach.resources.widgets import Choice, MinistryName, YesNo


class NotificationResource(StaffExport):
    pk = column("pk", "番号")
    request = column("assignment__request__title", "依頼")
    ministry = column("assignment__ministry", "府省庁", MinistryName())
    body = column("body__name", "団体の名称")
    category = column("body__category", "区分", Choice(BodyCategory.choices))
    corporate_number = column("body__corporate_number", "法人番号")
    template = column("template__number", "ひな形")
    issued_on = column("issued_on", "発出日")
    channels = column(None, "周知手段")
    channel_other = column("channel_other", "その他の手段")
    materials = column(None, "提供した資料")
    request_attached = column("request_attached", "依頼文書を添付した", YesNo())
    wording_changed = column("wording_changed", "文言を変更した", YesNo())
    note = column("note", "備考")
    recorded_by = column("recorded_by__name", "記録者")
    recorded_at = column("recorded_at", "記録日時")

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
            "channels",
            "channel_other",
            "materials",
            "request_attached",
            "wording_changed",
            "note",
            "recorded_by",
            "recorded_at",
        )
        chunk_size = 2000

    def filter_export(self, queryset: QuerySet[Notification], **_kwargs: Any) -> QuerySet[Notification]:
        related = ("assignment__request", "assignment__ministry", "body", "template", "recorded_by")
        return queryset.select_related(*related).prefetch_related("channels", "materials")

    def dehydrate_channels(self, notification: Notification) -> str:
        return "、".join(channel.label for channel in notification.channels.all())

    def dehydrate_materials(self, notification: Notification) -> str:
        return "、".join(material.label for material in notification.materials.all())
