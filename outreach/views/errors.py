"""Error pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell that the form has expired; nothing was saved and the entry can be repeated."""
    return render(request, "errors/403_csrf.html", status=403)
