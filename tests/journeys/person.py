"""A person at a browser without scripts: opens pages, fills the forms on them, presses their buttons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from django.test import Client


class Person:
    """One visitor with cookies of their own; every answer must be a page, never an error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.client = Client()
        self.path = "/"
        self.answer: Any = None

    def open(self, path: str) -> Person:
        return self._arrive(self.client.get(path, follow=True), path)

    def follow(self, text: str) -> Person:
        """Follow the first link with this text."""
        link = next(link for link in self.page("a") if text in link.get_text(" ", strip=True))
        return self.open(urljoin(self.path, str(link["href"])))

    def press(self, button: str, /, **values: Any) -> Person:
        """Fill the form that has a button with this text, and press it. A list gives many values."""
        form, pressed = self._find(button)
        entries = self._entries(form)
        unknown = set(values) - self._names(form)
        assert not unknown, f"{self.path}: {unknown} は画面にありません: {self._names(form)}"
        entries.update(values)
        if pressed.get("name"):
            entries[str(pressed["name"])] = str(pressed.get("value", ""))
        path = urljoin(self.path, str(pressed.get("formaction") or form.get("action") or self.path))
        if str(form.get("method", "get")).lower() == "get":
            return self._arrive(self.client.get(path, entries, follow=True), path)
        return self._arrive(self.client.post(path, entries, follow=True), path)

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.answer.content, "html.parser")

    @property
    def text(self) -> str:
        return self.page.get_text(" ", strip=True)

    def _arrive(self, answer: Any, path: str) -> Person:
        self.answer = answer
        self.path = answer.redirect_chain[-1][0] if answer.redirect_chain else path
        assert answer.status_code == 200, f"{self.name}: {path} は {answer.status_code}: {self._said()}"
        return self

    def _said(self) -> str:
        return self.text[:500] if "html" in self.answer.get("Content-Type", "") else ""

    def _find(self, button: str) -> tuple[Tag, Tag]:
        for pressed in self.page.select("button, input[type=submit]"):
            label = pressed.get_text(" ", strip=True) or str(pressed.get("value", ""))
            form = self._form_of(pressed)
            if button in label and form is not None:
                return form, pressed
        raise AssertionError(
            f"{self.name}: {self.path} に「{button}」のボタンがありません: {self.text[:800]}"
        )

    def _form_of(self, pressed: Tag) -> Tag | None:
        if pressed.get("form"):
            return self.page.find("form", id=str(pressed["form"]))
        return pressed.find_parent("form")

    def _controls(self, form: Tag) -> list[Tag]:
        own = form.select("input[name], select[name], textarea[name]")
        if not form.get("id"):
            return list(own)
        return [*own, *self.page.select(f'[form="{form["id"]}"][name]')]

    def _names(self, form: Tag) -> set[str]:
        return {str(control["name"]) for control in self._controls(form)}

    def _entries(self, form: Tag) -> dict[str, Any]:
        """Return what the browser would send of a form as it stands."""
        entries: dict[str, Any] = {}  # a list for what a page may carry several times
        for control in self._controls(form):
            name = str(control["name"])
            if control.has_attr("disabled"):
                continue
            if control.name == "select":
                chosen = control.select("option[selected]") or (
                    [] if control.has_attr("multiple") else control.select("option")[:1]
                )
                entries[name] = [str(option.get("value", option.get_text())) for option in chosen]
            elif control.name == "textarea":
                entries[name] = control.get_text().removeprefix("\n")
            elif control.get("type") in {"checkbox", "radio"}:
                if control.has_attr("checked"):
                    entries.setdefault(name, []).append(str(control.get("value", "on")))
            elif control.get("type") not in {"submit", "file", "button", "reset"}:
                entries.setdefault(name, []).append(str(control.get("value", "")))
        return entries
