"""Filters of lists that are about a round."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from followup.models import Round


class RoundFilter(admin.RelatedFieldListFilter):
    """Choose a round; all are read at once with their requests, which name them."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return [(found.pk, str(found)) for found in Round.objects.select_related("request")]
