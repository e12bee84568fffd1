"""The page of a form: its questions at a glance, and how officers will see it."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from followup.models import BodyAnswer, FormVersion, Question
from followup.rules.status import RoundStatus
from followup.services.forms import create_form_draft
from outreach.models import Body, User
from tests.admin.browser import fields_of, queries
from tests.factories import NOW, make_asked_report, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(staff: User) -> FormVersion:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    return create_form_draft(round=collection, actor=staff, now=NOW)


def page(version: FormVersion, verb: str) -> str:
    return reverse(f"admin:followup_formversion_{verb}", args=[version.pk])


def test_each_question_is_folded_under_one_line_and_listed(desk: Client, draft: FormVersion) -> None:
    html = BeautifulSoup(desk.get(page(draft, "change")).content, "html.parser")

    lines = [" ".join(line.get_text().split()) for line in html.select("details.question > summary")]
    targets = [str(link["href"]).removeprefix("#") for link in html.select(".question-index a")]
    assert "20 issue_style 単一選択 発出形式 必須" in lines
    assert len(targets) == draft.questions.count()
    assert all(html.find(id=target) for target in targets)


def test_a_question_is_added_without_script(desk: Client, draft: FormVersion) -> None:
    data = fields_of(desk.get(page(draft, "change")).content.decode())
    blank = draft.questions.count()
    new = {"order": "15", "key": "training", "scope": "ministry", "type": "boolean", "label": "研修の実施"}

    typed = {f"questions-{blank}-{name}": value for name, value in new.items()}
    answer = desk.post(page(draft, "change"), data | typed)

    assert answer.status_code == 302
    assert draft.questions.get(key="training").label == "研修の実施"


def test_a_form_saved_as_it_is_gets_no_blank_question(desk: Client, draft: FormVersion) -> None:
    draft.questions.filter(key="reached_staff_count").delete()  # fields_of reads no several boxes
    before = draft.spec()

    desk.post(page(draft, "change"), fields_of(desk.get(page(draft, "change")).content.decode()))

    assert FormVersion.objects.get(pk=draft.pk).spec() == before


@pytest.mark.parametrize("published", [False, True])
def test_the_preview_shows_both_pages_for_two_categories_and_stores_nothing(
    desk: Client, draft: FormVersion, published: bool
) -> None:
    version = make_asked_report(bodies=1).form_version if published else draft
    assert version is not None
    bodies = Body.objects.count()

    html = desk.get(page(version, "preview")).content.decode()

    assert "試し表示" in html
    assert "府省庁の回答" in html
    assert 'name="row-1-member_count"' in html
    assert 'name="row-2-member_count"' not in html
    assert 'name="row-2-reached_staff_count"' in html
    assert "発出の記録から転記しています" in html
    assert "保存する" not in html
    assert (Body.objects.count(), BodyAnswer.objects.count()) == (bodies, 0)


def test_the_previewed_workbook_is_of_invented_bodies(desk: Client, draft: FormVersion) -> None:
    content = desk.get(page(draft, "preview-workbook")).content

    book = load_workbook(io.BytesIO(content))
    told = [str(cell) for row in book["団体別回答"].iter_rows(values_only=True) for cell in row if cell]
    assert "（例）全国見本協会" in told


def test_the_preview_asks_as_much_for_twenty_questions_more(desk: Client, draft: FormVersion) -> None:
    url = page(draft, "preview")
    before = queries(desk, url)

    Question.objects.bulk_create(
        Question(form_version=draft, order=number, key=f"n{number}", scope="body", type="integer", label="数")
        for number in range(20)
    )

    assert queries(desk, url) == before


def test_an_empty_form_can_be_previewed(desk: Client, draft: FormVersion) -> None:
    draft.questions.all().delete()

    assert desk.get(page(draft, "preview")).status_code == 200
    assert desk.get(page(draft, "preview-workbook")).status_code == 200
