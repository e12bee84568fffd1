"""Deliver what is queued: claim, ask again whether it still applies, send, mark. Queueing is services.mail.

What a worker may do to a row stands in services.outbox, what is said to the mail server in
services.mail_line. What SMTP cannot promise is told in docs/reliability.md.
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import time
from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from outreach.models import OutgoingMail
from outreach.rules.wareki import instant_in_tokyo
from outreach.services import mail_outage, outbox
from outreach.services.mail_doubts import settle_doubts
from outreach.services.mail_line import REFUSALS, ClaimLost, MailLine, NoAnswer, ServerUnreachable
from outreach.services.mail_message import Attachment as Attachment
from outreach.services.mail_message import build_message
from outreach.services.outbox import Failure
from outreach.services.readdressing import Addressee, Nobody, addressee_now

logger = logging.getLogger(__name__)

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Seconds that go on while the process is frozen, and on Linux while the machine is suspended."""
STRIKES = 2
"""So many mails in a row without an answer, and the mail server is out of order."""
EXCEEDS_SIZE = 552


@dataclass(frozen=True)
class Send:
    """Send it, with these words instead of the planned ones."""

    subject: str
    body: str
    cc: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Postpone:
    """Leave it queued until an instant."""

    until: datetime


@dataclass(frozen=True)
class Cancel:
    """Never send it; the reason is shown to staff."""

    reason: str


Verdict = Send | Postpone | Cancel
Recheck = Callable[[OutgoingMail, datetime], Verdict | None]
"""Asks again just before sending; None sends the mail as it was planned."""
Clock = Callable[[], datetime]


class Outcome(StrEnum):
    SENT = "sent"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    REFUSED = "refused"
    """The server does not take this mail; others may go."""
    BROKEN = "broken"
    """The line broke before the text was given; the mail has not left."""
    IN_DOUBT = "in_doubt"
    """The text was given and no answer came; settled when its lease is over."""
    UNREACHABLE = "unreachable"
    """The server takes none; trying others now would be no use."""
    NOT_OURS = "not_ours"
    """The claim was taken from us meanwhile."""


class TooLate(OSError):
    """We froze, or the server took its time: another worker may soon take the mail over."""


@dataclass
class _Hold:
    """Our right to give one mail. A text is finished in the first half of the lease, or not at all."""

    mail: OutgoingMail
    attached: str
    begun_at: float = 0

    def begin(self) -> None:
        self.begun_at = time.clock_gettime(CLOCK)
        if not outbox.put_in_doubt(self.mail, attached=self.attached):
            raise ClaimLost

    def check(self) -> None:
        if time.clock_gettime(CLOCK) - self.begun_at > settings.MAIL_LEASE_SECONDS / 2:
            raise TooLate("着手から時間がたちすぎました。")


@dataclass(frozen=True)
class _Run:
    """What one run of a worker has at hand."""

    line: MailLine
    read_clock: Clock
    recheck: Recheck


def deliver_due(
    *, read_clock: Clock, recheck: Recheck, run_for: timedelta = timedelta(days=1)
) -> Counter[Outcome]:
    """Send what is due, oldest first, until nothing is or `run_for` is over; return how each ended.

    Safe to run twice, late, or in parallel: workers share what is due.
    """
    settle_doubts(now=read_clock())
    outbox.release_stale_claims(now=read_clock())
    outcomes: Counter[Outcome] = Counter()
    outage = mail_outage.current_outage()
    if outage and not mail_outage.take_probe(outage):
        return outcomes
    ends_at = time.monotonic() + run_for.total_seconds()
    with MailLine() as line:
        run = _Run(line, read_clock, recheck)
        while time.monotonic() < ends_at:
            mails = outbox.claim_due(now=read_clock(), limit=1 if outage else outbox.CHUNK)
            if not mails or not _deliver_claimed(mails, run, outcomes, strikes=1 if outage else STRIKES):
                break
            if outage and outcomes.keys() & {Outcome.SENT, Outcome.REFUSED}:
                mail_outage.close_outage(outage, now=read_clock())
                outage = None
    return outcomes


def _deliver_claimed(
    mails: list[OutgoingMail], run: _Run, outcomes: Counter[Outcome], *, strikes: int
) -> bool:
    """Deliver mails that we claimed; return False when the server is out of order, and give the rest back."""
    in_a_row = 0
    with contextlib.closing(_each(mails, run)) as ended:
        for outcome, error in ended:
            outcomes[outcome] += 1
            in_a_row = in_a_row + 1 if outcome in {Outcome.BROKEN, Outcome.IN_DOUBT} else 0
            if outcome == Outcome.UNREACHABLE or in_a_row >= strikes:
                mail_outage.open_outage(error=error, now=run.read_clock())
                return False
    return True


def _each(mails: list[OutgoingMail], run: _Run) -> Generator[tuple[Outcome, str]]:
    waiting = deque(mails)
    try:
        while waiting:
            yield _deliver(waiting.popleft(), run)
    finally:
        for mail in waiting:
            outbox.give_back(mail)


def _deliver(mail: OutgoingMail, run: _Run) -> tuple[Outcome, str]:
    """Send one mail that we claimed, or find that it must not be sent (any more, or yet)."""
    try:
        run.line.open()  # first: what is rechecked now should leave now
    except ServerUnreachable as unreachable:
        outbox.give_back(mail)
        return Outcome.UNREACHABLE, f"メールサーバーに接続できません（{unreachable}）。"
    now = run.read_clock()
    attachments: tuple[Attachment, ...] = ()
    match _readdress(mail, now) or run.recheck(mail, now):
        case Cancel(reason):
            return _ours(outbox.cancel(mail, reason=reason, now=now), Outcome.CANCELLED), ""
        case Postpone(until):
            return _ours(outbox.give_back(mail, not_before=until), Outcome.POSTPONED), ""
        case Send(subject, body, cc, attachments):
            mail.subject, mail.body, mail.cc = subject, body, cc
    return _send(mail, attachments, run)


def _ours(is_ours: bool, outcome: Outcome) -> Outcome:  # noqa: FBT001 - what a guarded change says
    return outcome if is_ours else Outcome.NOT_OURS


def _readdress(mail: OutgoingMail, now: datetime) -> Cancel | None:
    """Point a mail to whom it is for now (services.readdressing); cancel it when that is nobody."""
    match addressee_now(mail=mail, on=instant_in_tokyo(now).date()):
        case Nobody(reason):
            return Cancel(reason)
        case Addressee(address, user, note) if note:
            body = f"（{note}）\n\n{mail.body}"
            outbox.point_to(mail, to=address, recipient=user, body=body, note=note, now=now)
    return None


def _send(mail: OutgoingMail, attachments: tuple[Attachment, ...], run: _Run) -> tuple[Outcome, str]:
    message = build_message(mail, attachments=attachments)
    try:
        note = run.line.send(message, _Hold(mail, "、".join(attachment.name for attachment in attachments)))
    except ValueError as error:
        failure = Failure(f"宛先又は件名が正しくありません（{error}）。", is_final=True)
        return _ours(outbox.note_failure(mail, failure, now=run.read_clock()), Outcome.REFUSED), ""
    except ClaimLost:
        return Outcome.NOT_OURS, ""
    except NoAnswer as silence:
        logger.warning("mail %s: in doubt, the server did not answer", mail.pk)
        return Outcome.IN_DOUBT, f"本文を渡した後、メールサーバーから応答がありません（{silence}）。"
    except REFUSALS as refusal:
        return _note_refusal(mail, refusal, now=run.read_clock())
    except (OSError, ServerUnreachable) as error:
        failure = Failure(f"メールサーバーとの接続が切れました（{error}）。")
        is_ours = outbox.note_failure(mail, failure, now=run.read_clock())
        return _ours(is_ours, Outcome.BROKEN), failure.error
    cc_refused = f"CCは届いていません（{note}）。" if note else ""
    return _ours(outbox.mark_sent(mail, now=run.read_clock(), note=cc_refused), Outcome.SENT), ""


def _note_refusal(mail: OutgoingMail, refusal: OSError, *, now: datetime) -> tuple[Outcome, str]:
    """Read the server's no: to our address it holds up all mail, else it is this mail's own."""
    match refusal:
        case smtplib.SMTPSenderRefused(smtp_code=code, smtp_error=words) if code != EXCEEDS_SIZE:
            outbox.give_back(mail)
            return Outcome.UNREACHABLE, f"送信元を{_server_words(code, words)}"
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            code, words = next(iter(recipients.values()))
            failure = Failure(f"宛先を{_server_words(code, words)}", is_final=code >= 500)  # noqa: PLR2004
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
            failure = Failure(f"本文を{_server_words(code, words)}", is_final=code == EXCEEDS_SIZE)
        case _:
            raise refusal
    return _ours(outbox.note_failure(mail, failure, now=now), Outcome.REFUSED), ""


def _server_words(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"メールサーバーが受け付けませんでした（{code} {text}）。"
