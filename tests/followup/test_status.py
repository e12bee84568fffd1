"""The status tables: every pair of status and verb, for every party."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest

from followup.rules.next_steps import NextStep, Standing, next_step
from followup.rules.status import (
    REPORT_STEPS,
    ROUND_STEPS,
    Party,
    ReportStatus,
    RoundStatus,
    StepRefused,
    allowed_steps,
    find_step,
    status_table_markdown,
)

CONTRIBUTOR, COORDINATOR, STAFF = Party.CONTRIBUTOR, Party.COORDINATOR, Party.STAFF

REPORT = {
    ("draft", "ask_review", CONTRIBUTOR): "in_review",
    ("draft", "ask_review", COORDINATOR): "in_review",
    ("returned", "ask_review", CONTRIBUTOR): "in_review",
    ("returned", "ask_review", COORDINATOR): "in_review",
    ("in_review", "approve", COORDINATOR): "in_review",
    ("in_review", "send_back", COORDINATOR): "draft",
    ("draft", "submit", COORDINATOR): "submitted",
    ("in_review", "submit", COORDINATOR): "submitted",
    ("returned", "submit", COORDINATOR): "submitted",
    ("submitted", "revise", COORDINATOR): "draft",
    ("submitted", "return", STAFF): "returned",
    ("submitted", "accept", STAFF): "accepted",
    ("accepted", "reopen", STAFF): "returned",
    ("submitted", "supplement", STAFF): "draft",
    ("accepted", "supplement", STAFF): "draft",
}
ROUND = {
    ("form_undecided", "open", STAFF): "open",
    ("open", "close", STAFF): "closed",
    ("closed", "resume", STAFF): "open",
    ("closed", "fix", STAFF): "fixed",
}


@pytest.mark.parametrize(
    ("steps", "statuses", "expected"),
    [(REPORT_STEPS, ReportStatus, REPORT), (ROUND_STEPS, RoundStatus, ROUND)],
)
def test_every_pair_is_in_the_table_or_refused(steps, statuses, expected) -> None:  # type: ignore[no-untyped-def]
    verbs = [step.verb for step in steps]

    found = {}
    for status, verb, party in product(statuses, verbs, Party):
        with suppress(StepRefused):
            step = find_step(steps, verb=verb, status=status, party=party)
            found[(str(status), verb, party)] = str(step.target)
        allowed = [step.verb for step in allowed_steps(steps, status=status, party=party)]
        assert (verb in allowed) == ((str(status), verb, party) in found)

    assert found == expected


def test_reports_are_decided_in_open_rounds_and_accepted_in_closed_ones_too() -> None:
    rounds = {step.verb: set(step.rounds) for step in REPORT_STEPS}

    assert rounds.pop("accept") == {RoundStatus.OPEN, RoundStatus.CLOSED}
    assert all(found == {RoundStatus.OPEN} for found in rounds.values())


def test_the_table_for_people_has_a_line_for_every_step() -> None:
    table = status_table_markdown()

    assert table.count("\n| ") == len(REPORT_STEPS) + len(ROUND_STEPS) + 2
    assert "| 提出済 | 差し戻す（理由が必要） | 差戻し | 職員 |" in table


@pytest.mark.parametrize(
    ("standing", "party", "label"),
    [
        (Standing(0, 0, False, "form_undecided", "draft"), COORDINATOR, "発出する団体を選ぶ"),
        (Standing(2, 0, False, "form_undecided", "draft"), COORDINATOR, "発出を記録する"),
        (Standing(2, 2, False, "form_undecided", "draft"), COORDINATOR, "様式の公開をお待ちください"),
        (Standing(0, 0, True, "open", "draft"), COORDINATOR, "報告に回答する"),
        (Standing(2, 2, False, "open", "draft"), CONTRIBUTOR, "報告に回答する"),
        (Standing(2, 1, False, "open", "draft"), CONTRIBUTOR, "発出を記録する"),
        (Standing(2, 2, False, "open", "in_review"), COORDINATOR, "部内確認をする"),
        (Standing(2, 2, False, "open", "in_review"), CONTRIBUTOR, "取りまとめ担当の部内確認をお待ちください"),
        (Standing(2, 2, False, "open", "returned"), COORDINATOR, "指摘を確認して再提出する"),
        (Standing(2, 2, False, "open", "submitted"), COORDINATOR, "提出済みです。受理をお待ちください"),
        (Standing(2, 2, False, "closed", "draft"), COORDINATOR, "受付は終了しました"),
        (Standing(2, 2, False, "fixed", "accepted"), COORDINATOR, "受理されました。対応は完了です"),
        (Standing(2, 2, False, None, None), None, "様式の公開をお待ちください"),
    ],
)
def test_the_home_page_names_the_one_next_step(standing: Standing, party: Party | None, label: str) -> None:
    step = next_step(standing, party)

    assert isinstance(step, NextStep)
    assert step.label == label
