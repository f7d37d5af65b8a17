"""The topics that questions, findings and pages share, and where each is explained.

The only door through which the rest of the portal asks about pages.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from wagtail.models import Page, Site

from content.clinic import clinic_for

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
# Page types that carry a topic; of two live pages, the one of the earlier type explains it.
TOPIC_PAGES = ("riskpage", "articlepage")
WHY_WE_ASK = "what-we-ask"


def choices() -> list[tuple[str, str]]:
    return list(TOPICS.items())


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
    wanted = set(topics)
    if not wanted:
        return {}
    rows = (
        Page.objects.live()
        .filter(_carries_one_of(wanted))
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
