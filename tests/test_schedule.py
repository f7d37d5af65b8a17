"""What beat asks for exists, and asks for nothing at a time that matters to a person."""

from django.conf import settings

from portal.celery import app


def test_every_task_of_the_schedule_is_one_that_workers_know() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert asked <= set(app.tasks)


def test_beat_only_says_look_every_so_often() -> None:
    times = [entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert all(isinstance(time, float) for time in times)
