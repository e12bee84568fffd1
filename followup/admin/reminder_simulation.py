"""The simulation of reminders: who would get what and why, before a rule is switched on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from followup.forms.reminder_simulation import SimulationForm
from followup.models import ReminderRule
from followup.services.reminder_simulation import SimulatedDay, Simulation, simulate
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page
from outreach.services.errors import Refusal

FORTNIGHT = timedelta(days=13)
PER_PAGE, MOST_LINES = 100, 2000
"""Lines a page. What was entered on a rule's page is shown on one: its next could not be asked for."""


class SimulationPages(StaffAdmin):
    """The page, beside the list of rules; opened from a rule's form it includes that rule as entered."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.simulation_view))
        return [path("simulation/", view, name="followup_reminderrule_simulation"), *super().get_urls()]

    def simulation_view(self, request: HttpRequest) -> HttpResponse:
        if not cast("StaffRequest", request).user.has_perm("followup.view_reminderrule"):
            raise PermissionDenied
        edited, rule_form = self._edited(request)
        form = SimulationForm(_with_defaults(request))
        result = Simulation([], None)
        if form.is_valid() and (rule_form is None or edited):
            result = self._simulate(form, edited)
        lines = _lines(result.days)
        context = {
            "title": "督促のシミュレーション",
            "form": form,
            "rule_errors": rule_form.errors if rule_form and not edited else {},
            "edited": edited,
            "has_rules_off": ReminderRule.objects.filter(is_active=False).exists(),
            "page": Paginator(lines, MOST_LINES if edited else PER_PAGE).get_page(request.GET.get("page")),
            "days": result.days,
            "mails": len({line["mail"] for line in lines if line["mail"]}),
            "unreached": result.unreached,
        }
        return staff_page(request, self, "admin/reminder_simulation.html", context)

    def _simulate(self, form: SimulationForm, edited: ReminderRule | None) -> Simulation:
        given = form.cleaned_data
        try:
            return simulate(
                first=given["first"],
                last=given["last"],
                today=clock.today(),
                ministry=given["ministry"],
                included=[rule.pk for rule in given["included"]],
                edited=edited,
            )
        except Refusal as refusal:
            form.add_error(refusal.field, refusal.message)
            return Simulation([], None)

    def _edited(self, request: HttpRequest) -> tuple[ReminderRule | None, ModelForm | None]:
        """Return the rule that was entered on a rule's page, if that is where we come from."""
        if request.method != "POST":
            return None, None
        number = request.POST.get("rule", "")
        rule = ReminderRule.objects.filter(pk=number).first() if number.isdecimal() else None
        form = self.get_form(request, rule, change=rule is not None)(request.POST, instance=rule)
        return (form.save(commit=False), form) if form.is_valid() else (None, form)


def _with_defaults(request: HttpRequest) -> Any:
    """Return what is asked for; at first the coming fortnight."""
    given = request.GET.copy()
    given.setdefault("first", clock.today().isoformat())
    given.setdefault("last", (clock.today() + FORTNIGHT).isoformat())
    return given


def _lines(days: Sequence[SimulatedDay]) -> list[dict[str, Any]]:
    """Return one line for each that is told or left out, day by day."""
    lines: list[dict[str, Any]] = []
    for day in days:
        lines += [
            {
                "day": day.day,
                "ministry": found.ministry,
                "reason": found.reason,
                "count": found.count,
                "to": found.occasion.recipient.address,
                "cc": found.occasion.recipient.cc,
                "step": found.occasion.rule.step,
                "mail": found.occasion.mail_key,
                "why_not": "",
            }
            for found in day.planned
        ]
        lines += [
            {
                "day": day.day,
                "ministry": left.ministry,
                "reason": left.reason,
                "count": left.count,
                "mail": "",
                "why_not": left.why,
            }
            for left in day.left_out
        ]
    return lines
