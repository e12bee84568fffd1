"""What every request passes through: which rows it may read, and that nobody caches the answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_scopes import scope, scopes_disabled

GetResponse = Callable[[HttpRequest], HttpResponse]


class NoStoreMiddleware:
    """Forbid browsers and proxies to keep pages; static files are served before this."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "private, no-store")
        return response


class TenantScopeMiddleware:
    """Open the scope that tenant models need: an officer's ministry, everything for staff, else none."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.is_staff:
            with scopes_disabled():
                return self.get_response(request)
        with scope(ministry=user.ministry):
            return self.get_response(request)
