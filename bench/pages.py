"""Makes the page of W1 in the portal: ten blocks, one of them a picture, on a published page.

Prints its path and what each way of asking for it costs in queries, as JSON.
"""

import io
import json
import sys
from typing import Any
from uuid import uuid4

from django.core.files.images import ImageFile
from PIL import Image as Picture

from bench.inside import browser, queries

# isort: split
# The models need Django, which bench.inside has set up.
from wagtail.images import get_image_model
from wagtail.models import Site

from content.models import ArticlePage, Source

WORDS = "<p>Short sentences with familiar words say what is known and what is not.</p>" * 4


def main() -> None:
    home = Site.objects.get(is_default_site=True).root_page
    page = ArticlePage(title="A page to measure", slug="measured", summary="Measured.")
    page.body = json.dumps(blocks(picture()))
    home.add_child(instance=page)
    page.save_revision(clean=False).publish()
    asked = {"cold": "/measured/?cold", "kept": "/measured/"}
    counted = {name: queries(browser(), address) for name, address in asked.items()}
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


if __name__ == "__main__":
    main()
