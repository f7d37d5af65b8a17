from importlib import import_module

from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "content"
    verbose_name = "Pages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("content.serving.changes").watch()  # it needs the models
