"""The topics that questions, findings and pages share, and where each is explained.

The only door through which the rest of the portal asks about pages.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import F, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from wagtail.models import Page, PageQuerySet, Site

from content.clinic import clinic_for
from content.serving import version

TOPICS: dict[str, str] = {
    "emergency": "Emergency now",
    "pain_swelling": "Pain and swelling",
    "infection": "Infection",
    "immune_reaction": "Immune reactions",
    "tumour": "Tumours and uncontrolled growth",
    "clots": "Blood clots",
    "neuro": "Nerves and brain",
    "autoimmune": "Autoimmune flares",
    "clinic_safety": "Unregulated clinics and safety of care",
    "expectations": "Evidence and expectations",
    "suitability": "Who is at higher risk",
}
# What a person may say their main problem is: the form's codes, each with its evidence page.
CONCERNS: dict[str, str] = {
    "knee_hip_joint": "Joint wear or pain",
    "tendon_muscle": "Tendon, ligament or muscle injury",
    "back_disc": "Back or neck pain, disc problem",
    "spinal_cord_injury": "Spinal cord injury",
    "ms": "Multiple sclerosis",
    "stroke": "After a stroke",
    "parkinsons": "Parkinson’s disease",
    "other_nerve": "Another brain or nerve problem",
    "autoimmune": "An autoimmune disease",
    "diabetes": "Diabetes",
    "heart": "Heart problem",
    "lung": "Lung problem",
    "kidney_liver": "Kidney or liver problem",
    "autism_cp": "Autism or cerebral palsy",
    "wellness": "Anti-ageing, energy or wellness",
    "other": "Something else",
}
# Page types that carry a topic; of two live pages, the one of the earlier type explains it.
TOPIC_PAGES = ("riskpage", "articlepage")
WHY_WE_ASK = "what-we-ask"


def choices() -> list[tuple[str, str]]:
    return list(TOPICS.items())


def concerns() -> list[tuple[str, str]]:
    return list(CONCERNS.items())


@dataclass(frozen=True, slots=True)
class TopicLink:
    """A live page that explains a topic; `why` opens the part that says why we ask."""

    topic: str
    title: str
    url: str
    anchor: str = ""

    @property
    def why(self) -> str:
        return f"{self.url}#{self.anchor}" if self.anchor else self.url


def pages_for(topics: Iterable[str]) -> dict[str, TopicLink]:
    """The live page of each topic, in one query; a topic without a page is left out."""
    return _links(set(topics), Page.objects.live())


def kept_pages_for(topics: Iterable[str]) -> Mapping[str, TopicLink]:
    """Like `pages_for`, asked once for each version of the pages: for forms that many open."""
    wanted = frozenset(topics)
    return version.kept(("pages of topics", wanted), lambda: pages_for(wanted))


def reading_for(topics: Iterable[str], *, today: date) -> dict[str, TopicLink]:
    """Like `pages_for`, for reading lists: without the pages that are overdue for review."""
    return _links(set(topics), Page.objects.live().exclude(_is_overdue(today)))


def _is_overdue(today: date) -> Q:
    overdue = Q()
    for kind in TOPIC_PAGES:
        overdue |= Q(**{f"{kind}__next_review_on__lt": today})
    return overdue


@dataclass(frozen=True, slots=True)
class Check:
    """A question on a key fact of a live page; the fact, its sources and its place go with it."""

    topic: str
    page: int
    version: int  # of the page: its revision
    title: str  # the page's
    check: str  # stays with the question when its words are changed
    question: str
    options: tuple[tuple[str, str], ...]  # code, words
    right: str  # a code
    passage: str  # plain text
    sources: tuple[tuple[str, str], ...]  # title, address
    url: str  # opens the page at the passage


def checks_for(topics: Iterable[str], *, today: date) -> list[Check]:
    """The questions on the pages of these topics, in the order of the pages.

    Without the pages that are overdue for review. Read once for each version of the pages.
    """
    wanted = set(topics)
    if not wanted:
        return []
    everything = version.kept(("checks", today), lambda: tuple(_all_checks(today)))
    return [check for check in everything if check.topic in wanted]


def _all_checks(today: date) -> Iterator[Check]:
    found = (
        Page.objects.live()
        .filter(_carries_one_of(set(TOPICS)))
        .exclude(_is_overdue(today))
        .annotate(root=root_of_the_site(), risk=F("riskpage__topic"))
        .order_by("path")
        .specific()
    )
    pages = list(found)
    risks = {page.risk for page in pages if page.risk}
    for page in pages:
        if page.risk or page.topic not in risks:
            yield from page.checks(address_of(page.url_path, page.root))


def _links(wanted: set[str], pages: PageQuerySet) -> dict[str, TopicLink]:
    if not wanted:
        return {}
    rows = (
        pages.filter(_carries_one_of(wanted))
        .annotate(topic=Coalesce(*(f"{kind}__topic" for kind in TOPIC_PAGES)))
        .annotate(root=root_of_the_site(), risk=F("riskpage__topic"))
        .order_by("risk", "path")
        .values_list("topic", "title", "url_path", "root", "risk")
    )
    links: dict[str, TopicLink] = {}
    for topic, title, path, root, risk in rows:
        link = TopicLink(topic, title, address_of(path, root), WHY_WE_ASK if risk else "")
        if risk or topic not in links:
            links[topic] = link
    return links


def evidence_for(concerns: Iterable[str]) -> dict[str, TopicLink]:
    """The live evidence page of each concern, in one query; one without a page is left out."""
    wanted = set(concerns)
    if not wanted:
        return {}
    rows = (
        Page.objects.live()
        .filter(evidencepage__concern__in=wanted)
        .annotate(concern=F("evidencepage__concern"), root=root_of_the_site())
        .order_by("-path")  # of two in different languages, the first in the tree
        .values_list("concern", "title", "url_path", "root")
    )
    return {
        concern: TopicLink(concern, title, address_of(path, root))
        for concern, title, path, root in rows
    }


def page_url(topic: str) -> str | None:
    """The address of the page that explains the topic, or None."""
    link = pages_for([topic]).get(topic)
    return link.url if link else None


def topics_without_page(topics: Iterable[str] = TOPICS) -> set[str]:
    """The topics among these that no live page explains."""
    wanted = set(topics)
    return wanted - pages_for(wanted).keys()


def _carries_one_of(topics: set[str]) -> Q:
    carries = Q()
    for kind in TOPIC_PAGES:
        carries |= Q(**{f"{kind}__topic__in": topics})
    return carries


def root_of_the_site() -> Subquery:
    return Subquery(Site.objects.filter(is_default_site=True).values("root_page__url_path")[:1])


def address_of(url_path: str, root: str | None) -> str:
    return reverse("wagtail_serve", args=[url_path.removeprefix(root or "/")])


def clinic_phone() -> str:
    """The number to call, for letters; empty while the editors have not given one."""
    return clinic_for().phone


# ------------------------------------------------------------------------- the form's questions


class Asked(NamedTuple):
    """A question of the form, the part of the form it stands in, the topics that it informs."""

    text: str
    part: str
    topics: tuple[str, ...]


_forms: list[Callable[[], Iterable[Asked]]] = []


def questions_come_from(form: Callable[[], Iterable[Asked]]) -> None:
    """Pages know nothing of the form; whoever has one says here what it asks."""
    _forms[:] = [form]


def asked_about(topic: str) -> list[Asked]:
    """The questions that inform the topic, as the form orders them."""
    return [one for form in _forms for one in form() if topic in one.topics]


def asked_together_with(topic: str) -> list[str]:
    """The topics that share questions with this one, those with most first."""
    shared = Counter(other for one in asked_about(topic) for other in one.topics)
    return [other for other, _ in shared.most_common() if other != topic]
