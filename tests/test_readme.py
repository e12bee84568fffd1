"""The README's tables say what the code says."""

import re
from pathlib import Path

from django.apps import apps

from followup.rules.status import status_table_markdown

README = (Path(__file__).parent.parent / "README.md").read_text()


def between(mark: str) -> str:
    """Return the text between two markers of the README."""
    return README.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0].strip()


def test_the_glossary_names_every_model_once() -> None:
    named = re.findall(r"`([A-Z]\w+)`", between("glossary"))
    models = [
        model.__name__
        for label in ("outreach", "followup")
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    ]

    assert sorted(set(named)) == sorted(models)


def test_the_status_table_is_the_one_in_the_code() -> None:
    assert between("status") == status_table_markdown().strip()


def test_every_command_of_the_project_is_listed() -> None:
    commands = {
        path.stem
        for path in Path(__file__).parent.parent.glob("*/management/commands/*.py")
        if path.stem != "__init__"
    }

    assert commands == set(re.findall(r"`manage\.py (\w+)", README))
