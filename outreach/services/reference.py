"""Load the reference data up to the notice: ministries, agencies, channels and the real letter.

What the follow-up adds (council, rules, standard form) is in followup.services.reference.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import transaction

from outreach.models import (
    Body,
    Channel,
    IssuingOffice,
    KeyFact,
    LetterTemplate,
    Material,
    Ministry,
    OutreachRequest,
    Topic,
    TopicPoint,
)
from outreach.rules.names import matching_key

UNVERIFIED = "主務省庁は一次資料で未確認。"


def read_fixture(name: str) -> dict[str, Any]:
    """Return fixtures/<name>.json; what each file holds is told in fixtures/README.md."""
    content: dict[str, Any] = json.loads((settings.BASE_DIR / "fixtures" / f"{name}.json").read_bytes())
    return content


@transaction.atomic
def load_outreach_reference() -> dict[str, int]:
    """Create what is missing and touch nothing else; return how many rows of each kind were created.

    A ministry or a body counts as present when it ever bore the name (its history knows), so what
    staff or officers renamed or removed stays so. The letter is loaded whole or, when a request
    with its key exists, not at all.
    """
    return {
        "府省庁": _load_ministries(),
        "独立行政法人等": _load_agencies(),
        "周知手段": _load_channels(),
        "依頼": _load_request(),
    }


def _load_ministries() -> int:
    known = set(Ministry.history.values_list("name", flat=True))
    rows = [row for row in read_fixture("ministries")["ministries"] if row["name"] not in known]
    return len(Ministry.objects.bulk_create([Ministry(**row) for row in rows]))


def _load_agencies() -> int:
    ministries = ministry_ids_by_name()
    known = set(Body.history.values_list("ministry_id", "name_key"))
    bodies = [
        Body(
            ministry_id=ministries[row["ministry"]],
            name=row["name"],
            name_key=matching_key(row["name"]),
            category=row["category"],
            note=row["note"] if row["verified"] else row["note"] + UNVERIFIED,
        )
        for row in read_fixture("agencies")["agencies"]
        if row["ministry"] in ministries
    ]
    return len(
        Body.objects.bulk_create([body for body in bodies if (body.ministry_id, body.name_key) not in known])
    )


def ministry_ids_by_name() -> dict[str, int]:
    """Return every name that a present ministry bears or ever bore, with its id."""
    present = Ministry.objects.values("pk")
    return dict(Ministry.history.filter(id__in=present).values_list("name", "id"))


def _load_channels() -> int:
    known = set(Channel.objects.values_list("code", flat=True))
    rows = [row for row in read_fixture("channels")["channels"] if row["code"] not in known]
    return len(Channel.objects.bulk_create([Channel(**row) for row in rows]))


def _load_request() -> int:
    letter = read_fixture("request_2023_08_31")
    if OutreachRequest.objects.filter(key=letter["key"]).exists():
        return 0
    request = OutreachRequest.objects.create(
        key=letter["key"], title=letter["title"], dated_on=letter["dated_on"], text=letter["text"]
    )
    offices = _load_offices(letter["offices"])
    request.offices.set(offices.values())
    _load_topics(request, letter["topics"], offices)
    _load_key_facts(request, letter["key_facts"])
    Material.objects.bulk_create([Material(request=request, **row) for row in letter["materials"]])
    LetterTemplate.objects.bulk_create(
        LetterTemplate(request=request, **row) for row in read_fixture("letter_templates")["letter_templates"]
    )
    return 1


def _load_offices(rows: list[dict[str, Any]]) -> dict[str, IssuingOffice]:
    return {
        row["name"]: IssuingOffice.objects.get_or_create(name=row["name"], defaults=row)[0] for row in rows
    }


def _load_topics(
    request: OutreachRequest, rows: list[dict[str, Any]], offices: dict[str, IssuingOffice]
) -> None:
    topics = [
        Topic(
            request=request,
            number=row["number"],
            title=row["title"],
            text=row["text"],
            notes="\n".join(f"{note['mark']} {note['text']}" for note in row["notes"]),
            office=offices[row["office"]],
        )
        for row in rows
    ]
    Topic.objects.bulk_create(topics)
    TopicPoint.objects.bulk_create(
        TopicPoint(topic=topic, order=order, **point)
        for topic, row in zip(topics, rows, strict=True)
        for order, point in enumerate(row["points"], start=1)
    )


def _load_key_facts(request: OutreachRequest, rows: list[dict[str, Any]]) -> None:
    topics = {topic.number: topic for topic in request.topics.all()}
    KeyFact.objects.bulk_create(KeyFact(**{**row, "topic": topics[row["topic"]]}) for row in rows)
