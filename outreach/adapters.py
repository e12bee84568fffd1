"""How allauth behaves here: accounts by invitation, mail through the outbox, every door on the trail."""

from __future__ import annotations

import base64
import secrets
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django_scopes import scopes_disabled

from outreach import clock
from outreach.models import SECRET_LINK, MailKind, User
from outreach.services import logins
from outreach.services.accounts import end_sessions
from outreach.services.mail import queue_mail

NOTICES = {
    "account/email/password_changed": logins.PASSWORD_CHANGED,
    "account/email/password_reset": logins.PASSWORD_RESET,
    "mfa/email/totp_activated": "多要素認証を設定",
    "mfa/email/totp_deactivated": "多要素認証を停止",
    "mfa/email/recovery_codes_generated": "リカバリーコードを作成",
}
"""allauth's notices about an account, and what each is called here."""


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from invitations only; logins are limited, locked and recorded."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "メールアドレス又はパスワードが正しくありません。"
        "続けて失敗する場合は、「パスワードを忘れた場合」から再設定してください。",
        "too_many_login_attempts": "ログインの失敗が続いたため、受付を一時的に止めています。15分ほど待つか、"
        "「パスワードを忘れた場合」から再設定してください。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    # Logins

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures per account and address, so that a stranger cannot lock an officer out."""
        return f"{self.get_client_ip(request)}:{credentials.get('email', '').lower()}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._record(request, logins.LOGIN_LIMITED, _account(credentials))
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Authenticate; a locked account gets the answer of a wrong password, after the same work."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None:
            return None
        with scopes_disabled():
            locked = logins.is_locked(user=user)
        if not locked:
            return user
        self.authentication_failed(request, **credentials)
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._record(request, logins.LOGIN_FAILED, _account(credentials))

    def reauthenticate(self, user: User, password: str) -> bool:
        """Ask for the password of the very account; allauth would look for a table that we do not fill."""
        found = self.authenticate(allauth_context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        self._record(request, logins.LOGGED_IN, user, by=user)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            self._record(request, logins.LOGGED_OUT, user, by=user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        self._record(request, logins.LOGIN_INACTIVE, user)
        return super().respond_user_inactive(request, user)

    def _record(
        self, request: HttpRequest, action: str, user: User | None, *, by: User | None = None
    ) -> None:
        with scopes_disabled():
            logins.record_access(
                action=action, user=user, by=by, now=clock.now(), address=self.get_client_ip(request)
            )

    # Mail

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link on the configured address: the Host header belongs to whoever asks."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.BASE_URL + path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue instead of sending: the page answers without the mail server, and as fast for a stranger."""
        user: User = context["user"]
        shown = context | {"password_reset_url": SECRET_LINK}
        queue_mail(
            kind=MailKind.ACCOUNT,
            dedupe_key=f"account:{secrets.token_hex(16)}",
            to=email,
            recipient=user,
            ministry=user.ministry,
            subject=self.format_email_subject(render_to_string(f"{template_prefix}_subject.txt", shown)),
            body=render_to_string(f"{template_prefix}_message.txt", shown).strip(),
            secret_link=context.get("password_reset_url", ""),
            why="利用者のアカウントで手続があったため",
            now=clock.now(),
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Record what happened to an account, end its other sessions, and tell its owner by mail."""
        request = allauth_context.request
        self._record(request, NOTICES[template_prefix], user, by=user)
        end_sessions(user=user, except_key=request.session.session_key)
        shown = {
            "user": user,
            "timestamp": clock.now(),
            "ip": self.get_client_ip(request),
            "user_agent": self.get_http_user_agent(request)[:200],
        }
        self.send_mail(template_prefix, user.email, shown)


def _account(credentials: dict[str, Any]) -> User | None:
    return User.objects.filter(email__iexact=credentials.get("email", "")).first()


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors; their secrets are encrypted at rest with a key that the database does not hold."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    key = salted_hmac("outreach.second_factor", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
