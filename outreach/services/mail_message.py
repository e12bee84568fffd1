"""Make the message of a mail: its plain text, the same as HTML, and what is attached. Sending is delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from outreach.models import OutgoingMail

ADDRESS = re.compile(r"""(https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+)""")
TRAILING = ".,;:!?'"
"""What ends a sentence and not an address."""
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*?(?=\S)")


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail, e.g. the due date as text/calendar."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Piece:
    """Some words of a line; with an address they are a link to it."""

    words: str
    address: str = ""


def build_message(mail: OutgoingMail, *, attachments: Sequence[Attachment] = ()) -> EmailMultiAlternatives:
    """Return the message as it goes out, secret link and all: plain text first, then the same as HTML."""
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=_sender(mail),
        reply_to=[mail.reply_to] if mail.reply_to else [],
        to=[mail.to],
        cc=[mail.cc] if mail.cc else [],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(as_html(mail.text, subject=mail.subject), "text/html")
    for attachment in attachments:
        message.attach(attachment.name, attachment.content, attachment.content_type)
    return message


def as_html(text: str, *, subject: str) -> str:
    """Return a plain text as an HTML page: escaped, addresses as links, nothing to fetch from elsewhere."""
    return render_to_string("mail/page.html", {"subject": subject, "paragraphs": paragraphs(text)})


def paragraphs(text: str) -> list[list[list[Piece]]]:
    """Return the paragraphs of a text, each as its lines, each as its pieces; blank lines part them."""
    blocks = BLANK_LINES.split(text.strip("\n"))
    return [[_pieces(line) for line in block.rstrip().split("\n")] for block in blocks]


def _pieces(line: str) -> list[Piece]:
    pieces = []
    for number, words in enumerate(ADDRESS.split(line)):
        if number % 2 == 0:
            pieces.append(Piece(words))
            continue
        address = _without_end_of_sentence(words)
        pieces += [Piece(address, address), Piece(words.removeprefix(address))]
    return [piece for piece in pieces if piece.words]


def _without_end_of_sentence(words: str) -> str:
    """Cut off what belongs to the sentence: full stops, and a bracket that was opened before the address."""
    address = words.rstrip(TRAILING)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(TRAILING)
    return address


def _sender(mail: OutgoingMail) -> str | None:
    """Return the system's own address under the mail's name for the sender; None for the usual one."""
    if not mail.sender_name:
        return None
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((mail.sender_name, address))
