"""担当者・職員: changed, closed and unlocked through services; they come by invitation only."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from outreach import clock
from outreach.admin.base import HistoryAdmin, StaffRequest
from outreach.admin.stale import StaleGuardForm
from outreach.admin.steps import ReasonForm, StepPage, StepsAdmin
from outreach.forms.absence import AbsenceForm
from outreach.models import User
from outreach.rules.wareki import format_wareki
from outreach.services.absences import end_absence, set_absence
from outreach.services.accounts import (
    change_officer,
    deactivate_user,
    reactivate_user,
    reset_second_factor,
    unlock_user,
)
from outreach.services.staff_rights import set_staff_rights


class UserForm(StaleGuardForm):
    class Meta:
        model = User
        fields = ("name", "ministry", "role", "department", "phone")


class RightsForm(forms.Form):
    """What a member of the staff may do."""

    takes_object = True

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label="権限グループ",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="選んだグループの権限を全て持ちます。",
    )
    is_superuser = forms.BooleanField(
        label="管理者（全ての権限を持つ）", required=False, help_text="必要な人だけに付けてください。"
    )

    def __init__(self, *args: Any, obj: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"groups": obj.groups.all(), "is_superuser": obj.is_superuser}


def _deactivate(request: StaffRequest, user: User, form: forms.Form) -> str:
    deactivate_user(user=user, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
    return f"{user}さんを無効にしました。"


def _reactivate(request: StaffRequest, user: User, form: forms.Form) -> str:
    reactivate_user(user=user, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
    return f"{user}さんを有効にしました。"


def _reset_second_factor(request: StaffRequest, user: User, form: forms.Form) -> str:
    reset_second_factor(user=user, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
    return f"{user}さんの多要素認証を解除しました。"


def _unlock(request: StaffRequest, user: User, form: forms.Form) -> str:
    unlock_user(user=user, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
    return f"{user}さんのログインの制限を解除しました。"


def _set_absence(request: StaffRequest, user: User, form: forms.Form) -> str:
    set_absence(user=user, actor=request.user, now=clock.now(), **form.cleaned_data)
    return f"{user}さんの不在を設定しました。"


def _end_absence(request: StaffRequest, user: User, _form: forms.Form) -> str:
    end_absence(user=user, actor=request.user, now=clock.now())
    return f"{user}さんの不在を解除しました。"


def _set_rights(request: StaffRequest, user: User, form: forms.Form) -> str:
    set_staff_rights(user=user, actor=request.user, now=clock.now(), **form.cleaned_data)
    return f"{user}さんの権限を設定しました。"


CHANGE = "outreach.change_user"


class KindFilter(admin.SimpleListFilter):
    title = "区分"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("officer", "府省庁の担当者"), ("staff", "職員")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User] | None:
        return queryset.filter(is_staff=self.value() == "staff") if self.value() else None


@admin.register(User)
class UserAdmin(HistoryAdmin, StepsAdmin):
    form = UserForm
    audited_by_service = True
    list_display = ("name", "email", "ministry", "role", "department", "is_active", "is_staff")
    list_filter = ("is_active", KindFilter, "role", "ministry")
    list_select_related = ("ministry",)
    search_fields = ("name", "email", "department")
    ordering = ("ministry__order", "email")
    fields = (
        "email",
        "name",
        ("ministry", "role"),
        ("department", "phone"),
        "is_active",
        ("absence", "successor", "handover"),
        "rights",
        "last_login",
        "date_joined",
        "audit_link",
    )
    readonly_fields = (
        "email", "is_active", "absence", "successor", "handover", "rights", "last_login", "date_joined",
        "audit_link",
    )  # fmt: skip
    steps = (
        StepPage(
            verb="deactivate",
            label="無効にする",
            permission=CHANGE,
            perform=_deactivate,
            form=ReasonForm,
            explanation="すぐにログアウトされ、以後ログインできません。入力した内容は府省庁に残ります。",
            offered=lambda user: user.is_active,
            is_danger=True,
        ),
        StepPage(
            verb="reactivate",
            label="有効にする",
            permission=CHANGE,
            perform=_reactivate,
            form=ReasonForm,
            explanation="以前のパスワードで、再びログインできるようになります。",
            offered=lambda user: not user.is_active,
        ),
        StepPage(
            verb="reset-second-factor",
            label="多要素認証を解除する",
            permission=CHANGE,
            perform=_reset_second_factor,
            form=ReasonForm,
            explanation="端末を失った場合などに使います。本人であることを電話等で確かめてから解除してください。",
            is_danger=True,
        ),
        StepPage(
            verb="unlock",
            label="ログインの制限を解除する",
            permission=CHANGE,
            perform=_unlock,
            form=ReasonForm,
            explanation="ログインの失敗が続いて制限された利用者が、再びログインを試せるようになります。",
        ),
        StepPage(
            verb="absence",
            label="不在を設定する",
            permission=CHANGE,
            perform=_set_absence,
            form=AbsenceForm,
            explanation="不在の間、この方宛てのメールを代理に送ります。",
            offered=lambda user: user.is_officer and user.is_active,
        ),
        StepPage(
            verb="absence-end",
            label="不在を解除する",
            permission=CHANGE,
            perform=_end_absence,
            explanation="メールは、再び本人に届きます。",
            offered=lambda user: user.away_until is not None,
        ),
        StepPage(
            verb="rights",
            label="権限を設定する",
            permission="auth.change_group",
            perform=_set_rights,
            form=RightsForm,
            explanation="管理画面でできることを、権限グループで設定します。",
            offered=lambda user: user.is_staff,
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: an account comes from an invitation."""
        return False

    @admin.display(description="不在")
    def absence(self, user: User) -> str:
        if not (user.away_from and user.away_until):
            return "なし"
        deputy = user.deputy.name if user.deputy else "置かない"
        return f"{format_wareki(user.away_from)}から{format_wareki(user.away_until)}まで（代理：{deputy}）"

    @admin.display(description="引継ぎ")
    def handover(self, user: User) -> SafeString | str:
        """Link to the sheet of what is open, from which an officer's work is handed over."""
        if user.is_staff:
            return "－"
        url = reverse("admin:outreach_handover_start", args=[user.pk])
        return format_html('<a href="{}">引継書を見る・引き継ぐ</a>', url)

    @admin.display(description="管理画面の権限")
    def rights(self, user: User) -> str:
        if not user.is_staff:
            return "なし（府省庁の担当者）"
        if user.is_superuser:
            return "管理者（全ての権限）"
        return "、".join(group.name for group in user.groups.all()) or "未設定"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        change_officer(
            user=obj, actor=cast("StaffRequest", request).user, now=clock.now(), **_fields(form.cleaned_data)
        )


def _fields(cleaned: dict[str, Any]) -> dict[str, Any]:
    return {name: cleaned[name] for name in UserForm.Meta.fields}
