"""What the papers made from figures say about themselves: which council and request, as of when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from followup.models import CouncilReport, Round
from outreach.rules.wareki import format_wareki, instant_in_tokyo

TITLE = "マイナンバーカード活用等に向けた周知の取組状況"
COUNTING = "「延べ」は発出の数（2府省庁が発出した団体等は2）、「実数」は団体等の数（同1）です。"


@dataclass(frozen=True)
class PaperTitle:
    """What a cover says; stored with the figures, so that a later change of a name changes no paper."""

    council_name: str
    council_number: int
    request_title: str
    round_number: int
    contact_name: str
    as_of: datetime

    @property
    def as_of_day(self) -> str:
        return f"{format_wareki(instant_in_tokyo(self.as_of).date())} 時点"

    @property
    def as_of_local(self) -> datetime:
        """Return the instant as files hold it: Japanese time, without a zone."""
        return instant_in_tokyo(self.as_of).replace(tzinfo=None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"as_of": self.as_of.isoformat()}


def paper_title(round: Round, as_of: datetime) -> PaperTitle:
    return PaperTitle(
        council_name=round.council.name,
        council_number=round.council.number,
        request_title=round.request.title,
        round_number=round.number,
        contact_name=round.contact_name,
        as_of=as_of,
    )


def title_of(report: CouncilReport) -> PaperTitle:
    """Return what a report was frozen with; of one from before titles were stored, what its round says."""
    if not report.title:
        return paper_title(report.round, report.as_of)
    return PaperTitle(**report.title | {"as_of": datetime.fromisoformat(report.title["as_of"])})
