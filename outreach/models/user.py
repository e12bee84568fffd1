"""担当者・職員: one account each, known by mail address; and the invitations they come by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from outreach.models.base import KeptHistory, TrackedQuerySet
from outreach.models.ministry import Ministry


class Role(models.TextChoices):
    COORDINATOR = "coordinator", "取りまとめ担当"
    CONTRIBUTOR = "contributor", "担当者"
    VIEWER = "viewer", "閲覧者"


class UserQuerySet(TrackedQuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def officers(self) -> Self:
        """Keep officers of ministries (not staff)."""
        return self.filter(is_staff=False)

    def coordinators(self) -> Self:
        return self.officers().filter(role=Role.COORDINATOR)

    def visible_to(self, user: User) -> Self:
        """Keep whom a user may see: staff everybody, an officer the officers of the own ministry."""
        if not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        return self.officers().filter(ministry=user.ministry_id)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Staff of the issuing side (no ministry) or an officer of exactly one ministry.

    While an officer is away (不在, both days inclusive) mail goes to the `deputy`; when one has left it
    goes to the `successor` (services.addressees decides, for every mail).
    """

    email = models.EmailField("メールアドレス", unique=True)
    name = models.CharField("氏名", max_length=60)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    role = models.CharField("役割", max_length=12, choices=Role, blank=True)
    department = models.CharField("所属（局・課）", max_length=100, blank=True)
    phone = models.CharField("電話", max_length=30, blank=True)
    is_active = models.BooleanField("有効", default=True)
    is_staff = models.BooleanField("職員（取りまとめ側）", default=False)
    date_joined = models.DateTimeField("登録日時", default=timezone.now)
    away_from = models.DateField("不在の初日", null=True, blank=True, editable=False)
    away_until = models.DateField("不在の最終日", null=True, blank=True, editable=False)
    deputy = models.ForeignKey(
        "self", verbose_name="不在中の代理", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="stands_in_for",
    )  # fmt: skip
    successor = models.ForeignKey(
        "self", verbose_name="後任", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="predecessors",
    )  # fmt: skip

    history = KeptHistory(excluded_fields=["password", "last_login"], m2m_fields=[])
    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "担当者・職員"
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message="このメールアドレスは既に登録されています。",
            ),
            models.CheckConstraint(
                name="user_staff_xor_ministry",
                condition=Q(is_staff=True, ministry__isnull=True, role="")
                | Q(is_staff=False, ministry__isnull=False, role__in=Role.values),
                violation_error_message=(
                    "職員には府省庁と役割を設定できません。府省庁の担当者には府省庁と役割の両方が必要です。"
                ),
            ),
            models.CheckConstraint(
                name="user_absence_has_both_days",
                condition=Q(away_from=None, away_until=None, deputy=None)
                | Q(away_from__isnull=False, away_until__gte=F("away_from"), is_staff=False),
                violation_error_message="不在の最終日は、初日以後の日にしてください。",
            ),
            models.CheckConstraint(
                name="user_never_the_own_deputy", condition=Q(deputy=None) | ~Q(deputy=F("id"))
            ),
            models.CheckConstraint(
                name="user_successor_of_who_left",
                condition=Q(successor=None) | (Q(is_active=False) & ~Q(successor=F("id"))),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def is_officer(self) -> bool:
        return not self.is_staff

    @property
    def can_edit(self) -> bool:
        """Say whether the user may record anything for the ministry (a viewer may not)."""
        return self.is_officer and self.role in {Role.COORDINATOR, Role.CONTRIBUTOR}

    def is_away(self, on: date) -> bool:
        """Say whether a day falls into the absence (不在) that was entered."""
        return bool(self.away_from and self.away_until and self.away_from <= on <= self.away_until)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> Self:
        """Keep those that can still be accepted at an instant."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A link by mail that makes one account, once (招待). Only a hash of its token is stored."""

    email = models.EmailField("メールアドレス")
    name = models.CharField("氏名", max_length=60)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT
    )
    role = models.CharField("役割", max_length=12, choices=Role, blank=True)
    is_staff = models.BooleanField("職員（取りまとめ側）として招待", default=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, verbose_name="招待した人", on_delete=models.PROTECT, related_name="invitations_sent"
    )
    created_at = models.DateTimeField("招待日時")
    expires_at = models.DateTimeField("有効期限")
    accepted_at = models.DateTimeField("受諾日時", null=True, blank=True)
    accepted_by = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="invitation"
    )
    revoked_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "招待"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="invitation_staff_xor_ministry",
                condition=Q(is_staff=True, ministry__isnull=True, role="")
                | Q(is_staff=False, ministry__isnull=False, role__in=Role.values),
                violation_error_message=(
                    "職員として招待する場合は府省庁と役割を空に、府省庁の担当者の場合は両方を設定してください。"
                ),
            ),
            models.CheckConstraint(
                name="invitation_accepted_or_revoked",
                condition=Q(accepted_at=None) | Q(revoked_at=None),
            ),
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.email}）"
