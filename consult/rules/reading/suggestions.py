"""Read one published version of the suggested questions."""

from collections.abc import Callable, Collection
from pathlib import Path

from consult.rules.reading.strict import Entry, read_file, read_version
from consult.rules.rulesets import Ruleset
from consult.rules.suggestions import Suggestion, Suggestions

LONGEST_ID = 40  # the room that a stored question has for it


def read_suggestions(path: Path, ruleset_of: Callable[[str], Ruleset]) -> Suggestions:
    """Read `<version>.yaml` and check it against the topics of the ruleset it names.

    Raises DataError naming the file, the entry and the reason.
    """
    top = read_file(path)
    top.only("version", "ruleset", "suggestions")
    topics = [one.code for one in ruleset_of(top.text("ruleset")).topics]
    found = tuple(_suggestion(entry, topics) for entry in top.parts("suggestions"))
    if all(one.topics for one in found):
        raise top.refuse("has no suggestion for everybody")
    return Suggestions(read_version(top, path), found)


def _suggestion(entry: Entry, topics: Collection[str]) -> Suggestion:
    entry.only("id", "words", "topics")
    if len(entry.item) > LONGEST_ID:
        raise entry.refuse(f"has an id of more than {LONGEST_ID} characters")
    words = entry.text("words")
    if not words.endswith("?"):
        raise entry.refuse("is no question: it does not end with a question mark")
    about = entry.codes("topics") if "topics" in entry.data else ()
    if unknown := sorted(set(about) - set(topics)):
        raise entry.refuse(f"has the topic {unknown[0]}, which the rules do not have")
    return Suggestion(entry.item, words, about)
