"""What a submitted version is compared with: the version before it, and the ministry's last round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from followup.models import Submission
from followup.rules.questions import Answer

Answered = dict[str, Answer]


@dataclass(frozen=True)
class Compared:
    """An earlier submission, what the pages call it, and how its rows are found.

    Rows of a version before it are known by the notification, those of another round by the body: each
    request has notifications of its own.
    """

    submission: Submission
    name: str
    row_key: str

    def rows(self, own: Iterable[tuple[int, int]]) -> Iterator[tuple[int, Answered]]:
        """Yield what each of these rows said then; `own` are pairs of a notification's and a body's id."""
        ours = {(body if self.row_key == BY_BODY else notice): notice for notice, body in own}
        kept = self.submission.rows.filter(**{f"{self.row_key}__in": ours}) if len(ours) <= FEW else None
        rows = self.submission.rows.all() if kept is None else kept
        for key, answers in rows.order_by().values_list(self.row_key, "answers"):
            if key in ours:
                yield ours[key], answers


BY_NOTIFICATION, BY_BODY = "notification_id", "notification__body_id"
FEW = 200
"""Ids up to which they are named in the query; more would be slower than reading all of the version."""


def previous_version(submission: Submission) -> Compared | None:
    before = submission.report.submissions.select_related("form_version").filter(number__lt=submission.number)
    found = before.order_by("-number").first()
    return Compared(found, f"前の版（{found}）", BY_NOTIFICATION) if found else None


def last_round(submission: Submission) -> Compared | None:
    """Return what the ministry submitted last in the newest earlier round that it answered."""
    report = submission.report
    found = (
        Submission.objects.newest()
        .select_related("form_version", "report__round__request")
        .filter(report__assignment__ministry=report.assignment.ministry_id, report__round__lt=report.round_id)
        .order_by("-report__round", "-pk")
        .first()
    )
    return Compared(found, "前回のフォローアップ", BY_BODY) if found else None
