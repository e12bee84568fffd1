"""The app of everything up to the notice."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutreachConfig(AppConfig):
    name = "outreach"
    verbose_name = "依頼と発出"

    def ready(self) -> None:
        autodiscover_modules("receivers", "checks")
