from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from consult.rules.clock import knows_present_rules
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


@register
def zone_database(**_: Any) -> list[CheckMessage]:
    """Nine in the morning is only as right as the rules of the zones."""
    if knows_present_rules():
        return []
    words = "The time zone database is older than 2022f: letters would come at the wrong hour."
    hint = "Update the system’s package tzdata; without one, `pip install --upgrade tzdata`."
    return [Error(words, hint=hint, id="consult.E001")]
