"""Many bodies at once: the same answers for those chosen, and a block pasted from Excel."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, Report
from followup.rules.pasted_block import CELLS_LIMIT, BlockError, read_block
from followup.services.drafts import save_answers
from outreach.models import AuditEntry, BodyCategory
from tests.factories import (
    BODY_ANSWERS,
    MINISTRY_ANSWERS,
    NOW,
    ask_again,
    make_asked_report,
    make_body,
    make_notification,
    make_officer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


class Desk:
    """An officer with a report of three bodies: two 業界団体等 and a 特殊法人."""

    def __init__(self) -> None:
        self.report = make_asked_report(bodies=0)
        ministry = self.report.assignment.ministry
        self.officer = make_officer(ministry)
        self.pks = {
            name: make_notification(self.report.assignment, make_body(ministry, name=name, category=kind)).pk
            for name, kind in (
                ("甲協会", BodyCategory.INDUSTRY),
                ("乙協会", BodyCategory.INDUSTRY),
                ("丙機構", BodyCategory.SPECIAL),
            )
        }
        self.client = Client()
        self.client.force_login(self.officer)

    def answer(self, name: str, **answers: Any) -> None:
        row = BodyAnswer.objects.filter(notification=self.pks[name]).first()
        save_answers(
            report=self.report,
            expected_version=None,
            ministry_answers=None,
            body_answers={self.pks[name]: (row.version if row else None, answers)},
            actor=self.officer,
            now=NOW,
        )

    def answers(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = BodyAnswer.objects.get(notification=self.pks[name]).answers
        return found

    def post(self, page: str, **fields: Any) -> Any:
        return self.client.post(reverse(f"portal:{page}", args=[self.report.pk]), fields)

    def confirm(self, page: str, preview: Any, **changed: Any) -> Any:
        """Press the button of a preview: everything hidden in it goes back, with the block as shown."""
        text = preview.content.decode()
        fields: dict[str, Any] = {"save": "1"}
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', text):
            fields.setdefault(name, []).append(html.unescape(value))
        if block := re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", text, re.DOTALL):
            fields |= {"block": html.unescape(block[1]), "match": "name"}
        return self.post(page, **fields | changed)


def values(**answers: Any) -> dict[str, Any]:
    return {f"value-{key}": value for key, value in answers.items()} | {"mode": "blanks"}


def cells_of(page: str, label: str) -> list[str]:
    """Return the cells of the preview's line of one question."""
    line = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', page, re.DOTALL)
    assert line, page
    return re.findall(r"<td[^>]*>(.*?)</td>", line[1])


def test_the_chosen_bodies_get_the_answers_once_they_were_looked_at() -> None:
    desk = Desk()
    given = values(reach_status="done", reached_on="9/1/2023", reach_channels=["mail", "website"])
    given["value-reached_on"] = "令和5年9月1日"

    preview = desk.post("report_fill", row=[desk.pks["甲協会"], desk.pks["丙機構"]], **given)

    assert preview.status_code == 200
    assert cells_of(preview.content.decode(), "周知手段") == ["メール、ウェブサイト", "2", "0", "0", "0"]
    assert not BodyAnswer.objects.exists()
    entries = AuditEntry.objects.count()
    assert desk.confirm("report_fill", preview).status_code == 302
    assert desk.answers("甲協会") == {
        "reach_status": "done",
        "reached_on": "2023-09-01",
        "reach_channels": ["mail", "website"],
    }
    assert BodyAnswer.objects.count() == 2
    assert AuditEntry.objects.count() == entries + 1


def test_answers_that_are_there_stay_unless_they_are_to_be_replaced() -> None:
    desk = Desk()
    desk.answer("甲協会", reach_status="planned")
    rows = [desk.pks["甲協会"], desk.pks["乙協会"]]

    kept = desk.post("report_fill", row=rows, **values(reach_status="undecided"))
    replaced = desk.post("report_fill", row=rows, **values(reach_status="undecided") | {"mode": "all"})

    assert cells_of(kept.content.decode(), "周知状況")[1:] == ["1", "0", "1", "0"]
    assert cells_of(replaced.content.decode(), "周知状況")[1:] == ["2", "1", "0", "0"]
    desk.confirm("report_fill", kept)
    assert desk.answers("甲協会") == {"reach_status": "planned"}
    assert desk.answers("乙協会") == {"reach_status": "undecided"}


def test_a_body_that_is_not_asked_is_left_out_and_counted() -> None:
    desk = Desk()
    desk.answer("甲協会", reach_status="done")

    preview = desk.post(
        "report_fill", row=list(desk.pks.values()), **values(reached_member_count="5", member_count="10")
    )
    desk.confirm("report_fill", preview)

    page = preview.content.decode()
    assert cells_of(page, "周知した会員数")[1:] == ["1", "0", "0", "2"]  # 乙 is not asked yet, 丙 never
    assert cells_of(page, "会員事業者数")[1:] == ["2", "0", "0", "1"]
    assert desk.answers("甲協会") == {"reach_status": "done", "member_count": 10, "reached_member_count": 5}
    assert desk.answers("乙協会") == {"member_count": 10}
    assert not BodyAnswer.objects.filter(notification=desk.pks["丙機構"]).exists()


def test_all_that_the_filter_keeps_are_filled_whatever_page_they_are_on() -> None:
    desk = Desk()
    desk.answer("甲協会", reach_status="planned")

    preview = desk.post(
        "report_fill", all_matching="1", show="blank", category="industry", **values(reach_status="undecided")
    )
    desk.confirm("report_fill", preview)

    assert desk.answers("乙協会") == {"reach_status": "undecided"}
    assert BodyAnswer.objects.count() == 2


def test_what_a_colleague_changed_after_the_look_is_looked_at_again() -> None:
    desk = Desk()
    preview = desk.post("report_fill", row=[desk.pks["甲協会"]], **values(reach_status="undecided"))
    desk.answer("甲協会", reach_status="done")

    response = desk.confirm("report_fill", preview)

    assert response.status_code == 409
    assert "もう一度確かめてください" in response.content.decode()
    assert desk.answers("甲協会") == {"reach_status": "done"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"value-reach_status": "done", "mode": "blanks"}, "入力する団体を選んでください。"),
        ({"row": "甲協会", "mode": "blanks"}, "入力する値を、一つ以上の設問に入れてください。"),
        ({"row": "甲協会", "mode": "blanks", "value-onsite_count": "x"}, "数として読み取れません"),
        ({"row": "甲協会", "value-onsite_count": "1"}, "選択してください"),
    ],
)
def test_what_is_missing_to_fill_rows_is_said(fields: dict[str, str], message: str) -> None:
    desk = Desk()
    if "row" in fields:
        fields = fields | {"row": str(desk.pks[fields["row"]])}

    response = desk.post("report_fill", **fields)

    assert response.status_code == 400
    assert message in response.content.decode()
    assert not BodyAnswer.objects.exists()


@pytest.mark.parametrize("page", ["report_fill", "report_paste"])
def test_the_rows_of_another_ministry_are_not_there(page: str) -> None:
    desk, other = Desk(), Desk()

    response = desk.post("report_fill", row=[other.pks["甲協会"]], **values(reach_status="done"))
    desk.report = other.report

    assert response.status_code == 404
    assert desk.post(page).status_code == 404


@pytest.mark.parametrize("bodies", [1, 20])
@pytest.mark.parametrize("page", ["report_fill", "report_paste"])
def test_the_pages_cost_the_same_for_one_body_and_for_twenty(
    client: Client, page: str, bodies: int, django_assert_max_num_queries: Any
) -> None:
    report = make_asked_report(bodies=bodies)
    client.force_login(make_officer(report.assignment.ministry))
    address = reverse(f"portal:{page}", args=[report.pk])
    client.get(address)

    with django_assert_max_num_queries(13):
        client.get(address)


BLOCK = (
    "団体名\t周知状況\t周知日\t周知手段\t会員事業者数（者）\t好事例\n"
    '甲協会\t周知した\tR5.9.1\tメール、会報\t1,200\t"一つ目\n二つ目の""例"""\n'
    "丙機構\t未定\t\t\t\t\n"
)


def test_a_block_with_headings_is_shown_old_and_new_and_then_saved() -> None:
    desk = Desk()
    desk.answer("丙機構", reach_status="planned", onsite_count=3)

    preview = desk.post("report_paste", block=BLOCK, match="name")

    page = preview.content.decode()
    assert preview.status_code == 200
    assert "2団体の回答が変わり、0団体は変わりません。" in page
    assert "<del>周知する予定</del>" in page
    assert "<ins>未定</ins>" in page
    assert BodyAnswer.objects.count() == 1
    assert desk.confirm("report_paste", preview).status_code == 302
    assert desk.answers("甲協会") == {
        "reach_status": "done",
        "reached_on": "2023-09-01",
        "reach_channels": ["mail", "newsletter"],
        "member_count": 1200,
        "good_practice": '一つ目\n二つ目の"例"',
    }
    assert desk.answers("丙機構") == {"reach_status": "undecided", "onsite_count": 3}


def test_all_that_is_wrong_in_a_block_is_told_at_once_and_nothing_is_saved() -> None:
    desk = Desk()
    block = "団体名\t周知状況\t会員事業者数\n甲協会\tたぶん\t多数\n丁協会\tいつか\t1\n甲協会\t未定\t1\t余り\n"

    preview = desk.post("report_paste", block=block, match="name")

    page = preview.content.decode()
    assert preview.status_code == 400
    assert "2行目 2列目（周知状況）" in page
    assert "2行目 3列目（会員事業者数）" in page
    assert "3行目 2列目（周知状況）" in page
    assert "3行目：「丁協会」は、この報告の団体にありません。" in page
    assert "4行目：「甲協会」は2行目にもあります。" in page
    assert "4行目：設問より多くの列があります。" in page
    assert 'name="save"' not in page
    assert desk.post("report_paste", block=block, match="name", save="1").status_code == 400
    assert not BodyAnswer.objects.exists()


def test_a_block_without_headings_and_names_goes_down_from_a_body_and_right_from_a_question() -> None:
    desk = Desk()
    order = [
        row.body.name
        for row in desk.report.assignment.notifications.order_by("template__number", "body__name", "pk")
    ]

    preview = desk.post(
        "report_paste", block="7\t\n\n", match="order", first_body=order[1], first_key="onsite_count"
    )
    desk.confirm("report_paste", preview, match="order", first_body=order[1], first_key="onsite_count")

    assert BodyAnswer.objects.get().answers == {"onsite_count": 7}
    assert BodyAnswer.objects.get().notification_id == desk.pks[order[1]]


def test_more_lines_than_bodies_are_told() -> None:
    desk = Desk()

    response = desk.post("report_paste", block="1\n2\n\n4", match="order", first_key="onsite_count")

    assert "貼り付けた4行に対して、開始の団体から後の団体は3団体です。" in response.content.decode()


def test_what_a_body_is_not_asked_is_not_taken_and_said() -> None:
    desk = Desk()

    preview = desk.post(
        "report_paste", block="団体名\t会員事業者数\t周知日\n丙機構\t5\tR5.9.1\n", match="name"
    )

    page = preview.content.decode()
    assert "「周知日」は、この団体では入力しない設問のため、取り込みません。" in page
    assert "「会員事業者数」は、この団体では入力しない設問のため、取り込みません。" in page
    assert "0団体の回答が変わり、1団体は変わりません。" in page


def test_a_block_that_no_longer_means_the_same_is_looked_at_again() -> None:
    desk = Desk()
    preview = desk.post("report_paste", block=BLOCK, match="name")
    desk.answer("甲協会", **BODY_ANSWERS)

    response = desk.confirm("report_paste", preview)

    assert response.status_code == 409
    assert desk.answers("甲協会") == BODY_ANSWERS
    assert Report.objects.count() == 1


@pytest.mark.parametrize("block", ["", " \t \n", "\n\n"])
def test_nothing_pasted_is_said(block: str) -> None:
    response = Desk().post("report_paste", block=block, match="name")

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ('"x\ny"\tz', [["x\ny", "z"]]),
        ('"引用" です\tb', [['"引用" です', "b"]]),
        ('"引用"\tb', [['"引用"', "b"]]),
        ('"開いたまま\tb\nc', [['"開いたまま', "b"], ["c"]]),
        ("a\n\nb", [["a"], [""], ["b"]]),
        ('"1\t2"\t', [["1\t2", ""]]),
    ],
)
def test_a_block_is_read_as_the_spreadsheet_meant_it(text: str, rows: list[list[str]]) -> None:
    assert read_block(text) == rows


def test_a_block_of_too_many_cells_is_refused() -> None:
    with pytest.raises(BlockError, match="200,000セルまで"):
        read_block("\t" * CELLS_LIMIT)


def make_desk_that_is_asked_again() -> Desk:
    """Make an officer whose bodies were all answered for and submitted, and are asked for visits only."""
    desk = Desk()
    for name in desk.pks:
        desk.answer(name, **BODY_ANSWERS)
    save_answers(
        report=desk.report,
        expected_version=Report.objects.get(pk=desk.report.pk).version,
        ministry_answers=MINISTRY_ANSWERS,
        body_answers={},
        actor=desk.officer,
        now=NOW,
    )
    ask_again(desk.report)
    return desk


def test_a_fill_reaches_only_what_is_asked_again() -> None:
    desk = make_desk_that_is_asked_again()
    given = values(reach_status="undecided", visits="2") | {"mode": "all"}

    preview = desk.post("report_fill", row=list(desk.pks.values()), **given)
    saved = desk.confirm("report_fill", preview)

    assert saved.status_code == 302
    assert [desk.answers(name) for name in desk.pks] == [BODY_ANSWERS | {"visits": 2}] * 3


def test_a_pasted_block_reaches_only_what_is_asked_again() -> None:
    desk = make_desk_that_is_asked_again()
    block = "団体の名称\t周知状況\t訪問回数\n甲協会\t未定\t3"

    preview = desk.post("report_paste", block=block, match="name")
    saved = desk.confirm("report_paste", preview)

    assert "「周知状況」は、この団体では入力しない設問のため、取り込みません。" in preview.content.decode()
    assert saved.status_code == 302
    assert desk.answers("甲協会") == BODY_ANSWERS | {"visits": 3}
