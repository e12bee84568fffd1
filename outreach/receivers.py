"""What libraries announce and we record; none of our own apps announces anything."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.signals import authentication_failed
from django.dispatch import receiver
from django.http import HttpRequest

from outreach import clock
from outreach.models import User
from outreach.services.logins import SECOND_FACTOR_FAILED, record_access


@receiver(authentication_failed)
def record_second_factor_failure(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    address = get_adapter().get_client_ip(request)
    record_access(action=SECOND_FACTOR_FAILED, user=user, now=clock.now(), address=address)
