"""発出元・周知事項: the parts of a request that have a page of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from outreach.admin.base import HistoryAdmin, StaffAdmin
from outreach.admin.fields import AS_IN_THE_PORTAL, LinesField
from outreach.models import IssuingOffice, KeyFact, Topic, TopicPoint


class TopicPointInline(admin.StackedInline):
    model = TopicPoint
    formfield_overrides = AS_IN_THE_PORTAL
    extra = 0
    fields = (("order", "mark"), "text")


class KeyFactForm(ModelForm):
    phrasings = LinesField(
        label="同じ意味とみなす表記",
        help_text="1行に一つ。いずれか一つが要請文にあれば、事項が保たれているとみなします。",
    )

    class Meta:
        model = KeyFact
        fields = ("key", "label", "phrasings", "valid_until")


class KeyFactInline(admin.StackedInline):
    model = KeyFact
    form = KeyFactForm
    formfield_overrides = AS_IN_THE_PORTAL
    extra = 0
    fields = (("key", "valid_until"), "label", "phrasings")


@admin.register(Topic)
class TopicAdmin(HistoryAdmin):
    list_display = ("number", "title", "request", "office")
    list_display_links = ("title",)
    list_filter = ("office",)
    list_select_related = ("request", "office")
    inlines = (TopicPointInline, KeyFactInline)
    fields = (("request", "number"), "title", "text", "notes", "office", "audit_link")
    readonly_fields = ("audit_link",)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return ("request", *self.readonly_fields) if obj else self.readonly_fields


@admin.register(IssuingOffice)
class IssuingOfficeAdmin(StaffAdmin):
    list_display = ("order", "name", "contact_name", "phone", "email")
    list_display_links = ("name",)
    search_fields = ("name",)
