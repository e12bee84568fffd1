"""What a reminder says: a rule's words filled in, and below them why it came and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from followup.rules.due import Due
from followup.rules.obligations import KINDS, Kind
from outreach.rules.letter_text import fill, placeholders_in
from outreach.rules.wareki import format_wareki, instant_in_tokyo, short_day

COUNTS = ("登録数", "入力済数")
"""Placeholders that only what is owed about a report has a value for."""
PLACEHOLDERS = (
    "府省庁名",
    "件名",
    "期限",
    "期限短",
    "状況",
    *COUNTS,
    "URL",
    "問合せ先",
    "前回督促日",
    "送信時刻",
    "件数",
)
SUBJECT_LENGTH = 200
LISTED = 20
"""How many of what is open a mail names; of the rest it tells the number."""
HAND_OVER = (
    "担当が変わられたときは、次の画面から後任の方へ引き継いでください（画面を使えないときは問合せ先へ）。"
)


@dataclass(frozen=True)
class OpenItem:
    """What a reminder tells about one obligation; `stage` is the offset that was reached."""

    kind: str
    stage: int
    ministry: str
    title: str
    due: Due
    state: str
    url: str
    contact: str
    last_asked_on: date
    body_count: int = 0
    answered_count: int = 0

    @property
    def words(self) -> Kind:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Wording:
    """The subject and text of a rule, with placeholders."""

    subject: str
    text: str


@dataclass(frozen=True)
class Letter:
    """What one mail is about: the most pressing first, at most LISTED of `total`, and to whom it goes.

    `addressee` completes 「…として登録されており」. `hand_over_url` is empty for who has no account to hand
    over.
    """

    items: Sequence[OpenItem]
    total: int
    addressee: str
    hand_over_url: str = ""


def placeholders_of(kind: Kind) -> list[str]:
    """Return the names that a text about a kind of obligation may use."""
    return [name for name in PLACEHOLDERS if kind.has_counts or name not in COUNTS]


def unknown_placeholders(text: str, kind: Kind) -> list[str]:
    """Return the names in a rule's text that no value belongs to."""
    return [name for name in placeholders_in(text) if name not in placeholders_of(kind)]


def compose(*, wording: Wording, letter: Letter, sent_at: datetime) -> tuple[str, str]:
    """Return subject and body of one mail.

    The words are those of the first item's stage; the others stand in the list below them.
    """
    values = _values(letter, sent_at)
    others = f"ほか{letter.total - 1}件" if letter.total > 1 else ""
    subject = " ".join(f"{fill(wording.subject, values)}{others}".split())
    body = f"{fill(wording.text, values).rstrip()}\n\n{_why_and_what(letter)}"
    return subject[:SUBJECT_LENGTH], body


def reason(letter: Letter) -> str:
    """Return why a mail is sent, in one line for the outbox."""
    first = letter.items[0]
    others = f"。ほか{letter.total - 1}件" if letter.total > 1 else ""
    day = f"{first.words.day} {short_day(first.due.on)}"
    return f"{first.words.stage(first.stage)}（{day}）：{first.words.open}ため{others}"


def _values(letter: Letter, sent_at: datetime) -> dict[str, str]:
    item, local = letter.items[0], instant_in_tokyo(sent_at)
    return {
        "府省庁名": item.ministry,
        "件名": item.title,
        "期限": str(item.due),
        "期限短": short_day(item.due.on),
        "状況": item.state,
        "登録数": str(item.body_count),
        "入力済数": str(item.answered_count),
        "URL": item.url,
        "問合せ先": item.contact,
        "前回督促日": format_wareki(item.last_asked_on),
        "送信時刻": f"{local.hour}時{local.minute:02}分",
        "件数": str(letter.total),
    }


def _why_and_what(letter: Letter) -> str:
    first = letter.items[0]
    kinds = dict.fromkeys(item.words for item in letter.items)
    why = "ため、また、".join(kind.open for kind in kinds)
    lines = [
        "────────────────────",
        "このメールが届いた理由",
        f"　{letter.addressee}として登録されており、{why}ためお送りしています。",
        "",
        *(line for kind, items in _by_kind(letter.items) for line in _section(kind, items)),
        *_the_rest(letter),
        *(f"{kind.end}と、督促は自動で止まります。" for kind in kinds),
        "",
        *((HAND_OVER, f"　{letter.hand_over_url}") if letter.hand_over_url else ()),
        f"問合せ先：{first.contact}",
        "このメールは送信専用です。",
    ]
    return "\n".join(lines) + "\n"


def _by_kind(items: Sequence[OpenItem]) -> list[tuple[Kind, list[OpenItem]]]:
    order = list(dict.fromkeys(item.kind for item in items))
    together = sorted(items, key=lambda item: order.index(item.kind))
    return [(KINDS[key], list(group)) for key, group in groupby(together, key=lambda item: item.kind)]


def _section(kind: Kind, items: Sequence[OpenItem]) -> list[str]:
    names_ministry = len({item.ministry for item in items}) > 1
    return [kind.heading, *(line for item in items for line in _entry(item, names_ministry)), ""]


def _entry(item: OpenItem, names_ministry: bool) -> tuple[str, ...]:  # noqa: FBT001
    kind = item.words
    ministry = f"{item.ministry}：" if names_ministry else ""
    return (
        f"・{ministry}{item.title}",
        f"　{kind.day}：{item.due}（{kind.stage(item.stage)}のお知らせ）",
        f"　状態：{item.state}",
        f"　{item.url}",
    )


def _the_rest(letter: Letter) -> list[str]:
    more = letter.total - len(letter.items)
    return [f"このほかに{more:,}件あります。画面で御確認ください。", ""] if more > 0 else []
