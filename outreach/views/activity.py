"""記録: what was done on the ministry's own data, and by whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.models import AuditEntry
from outreach.rules.wareki import format_wareki
from outreach.views.access import OfficerRequest, officer_required
from outreach.views.paging import LongPaginator

PAGE_SIZE = 50
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Change:
    """One value of an entry, before and after, in words; "" where there was none."""

    label: str
    before: str
    after: str


@officer_required
@require_safe
def activity(request: OfficerRequest) -> HttpResponse:
    entries = AuditEntry.objects.visible_to(request.user).order_by("-pk")
    page = LongPaginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(entry, changes_in(entry)) for entry in page]
    return render(request, "portal/activity/list.html", {"page": page, "rows": rows})


def changes_in(entry: AuditEntry) -> list[Change]:
    before, after = entry.before or {}, entry.after or {}
    return [
        Change(label, _words(before.get(label)), _words(after.get(label))) for label in {**before, **after}
    ]


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return format_wareki(date.fromisoformat(value))
    if isinstance(value, list):
        return "、".join(map(str, value))
    return str(value)
