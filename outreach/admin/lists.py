"""What keeps lists of many rows quick: months to choose from, and searches of what is newest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from outreach.admin.base import StaffAdmin
from outreach.rules.wareki import TOKYO, format_wareki, instant_in_tokyo

MONTHS_OFFERED = 24
EARLIER = "earlier"
SEARCHED_ROWS = 20_000


class MonthFilter(admin.SimpleListFilter):
    """Choose a month of `field`, which has an index: to offer the months reads its two ends only.

    Django's date_hierarchy reads the whole table twice for the same.
    """

    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        rows: Any = model_admin.model._base_manager.filter(**{f"{self.field}__isnull": False})
        days = rows.order_by(self.field).values_list(self.field, flat=True)
        first, last = days.first(), days.last()
        if first is None:
            return []
        months = list(_months(_day(first), _day(last)))
        offered = [(f"{month:%Y-%m}", _label(month)) for month in months[:MONTHS_OFFERED]]
        return [*offered, (EARLIER, "それより前")] if len(months) > MONTHS_OFFERED else offered

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any] | None:
        chosen = [value for value, _label in self.lookup_choices]
        if self.value() not in chosen:
            return None
        if self.value() == EARLIER:
            return queryset.filter(**{f"{self.field}__lt": self._start(_month(str(chosen[-2])))})
        month = _month(str(self.value()))
        start, end = self._start(month), self._start(_after(month))
        return queryset.filter(**{f"{self.field}__gte": start, f"{self.field}__lt": end})

    def _start(self, month: date) -> date:
        return month


class InstantMonthFilter(MonthFilter):
    """The same for instants; a month begins at midnight in Tokyo."""

    def _start(self, month: date) -> date:
        return datetime.combine(month, time(), TOKYO)


def month_filter(name: str, heading: str, *, of_instants: bool = False) -> type[MonthFilter]:
    """Make the filter of a field of days, or of instants."""
    base = InstantMonthFilter if of_instants else MonthFilter
    return type("MonthFilter", (base,), {"field": name, "title": heading, "parameter_name": f"{name}_month"})


class NewestSearchAdmin(StaffAdmin):
    """A ledger that only grows: words are looked for in its newest rows, filters applied first.

    A search through half a million entries would hold everybody up; a month or a ministry chosen
    reaches any age.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        if search_term:
            older = queryset.order_by("-pk").values_list("pk", flat=True)[SEARCHED_ROWS : SEARCHED_ROWS + 1]
            for pk in older:
                queryset = queryset.filter(pk__gt=pk)
        return super().get_search_results(request, queryset, search_term)


def newest_search_help(what: str) -> str:
    """Say what is searched, and how to reach what is older."""
    return (
        f"{what}で検索します。新しいものから{SEARCHED_ROWS // 10_000}万件の中を探します。"
        "それより古いものは、月や府省庁で絞り込んでから検索してください。"
    )


def _day(value: date) -> date:
    return instant_in_tokyo(value).date() if isinstance(value, datetime) else value


def _months(first: date, last: date) -> Iterator[date]:
    """Yield the months from the last to the first, and of those before the ones offered only one."""
    month = last.replace(day=1)
    for _ in range(MONTHS_OFFERED + 1):
        if month < first.replace(day=1):
            return
        yield month
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _label(month: date) -> str:
    """Return 「令和5年9月」."""
    return format_wareki(month).removesuffix("1日")
