"""Read what people wrote, and what was ruled on values, by plain SQL: the raw rows as of an instant.

Versions never change, and a ruling tells when it was made and withdrawn, so that what stood at the
instant can be read at any time since. How it is printed is in `printed_words`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from followup.management.recount.rows import LATEST, OTHER, Place, loaded, read_rows
from outreach.rules.wareki import format_wareki

AS_OF = (
    "WHERE s.number = (SELECT MAX(o.number) FROM followup_submission o "
    "WHERE o.report_id = s.report_id AND o.submitted_at <= %s)"
)
OWN = f"""
SELECT m.id, r.id, NULL, '', s.form_version_id, s.answers, s.no_body_reason {LATEST} {AS_OF}
"""
ABOUT_BODIES = f"""
SELECT m.id, r.id, w.notification_id, w.body_name, s.form_version_id, w.answers, '' {LATEST}
JOIN followup_submittedanswer w ON w.submission_id = s.id {AS_OF} ORDER BY w.notification_id
"""
QUESTIONS = """
SELECT q.form_version_id, q.key, q.label, q.type, q.unit, q.choices
FROM followup_question q JOIN followup_formversion f ON f.id = q.form_version_id
WHERE f.round_id = %s
"""
RULINGS = """
SELECT g.report_id, g.notification_id, g.question_key, g.kind, g.submitted_value, g.corrected_value, g.reason
FROM followup_figureruling g JOIN followup_report r ON r.id = g.report_id
WHERE r.round_id = %s AND g.created_at <= %s AND (g.withdrawn_at IS NULL OR g.withdrawn_at > %s)
"""
TEXTS, REMARKS = {"short_text", "long_text"}, {"practice": "good_practice", "obstacle": "obstacle"}


class Asked(NamedTuple):
    """One question, as the version of the form asks it."""

    label: str
    type: str
    unit: str
    choices: dict[str, str]

    def words(self, value: Any) -> str:
        """Return an answer in words: yes and no, labels, numbers with their unit, days in 和暦."""
        if isinstance(value, bool):
            return "はい" if value else "いいえ"
        if isinstance(value, int | float):
            return f"{value:,}{self.unit or ('％' if self.type == 'percent' else '')}"
        if self.type == "date":
            return format_wareki(date.fromisoformat(value))
        return "、".join(
            self.choices.get(code, code) for code in ([value] if isinstance(value, str) else value)
        )


class Ruled(NamedTuple):
    """What was ruled on one value: left out, or counted as `corrected`."""

    kind: str
    submitted: Any
    corrected: Any
    reason: str


@dataclass(frozen=True)
class Whose:
    """Whose row it is; without a notification (発出番号) the ministry's own, and `body` is empty."""

    ministry: str
    notification: int | None
    body: str


@dataclass(frozen=True)
class Written:
    """One text; `ruled` when its question is left out of the figures."""

    whose: Whose
    key: str
    question: str
    text: str
    is_public: bool = False
    ruled: Ruled | None = None


@dataclass(frozen=True)
class Handled:
    """One value on which a ruling applies."""

    whose: Whose
    key: str
    asked: Asked
    ruled: Ruled


@dataclass
class Words:
    """Everything of a round; the ministries in 建制順, each one's own answers before those of its bodies."""

    written: list[Written] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)

    def remarks(self, kind: str) -> list[Written]:
        """Return the good practice or the obstacles that count."""
        return [text for text in self.written if text.key == REMARKS[kind] and text.ruled is None]


def words_of(round_id: int, *, as_of: datetime, ministries: Mapping[int, str]) -> Words:
    """Return what stood in the rows of a round at an instant; `ministries` in 建制順, as they were named."""
    at = connection.ops.adapt_datetimefield_value(as_of)
    forms: dict[int, dict[str, Asked]] = defaultdict(dict)
    for form, key, label, type_, unit, choices in read_rows(QUESTIONS, round_id):
        labels = {choice["code"]: choice["label"] for choice in loaded(choices)}
        forms[form][key] = Asked(label, type_, unit, labels)
    rulings: dict[Place, dict[str, Ruled]] = defaultdict(dict)
    for report, notification, key, kind, submitted, corrected, reason in read_rows(RULINGS, round_id, at, at):
        ruled = Ruled(kind, loaded(submitted), loaded(corrected), reason)
        rulings[report, notification][key] = ruled
    by_ministry = {ministry: Words() for ministry in ministries}
    for query in (OWN, ABOUT_BODIES):
        for ministry, report, notification, body, form, answers, no_body in read_rows(query, round_id, at):
            words = by_ministry[ministry]
            whose = Whose(ministries[ministry], notification, body)
            if no_body:
                words.written.append(Written(whose, "no_body_reason", "該当なしの理由", no_body))
            row = _Row(whose, forms[form], loaded(answers), rulings.get((report, notification), {}))
            words.handled += row.handled()
            words.written += row.written()
    return Words(
        [text for words in by_ministry.values() for text in words.written],
        [value for words in by_ministry.values() for value in words.handled],
    )


@dataclass(frozen=True)
class _Row:
    """The answers about one body, or a ministry's own, with what was ruled on them."""

    whose: Whose
    asked: Mapping[str, Asked]
    answers: Mapping[str, Any]
    rulings: Mapping[str, Ruled]

    def _applying(self, key: str) -> Ruled | None:
        """Return the ruling on a value, as long as it is the value that was ruled on."""
        ruled, value = self.rulings.get(key), self.answers.get(key)
        applies = ruled and type(value) is type(ruled.submitted) and value == ruled.submitted
        return ruled if applies else None

    def handled(self) -> Iterator[Handled]:
        for key in self.rulings:
            if ruled := self._applying(key):
                yield Handled(self.whose, key, self.asked[key], ruled)

    def written(self) -> Iterator[Written]:
        for key, value in self.answers.items():
            asked = self.asked.get(key.removesuffix(OTHER))
            if asked is None or not (asked.type in TEXTS or key.endswith(OTHER)):
                continue
            yield Written(
                whose=self.whose,
                key=key,
                question=f"{asked.label}（その他の内容）" if key.endswith(OTHER) else asked.label,
                text=str(value),
                is_public=self._counted(f"{key}_public") is True,
                ruled=self._applying(key.removesuffix(OTHER)),
            )

    def _counted(self, key: str) -> Any:
        ruled = self._applying(key)
        return ruled.corrected if ruled else self.answers.get(key)
