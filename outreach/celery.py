"""The Celery application: its broker and clockwork stand in settings, its tasks in followup.tasks."""

import os
import resource
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.settings")

app = Celery("outreach")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def limit_memory(**_signal: Any) -> None:
    """Let a task that wants too much fail with MemoryError, and its item with a sentence.

    Otherwise the system would end some process of the machine, without a word to anybody.
    """
    most = settings.TASK_MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
