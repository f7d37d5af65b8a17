"""Makes the pages that are missing; what exists is left as it is, but for new questions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from wagtail.models import Collection, Locale, Page, Site
from wagtail.search import index
from wagtail.signal_handlers import disable_reference_index_auto_update

from content.clinic import ClinicSettings
from content.making import texts
from content.making.questions import give_questions
from content.making.texts import Text
from content.models import (
    ArticlePage,
    EvidencePage,
    FaqPage,
    GlossaryPage,
    GlossaryTerm,
    HomePage,
    RiskPage,
    RisksPage,
    Source,
    SourcesPage,
)

KINDS: dict[str, type[Page]] = {
    "home": HomePage,
    "article": ArticlePage,
    "risks": RisksPage,
    "risk": RiskPage,
    "evidence": EvidencePage,
    "faq": FaqPage,
    "glossary": GlossaryPage,
    "sources": SourcesPage,
}


@dataclass(slots=True)
class Outcome:
    """The addresses of the pages that were made, and of those that stood already; of these, the
    ones whose facts have got questions."""

    made: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    asking: list[str] = field(default_factory=list)


@transaction.atomic
def make_pages() -> Outcome:
    """Makes what is missing of sources, terms, pages and site. Raises what the database raises."""
    written = texts.texts()
    make_sources()
    make_terms()
    root = make_root()
    earlier = standing(written, root)
    pages = {text.address: page for text, page in earlier}
    outcome = Outcome(left=list(pages))
    fresh: list[tuple[Text, Page]] = []
    for text in written:
        if text.address not in pages:
            parent = pages[text.parent] if text.address != "/" else root
            page = same_page(text, parent)
            pages[text.address] = page or plant(text, parent)
            (outcome.left if page else outcome.made).append(text.address)
            if not page:
                fresh.append((text, pages[text.address]))
    show(pages["/"])
    ids = {address: page.pk for address, page in pages.items()}
    for text, page in fresh:
        publish(page, text, ids)
    outcome.asking = list(give_questions({page.pk: text for text, page in earlier}, ids))
    return outcome


def make_sources() -> None:
    add_missing(Source, (Source(key=key, **rest) for key, rest in texts.sources().items()))


def make_terms() -> None:
    terms = texts.terms().items()
    add_missing(GlossaryTerm, (GlossaryTerm(slug=slug, **rest) for slug, rest in terms))


def add_missing(kind: type[Model], rows: Iterable[Model]) -> None:
    """Adds the rows that are not there, and to the search, so that choosers find them."""
    known = set(kind._default_manager.values_list("pk", flat=True))
    fresh = [row for row in rows if row.pk not in known]
    kind._default_manager.bulk_create(fresh, ignore_conflicts=True)
    for row in fresh:
        index.insert_or_update_object(row)


def make_root() -> Page:
    """The root of the tree. A migrated database has it; one made without migrations has not."""
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    if not Collection.get_first_root_node():
        Collection.add_root(name="Root")
    return Page.get_first_root_node() or Page.add_root(title="Root", slug="root")


def standing(written: Iterable[Text], root: Page) -> list[tuple[Text, Page]]:
    """The pages that an earlier run made, wherever editors have moved them since."""
    by_key = {text.key: text for text in written}
    pages = Page.objects.filter(translation_key__in=by_key, locale=root.locale)
    return [(by_key[page.translation_key], page) for page in pages]


def same_page(text: Text, parent: Page) -> Page | None:
    """A page of the editors' own in the same place, or one that explains the same."""
    for code in ("topic", "concern"):
        if text.fields.get(code):
            same = {code: text.fields[code], "locale": parent.locale}
            other: Page | None = KINDS[text.kind].objects.filter(**same).first()
            if other:
                return other
    return parent.get_children().filter(slug=text.slug).first()


def plant(text: Text, parent: Page) -> Page:
    """The page with its plain fields, so that it has an address; its blocks follow."""
    page = KINDS[text.kind](
        slug=text.slug, translation_key=text.key, locale=parent.locale, live=False, **text.fields
    )
    page.search_description = page.summary
    with disable_reference_index_auto_update():
        return parent.add_child(instance=page)


def publish(page: Page, text: Text, ids: dict[str, int]) -> None:
    for name, written in text.streams.items():
        setattr(page, name, json.dumps(texts.blocks(written, ids)))
    page.save_revision(clean=False).publish()


def show(home: Page) -> None:
    """The site opens with `home`, unless editors have chosen another first page."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if not site:
        site = Site(hostname="localhost", is_default_site=True, root_page=home)
    welcome = site.root_page
    if site.pk is None or (welcome.specific_class is Page and not welcome.get_children().exists()):
        site.root_page = home
        site.site_name = site.site_name or home.title
        site.save()
        if welcome.pk != home.pk:
            welcome.delete()
    ClinicSettings.objects.get_or_create(site=site)
