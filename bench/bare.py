"""A project with nothing in it but the bare view and the floors that the portal is compared with.

`python -m bench.bare` makes its tables and rows; `python -m bench.bare people` as many people more
as the portal gets.
"""

import os
import sys
from pathlib import Path

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


if __name__ == "__main__":
    if sys.argv[1:] == ["people"]:
        add_people(range(PEOPLE, PEOPLE + MORE_PEOPLE))
    else:
        prepare()
else:
    application = get_wsgi_application()
