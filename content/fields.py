"""A stream of blocks whose make-up is code, not schema."""

from typing import Any

from wagtail.fields import StreamField


class BlocksField(StreamField):
    """Migrations see a column without its blocks, so a new kind of block needs no migration."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, _, options = super().deconstruct()
        return name, "wagtail.fields.StreamField", [[]], options | {"block_lookup": {}}
