"""The app of everything that comes back."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class FollowupConfig(AppConfig):
    default = True
    name = "followup"
    verbose_name = "フォローアップ"


class StaffAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the staff's own site; it stands here as its first page shows both apps."""

    default = False
    default_site = "followup.staff.site.StaffSite"
