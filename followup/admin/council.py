"""連絡会議 and the frozen result (取りまとめ)."""

from __future__ import annotations

from django.contrib import admin

from followup.models import Council
from outreach.admin.base import StaffAdmin


@admin.register(Council)
class CouncilAdmin(StaffAdmin):
    list_display = ("number", "name", "held_on")
    list_display_links = ("name",)
