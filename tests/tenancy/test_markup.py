"""Markup in what people type: shown as text, on every page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.tenancy.addresses import addresses
from tests.tenancy.test_walk import body, ids, logged_in
from tests.tenancy.world import World, make_world

pytestmark = pytest.mark.django_db

MARK = "<img src=x>"  # as long as the shortest text that it stands in may be


@pytest.fixture(scope="module", name="made_world")
def _made_world(rows_of_module: None) -> World:
    return make_world(MARK)


def assert_inert(client: Client, path: str) -> bool:
    """Return whether the page shows the text at all; a file is saved and never shown."""
    answer = client.get(path)
    page = body(answer)
    if answer.get("Content-Disposition", "").startswith("attachment"):
        assert answer["X-Content-Type-Options"] == "nosniff"
        return False
    assert "<img src=x" not in page, path
    return "&lt;img src=x" in page


def test_officers_pages_show_markup_as_text(world: World) -> None:
    client = logged_in(world.own.officer)

    shown = [
        address.name
        for address in addresses("portal")
        if assert_inert(client, address.path(ids(address, world.own) if address.params else None))
    ]

    assert len(shown) > 10


def test_staff_pages_show_markup_as_text(world: World) -> None:
    client = logged_in(world.staff)
    shown = 0
    for model in admin.site._registry:
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._base_manager.first()
        pages = [reverse(f"{prefix}_changelist")]
        if row is not None:
            pages += [reverse(f"{prefix}_{page}", args=[row.pk]) for page in ("change", "history")]
        shown += sum(assert_inert(client, page) for page in pages)

    assert shown > 10


def test_no_template_of_ours_trusts_what_it_shows() -> None:
    sources = [
        source
        for config in apps.get_app_configs()
        if config.name in {"outreach", "followup"}
        for source in Path(config.path).parent.glob("templates/**/*.html")
    ]

    assert sources
    for source in sources:
        assert not re.search(r"\|\s*safe\b|autoescape off", source.read_text(encoding="utf-8")), source
