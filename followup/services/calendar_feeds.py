"""カレンダー連携: issue, renew and revoke an officer's secret address, and find whose it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from followup.models import CalendarFeed
from followup.services.due_events import DueEvent, key_fact_events, report_events
from outreach.models import Ministry, User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal
from outreach.services.secret_tokens import hash_token, new_token


class FeedClosed(Refusal):
    """Unknown, revoked, or its officer left; all look the same."""

    def __init__(self) -> None:
        super().__init__("このカレンダーのアドレスは使えません。")


def live_feed(user: User) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


@transaction.atomic
def issue_feed(*, user: User, now: datetime) -> tuple[CalendarFeed, str]:
    """Give an officer an address, in the place of the one before; return its row and token.

    The token is stored nowhere. Of two at the same moment the later one stands.
    """
    if not user.can_edit:
        raise NotAllowed("カレンダー連携を使えるのは、取りまとめ担当と担当者です。")
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    renewed = CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    token = new_token()
    feed = CalendarFeed.objects.create(user=user, token_hash=hash_token(token), created_at=now)
    action = "カレンダー連携を再発行" if renewed else "カレンダー連携を発行"
    record_audit(action=action, now=now, actor=user, obj=feed, ministry=user.ministry)
    return feed, token


@transaction.atomic
def revoke_feed(*, user: User, now: datetime) -> None:
    """Close an officer's address; refused when there is none."""
    feed = live_feed(user)
    if feed is None or not CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now):
        raise Refusal("カレンダー連携は、発行されていないか、既に取り消されています。")
    record_audit(action="カレンダー連携を取消", now=now, actor=user, obj=feed, ministry=user.ministry)


def read_feed(*, token: str, now: datetime) -> tuple[Ministry, list[DueEvent]]:
    """Return whose calendar a token opens and what is in it, and note the use; raise FeedClosed."""
    feed = (
        CalendarFeed.objects.live()
        .filter(token_hash=hash_token(token))
        .select_related("user__ministry")
        .first()
    )
    if feed is None or feed.user.ministry is None:
        raise FeedClosed
    CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)
    ministry = feed.user.ministry
    return ministry, [*report_events(ministry), *key_fact_events(ministry)]
