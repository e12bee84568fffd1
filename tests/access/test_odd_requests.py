"""Odd requests: never a crash, whatever stands in the address, the query or the form."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import make_staff
from tests.tenancy.addresses import Address, addresses
from tests.tenancy.test_walk import body, ids, logged_in
from tests.tenancy.world import World, make_world

pytestmark = pytest.mark.django_db

ODD = {
    "NUL": "%00",
    "minus one": "-1",
    "zero": "0",
    "10 to the 21st": "1" + "0" * 21,
    "lone surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "astral": "%F0%A0%AE%9F",
    "long": "9" * 3000,
    "markup": "%3Cscript%3E",
    "line break": "%0D%0AX-Evil:1",
    "full width": "%EF%BC%91",
    "float": "1.5",
    "nan": "nan",
}
NAMES = (
    "q", "page", "assignment", "ministry", "category", "status", "state", "active", "notified",
    "show", "row", "base", "next", "o", "all", "check", "body", "bodies", "template", "number",
    "id", "pk", "field_name", "model_name", "app_label", "term", "_changelist_filters", "version",
    "_popup", "_to_field",
)  # fmt: skip


@pytest.fixture(scope="module", name="made_world")
def _made_world(rows_of_module: None) -> World:
    return make_world()


@pytest.fixture(name="world")
def _world(made_world: World, db: None) -> World:
    return deepcopy(made_world)


def paths(address: Address, world: World) -> str:
    return address.path(ids(address, world.own) if address.audience == "portal" and address.params else None)


def assert_no_crash(client: Client, method: str, path: str, **data: object) -> None:
    response = getattr(client, method)(path, **data)
    body(response)
    assert response.status_code < 500, (method, path)
    assert "X-Evil" not in response


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("audience", ["entrance", "portal", "admin"])
def test_odd_values_in_path_and_query_never_crash(world: World, audience: str, value: str) -> None:
    client = logged_in(world.staff if audience == "admin" else world.own.officer)
    query = "&".join(f"{name}={value}" for name in NAMES)

    for address in addresses(audience):
        assert_no_crash(client, "get", f"{paths(address, world)}?{query}")
        if address.params:
            assert_no_crash(client, "get", address.path(dict.fromkeys(address.params, value)))


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_odd_filters_of_the_staffs_lists_and_exports_never_crash(world: World, value: str) -> None:
    client = logged_in(world.staff)
    # An odd _to_field is refused before the others are read.
    query = "&".join(f"{name}={value}" for name in NAMES if name != "_to_field")

    for address in addresses("admin"):
        if address.name.endswith(("_changelist", "_export")):
            assert_no_crash(client, "get", f"{address.path()}?{query}")


@pytest.fixture(scope="module", name="fields")
def _fields(made_world: World) -> dict[str, set[str]]:
    """Return the names of the fields that the forms of each page of the portal have."""
    client = logged_in(made_world.own.officer)
    return {
        path: _fields_of(client, path) for path in (paths(one, made_world) for one in addresses("portal"))
    }


def _fields_of(client: Client, path: str) -> set[str]:
    page = BeautifulSoup(body(client.get(path)), "html.parser")
    return {str(field["name"]) for field in page.select('form[method="post"] [name]')}


@pytest.mark.parametrize("value", ["\x00", "-1", "1" + "0" * 21, "あ" * 5000, "\ud800", "１", "=1+1", ""])
def test_odd_values_in_forms_never_crash(world: World, fields: dict[str, set[str]], value: str) -> None:
    client = logged_in(world.own.officer)
    text = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

    for path, names in fields.items():
        assert_no_crash(client, "post", path, data=dict.fromkeys(names, text))


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO"])
def test_other_methods_are_not_allowed_anywhere(client: Client, method: str) -> None:
    client.force_login(make_staff())

    for audience in ("entrance", "portal", "admin"):
        for address in addresses(audience):
            assert client.generic(method, address.path()).status_code == 405, address.name


def test_a_request_that_is_too_large_is_told_so(client: Client) -> None:
    response = client.post(
        reverse("account_login"), {"login": "a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), "password": "x"}
    )

    assert response.status_code == 413
    assert "送信できる大きさを超えています" in response.content.decode()


def test_an_expired_form_is_told_so() -> None:
    response = Client(enforce_csrf_checks=True).post(
        reverse("account_login"), {"login": "a", "password": "b"}
    )

    assert response.status_code == 403
    assert "画面の有効期限が切れました" in response.content.decode()


def test_state_changes_only_by_post_with_a_token(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.own.officer)

    for audience in ("entrance", "portal"):
        for address in addresses(audience):
            response = browser.post(paths(address, world))
            assert response.status_code in {403, 405}, address.name


def test_pages_have_no_inline_script_or_style(world: World) -> None:
    client = logged_in(world.own.officer)

    for audience in ("entrance", "portal"):
        for address in addresses(audience):
            page = body(client.get(paths(address, world)))
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=", page), address.name


def test_links_that_leave_the_site_do_not_hand_over_the_window(world: World) -> None:
    client = logged_in(world.own.officer)

    for address in addresses("portal"):
        page = BeautifulSoup(body(client.get(paths(address, world))), "html.parser")
        for link in page.select("a[href]"):
            href = str(link["href"])
            assert re.match(r"(/|#|\?|https?://|mailto:|tel:|$)", href), (address.name, href)
            if href.startswith("http"):
                assert "noopener" in (link.get("rel") or []), (address.name, href)
