"""The real letter of 2023-08-31 through the whole chain, once, by everybody's own door."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from docx import Document
from openpyxl import load_workbook

from followup.models import CouncilFile, CouncilReport, Report
from outreach.models import Body, Ministry, OutreachRequest
from tests.factories import PASSWORD, make_staff
from tests.journeys.back_office import BackOffice, InProcess, WorkerProcess, plain_text
from tests.journeys.person import Person

ISSUED, ANSWERED, RETURNED = date(2023, 8, 31), date(2023, 9, 11), date(2023, 9, 13)
DUE, REMINDED = date(2023, 9, 22), date(2023, 9, 19)  # 9/22 − 3 開庁日: 9/21, 9/20, 9/19
ASKED = ("経済産業省", "金融庁", "環境省")


def log_in(name: str, email: str) -> Person:
    person = Person(name)
    return person.open("/login/").press("ログイン", login=email, password=PASSWORD)


def invite(staff: Person, office: BackOffice, ministry: str, email: str) -> Person:
    """Let staff invite an officer, who follows the link in the mail."""
    staff.open("/admin/outreach/invitation/add/")
    staff.press("保存", email=email, name="担当 花子", ministry=ministry_id(ministry), role="coordinator")
    office.work()
    link = re.search(r"https?://\S+/invite/\S+", body_of(office, email, -1))
    assert link, "招待のメールにリンクがありません"
    officer = Person(ministry)
    officer.open(re.sub(r"^https?://[^/]+", "", link[0]))
    officer.press("パスワードを設定", new_password1=PASSWORD, new_password2=PASSWORD)
    return officer if officer.path.startswith("/portal/") else log_in(ministry, email)


def ministry_id(name: str) -> int:
    return Ministry.objects.get(name=name).pk


def body_of(office: BackOffice, address: str, index: int) -> str:
    received = office.mails_to(address)
    assert received, f"{address} にメールが届いていません"
    return plain_text(received[index])


def subjects(office: BackOffice, address: str) -> list[str]:
    return [str(received["Subject"]).strip() for received in office.mails_to(address)]


def run_chain(office: BackOffice, folder: Path) -> CouncilReport:  # noqa: PLR0915 - one story, told in order
    office.set_day(ISSUED)
    call_command("load_reference", verbosity=0)
    make_staff(email="staff@digital.example")
    staff = log_in("職員", "staff@digital.example")
    meti = invite(staff, office, "経済産業省", "officer@meti.example")
    fsa = invite(staff, office, "金融庁", "officer@fsa.example")
    env = invite(staff, office, "環境省", "officer@env.example")

    # Staff issue the letter to three ministries, after a look at who gets what.
    letter = OutreachRequest.objects.get()
    staff.open(f"/admin/outreach/outreachrequest/{letter.pk}/").follow("府省庁に発出する")
    staff.press("確認画面へ進む", ministries=[ministry_id(name) for name in ASKED])
    assert "officer@meti.example" in staff.text
    staff.press("この内容で発出する")
    office.work()
    assert len(office.mails_to("officer@meti.example")) == 2  # the invitation and the letter

    # 経済産業省 reads it, adds a body, takes its letter, and records all its bodies as notified.
    meti.open("/portal/requests/").follow("マイナンバーカード活用等に向けた")
    meti.press("確認")
    meti.open("/portal/bodies/new/").press("保存する", name="日本架空産業連盟", category="industry")
    added = Body.objects.get(name="日本架空産業連盟")
    meti.open("/portal/notifications/")
    meti.press("要請文をダウンロード", body=[added.pk])
    words = "\n".join(part.text for part in Document(io.BytesIO(meti.answer.content)).paragraphs)
    assert "日本架空産業連盟" in words
    assert "令和５年９月30日" in words
    everybody = [box["value"] for box in meti.open("/portal/notifications/").page.select("input[name=body]")]
    meti.press("選んだ団体への発出を記録する", body=everybody)
    channels = [meti.page.select_one("input[name=channels]")["value"]]  # type: ignore[index]
    meti.press("発出を記録する", issued_on="令和5年8月31日", channels=channels)

    # 金融庁 has nobody to notify; 環境省 does nothing yet.
    fsa.open("/portal/requests/").follow("マイナンバーカード活用等に向けた")
    fsa.open(f"{fsa.path}no-body/").press(
        "「該当なし」を登録する", reason="所管する団体には既に周知済みのため。"
    )

    # Staff publish the standard form.
    office.set_day(ANSWERED)
    round_path = f"/admin/followup/round/{letter.rounds.get().pk}/"
    staff.open(round_path).follow("様式の下書きを作成する").press("様式の下書きを作成する")
    form = letter.rounds.get().form_versions.get()
    staff.open(f"/admin/followup/formversion/{form.pk}/").follow("公開する")
    staff.press("確認", due_on="令和5年9月22日").press("この内容で公開する")
    office.work()
    assert any("9/22" in subject for subject in subjects(office, "officer@env.example"))

    # 経済産業省 answers and submits; 金融庁 submits 該当なし.
    report = {name: Report.objects.get(assignment__ministry__name=name) for name in ASKED}
    answer_ministry(meti, report["経済産業省"])
    answer_rows(meti, report["経済産業省"], member_count="1,200", reached="９００")
    meti.open(f"/portal/reports/{report['経済産業省'].pk}/submit/").press("提出する")
    assert "FU6-" in meti.text
    answer_ministry(fsa, report["金融庁"])
    fsa.open(f"/portal/reports/{report['金融庁'].pk}/submit/").press("提出する")
    office.work()
    assert any("受領" in subject for subject in subjects(office, "officer@meti.example"))

    # Staff return one, accept the other; the officer sees the point, corrects it and submits again.
    office.set_day(RETURNED)
    submitted = report["経済産業省"].submissions.get()
    row = submitted.rows.get(body_name="日本架空産業連盟")
    review = f"/admin/followup/report/{report['経済産業省'].pk}/review/"
    staff.open(f"{review}point/?question=member_count&row={row.notification_id}")
    staff.press("指摘に加える", comment="会員総数は約千社と承知しています。")
    staff.follow("理由を書いて差し戻す").press("差し戻す", reason="会員数を確かめてください。")
    staff.open(f"/admin/followup/report/{report['金融庁'].pk}/").follow("受理する").press("受理する")
    office.work()
    assert "会員総数は約千社と承知しています。" in body_of(office, "officer@meti.example", -1)
    meti.open(f"/portal/reports/{report['経済産業省'].pk}/rows/?q=日本架空産業連盟")
    assert "会員総数は約千社と承知しています。" in meti.text
    meti.press("この画面の回答を保存する", **{f"row-{row.notification_id}-member_count": "1000"})
    meti.open(f"/portal/reports/{report['経済産業省'].pk}/submit/").press("提出する")
    assert "第2版" in meti.text
    staff.open(f"/admin/followup/report/{report['経済産業省'].pk}/").follow("受理する").press("受理する")

    # Three opening days before the due date, only the ministry that has not answered is reminded.
    office.set_day(REMINDED)
    office.work()
    assert "【期限 9/22】フォローアップの御回答について（お知らせ）" in subjects(
        office, "officer@env.example"
    )
    for answered in ("officer@meti.example", "officer@fsa.example"):
        assert not any("お知らせ" in subject and "期限" in subject for subject in subjects(office, answered))

    # Staff order the council report and take both files.
    staff.open(round_path).follow("取りまとめを作成する").press("取りまとめを作成する")
    office.work()
    council = CouncilReport.objects.get()
    assert council.state == "done", council.error
    check_files(staff, council, notified=Body.objects.filter(ministry__name="経済産業省").count())
    call_command("export_council_report", "--round", str(council.round_id), "--out", str(folder))
    assert len(list(folder.glob("*.xlsx"))) == 2
    call_command("verify_audit", verbosity=0)
    env.open("/portal/")
    assert "令和5年9月22日" in env.text
    return council


def answer_ministry(officer: Person, report: Report) -> None:
    """Answer what is asked of the ministry, leaving what the ledger filled in."""
    officer.open(f"/portal/reports/{report.pk}/edit/")
    answers: dict[str, Any] = {"insurance_methods": ["mail"], "account_methods": ["intranet"]}
    if officer.page.select_one("[name=has_bodies] option[value=true][selected]"):
        answers["issue_style"] = "memo"
    officer.press("下書きを保存する", **answers)


def answer_rows(officer: Person, report: Report, *, member_count: str, reached: str) -> None:
    """Answer every body's row, page after page; only 業界団体等 are asked for their members."""
    path = f"/portal/reports/{report.pk}/rows/"
    pages = 1
    page = 1
    while page <= pages:
        officer.open(f"{path}?page={page}")
        pages = max([1, *(int(n) for n in re.findall(r"[?&]page=(\d+)", officer.answer.content.decode()))])
        rows = [box["value"] for box in officer.page.select("input[name=row]")]
        values: dict[str, Any] = {}
        for row in rows:
            values |= {
                f"row-{row}-reach_status": "done",
                f"row-{row}-reached_on": "R5.9.5",
                f"row-{row}-reach_channels": ["mail"],
            }
            if officer.page.select_one(f"[name=row-{row}-member_count]"):
                values |= {
                    f"row-{row}-member_count": member_count,
                    f"row-{row}-reached_member_count": reached,
                }
        officer.press("この画面の回答を保存する", **values)
        page += 1


def check_files(staff: Person, council: CouncilReport, *, notified: int) -> None:
    """Open every file as staff download it, and compare the first figure with the ledger."""
    staff.open("/admin/followup/councilreport/")
    files = {str(link["href"]) for link in staff.page("a") if "/files/" in str(link["href"])}
    assert len(files) == CouncilFile.objects.of_staff().filter(report=council).count()
    for path in files:
        staff.open(path)
        assert staff.answer["Content-Disposition"].startswith("attachment")
        content = b"".join(staff.answer.streaming_content)
        if path.endswith("/data/"):
            assert load_workbook(io.BytesIO(content))["団体別"].max_row - 1 == notified


@pytest.mark.django_db
def test_the_real_letter_goes_from_issue_to_council(settings: Any, mailoutbox: Any, tmp_path: Path) -> None:
    council = run_chain(InProcess(settings), tmp_path)

    assert council.files.filter(kind="paper").exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_chain_with_a_worker_process(settings: Any, tmp_path: Path) -> None:
    council = run_chain(WorkerProcess(settings, tmp_path / "var"), tmp_path / "out")

    assert council.files.filter(kind="paper").exists()
