"""The pages behind the links of a 定期送付; nobody logs in here."""

from django.urls import path

from followup.views import shared_files

urlpatterns = [
    path("shared/", shared_files.shared, name="shared"),
    path("shared/files/<int:pk>/", shared_files.shared_file, name="shared_file"),
    path("shared/<str:token>/", shared_files.open_link, name="shared_open"),
]
