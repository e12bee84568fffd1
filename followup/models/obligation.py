"""督促の対象: what is open, kept beside its source so that planning need not look at everything again."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from followup.models.report import Report
from followup.rules.due import Due
from followup.rules.obligations import KINDS, NOT_REACHED, Kind, kind_choices
from outreach.models import IssuingOffice, Ministry, User
from outreach.models.base import TenantQuerySet, scoped


class ObligationQuerySet(TenantQuerySet["Obligation"]):
    tenant_path: ClassVar[str] = "ministry"

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def waiting(self) -> Self:
        """Keep those whose stage was reached and that nobody has been reminded of yet."""
        return self.filter(is_waiting=True)

    def lapsed(self, due: Due) -> Self:
        """Keep those whose day has passed by now, to the second."""
        same_day = Q(anchor_on=due.on, anchor_time__lt=due.time)
        return self.filter(Q(anchor_on__lt=due.on) | same_day)

    def unpaused(self, on: date) -> Self:
        """Leave out those whose ministry or report is paused (督促の休止)."""
        paused = ReminderPause.objects.on(on)
        reports = paused.filter(report__isnull=False).values("report")
        ministries = paused.filter(ministry__isnull=False).values("ministry")
        return self.filter(
            Q(report=None) | ~Q(report__in=reports), Q(ministry=None) | ~Q(ministry__in=ministries)
        )


ObligationManager = models.Manager.from_queryset(ObligationQuerySet)


class Obligation(models.Model):
    """Something that a ministry, or staff, still has to do (督促の対象); closed once it is done.

    All of it follows from the rows of its source (services.obligation_queries), but for how far it has
    been reminded of: `reached` is the offset of the last stage that was, None until it has been worked
    out which stages passed while nothing was owed (until `quiet_until`, inclusive).
    """

    kind = models.CharField("種類", max_length=20, choices=kind_choices)
    subject_id = models.BigIntegerField("対象の番号")
    part_id = models.BigIntegerField("対象の中の番号", default=0)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", on_delete=models.PROTECT, related_name="obligations"
    )
    # Offices are few: an index of them finds nothing faster, and costs at each of half a million rows.
    office = models.ForeignKey(
        IssuingOffice, verbose_name="発出元", null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    report = models.ForeignKey(
        Report, verbose_name="報告", null=True, on_delete=models.PROTECT, related_name="obligations"
    )
    anchor_on = models.DateField("起算日")
    anchor_time = models.TimeField("起算日の時刻", null=True)
    quiet_until = models.DateField("督促の対象でなかった最終日", null=True)
    reached = models.SmallIntegerField("到達した段階", null=True, default=NOT_REACHED)
    is_waiting = models.BooleanField("督促待ち", default=False)
    opened_at = models.DateTimeField("発生日時")
    closed_at = models.DateTimeField("終了日時", null=True)

    objects: ClassVar[ObligationManager[Obligation]] = scoped(
        ObligationManager, ObligationQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "督促の対象"
        ordering = ["anchor_on", "pk"]
        constraints = [
            models.UniqueConstraint(name="obligation_once", fields=["kind", "subject_id", "part_id"]),
            models.CheckConstraint(
                name="obligation_closed_waits_for_nothing", condition=Q(closed_at=None) | Q(is_waiting=False)
            ),
        ]
        indexes = [
            models.Index(
                name="obligation_stage", fields=["kind", "reached", "anchor_on"], condition=Q(closed_at=None)
            ),
            models.Index(name="obligation_open", fields=["ministry", "kind"], condition=Q(closed_at=None)),
            models.Index(
                name="obligation_waiting",
                fields=["kind", "reached", "ministry", "office"],
                condition=Q(is_waiting=True),
            ),
            models.Index(name="obligation_fresh", fields=["kind", "quiet_until"], condition=Q(reached=None)),
        ]

    def __str__(self) -> str:
        return f"{self.ministry}：{self.kind_words.label}"

    @property
    def kind_words(self) -> Kind:
        return KINDS[self.kind]

    @property
    def anchor(self) -> Due:
        return Due(self.anchor_on, self.anchor_time)


class ObligationChange(models.Model):
    """A mark: what a ministry may owe has changed since it was looked at (督促の対象の変更の印).

    Written by triggers (migrations/_obligation_marks.py). Without a constraint, as it must neither wait
    for nor hold up who works for the ministry.
    """

    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "督促の対象の変更の印"

    def __str__(self) -> str:
        return f"府省庁{self.ministry_id}の督促の対象の変更"


class ReminderPauseQuerySet(models.QuerySet["ReminderPause"]):
    def on(self, day: date) -> Self:
        """Keep those that hold on a day; the last day is included."""
        return self.filter(until__gte=day, ended_at=None)


class ReminderPause(models.Model):
    """No reminders to a ministry, or about one report, until a day (督促の休止), for a reason."""

    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT,
        related_name="reminder_pauses",
    )  # fmt: skip
    report = models.ForeignKey(
        Report, verbose_name="報告", null=True, blank=True, on_delete=models.PROTECT,
        related_name="reminder_pauses",
    )  # fmt: skip
    until = models.DateField("休止の最終日")
    reason = models.TextField("理由")
    created_by = models.ForeignKey(
        User, verbose_name="休止した職員", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("休止した日時")
    ended_by = models.ForeignKey(
        User, verbose_name="再開した職員", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField("再開した日時", null=True, blank=True)

    objects = ReminderPauseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督促の休止"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="reminder_pause_of_one",
                condition=Q(ministry__isnull=False, report=None) | Q(ministry=None, report__isnull=False),
            ),
            models.CheckConstraint(name="reminder_pause_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="reminder_pause_ended_by_somebody",
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="reminder_pause_one_of_ministry",
                fields=["ministry"],
                condition=Q(ended_at=None, ministry__isnull=False),
            ),
            models.UniqueConstraint(
                name="reminder_pause_one_of_report",
                fields=["report"],
                condition=Q(ended_at=None, report__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report or self.ministry}の督促の休止"

    def holds(self, on: date) -> bool:
        return self.ended_at is None and self.until >= on
