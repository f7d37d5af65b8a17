import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from wagtail.models import GroupPagePermission, Page, Site

from content.making import texts
from content.making.demo import DEMO, make_demo_clinic
from content.making.groups import make_groups
from content.making.tree import make_pages
from content.models import (
    ArticlePage,
    ClinicSettings,
    EvidencePage,
    GlossaryTerm,
    HomePage,
    RiskPage,
    Source,
)
from content.topics import CONCERNS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

RISKS = {
    "/risks/pain-and-swelling/": "pain_swelling",
    "/risks/infection/": "infection",
    "/risks/immune-reactions/": "immune_reaction",
    "/risks/tumours/": "tumour",
    "/risks/blood-clots/": "clots",
    "/risks/nerves-and-brain/": "neuro",
    "/risks/autoimmune-flares/": "autoimmune",
    "/risks/unregulated-clinics/": "clinic_safety",
}


def everything() -> list[tuple]:
    """What a second run could change."""
    names = ("pk", "url_path", "title", "live", "latest_revision_id", "last_published_at")
    sources = ("key", "title", "url", "read_as", "fact")
    return [
        *Page.objects.order_by("pk").values_list(*names),
        *Source.objects.values_list(*sources),
        *GlossaryTerm.objects.values_list("slug", "term", "line", "in_text"),
        *Site.objects.values_list(),
        *ClinicSettings.objects.values_list(),
        *GroupPagePermission.objects.order_by("pk").values_list(),
    ]


def test_every_text_became_a_live_page_at_its_address(pages):
    assert pages.left == []
    assert sorted(pages.made) == sorted(text.address for text in texts.texts())
    live = Page.objects.live().filter(depth__gt=1).values_list("url_path", flat=True)
    assert sorted(live) == sorted(f"/portal{address}" for address in pages.made)


def test_the_eight_risks_stand_at_their_addresses():
    found = RiskPage.objects.live().values_list("url_path", "topic")
    assert {path.removeprefix("/portal"): topic for path, topic in found} == RISKS


def test_every_problem_of_the_form_has_its_evidence_page():
    found = EvidencePage.objects.live().order_by("path").values_list("concern", flat=True)
    assert list(found) == list(CONCERNS)


def test_the_site_opens_with_the_home_page_and_the_welcome_page_is_gone():
    assert Site.objects.get().root_page.specific_class is HomePage
    assert list(Page.objects.filter(depth=2).values_list("slug", flat=True)) == ["portal"]


def test_siblings_stand_in_the_order_of_their_texts(page_at):
    titles = [page.slug for page in page_at("/learn/").get_children()]
    assert titles == ["basics", "own-or-donor", "routes", "evidence"]


def test_a_second_run_changes_nothing(pages):
    before = everything()
    outcome = make_pages()
    make_groups()
    assert outcome.made == []
    assert sorted(outcome.left) == sorted(pages.made)
    assert everything() == before


def test_what_an_editor_changed_survives_even_a_new_address(page_at):
    page = page_at("/learn/basics/")
    page.title, page.slug, page.body = "The cells", "the-cells", []
    page.save_revision().publish()
    Source.objects.filter(pk="WANG2021").update(fact="What an editor wrote.")
    GlossaryTerm.objects.filter(pk="dmso").update(line="What an editor wrote.")
    before = everything()
    assert make_pages().made == []
    assert everything() == before


def test_a_page_that_is_gone_is_made_again(page_at):
    page_at("/risks/infection/").delete()
    assert make_pages().made == ["/risks/infection/"]
    assert page_at("/risks/infection/").topic == "infection"


def test_an_editors_own_page_in_the_same_place_is_left_alone(page_at):
    page_at("/faq/").delete()
    own = ArticlePage(title="Our answers", slug="faq", summary="Ours.")
    page_at("/").add_child(instance=own)
    assert make_pages().made == []
    assert page_at("/faq/").title == "Our answers"


def test_an_editors_own_page_about_the_same_topic_is_left_alone(page_at):
    page_at("/your-visit/red-flags/").delete()
    own = ArticlePage(title="Help", slug="help", summary="Ours.", topic="emergency")
    page_at("/").add_child(instance=own)
    assert make_pages().made == []


def test_an_editors_own_page_about_the_same_problem_is_left_alone(page_at):
    page_at("/learn/evidence/diabetes/").delete()
    own = EvidencePage(title="Sugar", slug="sugar", summary="Ours.", condition="Diabetes.")
    own.concern, own.strength = "diabetes", "unclear"
    page_at("/learn/evidence/").add_child(instance=own)
    assert make_pages().made == []


def test_all_pages_are_made_where_there_are_none(page_at):
    page_at("/").delete()
    assert len(make_pages().made) == len(texts.texts())


def test_an_empty_clinic_becomes_the_made_up_one_and_stays_so():
    assert make_demo_clinic()
    clinic = ClinicSettings.objects.values(*DEMO).get()
    assert clinic == DEMO
    assert not make_demo_clinic()


@pytest.mark.parametrize("name", ["name", "phone", "address", "opening_hours", "emergency"])
def test_a_clinic_that_somebody_described_is_never_made_up(name):
    ClinicSettings.objects.update(**{name: "Ours"})
    before = ClinicSettings.objects.values().get()
    assert not make_demo_clinic()
    assert ClinicSettings.objects.values().get() == before


def test_the_command_describes_a_clinic_only_when_asked(capsys):
    call_command("make_pages")
    assert ClinicSettings.objects.get().phone == ""
    call_command("make_pages", "--demo-clinic")
    assert ClinicSettings.objects.get().phone == DEMO["phone"]
    assert "A made-up clinic is described" in capsys.readouterr().out


def test_another_first_page_that_editors_chose_stays(page_at):
    site = Site.objects.get()
    site.root_page = page_at("/risks/")
    site.save()
    make_pages()
    assert Site.objects.get().root_page.slug == "risks"


def test_the_command_says_what_it_made_and_what_it_left(page_at, capsys):
    page_at("/privacy/").delete()
    call_command("make_pages")
    assert capsys.readouterr().out == (
        "made  /privacy/\nleft as they are: 45 pages\n1 pages made.\n"
    )


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("editor", {"add_page", "change_page"}),
        (
            "clinical reviewer",
            {"add_page", "change_page", "publish_page", "lock_page", "unlock_page"},
        ),
        ("administrator", {"add_page", "change_page", "publish_page", "lock_page", "unlock_page"}),
    ],
)
def test_only_reviewers_and_administrators_may_publish(group, codes):
    found = GroupPagePermission.objects.filter(group__name=group)
    assert set(found.values_list("permission__codename", flat=True)) == codes
    assert Group.objects.get(name=group).permissions.filter(codename="access_admin").exists()
