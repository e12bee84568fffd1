"""Pages of lists that may be long: half a million rows cost about what ten thousand do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

COUNT_LIMIT = 1000


class LongPaginator(AnyPaginator):
    """A paginator that reads the far half of a list from its end, and need not count all of a search.

    With `is_search` rows are counted up to COUNT_LIMIT only (an exact count costs as much as the whole
    search), and the pages end there; then `is_capped` says that there is more: 「1,000件以上」.
    """

    def __init__(
        self, object_list: Any, per_page: int, *args: Any, is_search: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(object_list, per_page, *args, **kwargs)
        self._is_search = is_search

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        if self._is_search and isinstance(rows, QuerySet):
            return rows.order_by()[: COUNT_LIMIT + 1].count()
        return rows.count() if isinstance(rows, QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNT_LIMIT) if self._is_search else self._counted

    @property
    def is_capped(self) -> bool:
        return self._counted > self.count

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if self.is_capped or first <= self.count // 2 or not isinstance(self.object_list, QuerySet):
            return Page(self.object_list[first:last], number, self)
        rows = self.object_list.reverse()[self.count - last : self.count - first]
        return Page(list(rows)[::-1], number, self)
