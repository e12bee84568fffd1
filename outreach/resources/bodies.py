"""団体 as a table."""

from __future__ import annotations

from typing import Any, ClassVar

from import_export.instance_loaders import BaseInstanceLoader
from tablib import Dataset

from outreach.models import Body, BodyCategory
from outreach.resources.base import StaffImport, column
from outreach.resources.widgets import Choice, CorporateNumber, Lines, MinistryName, YesNo
from outreach.rules.names import matching_key


class BodyLoader(BaseInstanceLoader):
    """Find bodies by ministry and name; all are read once, locked until the import has ended."""

    def __init__(self, resource: BodyResource, dataset: Dataset | None = None) -> None:
        super().__init__(resource, dataset)
        bodies = Body.objects.select_for_update(of=("self",)).select_related("ministry").order_by("pk")
        self._known = {(matching_key(body.ministry.name), body.name_key): body for body in bodies}

    def get_instance(self, row: dict[str, Any]) -> Body | None:
        return self._known.get(self.resource.key_of(row))


class BodyResource(StaffImport):
    """団体; a row is known by its ministry and its name on that ministry's list."""

    key_columns: ClassVar[tuple[str, ...]] = ("府省庁", "名称")

    ministry = column("ministry", "府省庁", MinistryName(), meaning="団体を登録した府省庁の正式名称")
    name = column("name", "名称", meaning="団体の名称")
    category = column("category", "区分", Choice(BodyCategory.choices), meaning="団体の区分")
    corporate_number = column(
        "corporate_number", "法人番号", CorporateNumber(), meaning="13桁の法人番号。把握していない場合は空欄"
    )
    addressee = column("addressee", "宛先（部署・役職）", meaning="要請文の宛先とする部署と役職")
    honorific = column(
        "honorific", "敬称", Choice(Body.Honorific.choices, default=Body.Honorific.ONCHU),
        meaning="要請文の宛先に付ける敬称",
    )  # fmt: skip
    email = column("email", "メールアドレス", meaning="要請文を送るメールアドレス")
    phone = column("phone", "電話", meaning="団体の電話番号")
    note = column("note", "備考", Lines(), meaning="府省庁の備考", is_prose=True)
    is_active = column("is_active", "使用中", YesNo(default=True), meaning="発出先に選べるか")

    class Meta(StaffImport.Meta):
        model = Body
        abstract = False
        fields = (
            "ministry",
            "name",
            "category",
            "corporate_number",
            "addressee",
            "honorific",
            "email",
            "phone",
            "note",
            "is_active",
        )
        import_id_fields = ("ministry", "name")
        instance_loader_class = BodyLoader

    def key_of(self, row: dict[str, Any]) -> tuple[str, ...]:
        ministry = self.fields["ministry"].widget.find(str(row["府省庁"] or ""))
        written = ministry.name if ministry else str(row["府省庁"] or "")
        return matching_key(written), matching_key(str(row["名称"] or ""))

    def before_save_instance(self, instance: Body, row: dict[str, Any], **_kwargs: Any) -> None:
        """Count the version up, so that an officer's open form of the same body is told."""
        if instance.pk:
            instance.version += 1
