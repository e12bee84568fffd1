"""The officers' main menu."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

register = template.Library()

SECTIONS = {
    "portal:home": "ホーム",
    "portal:request_list": "依頼",
    "portal:body_list": "団体",
    "portal:notification_list": "発出",
    "portal:report_list": "報告",
    "portal:member_list": "担当者",
    "portal:activity": "記録",
}


@dataclass(frozen=True)
class Item:
    label: str
    href: str
    current: str  # aria-current: "page" on the section's own page, "true" deeper inside it, else ""


@register.inclusion_tag("portal/navigation.html", takes_context=True)
def portal_navigation(context: Context, section: str = "") -> dict[str, Any]:
    """Show the menu with the current section marked: the one whose address this page's begins with.

    A page that belongs elsewhere says so:
    `{% block navigation %}{% portal_navigation "portal:notification_list" %}{% endblock %}`.
    """
    path = context["request"].path
    home = reverse("portal:home")
    items = []
    for url_name, label in SECTIONS.items():
        href = reverse(url_name)
        inside = url_name == section if section else href != home and path.startswith(href)
        items.append(Item(label, href, "page" if path == href else "true" if inside else ""))
    return {"items": items}
