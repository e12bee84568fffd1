"""Counts that are kept so that pages need not count again, and the marks that tell which are stale.

The marks are written by triggers (migrations/_count_marks.py), as no write may escape them: raw SQL
and bulk writes too. All of this follows from other rows and may be emptied at any time.
"""

from __future__ import annotations

from django.db import models

from followup.models.report import Submission
from followup.models.round import Round
from outreach.models import Assignment


class LedgerCount(models.Model):
    """What was counted last of one ministry's notices (発出の集計).

    `groups` are [template number, category, day of issue or null, bodies]; `channels` are notified
    bodies by the id of the channel. `identities` are digests of the bodies, in the order of `groups`
    (services.ledger_counts), by which distinct ones are counted. `edition` grows with each count.
    """

    assignment = models.OneToOneField(
        Assignment, verbose_name="対応", on_delete=models.CASCADE, related_name="ledger_count"
    )
    groups = models.JSONField("ひな形・区分・発出日別の数", default=list)
    channels = models.JSONField("周知手段別の数", default=dict)
    identities = models.BinaryField("同じ団体を見分ける値", default=b"")
    edition = models.PositiveIntegerField("集計の回数", default=0)
    counted_at = models.DateTimeField("集計日時")

    class Meta:
        verbose_name = verbose_name_plural = "発出の集計"

    def __str__(self) -> str:
        return f"{self.assignment}の集計"


class LedgerChange(models.Model):
    """A mark: notices of this ministry changed since they were counted (発出の変更の印).

    Without a constraint, as it must neither wait for nor hold up who works on the assignment.
    """

    assignment = models.ForeignKey(
        Assignment, verbose_name="対応", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "発出の変更の印"

    def __str__(self) -> str:
        return f"対応{self.assignment_id}の発出の変更"


class DistinctCount(models.Model):
    """How many distinct bodies a round aimed at and notified when last counted (実数の集計).

    `categories` are [template number, category, distinct bodies notified]. `editions` is the sum of
    those of the ledger's counts that it was counted from: another sum means that it is stale.
    """

    round = models.OneToOneField(
        Round, verbose_name="フォローアップ", on_delete=models.CASCADE, related_name="distinct_count"
    )
    aimed = models.PositiveIntegerField("実対象団体数")
    issued = models.PositiveIntegerField("実発出団体数")
    categories = models.JSONField("ひな形・区分別の数", default=list)
    editions = models.PositiveBigIntegerField("発出の集計の回数の和")
    counted_at = models.DateTimeField("集計日時")

    class Meta:
        verbose_name = verbose_name_plural = "実数の集計"

    def __str__(self) -> str:
        return f"{self.round}の実数"


class AnswerCount(models.Model):
    """What one submission answers, counted (提出の集計); `tally` is a SubmissionTally.

    A change of what a SubmissionTally holds comes with a migration that empties the table.
    """

    submission = models.OneToOneField(
        Submission, verbose_name="提出", on_delete=models.CASCADE, related_name="answer_count"
    )
    tally = models.JSONField("集計", default=dict)
    counted_at = models.DateTimeField("集計日時")

    class Meta:
        verbose_name = verbose_name_plural = "提出の集計"

    def __str__(self) -> str:
        return f"{self.submission}の集計"


class AnswerChange(models.Model):
    """A mark: what is counted of this submission changed, as by a ruling (回答の変更の印)."""

    submission = models.ForeignKey(
        Submission, verbose_name="提出", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "回答の変更の印"

    def __str__(self) -> str:
        return f"提出{self.submission_id}の回答の変更"
