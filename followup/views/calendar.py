"""カレンダー連携: the officer's page, and the calendar that programs read without a login."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_scopes import scopes_disabled

from followup.documents.due_calendar import calendar_of
from followup.services.calendar_feeds import FeedClosed, issue_feed, live_feed, read_feed, revoke_feed
from followup.views.rates import is_too_often
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required

READINGS_PER_FEED = 60
READINGS_PER_ADDRESS = 600
"""A ministry's officers come from few addresses, and services such as Google's read for many."""


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: OfficerRequest) -> HttpResponse:
    """Show whether there is an address; POST issues one, which this answer alone shows."""
    address = ""
    if request.method == "POST":
        _feed, token = issue_feed(user=request.user, now=clock.now())
        address = settings.BASE_URL + reverse("calendar_feed", args=[token])
    context = {"feed": live_feed(request.user), "address": address}
    return render(request, "portal/calendar.html", context)


@editor_required
@require_POST
def calendar_revoke(request: OfficerRequest) -> HttpResponse:
    try:
        revoke_feed(user=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "カレンダー連携を取り消しました。以前のURLは、もう使えません。")
    return redirect("portal:calendar")


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out a ministry's due dates; an address that does not open is a page that is not there."""
    address = str(get_adapter().get_client_ip(request))
    if is_too_often(what="calendar address", whose=address, most=READINGS_PER_ADDRESS) or is_too_often(
        what="calendar feed", whose=token, most=READINGS_PER_FEED
    ):
        return render(request, "429.html", status=429)
    now = clock.now()
    with scopes_disabled():
        try:
            ministry, events = read_feed(token=token, now=now)
        except FeedClosed as closed:
            raise Http404 from closed
        content = calendar_of(events, name=f"周知依頼トラッカー（{ministry.name}）", now=now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="outreach.ics"'
    response["Cache-Control"] = "private, no-cache"
    return response
