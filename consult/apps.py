from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from consult.rules.published import DataError, check_all


class ConsultConfig(AppConfig):
    name = "consult"
    verbose_name = "Consultations"

    def ready(self) -> None:
        try:
            check_all()
        except DataError as error:
            raise ImproperlyConfigured(str(error)) from error
