"""招待: the way to an account; made, shown and taken back here."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from outreach import clock
from outreach.admin.base import StaffRequest, wareki
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import Invitation
from outreach.services.accounts import invite, refuse_known_address, revoke_invitation
from outreach.services.errors import Refusal


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ("email", "name", "ministry", "role", "is_staff")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            refuse_known_address(email)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        return email


def _revoke(request: StaffRequest, invitation: Invitation, _form: forms.Form) -> str:
    revoke_invitation(invitation=invitation, actor=request.user, now=clock.now())
    return f"{invitation}への招待を取り消しました。"


CREATED = wareki("created_at", "招待日時")
EXPIRES = wareki("expires_at", "有効期限")
ACCEPTED = wareki("accepted_at", "受諾日時")
REVOKED = wareki("revoked_at", "取消日時")


@admin.register(Invitation)
class InvitationAdmin(StepsAdmin):
    audited_by_service = True
    list_display = ("email", "name", "ministry", "role", "is_staff", "state", "invited_by", CREATED)
    list_filter = ("is_staff", "ministry")
    list_select_related = ("ministry", "invited_by")
    search_fields = ("email", "name")
    date_hierarchy = "created_at"
    form = InvitationForm  # type: ignore[assignment]
    shown = ("state", "invited_by", CREATED, EXPIRES, ACCEPTED, REVOKED, "audit_link")
    steps = (
        StepPage(
            verb="revoke",
            label="招待を取り消す",
            permission="outreach.change_invitation",
            perform=_revoke,
            explanation="メールで送ったリンクが使えなくなります。",
            offered=lambda invitation: state_of(invitation) == "受諾待ち",
            is_danger=True,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*InvitationForm.Meta.fields, *(self.shown if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    @admin.display(description="状態")
    def state(self, invitation: Invitation) -> str:
        return state_of(invitation)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        made, _token = invite(
            email=obj.email,
            name=obj.name,
            ministry=obj.ministry,
            role=obj.role,
            is_staff=obj.is_staff,
            actor=cast("StaffRequest", request).user,
            now=clock.now(),
        )
        obj.pk, obj._state.adding = made.pk, False


def state_of(invitation: Invitation) -> str:
    """Say in a word what became of an invitation."""
    if invitation.accepted_at:
        return "受諾済み"
    if invitation.revoked_at:
        return "取消済み"
    return "期限切れ" if invitation.expires_at <= clock.now() else "受諾待ち"
