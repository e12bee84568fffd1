"""Who may use the officers' pages: officers only, and viewers to read only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from outreach.models import Ministry, User

P = ParamSpec("P")
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class UserRequest(HttpRequest):
    """A request that somebody who is logged in makes."""

    user: User


class OfficerRequest(UserRequest):
    """A request of which a decorator below has made sure that an officer makes it."""

    htmx: HtmxDetails


View = Callable[Concatenate[OfficerRequest, P], HttpResponseBase]


def officer_required(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let officers in; staff and others get the 404 of a page that is not there, viewers who post 403."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = request.user
        if not (user.is_authenticated and user.is_officer and user.ministry_id):
            raise Http404
        if request.method not in READING and not user.can_edit:
            raise PermissionDenied
        return view(cast("OfficerRequest", request), *args, **kwargs)

    return wrapper


def editor_required(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let officers in who may record for their ministry; a viewer gets 403, even for the empty form."""

    @wraps(view)
    def wrapper(request: OfficerRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.can_edit:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return officer_required(wrapper)


def ministry_of(request: OfficerRequest) -> Ministry:
    """Return the ministry that the officer acts for; it never comes from the request's own values."""
    return cast("Ministry", request.user.ministry)
