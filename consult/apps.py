from collections.abc import Iterator
from importlib import import_module

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from consult.rules.published import DataError, check_all, load_questionnaire


class ConsultConfig(AppConfig):
    name = "consult"
    verbose_name = "Consultations"

    def ready(self) -> None:
        try:
            check_all()
        except DataError as error:
            raise ImproperlyConfigured(str(error)) from error
        topics = import_module("content.topics")  # it needs the models
        topics.questions_come_from(lambda: map(topics.Asked._make, questions()))


def questions() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What the form that people fill in now asks, where, and about which topics."""
    for step in load_questionnaire().steps:
        for question in step.questions:
            yield question.text, step.title, question.informs
