"""The Word summary says the figures in sentences, on two pages at most, as text that can be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from docx import Document

from followup.documents.council_summary import write_summary
from followup.models import Round
from followup.services.figures import count_figures
from followup.workbooks.paper_title import paper_title
from tests.council.conftest import owe, submit
from tests.factories import NOW, make_ministry, make_notification, make_round

pytestmark = pytest.mark.django_db


def write(collection: Round, folder: Path) -> Any:
    path = folder / "summary.docx"
    write_summary(path, paper_title(collection, NOW), count_figures(round=collection, now=NOW))
    return Document(str(path))


def text_of(document: Any) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def table_of(document: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows]


def test_the_figures_stand_in_sentences_and_in_the_table(collection: Round, tmp_path: Path) -> None:
    report = owe(collection)
    rows = {
        make_notification(report.assignment): {
            "reach_status": "done",
            "member_count": 300,
            "reached_member_count": 100,
        }
    }
    submit(report, rows=rows)
    owe(collection, ministry=make_ministry("未提出省"))

    document = write(collection, tmp_path)

    text = text_of(document)
    assert "2府省庁に報告を求め、1府省庁（50.0％）から提出があった" in text
    assert "提出のない府省庁は、1（うち期限超過0）である（未提出省）" in text
    assert "延べ1団体のうち、延べ1団体（100.0％）が、会員又は役職員に周知した" in text
    assert "会員300者のうち100者（33.3％）に周知した" in text
    assert ["会員への周知率", "33.3", "％"] in [row[:3] for row in table_of(document)]
    assert text.startswith("令和5年9月4日 時点")


def test_only_public_practice_is_quoted_and_long_text_is_cut(collection: Round, tmp_path: Path) -> None:
    for practice, public in (("秘密の工夫", False), ("長" * 10_000, True), ("=1+1\n二行目", True)):
        report = owe(collection)
        answers = {"good_practice": practice, "good_practice_public": public}
        submit(report, rows={make_notification(report.assignment): answers})

    text = text_of(write(collection, tmp_path))

    assert "好事例は3件の回答があり、2件が公表してよいとされた" in text
    assert "秘密の工夫" not in text
    assert "「=1+1 二行目」" in text
    assert f"「{'長' * 90}…」" in text


@pytest.mark.parametrize("no_body", [False, True], ids=["nobody asked", "every ministry without bodies"])
def test_a_round_without_bodies_says_so(collection: Round, tmp_path: Path, no_body: bool) -> None:
    if no_body:
        submit(owe(collection), no_body_reason="所管する団体がない")

    text = text_of(write(collection, tmp_path))

    assert "要請の対象とした団体等の記録はない。" in text
    assert "職員への公金受取口座登録の促進を実施したと報告した府省庁はなかった。" in text
    assert "好事例の回答はなかった。" in text
    assert ("要請の対象とする団体等がない（該当なし）とした府省庁は、1であった" in text) is no_body


def test_figures_without_their_question_say_so(tmp_path: Path) -> None:
    collection = make_round()
    owe(collection)

    document = write(collection, tmp_path)

    assert "様式に設問がないため、集計していない" in text_of(document)
    assert ["会員への周知率", "設問なし", "％"] in [row[:3] for row in table_of(document)]
