"""Choices and conditions of a question as lines of text: in the admin, and in the workbook of a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from followup.rules.questions import ANSWERED

OTHER_MARK = "（その他）"
TRUTHS: dict[str, bool] = {"はい": True, "いいえ": False}
ANY_ANSWER = "（回答あり）"
_SPACE = re.compile(r"[ \u3000]+")


class FormLineError(ValueError):
    """A line that is no choice; the message is for the person who typed it."""


def choice_line(choice: Mapping[str, Any]) -> str:
    """Return a choice as 「コード 表示」; one that asks for words of its own ends with （その他）."""
    mark = f" {OTHER_MARK}" if choice.get("is_other") else ""
    return f"{choice['code']} {choice['label']}{mark}"


def read_choice(line: str) -> dict[str, Any]:
    """Read what `choice_line` gives; raise FormLineError where code or label is missing."""
    code, *rest = _SPACE.split(line.strip(), maxsplit=1)
    marked = rest[0].strip() if rest else ""
    label = marked.removesuffix(OTHER_MARK).strip()
    if not label:
        raise FormLineError(f"「{line}」：コードと表示を空白で区切って入力してください。")
    return {"code": code, "label": label, "is_other": marked.endswith(OTHER_MARK)}


def value_line(value: str | bool) -> str:  # noqa: FBT001 - an answer, as stored
    """Return the value of a condition: a code, はい・いいえ, or （回答あり）."""
    if isinstance(value, bool):
        return {True: "はい", False: "いいえ"}[value]
    return ANY_ANSWER if value == ANSWERED else value


def read_value(line: str) -> str | bool:
    return ANSWERED if line == ANY_ANSWER else TRUTHS.get(line, line)
