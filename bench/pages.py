"""Makes the page of W1 in the portal: ten blocks, one of them a picture, on a published page.

Prints its path and what each way of asking for it costs in queries, as JSON.
"""

import io
import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import django
from django.conf import settings
from django.core.files.images import ImageFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from wagtail.images import get_image_model  # noqa: E402 - the models need Django
from wagtail.models import Site  # noqa: E402

from content.models import ArticlePage, Source  # noqa: E402

WORDS = "<p>Short sentences with familiar words say what is known and what is not.</p>" * 4


def main() -> None:
    home = Site.objects.get(is_default_site=True).root_page
    page = ArticlePage(title="A page to measure", slug="measured", summary="Measured.")
    page.body = json.dumps(blocks(picture()))
    home.add_child(instance=page)
    page.save_revision(clean=False).publish()
    counted = {"cold": queries("/measured/?cold"), "kept": queries("/measured/")}
    json.dump({"path": "/measured/", "queries": counted}, sys.stdout)


def picture() -> int:
    drawn = io.BytesIO()
    Picture.new("RGB", (1200, 800), "teal").save(drawn, "PNG")
    image = get_image_model()(title="A picture", file=ImageFile(drawn, "measured.png"))
    image.save()
    return int(image.pk)


def blocks(image: int) -> list[dict[str, Any]]:
    sources = list(Source.objects.values_list("pk", flat=True)[:8])
    paragraphs = [
        {"type": "paragraph", "value": {"text": WORDS, "sources": items(sources[n : n + 2])}}
        for n in range(9)
    ]
    figure = {"image": image, "alternative": "A plain field", "caption": "", "sources": []}
    return [*paragraphs[:4], {"type": "figure", "value": figure}, *paragraphs[4:]]


def items(values: list[str]) -> list[dict[str, str]]:
    return [{"type": "item", "value": value, "id": str(uuid4())} for value in values]


def queries(address: str) -> int:
    client = Client(headers={"host": urlsplit(settings.SITE_URL).netloc})
    for _ in range(2):  # the second time: what is asked once is not counted
        with CaptureQueriesContext(connection) as seen:
            response = client.get(address)
    if response.status_code != 200:
        sys.exit(f"{address} answered {response.status_code}.")
    return len(seen)


if __name__ == "__main__":
    main()
