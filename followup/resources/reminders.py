"""督促・お知らせ as a table: what was sent, to whom, why, and when its link was opened; written only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from followup.models import Reminder
from followup.rules.obligations import kind_choices
from outreach.models import MailState
from outreach.resources.base import StaffExport, column
from outreach.resources.widgets import Cell, Choice, Day, MinistryName, TimeOfDay
from outreach.workbooks.plain_tables import Kind


class Stage(Cell):
    """A rule by the stage that it is for."""

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return str(value)


class ReminderResource(StaffExport):
    pk = column("pk", "督促番号", meaning="督促を一意に示す番号", kind=Kind.NUMBER)
    ministry = column("obligation__ministry", "府省庁", MinistryName(), meaning="府省庁の正式名称")
    kind = column(
        "obligation__kind", "督促の対象", Choice(kind_choices()), meaning="何が済んでいないために送ったか"
    )
    stage = column("rule", "段階", Stage(), meaning="起算日から数えた段階")
    due_on = column("due_on", "起算日", meaning="段階を数える基となった日", kind=Kind.DATE)
    recipient = column("recipient", "宛先", meaning="送信先のメールアドレス")
    planned_on = column("planned_on", "計画日", meaning="計画した日", kind=Kind.DATE)
    subject = column("mail__subject", "件名", meaning="メールの件名")
    state = column("mail__state", "メールの状態", Choice(MailState.choices), meaning="メールの状態")
    sent_on = column("mail__sent_at", "送信日", Day(), meaning="送信した日", kind=Kind.DATE)
    sent_time = column("mail__sent_at", "送信時刻", TimeOfDay(), meaning="送信した時刻（HH:MM）")
    opened_on = column("opened_at", "開いた日", Day(), meaning="リンクを初めて開いた日", kind=Kind.DATE)
    opened_time = column("opened_at", "開いた時刻", TimeOfDay(), meaning="リンクを初めて開いた時刻（HH:MM）")
    opened_by = column("opened_by__name", "開いた人", meaning="リンクを初めて開いた利用者の氏名")

    class Meta:
        model = Reminder
        fields = (
            "pk", "ministry", "kind", "stage", "due_on", "recipient", "planned_on", "subject", "state",
            "sent_on", "sent_time", "opened_on", "opened_time", "opened_by",
        )  # fmt: skip
        chunk_size = 2000

    def filter_export(self, queryset: QuerySet[Reminder], **_kwargs: Any) -> QuerySet[Reminder]:
        return queryset.select_related("obligation__ministry", "rule", "mail", "opened_by")
