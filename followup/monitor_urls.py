"""The doors of monitoring programs."""

from django.urls import path

from followup.views import monitor

urlpatterns = [
    path("monitor/status", monitor.status, name="monitor_status"),
    path("metrics", monitor.metrics, name="metrics"),
]
