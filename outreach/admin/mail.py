"""送信メール: what was or would have been sent, to whom, and why; sent again or withdrawn here."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString

from outreach import clock
from outreach.admin.base import ReadOnly, StaffRequest, status_tag, wareki
from outreach.admin.lists import NewestSearchAdmin, month_filter, newest_search_help
from outreach.admin.steps import NothingToAsk, ReasonForm, StepPage, StepsAdmin
from outreach.models import MailState, OutgoingMail, Settlement
from outreach.services.mail_by_hand import cancel_mail, confirm_mail, retry_mail

TONES = {
    MailState.QUEUED: ("info", "waiting"),
    MailState.SENDING: ("info", "progress"),
    MailState.IN_DOUBT: ("warning", ""),
    MailState.SENT: ("success", ""),
    MailState.FAILED: ("error", ""),
    MailState.CANCELLED: ("neutral", ""),
}


def _retry(request: StaffRequest, mail: OutgoingMail, _form: forms.Form) -> str:
    retry_mail(mail=mail, actor=request.user, now=clock.now())
    return "送信待ちに戻しました。まもなく送信されます。"


def _cancel(request: StaffRequest, mail: OutgoingMail, form: forms.Form) -> str:
    cancel_mail(mail=mail, actor=request.user, now=clock.now(), reason=form.cleaned_data["reason"])
    return "送信を取りやめました。"


def _confirm(request: StaffRequest, mail: OutgoingMail, form: forms.Form) -> str:
    confirm_mail(mail=mail, actor=request.user, now=clock.now(), reason=form.cleaned_data["reason"])
    return "送達を記録しました。"


CREATED = wareki("created_at", "作成日時")
SENT = wareki("sent_at", "送信日時")
NOT_BEFORE = wareki("not_before", "送信開始日時")


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnly, NewestSearchAdmin, StepsAdmin):
    list_display = ("subject", "state_tag", "settlement_tag", "kind", "to", "ministry", "why", CREATED, SENT)
    list_filter = (
        "state",
        "settlement",
        month_filter("created_at", "作成した月", of_instants=True),
        "kind",
        "ministry",
    )
    sortable_by = (CREATED,)
    list_select_related = ("ministry",)
    search_fields = ("to", "subject")
    search_help_text = newest_search_help("宛先又は件名")
    ordering = ("-pk",)
    fields = (
        ("state_tag", "settlement_tag"),
        "why",
        "kind",
        ("to", "cc"),
        ("sender_name", "reply_to"),
        ("ministry", "recipient"),
        "subject",
        "body",
        "attached",
        (CREATED, NOT_BEFORE, SENT),
        ("attempts", "last_error"),
        "message_id",
        "audit_link",
    )
    readonly_fields = ("state_tag", "settlement_tag", CREATED, NOT_BEFORE, SENT, "audit_link")
    steps = (
        StepPage(
            verb="retry",
            label="もう一度送る",
            permission="outreach.change_outgoingmail",
            perform=_retry,
            form=NothingToAsk,
            explanation="宛先が正しいことを確かめてください。送信待ちに戻り、まもなく送信されます。"
            "送達未確認のメールは、既に届いていれば二通目になります。",
            offered=lambda mail: mail.state in {MailState.FAILED, MailState.IN_DOUBT},
        ),
        StepPage(
            verb="confirm",
            label="届いたことを記録する",
            permission="outreach.change_outgoingmail",
            perform=_confirm,
            form=ReasonForm,
            explanation="宛先又はメールサーバーの管理者に確かめた結果を、理由に書いてください。もう送られません。",
            offered=lambda mail: (
                mail.state == MailState.IN_DOUBT
                or (mail.state == MailState.FAILED and mail.settlement != Settlement.NONE)
            ),
        ),
        StepPage(
            verb="cancel",
            label="送信を取りやめる",
            permission="outreach.change_outgoingmail",
            perform=_cancel,
            form=ReasonForm,
            explanation="このメールは送られません。",
            offered=lambda mail: mail.state in {MailState.QUEUED, MailState.FAILED},
            is_danger=True,
        ),
    )

    @admin.display(description="状態", ordering="state")
    def state_tag(self, mail: OutgoingMail) -> SafeString:
        tone, icon = TONES[MailState(mail.state)]
        return status_tag(mail.get_state_display(), tone, icon)

    @admin.display(description="送達未確認の結果", ordering="settlement")
    def settlement_tag(self, mail: OutgoingMail) -> SafeString | str:
        if mail.settlement == Settlement.NONE:
            return ""
        tone = "info" if mail.settlement in {Settlement.FOUND, Settlement.CONFIRMED} else "warning"
        return status_tag(mail.get_settlement_display(), tone)
