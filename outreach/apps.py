"""The app of everything up to the notice."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "outreach"
    verbose_name = "依頼と発出"
