"""The line to the mail server: one connection for many mails, and SMTP spoken so that no answer is guessed.

Whoever sends says through a Hold whether the mail is still theirs: asked once before DATA, when its
recipients are known to be taken, and once more before the dot that ends its text. Until the server
has that dot it cannot have accepted the mail; after it, only its answer tells.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

OK = 250
WILL_FORWARD = 251
GO_ON = 354
CLOSING = 421
REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")


class ServerUnreachable(Exception):
    """No connection, no encryption or no login: the server takes no mail at all."""


class NoAnswer(Exception):
    """The whole text was given, and the server did not say what it did with it."""


class ClaimLost(Exception):
    """Another worker has the mail now."""


class Hold(Protocol):
    """The right to give one mail."""

    def begin(self) -> None:
        """Note durably that the mail may leave from now on; raise ClaimLost when that is not ours to say."""

    def check(self) -> None:
        """Make sure that this was not too long ago; raise an OSError when it was."""


class MailLine:
    """One connection, opened when first needed. Other backends than SMTP are used as they are."""

    def __init__(self) -> None:
        self._backend: Any = get_connection()  # Django's stubs know no backend's connection
        self._is_used = False
        """Whether a mail went over the connection: then it may have been closed while it lay idle."""

    def __enter__(self) -> MailLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._hang_up()
        with contextlib.suppress(OSError):
            self._backend.close()

    def open(self) -> None:
        """Make sure that there is a connection; raise ServerUnreachable."""
        try:
            is_new = bool(self._backend.open())
        except OSError as error:  # SMTPException is one
            raise ServerUnreachable(str(error)) from error
        if is_new:
            self._is_used = False
        if is_new and isinstance(self._backend, smtp.EmailBackend) and self._smtp.sock:
            # The dot goes out in a packet of its own, which must not wait for the text's receipt.
            self._smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: EmailMessage, hold: Hold) -> str:
        """Give one message; return what the server said against its CC, or "".

        Raise ValueError (BadHeaderError is one) when a subject or an address fits no header, one of
        REFUSALS when the server said no, NoAnswer when it said nothing, ClaimLost, and any other OSError
        when the line broke before the text was given.
        """
        written: Any = message.message()  # Django's own class, whose as_bytes knows of line ends
        if not isinstance(self._backend, smtp.EmailBackend):
            return self._send_by_backend(message, hold)
        content: bytes = written.as_bytes(linesep="\r\n")
        with self._hanging_up_on_errors():
            note = self._announce_it(message, len(content))
            hold.begin()
            _give(self._smtp, content, hold)
            return note

    def _announce_it(self, message: EmailMessage, size: int) -> str:
        self.open()
        try:
            return _announce(self._smtp, message, size)
        except smtplib.SMTPServerDisconnected:
            if not self._is_used:
                raise
            self._hang_up()
            self.open()
            return _announce(self._smtp, message, size)
        finally:
            self._is_used = True

    def _send_by_backend(self, message: EmailMessage, hold: Hold) -> str:
        hold.begin()
        try:
            self._backend.send_messages([message])
        except REFUSALS:
            raise
        except OSError as error:
            raise NoAnswer(str(error)) from error
        return ""

    @property
    def _smtp(self) -> smtplib.SMTP:
        connection: smtplib.SMTP = self._backend.connection
        return connection

    @contextlib.contextmanager
    def _hanging_up_on_errors(self) -> Iterator[None]:
        """Keep the connection after a refusal only; anything else leaves it in a state that nobody knows."""
        try:
            yield
        except (*REFUSALS, ClaimLost):
            with contextlib.suppress(OSError):
                self._smtp.rset()
            raise
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        """Close the connection without a word: a QUIT could be taken for the mail's text."""
        if getattr(self._backend, "connection", None) is not None:
            self._smtp.close()
            self._backend.connection = None


def _announce(server: smtplib.SMTP, message: EmailMessage, size: int) -> str:
    """Name the sender and the recipients; return what was said against those after the first."""
    encoding = message.encoding or "utf-8"
    sender = sanitize_address(message.from_email, encoding)
    first, *others = [sanitize_address(address, encoding) for address in message.recipients()]
    server.ehlo_or_helo_if_needed()
    code, words = _heard(server.mail(sender, _options(server, size)))
    if code != OK:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    code, words = _heard(server.rcpt(first))
    if code not in (OK, WILL_FORWARD):
        raise smtplib.SMTPRecipientsRefused({first: (code, words)})
    answers = {address: _heard(server.rcpt(address)) for address in others}
    refused = [answer for answer in answers.values() if answer[0] not in (OK, WILL_FORWARD)]
    return "、".join(f"{code} {words.decode(errors='replace')}" for code, words in refused)


def _options(server: smtplib.SMTP, size: int) -> list[str]:
    if not server.does_esmtp:
        return []
    offered = ((server.has_extn("size"), f"size={size}"), (server.has_extn("8bitmime"), "body=8bitmime"))
    return [option for is_offered, option in offered if is_offered]


def _give(server: smtplib.SMTP, content: bytes, hold: Hold) -> None:
    code, words = _heard(server.docmd("DATA"))
    if code != GO_ON:
        raise smtplib.SMTPDataError(code, words)
    server.send(LINE_STARTS_WITH_DOT.sub(b"..", content))
    if not content.endswith(b"\r\n"):
        server.send(b"\r\n")
    hold.check()
    try:
        server.send(b".\r\n")
        code, words = server.getreply()
    except OSError as error:
        raise NoAnswer(str(error)) from error
    if code != OK:
        raise smtplib.SMTPDataError(code, words)


def _heard(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    """Return an answer; raise SMTPServerDisconnected when it says that the server is closing the line."""
    code, words = answer
    if code == CLOSING:
        raise smtplib.SMTPServerDisconnected(f"{code} {words.decode(errors='replace')}")
    return answer
