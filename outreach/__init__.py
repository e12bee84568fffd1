"""The Django project and the app of everything up to the notice; followup/ is what comes back."""

from outreach.celery import app as celery_app

__all__ = ["celery_app"]
