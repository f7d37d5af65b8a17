"""Pictures: each says what it shows, and none is larger than a page can use."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

LONGEST_SIDE = 8000
KINDS = "Use a JPEG, PNG or WebP picture. SVG files can carry programs and are not accepted."


class PictureField(WagtailImageField):
    """Wagtail's, asking for the size before anything opens the file."""

    def to_python(self, data: Any) -> Any:
        if data:
            self.check_image_file_size(data)
            self.check_kind(data)
        picture = super().to_python(data)
        if picture is not None and max(picture.image.get_size()) > LONGEST_SIDE:
            width, height = picture.image.get_size()
            raise ValidationError(
                f"This picture has {width} × {height} pixels; no side may have more than "
                f"{LONGEST_SIDE}. Make it smaller first."
            )
        return picture

    def check_image_file_size(self, f: Any) -> None:
        most = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
        if f.size > most:
            raise ValidationError(
                f"This file is too big ({filesizeformat(f.size)}). A picture may have up to "
                f"{filesizeformat(most)}: save it smaller and upload it again."
            )

    def check_kind(self, f: Any) -> None:
        ending = str(f.name).rpartition(".")[2].lower()
        if ending not in self.allowed_image_extensions:
            raise ValidationError(KINDS)


class PictureForm(BaseImageForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            standard = self.fields["file"]
            self.fields["file"] = PictureField(
                label=standard.label, required=standard.required, widget=standard.widget
            )
            self.fields["file"].help_text = f"{KINDS} Up to {LONGEST_SIDE} pixels a side."
        if "description" in self.fields:
            self.fields["description"].required = True
            self.fields["description"].label = "Alternative text"
            self.fields[
                "description"
            ].help_text = "What the picture shows, for people who cannot see it."
