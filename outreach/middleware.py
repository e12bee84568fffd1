"""What every request passes through: its shape, its session, whose pages and rows it may see."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.defaults import page_not_found
from django_scopes import scope, scopes_disabled

from outreach import clock, logs
from outreach.models import User
from outreach.services.logins import REFUSED, record_access
from outreach.views.errors import problem

logger = logging.getLogger("outreach.access")

GetResponse = Callable[[HttpRequest], HttpResponse]

METHODS = ["GET", "HEAD", "POST"]


class Middleware:
    """What each of them starts with."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response


class RequestLogMiddleware(Middleware):
    """Give a request its id, which all log lines of it carry, and log in one line how it was answered."""

    FORWARDED = re.compile(r"[A-Za-z0-9-]{8,64}")
    WATCHING = frozenset({"healthz", "readyz", "metrics", "monitor_status"})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request.id = self._id(request)  # type: ignore[attr-defined]
        token = logs.REQUEST.set(request)
        try:
            response = self.get_response(request)
            self._log(request, response, milliseconds=round(1000 * (time.perf_counter() - began)))
        finally:
            logs.REQUEST.reset(token)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    def _id(self, request: HttpRequest) -> str:
        """Return the id that our own reverse proxy has given, else a new one."""
        given = request.headers.get("X-Request-ID", "")
        is_ours = settings.ALLAUTH_TRUSTED_PROXY_COUNT and self.FORWARDED.fullmatch(given)
        return given if is_ours else uuid.uuid4().hex

    def _log(self, request: HttpRequest, response: HttpResponse, *, milliseconds: int) -> None:
        if request.resolver_match and request.resolver_match.url_name in self.WATCHING:
            return
        told = {
            "method": request.method if request.method in METHODS else "other",
            "route": logs.route_of(request),
            "ids": logs.numbers_in(request),
            "status": response.status_code,
            "milliseconds": milliseconds,
        }
        logger.info("answered", extra={"told": told})


class NoStoreMiddleware(Middleware):
    """Forbid browsers and proxies to keep pages; static files are served before this."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "private, no-store")
        return response


class PlainNotFoundMiddleware(Middleware):
    """Show a demo's visitor the same page for 404 as production does, not Django's list of addresses."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code == HTTPStatus.NOT_FOUND and not _is_api(request):
            return page_not_found(request, Http404())
        return response


class ApiErrorMiddleware(Middleware):
    """Tell programs in JSON what goes wrong before or beside the API's own answers."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_ours = "json" in response.get("Content-Type", "")
        if response.status_code < HTTPStatus.BAD_REQUEST or is_ours or not _is_api(request):
            return response
        told = problem(response.status_code)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            told["Allow"] = "GET"
        return told


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


class RequestShapeMiddleware(Middleware):
    """Refuse what no page of ours asks for: other methods, and NUL, which PostgreSQL cannot compare.

    Where nobody has to be logged in, nor does any form need to be large: refused before it is read.
    """

    OPEN_TO_ALL = ("/answer/", "/api/", "/calendar/", "/invite/", "/login/", "/password/", "/shared/")
    OPEN_TO_ALL_BYTES = 256 * 1024

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        if request.path_info.startswith(self.OPEN_TO_ALL) and _length(request) > self.OPEN_TO_ALL_BYTES:
            raise RequestDataTooBig
        return self.get_response(request)


def _length(request: HttpRequest) -> int:
    """Return how long the body says it is; without a number Django reads nothing."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else 0  # noqa: PLR2004


class LoginMiddleware(LoginRequiredMiddleware):
    """Lead to the login; a page that saves by itself is told instead, as it has to stay as it is."""

    def handle_no_permission(  # type: ignore[override]  # the answer need not be a redirect
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if "HX-Request" in request.headers:
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)


class SessionLifetimeMiddleware(Middleware):
    """End a session a fixed time after login, however busy it is; the idle limit is Django's own."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            # Real seconds, not the clock of a rehearsal, which begins its day again at midnight.
            started = request.session.setdefault("started_at", time.time())
            if time.time() - started > settings.SESSION_ABSOLUTE_HOURS * 3600:
                logout(request)
        return self.get_response(request)


class SecondFactorMiddleware(Middleware):
    """Where staff need a second factor: lead to setting it up, and to using it in this session."""

    OPEN = frozenset({"account_login", "account_logout", "account_reauthenticate", "healthz", "readyz"})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        user = request.user
        if not (settings.STAFF_MFA_REQUIRED and user.is_authenticated and user.is_staff):
            return None
        name = str(request.resolver_match.url_name) if request.resolver_match else ""
        if name in self.OPEN or name.startswith("mfa_") or _has_used_second_factor(request, user):
            return None
        if not is_mfa_enabled(user):
            return redirect("mfa_activate_totp")
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")


def _has_used_second_factor(request: HttpRequest, user: User) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, user))


class TenantScopeMiddleware(Middleware):
    """Open the scope that tenant models need: an officer's ministry, everything for staff, else none."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.is_staff:
            with scopes_disabled():
                return self.get_response(request)
        with scope(ministry=user.ministry):
            return self.get_response(request)


class AudienceMiddleware(Middleware):
    """Keep officers out of the admin and staff out of the portal: it is not there for them.

    Refusals of logged-in users (403, 404) go on the trail with what was asked for, without names.
    """

    AUDIENCES = (("admin", True), ("portal", False))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match, user = request.resolver_match, request.user
        if match and user.is_authenticated and response.status_code in {403, 404}:
            record_access(
                action=REFUSED,
                user=None,
                by=user,
                now=clock.now(),
                view=match.view_name,
                asked={name: str(value)[:100] for name, value in match.kwargs.items()},
                method=request.method,
                status=response.status_code,
                address=get_adapter().get_client_ip(request),
            )
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        namespaces = request.resolver_match.namespaces if request.resolver_match else []
        for namespace, is_for_staff in self.AUDIENCES:
            user = request.user
            if namespace in namespaces and user.is_authenticated and user.is_staff != is_for_staff:
                raise Http404
