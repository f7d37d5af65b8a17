"""The two things that the portal is compared with: a bare view, and the floor of each workload.

The floor is the smallest honest thing that does the work of the workload: for W1 one row with ten
blocks and a picture, read and rendered by Django's templates, without any middleware.
`python -m bench.bare` makes its table and row.
"""

import os
from pathlib import Path

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

database = environ.Env().db_url_config(os.environ["BENCH_DATABASE_URL"])
if database["ENGINE"].endswith("postgresql"):
    database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}}
else:
    database["CONN_MAX_AGE"] = 60

settings.configure(
    SECRET_KEY="only for measuring",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="bench.bare",
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    DATABASES={"default": database},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
        }
    ],
)
django.setup()


class FloorPage(models.Model):
    slug = models.SlugField(unique=True)
    title = models.TextField()
    blocks = models.JSONField()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.title


def bare(request: HttpRequest) -> HttpResponse:
    return whole(HttpResponse("bare"))


def floor(request: HttpRequest, slug: str) -> HttpResponse:
    return whole(render(request, "page.html", {"page": FloorPage.objects.get(slug=slug)}))


def whole(response: HttpResponse) -> HttpResponse:
    """With its length, which CommonMiddleware would add; else it leaves in chunks."""
    response["Content-Length"] = str(len(response.content))
    return response


urlpatterns = [path("bare/", bare), path("floor/<slug:slug>/", floor)]


def prepare() -> None:
    words = "Short sentences with familiar words say what is known and what is not. " * 4
    blocks = [{"kind": "paragraph", "text": words} for _ in range(9)]
    blocks.insert(4, {"kind": "picture", "src": "/media/picture.png", "alt": "A picture"})
    with connection.schema_editor() as editor:
        editor.create_model(FloorPage)
    FloorPage.objects.create(slug="page", title="A page", blocks=blocks)


if __name__ == "__main__":
    prepare()
else:
    application = get_wsgi_application()
