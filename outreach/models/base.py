"""What models share: tenancy that fails closed, and history that bulk writes cannot bypass."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models, transaction
from django_scopes import ScopedManager
from simple_history.manager import HistoricalQuerySet, HistoryManager
from simple_history.models import HistoricalRecords
from simple_history.utils import get_history_manager_for_model

if TYPE_CHECKING:
    from outreach.models.user import User

M = TypeVar("M", bound=models.Model)


class KeptHistoryManager(HistoryManager):
    """The library's manager, its class made once: the library makes one on every save (2 ms of each)."""

    @classmethod
    @cache
    def from_queryset(
        cls, queryset_class: type[HistoricalQuerySet], class_name: str | None = None
    ) -> type[KeptHistoryManager]:
        made: type[KeptHistoryManager] = super().from_queryset(queryset_class, class_name)
        return made


class KeptHistory(HistoricalRecords):
    """The history rows of a model: who changed what, and when."""

    def __init__(self, **options: Any) -> None:
        super().__init__(history_manager=KeptHistoryManager, **options)


class TrackedQuerySet(models.QuerySet[M]):
    """Bulk writes that leave history rows like single saves do (simple-history misses them).

    On a model without history they are Django's own.
    """

    @property
    def _is_tracked(self) -> bool:
        return hasattr(self.model._meta, "simple_history_manager_attribute")

    def _record_history(self, rows: Iterable[M], *, update: bool) -> None:
        get_history_manager_for_model(self.model).bulk_history_create(list(rows), update=update)

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """Insert rows with their history; conflict handling is refused, as it hides which rows exist."""
        if not self._is_tracked:
            return super().bulk_create(objs, *args, **kwargs)
        if kwargs.get("ignore_conflicts") or kwargs.get("update_conflicts"):
            raise NotImplementedError("履歴を残せないため、この方法では登録できません。")
        with transaction.atomic(using=self.db):
            created = super().bulk_create(objs, *args, **kwargs)
            self._record_history(created, update=False)
        return created

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update rows with their history."""
        if not self._is_tracked:
            return super().bulk_update(objs, fields, batch_size)
        rows = list(objs)
        with transaction.atomic(using=self.db):
            count = super().bulk_update(rows, fields, batch_size)
            self._record_history(rows, update=True)
        return count

    def update(self, **kwargs: Any) -> int:
        """Update rows with their history; the count is that of the UPDATE, so a guard still works."""
        if not self._is_tracked:
            return super().update(**kwargs)
        with transaction.atomic(using=self.db):
            keys = list(self.values_list("pk", flat=True))
            count = super().update(**kwargs)
            if count:
                self._record_history(self.model._base_manager.filter(pk__in=keys), update=True)
        return count


class TenantQuerySet(TrackedQuerySet[M]):
    """Rows that belong to one ministry, found along `tenant_path` (a lookup that ends at Ministry)."""

    tenant_path: ClassVar[str]

    def visible_to(self, user: User) -> Self:
        """Keep what a user may see: staff all, an officer the own ministry, anybody else nothing."""
        if not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        if user.ministry_id is None:
            return self.none()
        return self.filter(**{self.tenant_path: user.ministry_id})


def scoped(manager: type[models.Manager[Any]], tenant_path: str) -> Any:
    """Return the manager of a tenant model: a read outside any scope raises ScopeError."""
    return ScopedManager(_manager_class=manager, ministry=tenant_path)
