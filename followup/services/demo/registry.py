"""The bodies of the demo: industry bodies, made-up associations of the prefectures, shared bodies."""

from __future__ import annotations

from collections.abc import Iterator

from followup.services.demo.story import demo_rows
from outreach.models import Body, BodyCategory
from outreach.rules.names import matching_key
from outreach.services.reference import ministry_ids_by_name, read_fixture

EXAMPLE_NOTE = "デモ用の例。府省庁との結び付きは公式の登録簿によるものではない。"
FICTION_NOTE = "デモ用の架空の団体。"


def add_bodies() -> None:
    """Add the demo's bodies where the ministry's list does not have them."""
    known = set(Body.objects.values_list("ministry_id", "name_key"))
    bodies = {(body.ministry_id, body.name_key): body for body in _bodies()}
    Body.objects.bulk_create(body for key, body in bodies.items() if key not in known)


def _bodies() -> Iterator[Body]:
    ministries = ministry_ids_by_name()
    for row in read_fixture("industry_bodies")["industry_bodies"]:
        yield _body(ministries[row["ministry"]], row["name"], BodyCategory.INDUSTRY, EXAMPLE_NOTE)
    for row in demo_rows()["shared_bodies"]:
        for ministry in row["ministries"]:
            note = FICTION_NOTE if row["is_fiction"] else EXAMPLE_NOTE
            yield _body(ministries[ministry], row["name"], row["category"], note, row["corporate_number"])
    for row in demo_rows()["prefectural_bodies"]:
        for prefecture in demo_rows()["prefectures"]:
            name = row["name"].replace("{都道府県}", prefecture)
            yield _body(ministries[row["ministry"]], name, row["category"], FICTION_NOTE)


def _body(ministry_id: int, name: str, category: str, note: str, corporate_number: str = "") -> Body:
    return Body(
        ministry_id=ministry_id,
        name=name,
        name_key=matching_key(name),
        category=category,
        note=note,
        corporate_number=corporate_number,
    )
