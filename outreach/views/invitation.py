"""The page behind an invitation's link.

Opening the link only takes its token out of the address: a mail scanner that follows it uses
nothing up, and the token does not stay where a log or a Referer could show it.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from outreach import clock
from outreach.forms.invitation import FirstPasswordForm
from outreach.models import Invitation
from outreach.services.accounts import InvitationClosed, accept_invitation, find_invitation

SESSION_KEY = "invitation_token"


@login_not_required
@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Put the token away in the session and show the page without it."""
    request.session[SESSION_KEY] = token
    return redirect("invitation_accept")


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Show who is invited as what; on POST set the password and make the account."""
    token = request.session.get(SESSION_KEY, "")
    try:
        invitation = find_invitation(token=token, now=clock.now())
        form = FirstPasswordForm(invitation, request.POST if request.method == "POST" else None)
        if request.method != "POST" or not form.is_valid():
            context = {"form": form, "invitation": invitation, "rows": _rows(invitation)}
            return render(request, "account/invitation.html", context)
        with scope(ministry=invitation.ministry):
            accept_invitation(token=token, password=form.password, now=clock.now())
    except InvitationClosed:
        return render(request, "account/invitation_closed.html", status=410)
    request.session.flush()
    messages.success(request, "パスワードを設定しました。メールアドレスとパスワードでログインしてください。")
    return redirect("account_login")


def _rows(invitation: Invitation) -> list[tuple[str, str]]:
    return [
        ("メールアドレス（ログインに使います）", invitation.email),
        ("所属", invitation.ministry.name if invitation.ministry else "取りまとめ側"),
        ("役割", invitation.get_role_display() or "職員"),
    ]
