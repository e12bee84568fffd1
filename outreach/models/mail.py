"""送信メール: the outbox. A row is written with the change that causes it; a worker sends it later."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from outreach.models.ministry import Ministry
from outreach.models.user import User

SECRET_LINK = "［受信者だけに送るリンク］"  # noqa: S105 - stands for one, and is none
"""Stands in a body for a link that lets its holder in; filled in while sending and never shown."""


class MailKind(models.TextChoices):
    REQUEST = "request", "依頼の送付"
    FORM = "form", "フォローアップ様式の送付"
    REMINDER = "reminder", "督促・お知らせ"
    REVIEW = "review", "部内確認の依頼"
    RETURNED = "returned", "差戻し"
    COMMENT = "comment", "確認のお願い・返信"
    RECEIPT = "receipt", "受領のお知らせ"
    ACCEPTED = "accepted", "受理のお知らせ"
    EXTENDED = "extended", "回答期限の延長・変更"
    RESULT = "result", "結果の返却"
    BODY_REQUEST = "body_request", "団体への回答依頼"
    COUNCIL = "council", "取りまとめの送付"
    INVITATION = "invitation", "招待"
    ACCOUNT = "account", "アカウントの手続"


class MailState(models.TextChoices):
    QUEUED = "queued", "送信待ち"
    SENDING = "sending", "送信中"
    IN_DOUBT = "in_doubt", "送達未確認"
    SENT = "sent", "送信済み"
    FAILED = "failed", "要対応（送信できません）"
    CANCELLED = "cancelled", "取りやめ"


HELD = (MailState.SENDING, MailState.IN_DOUBT)
"""A worker has the mail, until its lease is over."""


class Settlement(models.TextChoices):
    """What became of a mail whose text was given to the mail server, without an answer."""

    NONE = "", "なし"
    FOUND = "found", "中継記録で送達を確認"
    ABSENT = "absent", "中継記録になく再送"
    RESENT = "resent", "送達が重複したおそれ（確認できず再送）"
    UNKNOWN = "unknown", "中継記録を読めず確認できない"
    CONFIRMED = "confirmed", "職員が送達を確認"


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def queued(self) -> Self:
        return self.filter(state=MailState.QUEUED)

    def due(self, now: datetime) -> Self:
        """Keep queued mails whose time has come."""
        return self.queued().filter(not_before__lte=now)

    def lease_over(self, state: MailState) -> Self:
        """Keep what a worker has held in this state for longer than it may, by the database's clock."""
        return self.filter(state=state, leased_until__lt=Now())


class OutgoingMail(models.Model):
    """One mail to one recipient (送信メール); what was really sent, or why not."""

    kind = models.CharField("種類", max_length=12, choices=MailKind)
    dedupe_key = models.CharField("重複防止キー", max_length=200, unique=True)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT
    )
    recipient = models.ForeignKey(
        User, verbose_name="宛先の担当者", null=True, blank=True, on_delete=models.PROTECT
    )
    to = models.EmailField("宛先")
    cc = models.EmailField("CC", blank=True)
    sender_name = models.CharField("差出人の名称", max_length=60, blank=True)
    reply_to = models.EmailField("返信先", blank=True)
    subject = models.CharField("件名", max_length=200)
    body = models.TextField("本文")
    secret_link = models.CharField(
        max_length=300,
        blank=True,
        editable=False,
        help_text="本文の SECRET_LINK に差し込む、送信まで持つリンク。",
    )
    why = models.CharField("送信の理由", max_length=200)
    state = models.CharField("状態", max_length=10, choices=MailState, default=MailState.QUEUED)
    not_before = models.DateTimeField("送信開始日時")
    attempts = models.PositiveSmallIntegerField("試行回数", default=0)
    last_error = models.CharField("最後のエラー", max_length=300, blank=True)
    message_id = models.CharField("Message-ID", max_length=200, unique=True)
    created_at = models.DateTimeField("作成日時")
    fence = models.PositiveIntegerField(
        "着手の番号",
        default=0,
        editable=False,
        help_text="着手のたびに増える。古い番号で着手したワーカーは、送ることも記録することもできない。",
    )
    leased_until = models.DateTimeField("着手の期限", null=True, blank=True, editable=False)
    settlement = models.CharField(
        "送達未確認の結果", max_length=10, choices=Settlement, default=Settlement.NONE, blank=True
    )
    log_position = models.CharField(
        max_length=60,
        blank=True,
        editable=False,
        help_text="本文を渡す直前の、中継記録の終わり。送達はここから後を探す。",
    )
    attached = models.CharField("添付ファイル", max_length=200, blank=True)
    sent_at = models.DateTimeField("送信日時", null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "送信メール"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="mail_kind_valid", condition=Q(kind__in=MailKind.values)),
            models.CheckConstraint(name="mail_state_valid", condition=Q(state__in=MailState.values)),
            models.CheckConstraint(
                name="mail_sent_has_instant",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
            models.CheckConstraint(
                name="mail_settled_keeps_no_secret",
                condition=~Q(state__in=["sent", "cancelled"]) | Q(secret_link=""),
            ),
            models.CheckConstraint(
                name="mail_held_has_lease",
                condition=~Q(state__in=HELD) | Q(leased_until__isnull=False),
            ),
            models.CheckConstraint(
                name="mail_settlement_valid", condition=Q(settlement__in=Settlement.values)
            ),
        ]
        indexes = [
            models.Index(name="mail_created", fields=["created_at"]),
            models.Index(name="mail_queue", fields=["not_before", "id"], condition=Q(state="queued")),
            models.Index(name="mail_sending", fields=["leased_until"], condition=Q(state="sending")),
            models.Index(name="mail_in_doubt", fields=["leased_until"], condition=Q(state="in_doubt")),
            models.Index(name="mail_failed", fields=["id"], condition=Q(state="failed")),
            models.Index(name="mail_settlement", fields=["settlement"], condition=~Q(settlement="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject}（{self.to}）"

    @property
    def text(self) -> str:
        """The body as it goes out, with its secret link; for sending only."""
        return self.body.replace(SECRET_LINK, self.secret_link)


class MailOutage(models.Model):
    """The mail server takes nothing (メールサーバーの障害); a row while it lasts, and one row at most.

    It holds up all mail, and no mail pays for it with its attempts: one is tried a pause.
    """

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    since = models.DateTimeField("検知日時")
    probes = models.PositiveIntegerField("確認の回数", default=0)
    next_probe_at = models.DateTimeField("次の確認")
    error = models.CharField("エラー", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "メールサーバーの障害"
        constraints = [
            models.CheckConstraint(name="mail_outage_one", condition=Q(singleton=True)),
        ]

    def __str__(self) -> str:
        return self.error
