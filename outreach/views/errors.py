"""Error pages that Django does not give by itself."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import bad_request as django_bad_request

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to what is too large and 400 to the rest, without looking at session or database."""
    if isinstance(exception, TOO_LARGE):
        return HttpResponse(render_to_string("errors/413.html"), status=413)
    return django_bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """Tell that the form has expired; nothing was saved and the entry can be repeated."""
    return render(request, "errors/403_csrf.html", status=403)
