"""府省庁 as a table."""

from __future__ import annotations

from typing import Any, ClassVar

from import_export.instance_loaders import BaseInstanceLoader
from tablib import Dataset

from outreach.models import Ministry
from outreach.resources.base import StaffImport, column
from outreach.resources.widgets import Choice, CorporateNumber, Lines, WholeNumber, YesNo
from outreach.rules.names import matching_key


class MinistryLoader(BaseInstanceLoader):
    """Find ministries by name; all are read once, locked until the import has ended."""

    def __init__(self, resource: MinistryResource, dataset: Dataset | None = None) -> None:
        super().__init__(resource, dataset)
        ministries = Ministry.objects.select_for_update().order_by("pk")
        self._known = {matching_key(ministry.name): ministry for ministry in ministries}

    def get_instance(self, row: dict[str, Any]) -> Ministry | None:
        return self._known.get(*self.resource.key_of(row))


class MinistryResource(StaffImport):
    """府省庁; a row is known by its name, so that a new name is a new ministry."""

    key_columns: ClassVar[tuple[str, ...]] = ("名称",)

    order = column("order", "建制順", WholeNumber())
    name = column("name", "名称")
    abbreviation = column("abbreviation", "略称")
    name_en = column("name_en", "英語名")
    kind = column("kind", "種別")
    parent_name = column("parent_name", "上位の機関")
    role = column("role", "位置付け", Choice(Ministry.Role.choices))
    is_asked = column("is_asked", "依頼の対象とする", YesNo())
    corporate_number = column("corporate_number", "法人番号", CorporateNumber())
    mailbox = column("mailbox", "共有メールボックス")
    superior_email = column("superior_email", "総括担当（上席）のメールアドレス")
    note = column("note", "備考", Lines())

    class Meta(StaffImport.Meta):
        model = Ministry
        abstract = False
        fields = (
            "order",
            "name",
            "abbreviation",
            "name_en",
            "kind",
            "parent_name",
            "role",
            "is_asked",
            "corporate_number",
            "mailbox",
            "superior_email",
            "note",
        )
        import_id_fields = ("name",)
        instance_loader_class = MinistryLoader

    def key_of(self, row: dict[str, Any]) -> tuple[str, ...]:
        return (matching_key(str(row["名称"] or "")),)
