"""Give the files of a council report rows of their own."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("followup", "0012_body_requests"),
        ("outreach", "0004_mail_of_ministries"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="councilreport", name="council_report_done_is_whole"),
        migrations.CreateModel(
            name="CouncilFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("data", "取りまとめデータ"),
                            ("data_csv", "取りまとめデータCSV"),
                            ("paper", "会議資料"),
                            ("summary", "概要"),
                            ("ministry_sheets", "府省庁別結果一式"),
                            ("ministry_sheet", "府省庁別結果"),
                        ],
                        max_length=15,
                        verbose_name="種類",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="ファイル名")),
                ("file", models.FileField(upload_to="council/", verbose_name="ファイル")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(verbose_name="大きさ（バイト）")),
                (
                    "ministry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outreach.ministry",
                        verbose_name="府省庁",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="followup.councilreport",
                        verbose_name="取りまとめ",
                    ),
                ),
            ],
            options={
                "verbose_name": "取りまとめのファイル",
                "verbose_name_plural": "取りまとめのファイル",
                "ordering": ["report", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        name="council_file_kind_once", fields=["report", "kind"], condition=Q(ministry=None)
                    ),
                    models.UniqueConstraint(
                        name="council_file_ministry_once", fields=["report", "kind", "ministry"]
                    ),
                    models.CheckConstraint(
                        name="council_file_kind_valid",
                        condition=Q(
                            kind__in=[
                                "data",
                                "data_csv",
                                "paper",
                                "summary",
                                "ministry_sheets",
                                "ministry_sheet",
                            ]
                        )
                        & (
                            Q(kind="ministry_sheet", ministry__isnull=False)
                            | (~Q(kind="ministry_sheet") & Q(ministry=None))
                        ),
                    ),
                    models.CheckConstraint(
                        name="council_file_is_whole", condition=~Q(file="") & ~Q(sha256="")
                    ),
                ],
            },
        ),
    ]
