"""The page behind a mailed link to a frozen result: its files, handed out by a button.

Opening the link only takes its token out of the address: a mail scanner downloads nothing, and the
token does not stay where a log or a Referer could show it. A link that does not open is a page that
is not there, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_scopes import scopes_disabled

from followup.models import CouncilFile, ExportLink
from followup.services.export_links import LinkClosed, find_link, take_file
from followup.views.rates import is_too_often
from outreach import clock
from outreach.services.errors import Refusal

SESSION_KEY = "shared_files_token"
PAGES_PER_ADDRESS = 300
PAGES_PER_LINK = 60

View = Callable[..., HttpResponseBase]


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Put the token away in the session and show the page without it."""
    if is_too_often(what="shared opening", whose=_address(request), most=PAGES_PER_ADDRESS):
        return render(request, "429.html", status=429)
    request.session[SESSION_KEY] = token
    return redirect("shared")


def by_link(view: View) -> View:
    """Give a view the link that the session's token opens; 404 without one, 429 for too many pages."""

    @login_not_required
    @wraps(view)
    def wrapper(request: HttpRequest, **values: Any) -> HttpResponseBase:
        token = str(request.session.get(SESSION_KEY, ""))
        if _is_too_often(request, token):
            return render(request, "429.html", status=429)
        with scopes_disabled():
            try:
                link = find_link(token=token, now=clock.now())
            except LinkClosed as closed:
                raise Http404 from closed
            return view(request, link, **values)

    return wrapper


def _is_too_often(request: HttpRequest, token: str) -> bool:
    address = _address(request)
    return is_too_often(what="shared address", whose=address, most=PAGES_PER_ADDRESS) or is_too_often(
        what="shared link", whose=token or address, most=PAGES_PER_LINK
    )


def _address(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))


@require_safe
@by_link
def shared(request: HttpRequest, link: ExportLink) -> HttpResponse:
    """Show what there is to download."""
    return _show(request, link)


@require_POST
@by_link
def shared_file(request: HttpRequest, link: ExportLink, pk: int) -> HttpResponseBase:
    """Hand out one file; who took it is recorded."""
    file = get_object_or_404(_files(link), pk=pk)
    try:
        content = take_file(link=link, file=file, address=_address(request), now=clock.now())
    except Refusal as refusal:
        return _show(request, link, refusal=refusal, status=409)
    return FileResponse(
        content, as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )


def _files(link: ExportLink) -> QuerySet[CouncilFile]:
    files: QuerySet[CouncilFile] = CouncilFile.objects.of_staff().filter(report=link.run.report_id)
    return files.order_by("pk")


def _show(
    request: HttpRequest, link: ExportLink, *, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    report = link.run.report
    context = {"link": link, "report": report, "files": list(_files(link)), "refusal": refusal}
    return render(request, "shared/files.html", context, status=status)
