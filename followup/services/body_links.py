"""The personal links of 団体への回答依頼: made, kept as a hash, and found again."""

from __future__ import annotations

import base64
import secrets
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from followup.models import BodyRequest
from outreach.services.errors import Refusal
from outreach.services.secret_tokens import TOKEN_BYTES, hash_token


class LinkClosed(Refusal):
    """The link was replaced or withdrawn, or has expired, or there never was one; all look the same."""

    def __init__(self) -> None:
        super().__init__(
            "このリンクは使えません。お手数ですが、メールを送った府省庁の問合せ先へ御連絡ください。"
        )


def new_seed() -> str:
    """Return what a link is made from: 256 random bits."""
    return secrets.token_hex(TOKEN_BYTES)


def hash_of_link(seed: str) -> str:
    """Return the hash that the link of a seed is found by."""
    return hash_token(_token(seed))


def link_of(body_request: BodyRequest) -> str:
    """Return the full address of the link, for a mail only; it is stored nowhere else."""
    return f"{settings.BASE_URL}{reverse('answer_open', args=[_token(body_request.link_seed)])}"


def find_body_request(*, token: str, today: date) -> BodyRequest:
    """Return the request that a token still opens; raise LinkClosed."""
    found = (
        BodyRequest.objects.live(today)
        .filter(token_hash=hash_token(token))
        .select_related(
            "report__round", "report__assignment__ministry", "report__form_version", "notification__body",
            "notification__template",
        )
        .first()
    )  # fmt: skip
    if found is None:
        raise LinkClosed
    return found


def _token(seed: str) -> str:
    """Return the token of a seed: 256 bits that nobody can make without the site's secret key."""
    digest = salted_hmac("followup.body_links", seed, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
