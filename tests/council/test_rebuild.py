"""Files made from figures come out the same whenever they are made again, and lost ones are put back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from followup import tasks
from followup.admin import council_rebuild as council_rebuild_admin
from followup.models import CouncilRebuild, CouncilReport, FileKind, Round
from followup.rules import stored_figures
from followup.services.council_rebuilds import show_progress
from followup.services.council_reports import request_council_report
from followup.workbooks import council_rebuild
from followup.workbooks.council_report import build_council_report
from outreach.models import AuditEntry, User, WorkState
from outreach.services.work import STALE_AFTER
from tests.council.conftest import owe, submit
from tests.factories import NOW, make_notification, make_staff

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def frozen(collection: Round, staff: User) -> CouncilReport:
    report = owe(collection)
    answers = {"member_count": 300, "reached_member_count": 100, "good_practice": "会報に掲載した"}
    submit(report, rows={make_notification(report.assignment): answers})
    owe(collection)
    order = request_council_report(round=collection, actor=staff, now=NOW)
    build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()
    return order


@pytest.fixture
def desk(staff: User, client: Client) -> Client:
    client.force_login(staff)
    return client


def press(desk: Client, report: CouncilReport) -> Any:
    """Press 「作り直して照合する」; return the page that follows."""
    return desk.post(reverse("admin:followup_councilreport_rebuild", args=[report.pk]), follow=True)


def look(desk: Client, report: CouncilReport) -> Any:
    return desk.get(reverse("admin:followup_councilreport_change", args=[report.pk]))


def result(page: Any) -> str:
    """Return what the page tells of the last time that the files were made again."""
    found = BeautifulSoup(page.content, "html.parser").select_one(".field-rebuild_result .readonly")
    return found.get_text(" ", strip=True) if found else ""


def rebuild(desk: Client, report: CouncilReport) -> str:
    """Order it, let a worker do it, and return what the page then tells."""
    press(desk, report)
    assert tasks.sweep_council_rebuilds() == 1
    return result(look(desk, report))


def break_writer(monkeypatch: pytest.MonkeyPatch, write: Callable[..., None]) -> None:
    monkeypatch.setattr(council_rebuild, "WRITERS", council_rebuild.WRITERS | {FileKind.PAPER: write})


def trail(report: CouncilReport) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="followup.councilreport", object_id=str(report.pk))
    return list(entries.order_by("pk").values_list("action", flat=True))


def test_every_file_comes_out_the_same_years_later_and_under_other_names(
    desk: Client, frozen: CouncilReport
) -> None:
    frozen.round.council.name = "名称を改めた会議"
    frozen.round.council.save(update_fields=["name"])
    paths = [
        Path(file.file.path)
        for file in frozen.files.order_by("pk")
        if file.kind in {"paper", "summary", "ministry_sheets", "ministry_sheet"}
    ]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()

    press(desk, frozen)
    with time_machine.travel("2031-01-05 03:04:05"):
        tasks.sweep_council_rebuilds()

    assert len(paths) == 5
    assert [path.read_bytes() for path in paths] == before


def test_staff_have_all_of_them_made_again_and_compared_by_a_worker(
    desk: Client, staff: User, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    rung: list[tuple[Any, int]] = []
    monkeypatch.setattr(council_rebuild_admin, "ring", lambda task, pk: rung.append((task, pk)))

    with django_capture_on_commit_callbacks(execute=True):
        waiting = press(desk, frozen)
    order = CouncilRebuild.objects.get()

    assert "照合待ち" in result(waiting)
    assert b"refresh.js" in waiting.content
    assert rung == [(tasks.rebuild_council_report, order.pk)]

    assert tasks.rebuild_council_report(order.pk)
    assert not tasks.rebuild_council_report(order.pk)
    done = look(desk, frozen)

    assert "全て一致 5件のファイルを作り直し、全て一致しました。" in result(done)
    assert f"{staff.name}が依頼" in result(done)
    assert b"refresh.js" not in done.content
    assert trail(frozen)[-2:] == ["取りまとめの作り直しと照合を依頼", "取りまとめを作り直して照合"]


def test_progress_is_told_file_by_file(
    desk: Client, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def tell_and_look(**told: Any) -> None:
        show_progress(**told)
        shown.append(result(look(desk, frozen)))

    monkeypatch.setattr(council_rebuild, "show_progress", tell_and_look)

    rebuild(desk, frozen)

    assert [text.partition(" ")[0] for text in shown] == [
        f"照合中（{percent}％）" for percent in (20, 40, 60, 80, 100)
    ]


def test_a_second_press_while_one_is_at_work_starts_no_other(desk: Client, frozen: CouncilReport) -> None:
    for _ in range(2):
        press(desk, frozen)
    CouncilRebuild.objects.update(state=WorkState.RUNNING, claimed_at=NOW, attempts=1)
    page = press(desk, frozen)

    assert "照合中（0％）" in result(page)
    assert CouncilRebuild.objects.count() == 1
    assert trail(frozen).count("取りまとめの作り直しと照合を依頼") == 1


def test_a_lost_and_a_changed_file_are_put_back_and_handed_out_again(
    desk: Client, frozen: CouncilReport
) -> None:
    paper, summary = (Path(frozen.files.get(kind=kind).file.path) for kind in ("paper", "summary"))
    before = paper.read_bytes(), summary.read_bytes()
    paper.unlink()
    summary.write_bytes(b"something else")
    download = reverse("admin:followup_councilreport_file", args=[frozen.pk, "paper"])

    told = desk.get(download, follow=True).content.decode()
    done = rebuild(desk, frozen)

    assert "「作り直して照合する」で、同じファイルに戻せます" in told
    assert "失われ、又は変わっていた2件は、元に戻しました" in done
    assert (paper.read_bytes(), summary.read_bytes()) == before
    assert desk.get(download).getvalue() == before[0]
    assert trail(frozen).count("取りまとめのファイルを作り直して復元") == 2


def test_what_comes_out_otherwise_is_named_and_replaces_nothing(
    desk: Client, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = frozen.files.get(kind="paper")
    Path(paper.file.path).unlink()
    break_writer(monkeypatch, lambda path, _title, _figures: path.touch())

    told = rebuild(desk, frozen)

    assert "不一致あり 5件のファイルを作り直し、4件が一致しました。" in told
    assert f"システム管理者に連絡し、控えから戻してください。 {paper.name}" in told
    assert not Path(paper.file.path).exists()
    assert AuditEntry.objects.filter(after__不一致=[paper.name]).count() == 1


def test_figures_that_cannot_be_read_fail_it_with_what_to_do(
    desk: Client, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_figures, "EDITION", 1)
    monkeypatch.setattr(stored_figures, "_EARLIER", {})

    told = rebuild(desk, frozen)

    assert "照合できませんでした この取りまとめの数値は、このシステムでは読めない形式です。" in told
    assert trail(frozen)[-1] == "取りまとめの作り直しと照合に失敗"


def test_an_unforeseen_error_fails_it_and_it_can_be_pressed_again(
    desk: Client, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        break_writer(patched, fail)
        press(desk, frozen)
        with pytest.raises(OSError, match="disk full"):
            tasks.sweep_council_rebuilds()

    assert "照合できませんでした ファイルを保存できませんでした。" in result(look(desk, frozen))
    assert "全て一致しました" in rebuild(desk, frozen)


def test_what_a_dead_worker_left_is_taken_over(desk: Client, frozen: CouncilReport) -> None:
    press(desk, frozen)
    with time_machine.travel(NOW, tick=False):
        CouncilRebuild.objects.update(state=WorkState.RUNNING, claimed_at=NOW, attempts=1)
        assert tasks.sweep_council_rebuilds() == 0
    with time_machine.travel(NOW + STALE_AFTER + timedelta(minutes=1), tick=False):
        assert tasks.sweep_council_rebuilds() == 1

    assert "全て一致しました" in result(look(desk, frozen))


def test_who_may_only_look_cannot_have_it_made_again(client: Client, frozen: CouncilReport) -> None:
    reader = make_staff(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_councilreport"))
    client.force_login(reader)

    page = look(client, frozen)

    assert page.status_code == 200
    assert "作り直して照合する" not in page.content.decode()
    assert press(client, frozen).status_code == 403
    assert not CouncilRebuild.objects.exists()


def test_a_result_in_the_making_is_not_compared(desk: Client, collection: Round, staff: User) -> None:
    waiting = request_council_report(round=collection, actor=staff, now=NOW)

    page = press(desk, waiting)

    assert "この取りまとめは完成していないため、照合できません。" in page.content.decode()
    assert not CouncilRebuild.objects.exists()


def test_the_data_workbook_has_to_come_from_a_backup(desk: Client, frozen: CouncilReport) -> None:
    Path(frozen.files.get(kind="data").file.path).unlink()

    url = reverse("admin:followup_councilreport_file", args=[frozen.pk, "data"])

    assert "控えから戻してください" in desk.get(url, follow=True).content.decode()
