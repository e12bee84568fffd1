"""Template tags of the pages of figures: a number with the way to its rows, and numbers compared."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followup.rules.figure_tables import Cell, Line, Table
from followup.staff.figure_addresses import rows_url
from outreach.templatetags.numbers import grouped

register = template.Library()


@register.simple_tag(takes_context=True)
def figure_cell(context: Context, cell: Cell, about: str) -> SafeString | str:
    """Show a cell; a number with rows behind it is a link to them, for whom they are open.

    Takes round_id, open_kinds and snapshot_id from the page. `about` is what the number is of, for
    who hears the link alone.
    """
    if cell.number is None:
        return cell.text or cell.note or "－"
    shown = f"{grouped(cell.number)}{cell.unit}"
    if cell.rows is None or not cell.number or cell.rows.kind not in context["open_kinds"]:
        return shown
    return format_html(
        '<a class="figure-link" href="{}" data-sum="{}">{}'
        '<span class="ui-visually-hidden">（{}）の内訳</span></a>',
        rows_url(context["round_id"], cell.rows, snapshot=context.get("snapshot_id")),
        int(cell.is_sum),
        shown,
        about,
    )


@register.filter
def columns_of(table: Table, line: Line) -> list[tuple[tuple[str, bool], Cell]]:
    """Return the cells of a line with their columns."""
    return list(zip(table.columns, line.cells, strict=True))


@register.filter
def figure_text(cell: Cell | None) -> str:
    """Return a cell as text, without a link; － where a side of a comparison has no such line."""
    if cell is None:
        return "－"
    return f"{grouped(cell.number)}{cell.unit}" if cell.number is not None else cell.text or cell.note or "－"


@register.filter
def signed(number: Decimal | None) -> str:
    """Return 「＋3」, 「−2」, or － where there is nothing to subtract."""
    if number is None:
        return "－"
    sign = "＋" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{grouped(abs(number))}"
