"""`manage.py load_reference` as whoever installs the system runs it."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followup.models import Council, ReminderRule, Round
from followup.rules.obligations import KINDS, REPORT_DUE
from followup.services.forms import create_form_draft
from outreach.models import Body, BodyCategory, Channel, KeyFact, Ministry, OutreachRequest, Topic
from tests.factories import NOW, make_staff

pytestmark = pytest.mark.django_db
WRITING = ("add_", "change_", "delete_")


def load_reference() -> str:
    out = StringIO()
    call_command("load_reference", stdout=out)
    return out.getvalue()


def row_counts() -> dict[str, int]:
    models = [*apps.get_app_config("outreach").get_models(), *apps.get_app_config("followup").get_models()]
    return {model._meta.label: model._base_manager.count() for model in models}


def the_letter() -> OutreachRequest:
    return OutreachRequest.objects.get(key="request-2023-08-31")


def test_the_46_ministries_and_177_agencies_are_there() -> None:
    output = load_reference()

    assert Ministry.objects.count() == 46
    assert Body.objects.count() == 177
    assert "府省庁：46件を登録しました。" in output
    assert "独立行政法人等：177件を登録しました。" in output


def test_the_ministries_asked_are_the_primary_and_the_possible_ones() -> None:
    load_reference()

    asked = Ministry.objects.asked()
    assert set(asked.values_list("role", flat=True)) == {"primary", "possible"}
    assert not Ministry.objects.exclude(pk__in=asked).exclude(role="unlikely").exists()


def test_every_agency_gets_the_second_template_and_says_when_its_ministry_is_not_verified() -> None:
    load_reference()

    agencies = Body.objects.all()
    assert BodyCategory.INDUSTRY not in agencies.values_list("category", flat=True)
    unverified = agencies.get(name="独立行政法人北方領土問題対策協会")
    assert unverified.note == "共管：農林水産省。主務省庁は一次資料で未確認。"
    assert agencies.get(name="独立行政法人国立公文書館").note == ""


def test_the_letter_is_there_with_its_figures() -> None:
    load_reference()

    letter = the_letter()
    assert letter.dated_on == date(2023, 8, 31)
    assert not letter.is_issued
    for figure in ("78.0%", "2023年8月20日", "最大20,000円分", "最大5,000円分", "7,500円分", "2023年9月30日"):
        assert figure in letter.text
    assert list(letter.offices.values_list("name", flat=True)) == [
        "デジタル庁戦略・組織グループ広報戦略チーム",
        "総務省自治行政局住民制度課マイナンバー制度支援室",
        "総務省自治行政局マイナポイント施策推進室",
        "厚生労働省保険局医療介護連携政策課",
    ]


def test_the_five_clauses_carry_their_points_notes_and_owners() -> None:
    load_reference()

    topics = list(Topic.objects.order_by("number"))
    assert [topic.number for topic in topics] == [1, 2, 3, 4, 5]
    assert [point.mark for point in topics[0].points.all()] == ["ア", "イ", "ウ", "エ"]
    assert [note[:2] for note in topics[0].notes.splitlines()] == ["※1", "※2", "※3", "※4"]
    assert [note[:2] for note in topics[2].notes.splitlines() if note.startswith("※")] == ["※5", "※6"]
    assert topics[0].office.name == "総務省自治行政局マイナポイント施策推進室"
    assert topics[1].office.name == "厚生労働省保険局医療介護連携政策課"


def test_every_clause_and_point_is_found_word_for_word_in_the_letter() -> None:
    load_reference()

    text = the_letter().text
    for topic in Topic.objects.prefetch_related("points"):
        assert topic.title in text
        assert all(paragraph in text for paragraph in topic.text.split("\n\n"))
        assert all(f"{point.mark} {point.text}" in text for point in topic.points.all())


def test_every_key_fact_is_stated_by_the_letter_itself() -> None:
    load_reference()

    text = the_letter().text
    facts = KeyFact.objects.all()
    assert facts
    assert [fact.key for fact in facts if not any(phrase in text for phrase in fact.phrasings)] == []


def test_what_concerns_the_points_expires_with_the_application_limit() -> None:
    load_reference()

    limits = set(KeyFact.objects.filter(topic__number=1).values_list("valid_until", flat=True))
    assert limits == {date(2023, 9, 30)}
    assert not KeyFact.objects.exclude(topic__number=1).filter(valid_until__isnull=False).exists()


def test_the_materials_the_letter_lists_are_there() -> None:
    load_reference()

    letter = the_letter()
    listed = [f"{material.label}_{material.title}" for material in letter.materials.all()[:7]]
    assert [line in letter.text for line in listed] == [True] * 7
    assert letter.materials.filter(label="リーフレット").exists()


def test_council_channels_templates_and_rules_are_there() -> None:
    load_reference()

    council = Council.objects.get(number=6)
    assert council.held_on is None
    assert Channel.objects.count() == 9
    assert [channel.code for channel in Channel.objects.filter(is_other=True)] == ["other"]
    assert [template.number for template in the_letter().letter_templates.all()] == [1, 2]
    assert set(ReminderRule.objects.values_list("kind", flat=True)) == set(KINDS)
    due = ReminderRule.objects.filter(kind=REPORT_DUE)
    assert list(due.values_list("offset_days", flat=True)) == [-5, -3, 0, 1, 3, 5]
    assert list(due.filter(escalates=True).values_list("offset_days", flat=True)) == [3, 5]


def test_rules_of_kinds_that_are_new_to_a_system_in_use_are_switched_off() -> None:
    load_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).delete()

    load_reference()

    assert set(ReminderRule.objects.active().values_list("kind", flat=True)) == {REPORT_DUE}
    assert set(ReminderRule.objects.values_list("kind", flat=True)) == set(KINDS)


def test_every_rule_that_is_delivered_is_one_that_staff_could_have_entered() -> None:
    load_reference()

    for rule in ReminderRule.objects.all():
        rule.full_clean()


def test_loading_again_changes_nothing_and_says_so() -> None:
    load_reference()
    before = row_counts()

    output = load_reference()

    assert row_counts() == before
    assert "登録しました" not in output
    assert "府省庁：変更はありません。" in output


def test_loading_again_keeps_what_people_changed() -> None:
    load_reference()
    ministry = Ministry.objects.get(name="消費者庁")
    ministry.name, ministry.is_asked = "消費者省", False
    ministry.save()
    body = Body.objects.get(name="独立行政法人国民生活センター")
    body.name = "独立行政法人国民生活総合センター"
    body.save()
    Body.objects.filter(name="日本放送協会").delete()
    KeyFact.objects.filter(key="point_url").delete()
    ReminderRule.objects.filter(kind=REPORT_DUE, offset_days=5).delete()
    before = row_counts()

    load_reference()

    ministry.refresh_from_db()
    body.refresh_from_db()
    assert row_counts() == before
    assert (ministry.name, ministry.is_asked) == ("消費者省", False)
    assert body.name == "独立行政法人国民生活総合センター"


def test_a_later_load_brings_what_was_missing() -> None:
    load_reference()
    Channel.objects.filter(code="sns").delete()
    Council.objects.all().delete()

    output = load_reference()

    assert "周知手段：1件を登録しました。" in output
    assert "連絡会議：1件を登録しました。" in output


def test_a_failing_load_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followup.management.commands.load_reference.load_followup_reference", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        load_reference()

    assert row_counts()["outreach.Ministry"] == 0


def test_the_load_takes_few_queries_whatever_the_number_of_rows() -> None:
    with CaptureQueriesContext(connection) as queries:
        load_reference()

    assert len(queries) < 80


def test_ordinary_staff_find_groups_of_rights_and_may_edit_questions_but_no_accounts(client: Client) -> None:
    load_reference()
    collection = Round.objects.create(request=the_letter(), council=Council.objects.get())
    version = create_form_draft(round=collection, actor=make_staff(), now=NOW)
    clerk, onlooker = make_staff(is_superuser=False), make_staff(is_superuser=False)
    clerk.groups.set([Group.objects.get(name="職員（一般）")])
    onlooker.groups.set([Group.objects.get(name="職員（閲覧のみ）")])

    assert clerk.has_perms(["followup.change_question", "followup.change_report", "outreach.add_invitation"])
    assert not clerk.has_perm("outreach.change_user")
    writing = {right for right in onlooker.get_all_permissions() if right.split(".")[1].startswith(WRITING)}
    assert writing == {"outreach.add_apitoken", "outreach.change_apitoken"}  # their own, and it only reads
    for user in (clerk, onlooker):
        client.force_login(user)
        page = client.get(reverse("admin:followup_formversion_change", args=[version.pk])).content.decode()
        assert version.questions.earliest("pk").label in page


def test_groups_that_staff_have_deleted_do_not_come_back() -> None:
    load_reference()
    Group.objects.filter(name="職員（閲覧のみ）").delete()

    assert "権限グループ：変更はありません。" in load_reference()
    assert Group.objects.get().name == "職員（一般）"
