"""Mail servers that misbehave, for settings.EMAIL_BACKEND."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend


class Unreachable(EmailBackend):
    """A server that nobody can connect to."""

    def open(self) -> bool:
        raise TimeoutError("timed out")


class Silent(EmailBackend):
    """A server that takes the mail and says nothing."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        super().send_messages(messages)
        raise TimeoutError("timed out")


class Picky(EmailBackend):
    """A server that knows no address starting with 550, is busy for 450, and rejects texts on 554."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            address = message.to[0]
            if address.startswith(("450", "550")):
                raise smtplib.SMTPRecipientsRefused({address: (int(address[:3]), b"no")})
            if address.startswith("554"):
                raise smtplib.SMTPDataError(554, b"rejected")
        return super().send_messages(messages)
