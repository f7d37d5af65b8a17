"""A project with nothing in it but the bare view and the floors that the portal is compared with.

`python -m bench.bare` makes its tables and rows; `python -m bench.bare people` as many people more
as the portal gets; `python -m bench.bare cases 1000` what is missing to 1,000 rows of a queue, and
prints what to ask for.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import path

PEOPLE, MORE_PEOPLE = 3000, 100_000

database = environ.Env().db_url_config(os.environ["BENCH_DATABASE_URL"])
if database["ENGINE"].endswith("postgresql"):
    database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}}
else:
    database["CONN_MAX_AGE"] = 60
    database["OPTIONS"] = {"timeout": 20, "transaction_mode": "IMMEDIATE"}

settings.configure(
    SECRET_KEY="only for measuring",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="bench.bare",
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    DATABASES={"default": database},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
        }
    ],
)
django.setup()

from bench import floor_models, floor_views  # noqa: E402 - the models need Django

urlpatterns = [
    path("bare/", floor_views.bare),
    path("bare/post/", floor_views.bare_post),
    path("floor/page/<slug:slug>/", floor_views.page),
    path("floor/form/", floor_views.begin),
    path("floor/form/<int:number>/", floor_views.step),
    path("floor/times/<str:day>/", floor_views.times),
    path("floor/book/", floor_views.book),
    path("floor/queue/", floor_views.queue),
    path("floor/search/", floor_views.search),
]


def prepare() -> None:
    words = "Short sentences with familiar words say what is known and what is not. " * 4
    blocks = [{"kind": "paragraph", "text": words} for _ in range(9)]
    blocks.insert(4, {"kind": "picture", "src": "/media/picture.png", "alt": "A picture"})
    with connection.schema_editor() as editor:
        for model in floor_models.ALL:
            editor.create_model(model)
    floor_models.FloorPage.objects.create(slug="page", title="A page", blocks=blocks)
    answers = {"main": "b", "details": "", "diagnosis": "c", "others": ["a", "d"], "pain": 5}
    floor_models.FloorDraft.objects.create(token="draft", answers={"1": answers})  # noqa: S106
    add_people(range(PEOPLE))


def add_people(numbers: range) -> None:
    people = (floor_models.FloorPerson(token=f"person{number}") for number in numbers)
    floor_models.FloorPerson.objects.bulk_create(people, batch_size=5000)


def add_cases(count: int) -> dict[str, list[str]]:
    """Rows of a queue; where its pages are."""
    began, topics = datetime(2026, 1, 1, tzinfo=UTC), 11
    first = floor_models.FloorCase.objects.count()
    cases = (
        floor_models.FloorCase(
            code=f"C{number:09}",
            name=f"Person {number}",
            topic=number % topics,
            rank=number % 5,
            sent_at=began + timedelta(seconds=number),
            words="One reason; another reason; a third reason",
        )
        for number in range(first, count)
    )
    floor_models.FloorCase.objects.bulk_create(cases, batch_size=2000)
    if connection.vendor == "postgresql":
        connection.cursor().execute("vacuum analyze bench_floorcase")
    last = min(50 * 999, count // 50 * 50 - 100)
    ordered = floor_models.FloorCase.objects.order_by("-rank", "sent_at", "pk")
    place = {name: str(one) for name, one in ordered.values("rank", "sent_at", "pk")[last].items()}
    return {
        "first": ["/floor/queue/"],
        "deep": [f"/floor/queue/?{urlencode(place)}"],
        "filters": [f"/floor/queue/?topic={topic}" for topic in range(4)],
        "searches": [f"/floor/search/?name=Person+{number}" for number in (1, 77, 500, 999)],
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["cases"]:
        json.dump(add_cases(int(sys.argv[2])), sys.stdout)
    elif sys.argv[1:] == ["people"]:
        add_people(range(PEOPLE, PEOPLE + MORE_PEOPLE))
    else:
        prepare()
else:
    application = get_wsgi_application()
