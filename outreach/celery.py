"""The Celery application: its broker and clockwork stand in settings, its tasks in followup.tasks."""

import os
import resource
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.settings")

app = Celery("outreach")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_settings_say(**_signal: Any) -> None:
    """Keep Celery from logging in a way of its own, which writes arguments and errors as they are."""
    dictConfig(settings.LOGGING)


@worker_process_init.connect
def limit_memory(**_signal: Any) -> None:
    """Let a task that wants too much fail with MemoryError, and its item with a sentence.

    Otherwise the system would end some process of the machine, without a word to anybody.
    """
    most = settings.TASK_MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
