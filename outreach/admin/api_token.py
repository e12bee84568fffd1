"""APIトークン: issued, shown once and taken back here, each by its owner."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from outreach import clock
from outreach.admin.base import StaffRequest, staff_page, status_tag, wareki
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import ApiToken
from outreach.services.api_tokens import VALID_DAYS, issue_token, revoke_token

CREATED = wareki("created_at", "発行日時")
EXPIRES = wareki("expires_at", "有効期限")
USED = wareki("last_used_at", "最終利用日時")
REVOKED = wareki("revoked_at", "取消日時")

IN_USE, EXPIRED, TAKEN_BACK = "使用中", "期限切れ", "取消済み"
TONES = {IN_USE: "success", EXPIRED: "neutral", TAKEN_BACK: "neutral"}


class ApiTokenForm(forms.ModelForm):
    valid_days = forms.TypedChoiceField(
        label="有効期間",
        coerce=int,
        choices=[(days, f"{days}日") for days in VALID_DAYS],
        initial=VALID_DAYS[1],
    )

    class Meta:
        model = ApiToken
        fields = ("name",)


def _revoke(request: StaffRequest, token: ApiToken, _form: forms.Form) -> str:
    revoke_token(token=token, actor=request.user, now=clock.now())
    return f"APIトークン「{token}」を取り消しました。"


@admin.register(ApiToken)
class ApiTokenAdmin(StepsAdmin):
    """Staff see their own; administrators see all, to take one back that has leaked."""

    audited_by_service = True
    list_display = ("name", "user", "state", CREATED, EXPIRES, USED)
    list_select_related = ("user",)
    form = ApiTokenForm  # type: ignore[assignment]
    shown = ("name", "user", "state", (CREATED, EXPIRES), (USED, REVOKED), "audit_link")
    steps = (
        StepPage(
            verb="revoke",
            label="APIトークンを取り消す",
            permission="outreach.change_apitoken",
            perform=_revoke,
            explanation="このAPIトークンを使うプログラムは、直ちにAPIを利用できなくなります。",
            offered=lambda token: state_of(token) == IN_USE,
            is_danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ApiToken]:
        rows = super().get_queryset(request)
        user = cast("StaffRequest", request).user
        return rows if user.is_superuser else rows.filter(user=user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ("name", "valid_days")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "user", "state", CREATED, EXPIRES, USED, REVOKED, "audit_link") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    @admin.display(description="状態")
    def state(self, token: ApiToken) -> SafeString:
        state = state_of(token)
        return status_tag(state, TONES[state])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        issued, obj.secret = issue_token(
            user=cast("StaffRequest", request).user,
            name=obj.name,
            valid_days=form.cleaned_data["valid_days"],
            now=clock.now(),
        )
        obj.pk, obj.expires_at, obj._state.adding = issued.pk, issued.expires_at, False

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token, on this page and never again; it goes into no session, message or address."""
        context = {
            "title": "APIトークンの発行",
            "token": obj,
            "secret": obj.secret,
            "address": f"{settings.BASE_URL}{reverse('api:openapi')}",
            "change_url": self.change_url(obj),
        }
        return staff_page(request, self, "admin/api_token_issued.html", context)


def state_of(token: ApiToken) -> str:
    """Say in a word whether a token still opens the API."""
    if token.revoked_at:
        return TAKEN_BACK
    return EXPIRED if token.expires_at <= clock.now() else IN_USE
