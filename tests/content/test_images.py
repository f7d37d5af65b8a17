"""Pictures that editors upload: what is taken, and what they read where one is not."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Picture
from wagtail.images import get_image_model

from consult.models import Role
from content.editing.uploads import BoundedUpload
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

ADD, MANY = "/cms/images/add/", "/cms/images/multiple/add/"
MEGABYTE = 1024 * 1024
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
Image = get_image_model()


@pytest.fixture
def editor(settings: Any, tmp_path: Any) -> Client:
    settings.MEDIA_ROOT = tmp_path
    client = Client()
    client.force_login(factories.staff(Role.EDITOR))
    return client


def png(width: int = 40, height: int = 30) -> bytes:
    out = io.BytesIO()
    Picture.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def add(client: Client, name: str, content: bytes, **fields: str) -> Any:
    fields = {"title": "A knee", "description": "A drawing of a knee.", "tags": ""} | fields
    collection = Image._meta.get_field("collection").remote_field.model.get_first_root_node()
    file = SimpleUploadedFile(name, content)
    return client.post(ADD, fields | {"file": file, "collection": collection.pk})


def test_a_picture_with_its_alternative_text_is_taken(editor):
    assert add(editor, "knee.png", png()).status_code == 302
    assert Image.objects.get().description == "A drawing of a knee."


@pytest.mark.parametrize(
    ("name", "content", "fields", "sentence"),
    [
        ("knee.png", png(), {"description": ""}, "This field is required."),
        ("knee.svg", SVG, {}, "SVG files can carry programs and are not accepted."),
        ("knee.png", SVG, {}, "The extension does not match the file format"),
        ("knee.gif", b"GIF89a", {}, "Use a JPEG, PNG or WebP picture."),
        ("long.png", png(8001, 2), {}, "no side may have more than 8000"),
        ("big.png", png() + bytes(11 * MEGABYTE), {}, "This file is too big (11.0"),
        ("vast.png", png() + bytes(200 * MEGABYTE), {}, "This file is too big (200.0"),
    ],
)
def test_a_picture_that_is_not_taken_is_refused_in_a_sentence(
    editor, name, content, fields, sentence
):
    response = add(editor, name, content, **fields)
    assert sentence in response.content.decode().replace("\xa0", " ")
    assert not Image.objects.exists()


def test_dropped_onto_the_page_a_large_picture_is_refused_in_the_same_words(editor):
    file = SimpleUploadedFile("big.png", png() + bytes(11 * MEGABYTE))
    response = editor.post(MANY, {"files[]": file}, headers={"X-Requested-With": "XMLHttpRequest"})
    answer = json.loads(response.content)
    assert answer["success"] is False
    assert "A picture may have up to 10.0" in answer["error_message"]


def test_dropped_onto_the_page_a_picture_waits_for_its_alternative_text(editor):
    file = SimpleUploadedFile("knee.png", png())
    response = editor.post(MANY, {"files[]": file}, headers={"X-Requested-With": "XMLHttpRequest"})
    assert "Alternative text" in json.loads(response.content)["form"]
    assert not Image.objects.exists()


def test_of_a_file_past_the_limit_nothing_more_is_kept(rf):
    upload = BoundedUpload(rf.post("/"))
    upload.new_file("file", "vast.png", "image/png", None)
    piece = bytes(64 * 1024)
    for start in range(0, 200 * MEGABYTE, len(piece)):
        upload.receive_data_chunk(piece, start)
    file = upload.file_complete(200 * MEGABYTE)
    assert file.size == 200 * MEGABYTE
    assert file.seek(0, io.SEEK_END) <= 10 * MEGABYTE


def test_several_files_of_one_request_share_the_limit(rf):
    upload = BoundedUpload(rf.post("/"))
    for name, whole in (("a.png", True), ("b.png", False)):
        upload.new_file("file", name, "image/png", None)
        upload.receive_data_chunk(bytes(6 * MEGABYTE), 0)
        file = upload.file_complete(6 * MEGABYTE)
        assert (file.size <= 10 * MEGABYTE) is whole
