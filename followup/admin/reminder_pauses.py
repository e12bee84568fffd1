"""The buttons that pause reminders (督促の休止), on the pages of a ministry and of a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from followup.models import Reminder, Report
from followup.services.reminder_pauses import (
    Paused,
    in_words,
    is_paused,
    pause_on,
    pause_reminders,
    resume_reminders,
)
from outreach import clock
from outreach.admin.base import StaffRequest
from outreach.admin.steps import ReasonForm, StepPage
from outreach.rules.wareki import format_wareki, format_wareki_at

PAUSE = "followup.add_reminderpause"
LAST = 5
"""How many reminders a page tells of; the rest is in the history."""


class PauseForm(ReasonForm):
    """Until when, and why."""

    until = forms.DateField(label="休止の最終日", widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("until", "reason")


def _pause(request: StaffRequest, of: Paused, form: forms.Form) -> str:
    pause = pause_reminders(
        of=of, actor=request.user, today=clock.today(), now=clock.now(), **form.cleaned_data
    )
    return f"督促を{format_wareki(pause.until)}まで休止しました。送信待ちの督促も、この間は送りません。"


def _resume(request: StaffRequest, of: Paused, form: forms.Form) -> str:
    resume_reminders(of=of, actor=request.user, now=clock.now(), **form.cleaned_data)
    return "督促を再開しました。次の計画から送ります。"


def _is_paused(of: Paused) -> bool:
    return is_paused(of=of, day=clock.today())


PAUSE_STEPS = (
    StepPage(
        verb="pause",
        label="督促を休止する",
        permission=PAUSE,
        perform=_pause,
        form=PauseForm,
        explanation="最終日まで督促を送りません。休止が終わると、その時点の段階のお知らせから再開します。",
        offered=lambda of: not _is_paused(of),
    ),
    StepPage(
        verb="resume",
        label="督促を再開する",
        permission=PAUSE,
        perform=_resume,
        form=ReasonForm,
        explanation="休止を最終日の前に終えます。",
        offered=_is_paused,
    ),
)


def _told(reminder: Reminder) -> str:
    mail = reminder.mail
    when = format_wareki_at(mail.sent_at) if mail.sent_at else mail.get_state_display()
    return f"{when}　{reminder.rule.kind_words.label}：{reminder.rule}　{reminder.recipient}"


class ShowsPause:
    """A page that says whether reminders are paused, and what was sent."""

    @admin.display(description="督促の履歴")
    def reminder_history(self, obj: Any) -> SafeString:
        """Tell the last reminders, and lead to all."""
        field = "report" if isinstance(obj, Report) else "ministry"
        found = Reminder.objects.filter(**{f"obligation__{field}": obj}).select_related("rule", "mail")
        lines = [(_told(reminder),) for reminder in found.order_by("-pk")[:LAST]]
        address = reverse("admin:followup_reminder_changelist")
        link = format_html(
            '<a href="{}?obligation__{}__id__exact={}">全ての督促を見る</a>', address, field, obj.pk
        )
        return format_html("{}{}", format_html_join("", "{}<br>", lines), link)

    @admin.display(description="督促の休止")
    def pause_text(self, obj: Any) -> str:
        return in_words(pause_on(of=obj, day=clock.today()))
