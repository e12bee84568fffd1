"""The door of the API: whose token it is, what its owner may see, how often; and the trail of calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_scopes import scopes_disabled
from ninja.errors import AuthorizationError, Throttled
from ninja.security.http import HttpAuthBase

from followup.views.rates import WINDOW_SECONDS, is_too_often
from outreach import clock
from outreach.models import ApiToken
from outreach.services.api_tokens import TokenRefused, find_token
from outreach.services.audit import record_audit
from outreach.services.logins import REFUSED, record_access

CALLED = "APIを呼出し"
NOT_LET_IN = "APIの利用を拒否"
CALLS_PER_TOKEN = 300
CALLS_PER_ADDRESS = 600
COUNTS_PER_TOKEN = 60
REFUSALS_PER_ADDRESS = 30
"""In 15 minutes each; more refusals than this are not even looked at."""

VIEW_RESULTS = "followup.view_councilreport"
VIEW_ROUNDS = "followup.view_round"

Run = Callable[..., HttpResponseBase]


class StaffToken(HttpAuthBase):
    """Let in who sends an open token of a member of the staff with these rights; a session does not count."""

    openapi_scheme = "bearer"

    def __init__(self, *permissions: str) -> None:
        super().__init__()
        self.permissions = permissions

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """Return the token; None where there is none that opens (401).

        Raises:
            Throttled: for too many calls of the token or the address (429).
            AuthorizationError: where its owner lacks a right (403).
        """
        address = address_of(request)
        _refuse_too_often("api address", address, CALLS_PER_ADDRESS)
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.openapi_scheme or not secret:
            return None
        try:
            token = find_token(token=secret.strip(), now=clock.now())
        except TokenRefused:
            _refuse_too_often("api refusal", address, REFUSALS_PER_ADDRESS)
            record_access(action=NOT_LET_IN, user=None, now=clock.now(), address=address)
            return None
        _refuse_too_often("api token", str(token.pk), CALLS_PER_TOKEN)
        request.auth = token  # type: ignore[attr-defined]  # for the trail, of refusals too
        if not token.user.has_perms(self.permissions):
            raise AuthorizationError
        return token


def _refuse_too_often(what: str, whose: str, most: int) -> None:
    if is_too_often(what=what, whose=whose, most=most):
        raise Throttled(wait=WINDOW_SECONDS)


def refuse_many_counts(request: HttpRequest) -> None:
    """Bound what is counted anew for a token: it is the most expensive thing that can be asked for."""
    _refuse_too_often("api counts", str(token_of(request).pk), COUNTS_PER_TOKEN)


def address_of(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))


def in_all_scopes(run: Run) -> Run:
    """Let an operation read every ministry's rows, as staff do, and put the call on the trail."""

    @wraps(run)
    def wrapper(request: HttpRequest, **values: Any) -> HttpResponseBase:
        with scopes_disabled():
            response = run(request, **values)
            _record_call(request, response.status_code)
            return response

    return wrapper


def _record_call(request: HttpRequest, status: int) -> None:
    """Put a call on the trail: by whose token and for what; the token itself is never written down."""
    token: ApiToken | None = getattr(request, "auth", None)
    if token is None:
        return
    record_audit(
        action=REFUSED if status in {403, 404} else CALLED,
        now=clock.now(),
        actor=token.user,
        obj=token,
        after={"アドレス": request.path, "応答": status, "接続元": address_of(request)},
    )


def token_of(request: HttpRequest) -> ApiToken:
    """Return the token that has let a request in."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # django-ninja's way
    return token
