"""The page for what does not exist, or not for this visitor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_officer


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/portal/bodies/999999/", "/nowhere/", "/admin/"])
@pytest.mark.parametrize("debug", [False, True])
def test_a_missing_page_is_told_in_japanese_and_lists_no_addresses(
    client: Client, settings: Any, path: str, *, debug: bool
) -> None:
    settings.DEBUG = debug
    client.force_login(make_officer())

    answer = client.get(path)

    assert answer.status_code == 404
    assert "ページが見つかりません" in answer.content.decode()
    assert "URLconf" not in answer.content.decode()
