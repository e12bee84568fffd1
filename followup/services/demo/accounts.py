"""The people of the demo: staff, officers of every ministry that is asked, and those who leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import cycle

from django.contrib.auth.hashers import make_password

from followup.services.demo.story import demo_rows, ministry_stories
from outreach.models import Ministry, Role, User
from outreach.services.accounts import deactivate_user, invite
from outreach.services.reference import ministry_ids_by_name

STAFF_LOGIN = "staff@digital.example"
LOGINS = (
    STAFF_LOGIN,
    "officer@mhlw.example",
    "officer@meti.example",
    "contributor@mhlw.example",
    "viewer@mhlw.example",
)
"""Who can log in; nobody else of the demo has a usable password."""


def has_people() -> bool:
    return User.objects.filter(email=STAFF_LOGIN).exists()


def add_people() -> User:
    """Add staff, officers and the ministries' shared mailboxes; return the member of staff."""
    _set_mailboxes()
    User.objects.bulk_create(_officers())
    return User.objects.create_superuser(email=STAFF_LOGIN, name="取りまとめ 職員")


def set_passwords(password: str) -> None:
    """Give the demo logins a password; their sessions end with the old one."""
    User.objects.filter(email__in=LOGINS).update(password=make_password(password))


def _set_mailboxes() -> None:
    domains = {story.ministry: story.domain for story in ministry_stories()}
    ministries = list(Ministry.objects.filter(name__in=domains, mailbox="", superior_email=""))
    for ministry in ministries:
        if ministry.name not in demo_rows()["without_mailbox"]:
            ministry.mailbox = f"madoguchi@{domains[ministry.name]}"
            ministry.superior_email = f"soukatsu@{domains[ministry.name]}"
    Ministry.objects.bulk_update(ministries, ["mailbox", "superior_email"])


def _officers() -> Iterator[User]:
    """Yield a coordinator and a contributor for each ministry; those who leave alone have no colleague."""
    ministries = ministry_ids_by_name()
    names = cycle(demo_rows()["people"])
    for story in ministry_stories():
        ministry_id = ministries[story.ministry]
        yield _officer(f"officer@{story.domain}", next(names), Role.COORDINATOR, ministry_id)
        if story.ministry not in demo_rows()["left_without_successor"]:
            yield _officer(f"contributor@{story.domain}", next(names), Role.CONTRIBUTOR, ministry_id)
        if story.ministry in demo_rows()["left_with_successor"]:
            yield _officer(f"former@{story.domain}", next(names), Role.COORDINATOR, ministry_id)
    yield _officer("viewer@mhlw.example", next(names), Role.VIEWER, ministries["厚生労働省"])


def _officer(email: str, name: str, role: Role, ministry_id: int) -> User:
    return User(
        email=email,
        name=name,
        role=role,
        ministry_id=ministry_id,
        department="大臣官房 総務課",
        phone="03-0000-0000",
        password=make_password(None),
    )


def coordinator_of(ministry: Ministry) -> User:
    return ministry.users.active().get(email__startswith="officer@")


def contributor_of(ministry: Ministry) -> User:
    return ministry.users.active().get(role=Role.CONTRIBUTOR)


def let_people_leave(*, staff: User, now: datetime) -> None:
    """Deactivate who left: the only officers of two ministries, and one who has a successor."""
    alone = User.objects.filter(ministry__name__in=demo_rows()["left_without_successor"])
    for user in [*alone, *User.objects.filter(email__startswith="former@")]:
        deactivate_user(user=user, reason="人事異動のため（デモ）", actor=staff, now=now)


def invite_newcomer(*, staff: User, now: datetime) -> None:
    """Leave one invitation open."""
    invite(
        email="shinnin@nra.example",
        name="新任 担当",
        ministry=Ministry.objects.get(name="原子力規制委員会"),
        role=Role.CONTRIBUTOR,
        is_staff=False,
        actor=staff,
        now=now,
    )
