"""The relay's log is read from where it ended when the text was given, in the formats that relays write."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from pytest_django import Settings

from outreach.services.relay_log import RelayLogUnreadable, end_of_log, find_accepted

OURS, OTHER = "<ours@outreach.example>", "<other@outreach.example>"
CLEANUP = "Nov 28 10:00:00 relay postfix/cleanup[7]: {}: message-id={}\n"
QUEUED = "Nov 28 10:00:00 relay postfix/qmgr[8]: {}: from=<a@b.example>, size=1, nrcpt=1 (queue active)\n"


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text("before\n")
    settings.MAIL_RELAY_LOG = str(path)
    return path


def found(*positions: str) -> set[str]:
    return find_accepted(message_ids=[OURS, OTHER], positions=positions or ("",))


def add(log: Path, text: str) -> None:
    with log.open("a") as lines:
        lines.write(text)


@pytest.mark.parametrize(
    "line",
    [
        CLEANUP.format("4AB", OURS) + QUEUED.format("4AB"),
        CLEANUP.format("4AB", OURS),  # a log of these lines only
        "2026-11-28 10:00:00 1abc-00-AB <= a@b.example H=x S=900 id=ours@outreach.example\n",
        "sendmail[9]: 7A: from=<a@b.example>, size=9, nrcpts=1, msgid=<ours@outreach.example>, proto=ESMTP\n",
        '{"event": "accepted", "message_id": "<ours@outreach.example>"}\n',
        "<ours@outreach.example>\n",
    ],
    ids=["postfix", "postfix cleanup", "exim", "sendmail", "json", "plain"],
)
def test_a_line_of_any_relay_tells_that_a_mail_was_accepted(log: Path, line: str) -> None:
    position = end_of_log()

    add(log, line)

    assert found(position) == {OURS}


@pytest.mark.parametrize(
    "lines",
    [
        CLEANUP.format("4AB", OURS) + CLEANUP.format("5CD", OTHER) + QUEUED.format("5CD"),
        f"postfix/cleanup[7]: 4AB: milter-reject: END-OF-MESSAGE x: 4.7.1 no; message-id={OURS}\n",
        "accepted <yours@outreach.example> <ours@outreach.example.jp>\n",
    ],
    ids=["broken off while read", "rejected", "another name"],
)
def test_a_mail_that_was_not_accepted_is_not_found(log: Path, lines: str) -> None:
    position = end_of_log()

    add(log, lines)

    assert OURS not in found(position)


def test_only_what_was_written_since_is_read(log: Path) -> None:
    add(log, f"accepted {OURS}\n")
    position = end_of_log()
    add(log, f"accepted {OTHER}\n")

    assert found(position) == {OTHER}


@pytest.mark.parametrize("how", ["renamed", "copied and truncated", "compressed"])
def test_a_log_that_was_rotated_meanwhile_is_read_to_its_end(log: Path, how: str) -> None:
    position = end_of_log()
    add(log, f"accepted {OURS}\n")
    text = log.read_bytes()

    if how == "renamed":
        log.rename(log.with_name("mail.log.1"))
    elif how == "compressed":
        log.with_name("mail.log-20261128.gz").write_bytes(gzip.compress(text))
        log.unlink()
    else:
        log.with_name("mail.log.1").write_bytes(text)
    log.write_text(f"{OTHER}\n")

    assert found(position) == {OURS, OTHER}


def test_an_old_rotated_log_is_not_read(log: Path) -> None:
    old = log.with_name("mail.log.1")
    old.write_text(f"accepted {OURS}\n")
    os.utime(old, (1, 1))

    assert found(end_of_log()) == set()


def test_a_log_that_is_not_there_tells_nothing(log: Path) -> None:
    log.unlink()

    with pytest.raises(RelayLogUnreadable):
        found(end_of_log())
