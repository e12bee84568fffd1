"""府省庁 as a table."""

from __future__ import annotations

from typing import Any, ClassVar

from import_export.instance_loaders import BaseInstanceLoader
from tablib import Dataset

from outreach.models import Ministry
from outreach.resources.base import StaffImport, column
from outreach.resources.widgets import Choice, CorporateNumber, Lines, WholeNumber, YesNo
from outreach.rules.names import matching_key
from outreach.workbooks.plain_tables import Kind


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

    order = column("order", "建制順番号", WholeNumber(), meaning="府省庁の建制順を示す番号", kind=Kind.NUMBER)
    name = column("name", "名称", meaning="府省庁の正式名称")
    abbreviation = column("abbreviation", "略称", meaning="府省庁の略称")
    name_en = column("name_en", "英語名", meaning="府省庁の英語の名称")
    kind = column("kind", "種別", meaning="省、外局などの別")
    parent_name = column("parent_name", "上位の機関", meaning="置かれている機関の名称")
    role = column("role", "位置付け", Choice(Ministry.Role.choices), meaning="依頼における位置付け")
    is_asked = column("is_asked", "依頼の対象とする", YesNo(), meaning="依頼を発出する対象とするか")
    corporate_number = column("corporate_number", "法人番号", CorporateNumber(), meaning="13桁の法人番号")
    mailbox = column("mailbox", "共有メールボックス", meaning="府省庁が共有するメールアドレス")
    superior_email = column(
        "superior_email", "総括担当（上席）のメールアドレス", meaning="督促が重なったときに知らせる相手"
    )
    note = column("note", "備考", Lines(), meaning="職員の備考", is_prose=True)

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
