"""What an operation is asked with: pages of a bounded length, and nothing that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest
from ninja import Schema
from ninja.errors import ValidationError
from pydantic import Field

LAST_PAGE = 10_000
LONGEST_PAGE = 100
UNKNOWN = "（知らない名前の項目）"
"""Stands for names that we do not know, which are not repeated."""


class PageQuery(Schema):
    """Which page of a list."""

    page: int = Field(1, ge=1, le=LAST_PAGE, description="ページの番号（1から）")
    per_page: int = Field(50, ge=1, le=LONGEST_PAGE, description="1ページの件数（100まで）")


def page_of(rows: models.QuerySet[Any], query: PageQuery) -> Page[Any]:
    """Return the page that is asked for; one beyond the last is not found."""
    try:
        return Paginator(rows, query.per_page).page(query.page)
    except EmptyPage as error:
        raise Http404 from error


def known_values_only(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse query values that an operation does not know: else a typing mistake would be overlooked."""

    @wraps(operation)
    def wrapper(request: HttpRequest, **values: Any) -> Any:
        known = {
            name
            for value in values.values()
            if isinstance(value, Schema)
            for name in type(value).model_fields
        }
        if set(request.GET) - known:
            raise ValidationError([{"loc": ("query", UNKNOWN)}])
        return operation(request, **values)

    return wrapper
