"""The front door: `/` leads each user home."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send staff to the admin and officers to the portal; anybody else has been sent to the login."""
    return redirect("admin:index" if request.user.is_staff else "portal:home")


@login_not_required
def to_login(request: HttpRequest) -> HttpResponse:
    """Lead from the admin's login to the one that counts failures and asks for the second factor."""
    return redirect_to_login(request.GET.get("next", ""), login_url="account_login")


def to_password_change(_request: HttpRequest) -> HttpResponse:
    """Lead from the admin's password page to the one that ends other sessions."""
    return redirect("account_change_password")
