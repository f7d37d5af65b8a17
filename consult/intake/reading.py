"""Pages for one person to read, and what they might ask: by the topics that their form touched.

The list must not give away what the rules found: the general pages are on everybody's, there are
always some, and they stand in the site's order, never in an order of danger.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from consult.models import Intake
from consult.models.intake import Assessment
from consult.rules.published import load_suggestions
from consult.rules.suggestions import Suggestion
from content.topics import TOPICS, TopicLink, evidence_for, reading_for

CONCERN = "concern.main"
FOR_EVERYBODY = ("expectations", "clinic_safety", "suitability", "emergency")
LAST = "emergency"  # when to get help: for everybody, and not the first thing to read
AT_LEAST = 3
ORDER = [*(one for one in TOPICS if one != LAST), LAST]


@dataclass(frozen=True, slots=True)
class Library:
    """The pages that are there to be read, by what they are about."""

    topics: dict[str, TopicLink]
    concerns: dict[str, TopicLink]

    def reading_list(self, own: Collection[str], concern: str) -> list[TopicLink]:
        """The evidence page of the concern, then the topics of this person and of everybody."""
        first = [self.concerns[concern]] if concern in self.concerns else []
        wanted = [one for one in ORDER if one in self.topics and one in {*own, *FOR_EVERYBODY}]
        others = [one for one in ORDER if one in self.topics and one not in wanted]
        missing = max(0, AT_LEAST - len(first) - len(wanted))
        chosen = {*wanted, *others[:missing]}
        links = first + [self.topics[one] for one in ORDER if one in chosen]
        return list({link.url: link for link in links}.values())


def library(concerns: Iterable[str], *, today: date) -> Library:
    """Two queries, however many forms and topics there are."""
    return Library(reading_for(TOPICS, today=today), evidence_for(concerns))


def topics_of(assessment: Assessment | None) -> set[str]:
    """The topics of what the rules found in the form as it is now."""
    findings = assessment.result["findings"] if assessment else []
    return {topic for finding in findings for topic in finding["topics"]}


def concern_of(intake: Intake) -> str:
    return str(intake.answers().get(CONCERN, ""))


def suggestions_for(topics: Collection[str], already: Collection[str]) -> list[Suggestion]:
    return [one for one in load_suggestions().about(topics) if one.id not in already]
