"""How a cell becomes a value and back; a message names what may stand there instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from import_export.widgets import Widget

from outreach.models import Ministry
from outreach.rules.cells import CellProblem
from outreach.rules.corporate_number import check_corporate_number
from outreach.rules.names import clean_name, matching_key
from outreach.rules.wareki import instant_in_tokyo
from outreach.rules.widths import fold_width

YES, NO = "はい", "いいえ"
MAX_DIGITS = 9


class Cell(Widget):
    """One line of text, cleaned as names are; blank is blank."""

    def clean(self, value: Any, row: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        """Raise ValueError with a message in Japanese for what cannot be taken."""
        if isinstance(value, CellProblem):
            raise ValueError(value.message)  # noqa: TRY004 - the library gathers ValueError per cell
        return self.read(str(value or "").strip())

    def read(self, text: str) -> Any:
        return clean_name(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return the value as a format writes it: text, number, day or nothing."""
        return value


class Lines(Cell):
    """Text of several lines."""

    def read(self, text: str) -> str:
        return "\n".join(clean_name(line) for line in text.splitlines())


class Choice(Cell):
    """A label of a fixed list, in any width."""

    def __init__(self, labels: Iterable[tuple[Any, Any]], *, default: Any = None) -> None:
        super().__init__()
        self.labels = {value: str(label) for value, label in labels}
        self._values = {fold_width(label): value for value, label in self.labels.items()}
        self._default = default

    def read(self, text: str) -> Any:
        if not text and self._default is not None:
            return self._default
        if fold_width(text) in self._values:
            return self._values[fold_width(text)]
        found = f"「{text}」は使えません" if text else "空欄です"
        raise ValueError(f"{found}。次のいずれかにしてください：{'、'.join(self.labels.values())}")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return self.labels.get(value, value)


class YesNo(Choice):
    def __init__(self, *, default: bool | None = None) -> None:
        super().__init__([(True, YES), (False, NO)], default=default)


class Day(Cell):
    """The day of an instant in Asia/Tokyo; only written."""

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> Any:
        return instant_in_tokyo(value).date() if value else None


class TimeOfDay(Cell):
    """The time of an instant in Asia/Tokyo; only written."""

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> Any:
        return f"{instant_in_tokyo(value):%H:%M}" if value else None


class WholeNumber(Cell):
    def read(self, text: str) -> int:
        digits = fold_width(text).replace(",", "")
        if not text:
            raise ValueError("空欄です。整数を入力してください。")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
            raise ValueError(f"「{text}」は{MAX_DIGITS}桁以内の整数として読み取れません。")
        return int(digits)


class CorporateNumber(Cell):
    def read(self, text: str) -> str:
        return check_corporate_number(text) if text else ""


class MinistryName(Cell):
    """A ministry by its name or abbreviation; all are read once."""

    def __init__(self) -> None:
        super().__init__()
        self._by_name: dict[str, Ministry] = {}

    def read(self, text: str) -> Ministry:
        found = self.find(text)
        if found is None:
            problem = f"「{text}」という府省庁は登録されていません" if text else "空欄です"
            raise ValueError(f"{problem}。府省庁の正式な名称を入力してください。")
        return found

    def find(self, text: str) -> Ministry | None:
        if not self._by_name:
            ministries = list(Ministry.objects.all())
            self._by_name = {matching_key(ministry.abbreviation): ministry for ministry in ministries}
            self._by_name |= {matching_key(ministry.name): ministry for ministry in ministries}
        return self._by_name.get(matching_key(text))

    def render(self, value: Ministry | None, obj: Any = None, **kwargs: Any) -> Any:
        return value.name if value else None
