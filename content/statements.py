"""What every block stands on: the sources that it names, and how it refuses to go without."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DEFERRED
from wagtail import blocks
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.snippets.blocks import SnippetChooserBlock


class SourceChooserBlock(SnippetChooserBlock):
    """One source. Knows its key only, so that a page can fetch all that it cites at once."""

    def __init__(self, target_model: str = "content.Source", **kwargs: Any) -> None:
        super().__init__(target_model, **kwargs)

    def to_python(self, value: str | None) -> Any:
        return self.bulk_to_python([value])[0]

    def bulk_to_python(self, values: list[str | None]) -> list[Any]:
        fields = [field.attname for field in self.model_class._meta.concrete_fields]
        return [
            value
            and self.model_class.from_db(
                None, fields, [value if name == "key" else DEFERRED for name in fields]
            )
            for value in values
        ]

    def get_form_state(self, value: Any) -> Any:
        row = self.model_class.objects.filter(pk=value.pk).first() if value else None
        return super().get_form_state(row)

    def deconstruct(self) -> tuple[str, list[str], dict[str, Any]]:
        return "wagtail.snippets.blocks.SnippetChooserBlock", ["content.Source"], {}


class SourcesBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"default": [], "label": "Sources", "collapsed": False}
        super().__init__(SourceChooserBlock(), **kwargs)


def refuse(errors: dict[str, ValidationError], field: str, sentence: str) -> None:
    errors.setdefault(field, ValidationError(sentence))


class StatementBlock(blocks.StructBlock):
    """A block that states something. `without_source` is what an editor reads if it has none."""

    def clean(self, value: Any) -> Any:
        try:
            value, errors = super().clean(value), {}
        except StructBlockValidationError as error:
            errors = dict(error.block_errors)
        if self.meta.without_source and not len(value["sources"]):
            sentence = ValidationError(self.meta.without_source)
            errors.setdefault("sources", ListBlockValidationError(non_block_errors=[sentence]))
        self.examine(value, errors)
        if errors:
            raise StructBlockValidationError(errors)
        return value

    def examine(self, value: Any, errors: dict[str, ValidationError]) -> None:
        """What a kind of block asks for beyond its fields; adds sentences to `errors`."""

    class Meta:
        without_source = ""
