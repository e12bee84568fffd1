"""Buttons of the admin: each is one page that explains, asks what is needed, and calls one service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse

from outreach.admin.base import StaffAdmin, StaffRequest, staff_page
from outreach.services.errors import Refusal, StaleWrite


class NothingToAsk(forms.Form):
    """A step that needs a click and nothing else."""


class ReasonForm(forms.Form):
    """A step that needs a reason."""

    reason = forms.CharField(
        label="理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
    )


@dataclass(frozen=True)
class StepPage:
    """One button.

    `perform` calls the service and returns the sentence that tells what was done. `offered` says
    whether the button is shown; whether the step is possible is for the service to say. `context`
    gives what `template` shows beside the form. With `confirm`, the label of a second button, the
    filled form is shown once more before anything happens; who goes back finds it as it was filled, or
    empty with `starts_over`, as for a file, which no page can fill in. `leads_to` names the page shown
    after the step where it is not the object's own.
    """

    verb: str
    label: str
    permission: str
    perform: Callable[[StaffRequest, Any, forms.Form], str]
    explanation: str = ""
    form: Callable[..., forms.Form] = NothingToAsk
    offered: Callable[[Any], bool] = field(default=lambda _obj: True)
    context: Callable[[StaffRequest, Any, forms.Form], dict[str, Any]] = field(
        default=lambda _request, _obj, _form: {}
    )
    template: str = "admin/step.html"
    confirm: str = ""
    starts_over: bool = False
    leads_to: str = ""
    is_danger: bool = False


class StepsAdmin(StaffAdmin):
    """A page with buttons above its form."""

    change_form_template = "admin/change_form_with_steps.html"
    steps: ClassVar[Sequence[StepPage]] = ()

    def get_urls(self) -> list[Any]:
        own = [
            path(
                f"<int:object_id>/{step.verb}/",
                self.admin_site.admin_view(self._view_of(step)),
                name=self._url_name(step),
            )
            for step in self.steps
        ]
        return [*own, *super().get_urls()]

    def _url_name(self, step: StepPage) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{step.verb}"

    def _view_of(self, step: StepPage) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            return self.step_view(cast("StaffRequest", request), step, object_id)

        return view

    def step_view(self, request: StaffRequest, step: StepPage, object_id: int) -> HttpResponse:
        """Ask and carry out; a refusal is shown on the page (409 when somebody else was first)."""
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        obj = self.get_object(request, str(object_id))
        if obj is None:
            raise Http404
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "POST"])
        form = _form_of(step, request, obj)
        if request.method != "POST" or not form.is_valid() or "again" in request.POST:
            return self._step_page(request, step, obj, form)
        if step.confirm and "confirmed" not in request.POST:
            return self._step_page(request, step, obj, form, is_confirming=True)
        try:
            messages.success(request, step.perform(request, obj, form))
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self._step_page(request, step, obj, form, stale=isinstance(refusal, StaleWrite))
        return HttpResponseRedirect(reverse(step.leads_to) if step.leads_to else self.change_url(obj))

    def _step_page(
        self,
        request: StaffRequest,
        step: StepPage,
        obj: Any,
        form: forms.Form,
        *,
        is_confirming: bool = False,
        stale: bool = False,
    ) -> HttpResponse:
        context = {
            "title": step.label,
            "original": obj,
            "step": step,
            "form": form,
            "errors": form.errors,
            "change_url": self.change_url(obj),
            "is_confirming": is_confirming,
        }
        response = staff_page(request, self, step.template, context | step.context(request, obj, form))
        response.status_code = 409 if stale else 400 if form.errors else 200
        return response

    def change_url(self, obj: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the buttons that are offered now to this user."""
        obj = self.get_object(request, object_id)
        user = cast("StaffRequest", request).user
        buttons = [
            (step, reverse(f"admin:{self._url_name(step)}", args=[obj.pk]))
            for step in self.steps
            if obj is not None and user.has_perm(step.permission) and step.offered(obj)
        ]
        return super().change_view(request, object_id, form_url, {"steps": buttons, **(extra_context or {})})


def _form_of(step: StepPage, request: StaffRequest, obj: Any) -> forms.Form:
    """Build the form; one that takes `obj` is made for the object."""
    is_filled = request.method == "POST" and not (step.starts_over and "again" in request.POST)
    given = (request.POST, request.FILES) if is_filled else (None, None)
    if getattr(step.form, "takes_object", False):
        return step.form(*given, obj=obj)
    return step.form(*given)
