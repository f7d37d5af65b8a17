"""What a page is written with: each block says one kind of thing and names its sources."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from content.pictogram import Drawing, draw
from content.statements import SourcesBlock, StatementBlock, refuse

# No raw HTML and nothing embedded from elsewhere.
RICH_TEXT = ["bold", "italic", "h3", "h4", "ol", "ul", "link"]
IN_A_LINE = ["bold", "italic", "link"]
A_FILE_NAME = re.compile(r"\S+\.\w{3,4}$|(img|image|dsc|photo)[-_ ]?\d*$", re.IGNORECASE)
A_YEAR = re.compile(r"\b(19|20)\d\d\b")


class ParagraphBlock(StatementBlock):
    text = blocks.RichTextBlock(features=RICH_TEXT, help_text="Short sentences, familiar words.")
    sources = SourcesBlock(help_text="Where this can be read. Every medical statement needs one.")

    class Meta:
        icon = "pilcrow"
        template = "content/blocks/paragraph.html"
        label_format = "{text}"


class CheckBlock(blocks.StructBlock):
    """A question that the fact around it answers. What it lacks, it may lack in a draft; whether a
    page with it can be published is the gate's question. Readers find neither it nor its wrong
    answers by search."""

    question = blocks.CharBlock(
        max_length=200,
        required=False,
        search_index=False,
        help_text="In plain words. Somebody who has just read the fact can answer it: no trap.",
    )
    right = blocks.CharBlock(
        max_length=160,
        required=False,
        search_index=False,
        label="Right answer",
        help_text="The fact in other words; nothing that it does not say.",
    )
    wrong = blocks.ListBlock(
        blocks.CharBlock(max_length=160, required=False, search_index=False),
        max_num=2,
        label="Wrong answers",
        help_text="One or two. Plainly wrong to whoever has read the fact, and not frightening. "
        "“I am not sure” is offered by itself.",
    )

    class Meta:
        icon = "help"
        label = "Question on this fact"
        label_format = "{question}"


class KeyFactBlock(StatementBlock):
    asks_back = True

    text = blocks.RichTextBlock(features=IN_A_LINE, help_text="One fact, in one or two sentences.")
    checks = blocks.ListBlock(
        CheckBlock(),
        default=[],
        max_num=1,
        collapsed=True,
        label="Question on this fact",
        help_text="Only where this page explains a topic. People whose answers concern the topic "
        "are asked before they send their form; if they are wrong, they read this fact again.",
    )
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

    counts_people = True  # a page counts out of one number only: see models/written.py

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


class FrequencyValue(blocks.StructValue):
    def rows(self) -> Iterator[tuple[int, int, str, Drawing]]:
        """Each count with the rest, what happened, and both drawn; a draft's gaps are left out."""
        out_of = self["out_of"] or 0
        for row in self["counts"]:
            if row["count"] is not None and row["count"] <= out_of:
                yield row["count"], out_of - row["count"], row["what"], draw(row["count"], out_of)


class FrequencyBlock(NumbersBlock):
    """Frequencies drawn as rows of people, with the same as a table."""

    out_of = blocks.IntegerBlock(min_value=10, max_value=1000, label="Out of how many", default=100)
    of_what = blocks.CharBlock(
        max_length=40, default="people", help_text="What is counted: people, injections."
    )
    rounded = blocks.BooleanBlock(
        required=False, default=True, label="Rounded: readers see “about”"
    )
    not_known = blocks.CharBlock(
        max_length=300, help_text="What these figures cannot tell: a row of the table."
    )

    class Meta:
        icon = "group"
        template = "content/blocks/frequency.html"
        label = "Frequency, drawn: x in y people"
        value_class = FrequencyValue


EVIDENCE = (
    ("trials", "Several careful trials with a comparison group agree"),
    ("mixed", "Trials with a comparison group, but uncertain or in conflict"),
    ("early", "Small or early studies without a comparison group"),
)


class BenefitValue(blocks.StructValue):
    @property
    def evidence_title(self) -> str:
        return dict(EVIDENCE).get(self["evidence"], "")


class BenefitBlock(StatementBlock):
    """The only block that may say that something got better. What it lacks, it may lack in a
    draft; whether a page with it can be published is the gate's question."""

    states_benefit = True

    what = blocks.RichTextBlock(
        features=IN_A_LINE, label="Benefit", help_text="What got better, in whom, for how long."
    )
    risk = blocks.RichTextBlock(
        features=IN_A_LINE,
        required=False,
        label="The risk that goes with it",
        help_text="From the same studies where they tell it.",
    )
    evidence = blocks.ChoiceBlock(choices=EVIDENCE, required=False, label="How good the proof is")
    sources = SourcesBlock()

    class Meta:
        icon = "thumbtack"
        template = "content/blocks/benefit.html"
        label = "Benefit, with its risk"
        value_class = BenefitValue


class RuleValue(blocks.StructValue):
    @property
    def is_quoted(self) -> bool:
        return bool(self["wording"] == "quoted")


class RuleBlock(StatementBlock):
    """What a law or an authority says, where, and as of when."""

    WORDINGS = (("ours", "Told in our words"), ("quoted", "Quoted word for word"))

    country = blocks.CharBlock(max_length=80, help_text="Country, and state where it differs.")
    text = blocks.RichTextBlock(features=IN_A_LINE, label="What the rule says")
    wording = blocks.ChoiceBlock(choices=WORDINGS, default="ours")
    as_of = blocks.CharBlock(max_length=80, label="As of", help_text="The source’s date.")
    sources = SourcesBlock()

    def examine(self, value: Any, errors: dict[str, ValidationError]) -> None:
        if value["as_of"] and not A_YEAR.search(value["as_of"]):
            refuse(errors, "as_of", "Give at least the year: rules change, and readers must know.")

    class Meta:
        icon = "openquote"
        template = "content/blocks/rule.html"
        label = "Rule of a country"
        value_class = RuleValue
        label_format = "{country}"
        without_source = "Name where this rule can be read."


class FigureBlock(StatementBlock):
    image = ImageChooserBlock()
    alternative = blocks.CharBlock(
        max_length=250,
        label="Alternative text",
        help_text="What the picture shows, for people who cannot see it.",
    )
    caption = blocks.CharBlock(max_length=250, required=False)
    sources = SourcesBlock()

    def examine(self, value: Any, errors: dict[str, ValidationError]) -> None:
        if A_FILE_NAME.match((value["alternative"] or "").strip()):
            sentence = "Say what the picture shows; a file’s name tells a blind reader nothing."
            refuse(errors, "alternative", sentence)

    class Meta:
        icon = "image"
        template = "content/blocks/figure.html"
        label = "Picture"


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
    frequency = FrequencyBlock()
    benefit = BenefitBlock()
    urgency = UrgencyBlock()
    table = TableBlock()
    figure = FigureBlock()
    rule = RuleBlock()
    source = SourceReferenceBlock()


class BodyBlock(StatementsBlock):
    """A page whose editor sets the headings too."""

    heading = HeadingBlock(max_length=120)
    question = QuestionBlock()


class QuestionsBlock(blocks.StreamBlock):
    """Questions and answers, in groups where headings part them."""

    heading = HeadingBlock(max_length=120)
    question = QuestionBlock()


class LinesBlock(blocks.StreamBlock):
    line = LineBlock()
