"""The doors of monitoring programs: 稼働状況 as JSON and as Prometheus metrics; closed unless opened by name.

Who has neither the token nor an allowed address is told that nothing is there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled
from prometheus_client import CONTENT_TYPE_LATEST

from followup.rules.system_facts import SystemFacts
from followup.rules.system_status import State, judge, overall
from followup.services.system_facts import system_facts
from followup.views.metrics import metrics_without_database, system_metrics
from outreach import clock

View = Callable[[HttpRequest], HttpResponse]
NO_DATABASE = {
    "key": "database",
    "label": "データベース",
    "state": State.TROUBLE,
    "told": "応答がありません。",
    "advice": "DATABASE_URL の PostgreSQL が動いているか、接続できるかを確かめてください。",
}


def for_watchers(view: View) -> View:
    """Let in who sends MONITOR_TOKEN, or comes from one of MONITOR_NETWORKS; 404 for anybody else."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not (_has_token(request) or _comes_from_allowed_network(request)):
            raise Http404
        return view(request)

    return login_not_required(require_safe(guarded))


def _has_token(request: HttpRequest) -> bool:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if not settings.MONITOR_TOKEN or scheme.lower() != "bearer":
        return False
    return constant_time_compare(secret.strip(), settings.MONITOR_TOKEN)


def _comes_from_allowed_network(request: HttpRequest) -> bool:
    """Say whether the address is allowed; behind a proxy that we do not know of, none is."""
    if not settings.MONITOR_NETWORKS:
        return False
    if "X-Forwarded-For" in request.headers and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return False
    try:
        address = ip_address(get_adapter().get_client_ip(request))
    except ValueError:
        return False
    return any(address in network for network in settings.MONITOR_NETWORKS)


@for_watchers
def status(_request: HttpRequest) -> JsonResponse:
    """Tell how every part is; 200 where all is well or to be looked at, 503 where something is wrong."""
    try:
        facts = _facts()
    except DatabaseError:
        return _told(State.TROUBLE, [NO_DATABASE])
    checks = judge(facts)
    return _told(overall(checks), [vars(check) for check in checks])


@for_watchers
def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer a scrape by Prometheus; numbers only, read from the database when they are asked for."""
    try:
        content = system_metrics(_facts())
    except DatabaseError:
        content = metrics_without_database()
    return HttpResponse(content, content_type=CONTENT_TYPE_LATEST)


def _facts() -> SystemFacts:
    with scopes_disabled():
        return system_facts(now=clock.now(), real_now=clock.real_now())


def _told(state: State, checks: list[dict[str, str]]) -> JsonResponse:
    return JsonResponse(
        {"status": state, "at": clock.real_now().isoformat(timespec="seconds"), "checks": checks},
        status=503 if state == State.TROUBLE else 200,
        json_dumps_params={"ensure_ascii": False},
        content_type="application/json; charset=utf-8",
    )
