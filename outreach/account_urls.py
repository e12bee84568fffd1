"""Entrance: login, passwords, second factor, invitations.

allauth's own list has more: signing up, changing the mail address and the like are not offered.
"""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from outreach.views import entrance, health, invitation

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entrance.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("invite/<str:token>/", invitation.open_invitation, name="invitation_open"),
    path("invite/", invitation.accept, name="invitation_accept"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    # The admin's own doors lead to ours.
    path("admin/login/", entrance.to_login),
    path("admin/logout/", account.logout),
    path("admin/password_change/", entrance.to_password_change),
]
