"""What a page is written with: each block says one kind of thing and names its sources."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DEFERRED
from wagtail import blocks
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.snippets.blocks import SnippetChooserBlock

# No raw HTML and nothing embedded from elsewhere.
RICH_TEXT = ["bold", "italic", "h3", "h4", "ol", "ul", "link"]
IN_A_LINE = ["bold", "italic", "link"]


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


class ParagraphBlock(StatementBlock):
    text = blocks.RichTextBlock(features=RICH_TEXT, help_text="Short sentences, familiar words.")
    sources = SourcesBlock(help_text="Where this can be read. Every medical statement needs one.")

    class Meta:
        icon = "pilcrow"
        template = "content/blocks/paragraph.html"
        label_format = "{text}"


class KeyFactBlock(StatementBlock):
    text = blocks.RichTextBlock(features=IN_A_LINE, help_text="One fact, in one or two sentences.")
    sources = SourcesBlock()

    class Meta:
        icon = "pick"
        template = "content/blocks/key_fact.html"
        label = "Key fact"
        without_source = (
            "Name the source of this fact. A fact that nobody can look up is not shown to readers."
        )


class CountBlock(blocks.StructBlock):
    count = blocks.IntegerBlock(min_value=0, help_text="How many people: the x in “x in y people”.")
    what = blocks.CharBlock(max_length=160, help_text="What happened to them: “had pain”.")

    class Meta:
        label = "x in y people"
        label_format = "{count} {what}"


class NumbersBlock(StatementBlock):
    """Frequencies of one group, all out of the same number of people."""

    who = blocks.CharBlock(max_length=200, help_text="Who was counted, and in what kind of study.")
    out_of = blocks.IntegerBlock(min_value=2, max_value=10_000, label="Out of how many people")
    counts = blocks.ListBlock(CountBlock(), min_num=1)
    not_known = blocks.CharBlock(
        max_length=300, required=False, help_text="What these numbers cannot tell."
    )
    sources = SourcesBlock()

    def examine(self, value: Any, errors: dict[str, ValidationError]) -> None:
        most = max((row["count"] or 0 for row in value["counts"]), default=0)
        if value["out_of"] and most > value["out_of"]:
            refuse(errors, "out_of", f"{most} cannot be more than {value['out_of']} people.")

    class Meta:
        icon = "order"
        template = "content/blocks/numbers.html"
        label = "Numbers: x in y people"
        without_source = (
            "Name the source of these numbers. Readers decide about their health with them, "
            "so each must be one that they can check."
        )


class UrgencyValue(blocks.StructValue):
    @property
    def title(self) -> str:
        return dict(UrgencyBlock.LEVELS).get(self["level"], "")


class UrgencyBlock(StatementBlock):
    LEVELS = (
        ("non_urgent", "Not urgent: ask us"),
        ("urgent", "Urgent: see a doctor today"),
        ("emergency", "Emergency: get help now"),
    )
    level = blocks.ChoiceBlock(choices=LEVELS, default="urgent")
    signs = blocks.RichTextBlock(features=["bold", "ul"], help_text="What the person notices.")
    do = blocks.RichTextBlock(features=IN_A_LINE, label="What to do")
    sources = SourcesBlock()

    class Meta:
        icon = "warning"
        template = "content/blocks/urgency.html"
        label = "When to get help"
        value_class = UrgencyValue
        label_format = "{level}"


class RowBlock(blocks.StructBlock):
    cells = blocks.ListBlock(blocks.RichTextBlock(features=IN_A_LINE, required=False))
    sources = SourcesBlock()


class TableValue(blocks.StructValue):
    def grid(self) -> list[tuple[list[tuple[str, Any]], Any]]:
        """Each row as (heading, cell) pairs, with the row's sources."""
        head = list(self["head"])
        return [
            (list(zip(head, row["cells"], strict=False)), row["sources"]) for row in self["rows"]
        ]


class TableBlock(StatementBlock):
    caption = blocks.CharBlock(max_length=200, help_text="What the table shows, for every reader.")
    head = blocks.ListBlock(blocks.CharBlock(max_length=120), min_num=2, label="Column headings")
    rows = blocks.ListBlock(RowBlock(), min_num=1)

    def examine(self, value: Any, errors: dict[str, ValidationError]) -> None:
        columns = len(value["head"])
        for number, row in enumerate(value["rows"], start=1):
            if len(row["cells"]) != columns:
                refuse(
                    errors,
                    "rows",
                    f"Row {number} has {len(row['cells'])} cells; the table has {columns} columns.",
                )

    class Meta:
        icon = "table"
        value_class = TableValue
        template = "content/blocks/table.html"
        label_format = "{caption}"


class QuestionBlock(StatementBlock):
    question = blocks.CharBlock(max_length=200)
    answer = blocks.RichTextBlock(features=IN_A_LINE)
    sources = SourcesBlock()

    class Meta:
        icon = "help"
        template = "content/blocks/question.html"
        label = "Question and answer"
        label_format = "{question}"


class SourceReferenceBlock(StatementBlock):
    note = blocks.CharBlock(max_length=300, help_text="What a reader finds there.")
    sources = SourcesBlock(min_num=1, max_num=1)

    class Meta:
        icon = "link"
        template = "content/blocks/source_reference.html"
        label = "Pointer to a source"
        without_source = "Choose the source that this points to."


class LineBlock(StatementBlock):
    text = blocks.CharBlock(max_length=200, help_text="One honest sentence.")
    sources = SourcesBlock()

    class Meta:
        icon = "minus"
        label_format = "{text}"


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        template = "content/blocks/heading.html"
        label = "Heading"


class StatementsBlock(blocks.StreamBlock):
    """What stands in a section whose heading is given."""

    paragraph = ParagraphBlock()
    key_fact = KeyFactBlock()
    numbers = NumbersBlock()
    urgency = UrgencyBlock()
    table = TableBlock()
    source = SourceReferenceBlock()


class BodyBlock(StatementsBlock):
    """A page whose editor sets the headings too."""

    heading = HeadingBlock(max_length=120)
    question = QuestionBlock()


class LinesBlock(blocks.StreamBlock):
    line = LineBlock()
