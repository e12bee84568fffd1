"""The components of the design system as template tags; their markup is in templates/components/.

Tags and not includes: a tag sees only its arguments, so that a page's own `form`, `name` or `label`
cannot slip in, and refuses an argument that it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet
from django.template import Context, TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

TONES = {"neutral", "info", "success", "warning", "error"}
ICONS = {"neutral", "info", "progress", "waiting", "success", "warning", "error", "download"}
BUTTON_KINDS = {"primary", "secondary", "text", "danger"}


@dataclass(frozen=True)
class Step:
    label: str
    state: str
    tone: str
    icon: str
    is_current: bool


def _one_of(known: set[str], value: str) -> str:
    if value not in known:
        raise TemplateSyntaxError(f"{value!r} is none of {', '.join(sorted(known))}")
    return value


@register.inclusion_tag("components/icon.html")
def icon(name: str) -> dict[str, str]:
    """Draw an icon, always beside text that says the same."""
    return {"name": _one_of(ICONS, name)}


@register.inclusion_tag("components/button.html")
def button(
    label: str,
    *,
    kind: str = "primary",
    small: bool = False,
    icon: str = "",
    type: str = "submit",  # noqa: A002 - named as in HTML
    name: str = "",
    value: str = "",
    form_id: str = "",
) -> dict[str, Any]:
    """Show a button; `form_id` is the form that it belongs to when it stands outside of it."""
    return {
        "label": label,
        "kind": _one_of(BUTTON_KINDS, kind),
        "small": small,
        "icon": icon,
        "type": type,
        "name": name,
        "value": value,
        "form_id": form_id,
    }


@register.inclusion_tag("components/button_link.html")
def button_link(
    label: str, href: str, *, kind: str = "primary", small: bool = False, icon: str = ""
) -> dict[str, Any]:
    """Show a link as a button: it goes somewhere and changes nothing."""
    return {"label": label, "href": href, "kind": _one_of(BUTTON_KINDS, kind), "small": small, "icon": icon}


@register.inclusion_tag("components/status_tag.html")
def status_tag(label: str, *, tone: str = "neutral", icon: str = "") -> dict[str, str]:
    """Show a state in a word, with its tone's icon unless another one says more (progress, waiting)."""
    return {"label": label, "tone": _one_of(TONES, tone), "icon": _one_of(ICONS, icon or tone)}


@register.simple_block_tag
def banner(content: SafeString, *, tone: str = "info", heading: str = "") -> SafeString:
    """Frame markup as a notice: `{% banner tone="warning" heading="…" %}…{% endbanner %}`."""
    context = {"tone": _one_of(TONES, tone), "heading": heading, "body": content}
    return render_to_string("components/banner.html", context)


@register.simple_block_tag
def table_region(content: SafeString, *, label: str) -> SafeString:
    """Frame a table, so that it scrolls by itself and by keyboard where the screen is narrow."""
    return render_to_string("components/table_region.html", {"label": label, "body": content})


@register.simple_tag
def error_summary(*forms: BaseForm | BaseFormSet[Any]) -> str:
    """List all errors of forms and formsets, each a link to its field; nothing while there is none."""
    flat = [form for item in forms for form in (item if isinstance(item, BaseFormSet) else [item])]
    if not any(form.errors for form in flat):
        return ""
    return render_to_string("components/error_summary.html", {"forms": flat})


@register.inclusion_tag("components/definition_list.html")
def definition_list(rows: list[tuple[str, Any]]) -> dict[str, Any]:
    """Show terms with their values; None is shown as －."""
    return {"rows": rows}


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, *, text: str = "", href: str = "", label: str = "") -> dict[str, str]:
    """Stand where a list would be: why there is nothing, and the next step as a button."""
    return {"title": title, "text": text, "href": href, "label": label}


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """Show the way from ホーム to a page: pairs of label and address, then the label of the page itself."""
    *pairs, current = parts
    return {"trail": list(zip(pairs[::2], pairs[1::2], strict=True)), "current": current}


@register.inclusion_tag("components/steps.html")
def steps(*labels: str, current: int) -> dict[str, list[Step]]:
    """Show the steps of a task of several pages; `current` counts from 1."""
    return {"steps": [_step(label, number - current) for number, label in enumerate(labels, start=1)]}


def _step(label: str, distance: int) -> Step:
    if distance < 0:
        return Step(label, "完了", "success", "success", is_current=False)
    if distance == 0:
        return Step(label, "現在の手順", "info", "progress", is_current=True)
    return Step(label, "これから", "neutral", "neutral", is_current=False)


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any], *, unit: str = "件") -> dict[str, Any]:
    """Show how many there are and links to the pages (parameter `page`), other parameters kept."""
    return {
        "request": context["request"],
        "page": page,
        "unit": unit,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
    }
