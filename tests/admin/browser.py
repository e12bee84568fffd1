"""What a browser does: read a form off a page; and count what a page asks the database."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def fields_of(page: str) -> dict[str, str]:
    """Return the form of a page as a browser would send it, without its buttons."""
    form = BeautifulSoup(page, "html.parser").select_one("#content form")
    assert form is not None
    data: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = str(field["name"])
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            data[name] = str(chosen["value"]) if chosen else ""
        elif field.name == "textarea":
            data[name] = field.text.removeprefix("\n")
        elif field.get("type") != "submit" and (field.get("type") != "checkbox" or field.has_attr("checked")):
            data[name] = str(field.get("value", "on" if field.get("type") == "checkbox" else ""))
    return data


def queries(client: Client, url: str, data: dict[str, str] | None = None) -> int:
    """Return how many queries a page takes, or what is posted to it."""
    with CaptureQueriesContext(connection) as context:
        response = client.get(url) if data is None else client.post(url, data)
        assert response.status_code == 200
    return len(context)
