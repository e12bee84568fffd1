"""Whom a ministry deals with and what was done so far, for whoever takes over."""

from __future__ import annotations

from datetime import date

from followup.models import Submission
from followup.services.handover_tables import Column, Part, table_of
from outreach.models import AuditEntry, IssuingOffice, Letter, Ministry, User
from outreach.rules.wareki import format_wareki, format_wareki_at

MOST_ENTRIES = 60

COLLEAGUES = (
    Column("氏名", 22), Column("役割", 18), Column("所属", 30), Column("メール", 34), Column("電話", 18),
    Column("状態", 20),
)  # fmt: skip


def colleagues_part(ministry: Ministry, *, predecessor: User, today: date) -> Part:
    officers = User.objects.active().officers().filter(ministry=ministry).order_by("pk")
    rows = [
        (
            officer.name, officer.get_role_display(), officer.department or "－", officer.email,
            officer.phone or "－", _standing(officer, predecessor, today),
        )
        for officer in officers
    ]  # fmt: skip
    mailbox = ministry.mailbox or "未登録"
    superior = ministry.superior_email or "未登録"
    return Part(
        "府省庁の連絡先",
        COLLEAGUES,
        rows,
        note=f"共有メールボックス：{mailbox}　総括担当（上席）：{superior}",
    )


def _standing(officer: User, predecessor: User, today: date) -> str:
    if officer == predecessor:
        return "前任"
    if officer.is_away(today) and officer.away_until:
        return f"{format_wareki(officer.away_until)}まで不在"
    return "在席"


OFFICES = (Column("発出元", 40), Column("担当", 30), Column("電話", 24), Column("メール", 36))


def offices_part() -> Part:
    rows = [
        (office.name, office.contact_name or "－", office.phone or "－", office.email or "－")
        for office in IssuingOffice.objects.filter(requests__issued_at__isnull=False).distinct()
    ]
    return Part("依頼元の連絡先", OFFICES, rows)


LETTERS = (
    Column("依頼", 40),
    Column("ひな形", 12),
    Column("連絡先として載せている人", 44),
    Column("確認", 34),
)


def letters_part(ministry: Ministry, *, predecessor: User) -> Part:
    found = Letter.objects.filter(assignment__ministry=ministry).exclude(contact_name="", contact_email="")
    return table_of(
        title="要請文に載せている連絡先", columns=LETTERS,
        found=found.select_related("assignment__request", "template").order_by("pk"),
        row=lambda letter: (
            letter.assignment.request.title, f"ひな形{letter.template.number}",
            f"{letter.contact_name} {letter.contact_email} {letter.contact_phone}".strip(),
            "前任の方です。後任の方に直してください。" if _is_of(letter, predecessor) else "",
        ),
    )  # fmt: skip


def _is_of(letter: Letter, predecessor: User) -> bool:
    return letter.contact_email.lower() == predecessor.email or letter.contact_name == predecessor.name


VERSIONS = (
    Column("報告", 40), Column("版", 10), Column("提出日時", 26), Column("提出した人", 30),
    Column("受付番号", 24),
)  # fmt: skip


def versions_part(ministry: Ministry) -> Part:
    found = Submission.objects.filter(report__assignment__ministry=ministry).defer("answers")
    return table_of(
        title="提出した版", columns=VERSIONS,
        found=found.select_related("report__round__request").order_by("-pk"),
        row=lambda version: (
            str(version.report.round), str(version), format_wareki_at(version.submitted_at),
            version.submitted_by_label, version.receipt_number,
        ),
    )  # fmt: skip


HISTORY = (Column("日時", 26), Column("誰が", 36), Column("操作", 36), Column("対象", 44))


def history_part(ministry: Ministry) -> Part:
    found = AuditEntry.objects.filter(ministry=ministry, actor__isnull=False).order_by("-pk")
    rows = [
        (format_wareki_at(entry.at), entry.actor_label, entry.action, entry.object_label)
        for entry in found[:MOST_ENTRIES]
    ]
    return Part(
        "経緯",
        HISTORY,
        rows,
        note=f"人の操作を新しい順に{MOST_ENTRIES}件まで示します。全ては「記録」の画面にあります。",
    )
