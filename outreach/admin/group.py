"""権限グループ: named sets of rights on the pages of the admin, told in Japanese."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest

from outreach.admin.base import StaffAdmin
from outreach.admin.stale import StaleGuardForm

VERBS = {"view": "閲覧", "add": "追加", "change": "変更", "delete": "削除"}


class PermissionField(forms.ModelMultipleChoiceField):
    """Rights as 「団体：閲覧」; Django keeps their names in English."""

    def label_from_instance(self, obj: Any) -> str:
        verb = obj.codename.partition("_")[0]
        return f"{obj.content_type.name}：{VERBS[verb]}"


class GroupForm(StaleGuardForm):
    permissions = PermissionField(
        Permission.objects.none(), label="権限", required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = Permission.objects.filter(content_type__app_label__in=("outreach", "followup", "auth"))
        self.fields["permissions"].queryset = (  # type: ignore[attr-defined]
            shown.filter(content_type__model__in=_models_of_pages())
            .select_related("content_type")
            .order_by("content_type__app_label", "content_type__model", "pk")
        )


def _models_of_pages() -> list[str]:
    """Return the models that have a page or a place on one; rights on others would give nothing to do."""
    own = admin.site._registry  # noqa: SLF001 - Django has no public way to list it
    inside = (inline.model for page in own.values() for inline in page.inlines)
    return [model._meta.model_name or "" for model in {*own, *inside}]


@admin.register(Group)
class GroupAdmin(StaffAdmin):
    form = GroupForm
    deletable = True
    search_fields = ("name",)
    ordering = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "permissions")
