"""One topic a page: the pages of a part, the page on which it is read over, and the task list."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consult.intake import actions
from consult.models import Intake
from tests import factories
from tests.factories import CARERS, CONTACT
from tests.intake.test_views import P01, STEPS, address, checked, fill_in, of_step, stored

pytestmark = pytest.mark.django_db
TASKS = reverse("consult:tasks")
FIRST, SECOND = address("s1_you"), address("s1_you", 2)
YOU = of_step("s1_you", P01)
AGREED = {key: one for key, one in YOU.items() if key.startswith(("consent", "safety"))}
ABOUT = {key: one for key, one in YOU.items() if key not in AGREED}


@pytest.fixture
def person() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    return client


@pytest.fixture
def agreed(person: Client) -> Client:
    person.post(FIRST, YOU)
    person.post(reverse("consult:contact"), CONTACT)
    return person


def shown(page: Any) -> list[str]:
    return list(page.context["form"].shown)


def links(page: Any) -> list[str]:
    return re.findall(r'href="([^"]+)"', page.text)


# ------------------------------------------------------------------------------ page after page
def test_the_first_part_is_answered_on_two_pages(person: Client) -> None:
    assert set(shown(person.get(FIRST))) == set(AGREED)
    assert person.post(FIRST, AGREED).url == SECOND
    assert set(shown(person.get(SECOND))) == set(ABOUT)
    assert person.post(SECOND, ABOUT).url == checked("s1_you")
    assert stored() == {key: P01[key] for key in YOU}


def test_what_is_missing_on_another_page_is_no_mistake_of_this_one(person: Client) -> None:
    page = person.post(FIRST, {key: one for key, one in AGREED.items() if key != "consent.email"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["consent.email"])


def test_a_whole_part_posted_at_once_is_stored(person: Client) -> None:
    assert person.post(FIRST, YOU).url == checked("s1_you")
    assert stored() == {key: P01[key] for key in YOU}


def test_a_mistake_in_an_answer_of_another_page_is_shown_where_it_was_posted(person) -> None:
    page = person.post(FIRST, AGREED | {"person.country": "atlantis"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["person.country"])
    assert 'name="person.country"' in page.text
    assert stored() == {key: P01[key] for key in AGREED}


def test_a_second_page_posted_alone_keeps_the_agreement_of_the_first(agreed: Client) -> None:
    agreed.post(SECOND, ABOUT | {"person.country": "uk"})
    assert stored() == {key: P01[key] for key in YOU} | {"person.country": "uk"}


def test_the_second_page_waits_for_the_agreement(person: Client) -> None:
    assert person.get(SECOND).url == FIRST
    assert person.post(SECOND, ABOUT | {"autosave": "1"}).status_code == 204
    assert person.post(SECOND, ABOUT).status_code == 409
    assert stored() == {}


@pytest.mark.parametrize("part", ["0", "1", "3", "99999999999999999999", "-1", "one"])
def test_a_page_that_does_not_exist_or_has_another_address_is_not_found(
    agreed: Client, part: str
) -> None:
    answers = (agreed.get(f"{FIRST}{part}/"), agreed.post(f"{FIRST}{part}/", ABOUT))
    assert [one.status_code for one in answers] == [404, 404]


def test_a_page_says_its_part_and_an_error_in_its_title(agreed: Client) -> None:
    name = "Before you start, a safety check, and you"
    titles = [
        re.search(r"<title>([^<]*)", page.text)[1].strip()
        for page in (
            agreed.get(FIRST),
            agreed.post(SECOND, ABOUT | {"body.height": "x"}),
            agreed.get(address("s2_concern")),
        )
    ]
    assert [title.partition(" – ")[0].partition(" | ")[0] for title in titles] == [
        f"{name} (part 1 of 9, page 1 of 2)",
        f"Error: {name} (part 1 of 9, page 2 of 2)",
        "What you want help with (part 2 of 9)",
    ]


def test_the_link_back_leads_to_the_page_before(agreed: Client) -> None:
    behind = [agreed.get(one).context["behind"] for one in (FIRST, SECOND)]
    assert behind == [TASKS, FIRST]


def test_an_optional_question_that_an_answer_opened_is_asked_before_going_on(agreed) -> None:
    answers = of_step("s5_cancer", P01) | {"cancer.history": "over_5y"}
    here = address("s5_cancer")
    assert agreed.post(here, answers).url == here + "#div_id_cancer.type"
    assert agreed.post(here, answers | {"cancer.type": ""}).url == checked("s5_cancer")


# ----------------------------------------------------------------------------- reading over
def test_a_part_is_read_over_with_a_link_to_change_each_answer(agreed: Client) -> None:
    page = agreed.get(checked("s1_you"))
    assert [(row["question"].id, row["words"]) for row in page.context["rows"]][2:4] == [
        ("safety.now", "None of these"),
        ("person.filling_for", "Myself"),
    ]
    assert [row["address"] for row in page.context["rows"]][2:4] == [
        f"{FIRST}?back=step#div_id_safety.now",
        f"{SECOND}?back=step#div_id_person.filling_for",
    ]
    assert {row["address"] for row in page.context["rows"]} <= set(links(page))


def test_a_changed_answer_leads_back_to_where_it_was_read(agreed: Client) -> None:
    assert agreed.post(f"{SECOND}?back=step", ABOUT).url == checked("s1_you")
    assert agreed.post(f"{SECOND}?back", ABOUT).url == reverse("consult:check")
    assert agreed.get(f"{SECOND}?back=step").context["behind"] == checked("s1_you")
    assert agreed.get(f"{SECOND}?back").context["behind"] == reverse("consult:check")


def test_a_question_that_a_change_opens_comes_before_the_way_back(agreed: Client) -> None:
    here = address("s4_health") + "?back=step"
    answers = of_step("s4_health", P01) | {"clot.history": ["dvt"]}
    url = agreed.post(here, answers).url
    assert url == address("s4_health") + "?back=step#div_id_clot.recent"
    assert agreed.post(here, answers | {"clot.recent": "over_12m"}).url == checked("s4_health")


def test_what_is_open_in_a_part_is_listed_and_does_not_hold_anybody_up(agreed: Client) -> None:
    agreed.post(address("s5_cancer"), {"cancer.history": "never", "later": "1"})
    page = agreed.get(checked("s5_cancer"))
    assert [(one.id, where) for one, where in page.context["open"]] == [
        (key, f"{address('s5_cancer')}?back=step#div_id_{key}")
        for key in ("cancer.warning_signs", "cancer.screening")
    ]
    assert page.context["onward"]["address"] == address("s6_immune")


def onward(client: Client, step: str) -> str:
    return str(client.get(checked(step)).context["onward"]["address"])


def test_after_a_part_comes_the_address_then_the_next_part_then_the_check(person) -> None:
    person.post(FIRST, YOU)
    assert onward(person, "s1_you") == reverse("consult:contact")
    person.post(reverse("consult:contact"), CONTACT)
    assert onward(person, "s1_you") == address("s2_concern")
    fill_in(person, P01)
    assert {onward(person, step) for step in STEPS} == {reverse("consult:check")}


def test_nothing_is_read_over_before_the_agreement(person: Client) -> None:
    assert person.get(checked("s2_concern")).url == FIRST
    assert person.get("/consult/intake/contact/check/").status_code == 404


# ------------------------------------------------------------------------------- the task list
def states(client: Client) -> dict[str, str]:
    page = client.get(TASKS)
    found = re.findall(r'<span class="task-state task-state-(\w+)">([^<]+)</span>', page.text)
    names = re.findall(
        r"<(?:a href=\"[^\"]+\"|span)>(?:\d\. )?([^<]+)</(?:a|span)>\s*<span", page.text
    )
    return dict(zip(names, [words for _, words in found], strict=True))


def test_the_list_begins_with_the_agreement(person: Client) -> None:
    assert list(states(person).values()) == ["Not started", "Not started", *["After part 1"] * 8]
    assert "About 13 minutes left" in person.get(TASKS).text


def test_the_list_says_how_far_each_part_is(agreed: Client) -> None:
    agreed.post(address("s5_cancer"), {"cancer.history": "never", "later": "1"})
    assert list(states(agreed).values()) == [
        *("Done", "Done", "Not started", "Not started", "Not started", "In progress"),
        *["Not started"] * 4,
    ]


def test_the_list_says_which_finished_part_is_open_again(agreed: Client) -> None:
    fill_in(agreed, P01)
    agreed.post(
        address("s3_treatment"), of_step("s3_treatment", P01) | {"treatment.routes": ["disc"]}
    )
    assert states(agreed)["Infections, nerves and spine"] == "Needs attention"
    page = agreed.get(TASKS)
    assert page.context["onward"]["address"] == address("s7_infection_nerves")
    assert "About 1 minute left" in page.text


def test_a_list_with_everything_done_leads_to_sending(agreed: Client) -> None:
    fill_in(agreed, P01)
    page = agreed.get(TASKS)
    assert (page.context["minutes"], page.context["done"], page.context["total"]) == (0, 10, 10)
    assert page.context["onward"]["address"] == reverse("consult:check")
    assert "minutes left" not in page.text


def test_the_list_says_on_which_day_an_unsent_form_is_erased_where_the_person_is(agreed) -> None:
    intake = Intake.objects.get()
    days = {"America/Tijuana": "16 December 2026", "Asia/Tokyo": "17 December 2026"}
    for zone, day in days.items():
        intake.contact = CONTACT | {"time_zone": zone}
        intake.saved_at = intake.saved_at.replace(2026, 11, 16, 20, 0)
        intake.save()
        assert f"<strong>{day}</strong>" in agreed.get(TASKS).text


def test_saving_for_later_says_when_it_is_erased(agreed: Client) -> None:
    page = agreed.post(address("s2_concern"), {"concern.pain": "3", "later": "1"}, follow=True)
    day = page.context["erased_on"]
    assert f"they are erased on {day.day} {day:%B %Y}." in page.text


# ------------------------------------------------------------------------- for somebody else
CARER = reverse("consult:carer")


@pytest.fixture
def parent(agreed: Client) -> Client:
    agreed.post(SECOND, ABOUT | {"person.filling_for": "child"})
    return agreed


def kept() -> Any:
    return Intake.objects.get().carer


def test_who_answers_for_a_child_is_asked_one_part_more(parent: Client) -> None:
    assert states(parent)["You answer for a child"] == "Not started"
    assert onward(parent, "s1_you") == CARER
    assert parent.post(CARER, CARERS["child"]).url == TASKS
    assert kept() == {"filling_for": "child"} | CARERS["child"]
    assert states(parent)["You answer for a child"] == "Done"


def test_who_answers_for_an_adult_is_asked_by_what_right(agreed: Client) -> None:
    agreed.post(SECOND, ABOUT | {"person.filling_for": "adult_care"})
    page = agreed.get(CARER)
    assert shown(page) == ["relation", "authority", "papers", "asked", "wishes"]
    assert agreed.post(CARER, CARERS["adult_care"]).url == TASKS
    assert kept() == {"filling_for": "adult_care"} | CARERS["adult_care"]


def test_who_answers_for_themselves_is_not_asked(agreed: Client) -> None:
    assert agreed.get(CARER).url == TASKS
    assert agreed.post(CARER, CARERS["child"]).url == TASKS
    assert kept() is None


def test_what_is_valid_is_kept_although_something_else_is_missing(parent: Client) -> None:
    page = parent.post(CARER, {"relation": "guardian", "asked": "nonsense"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"authority", "other_parent", "asked"}
    assert kept() == {"filling_for": "child", "relation": "guardian"}
    assert states(parent)["You answer for a child"] == "In progress"


def test_a_form_for_a_child_is_not_sent_without_it(parent: Client) -> None:
    fill_in(parent, P01 | {"person.filling_for": "child"})
    Intake.objects.update(carer=None)
    page = parent.post(reverse("consult:check"), {"signature": "Ana Torres"})
    assert page.status_code != 302
    assert Intake.objects.get().state == "draft"
    assert CARER + "?back" in links(parent.get(reverse("consult:check")))


def test_the_pages_say_for_whom_to_answer(parent: Client) -> None:
    here = address("s2_concern")
    assert "Answer for the child." in parent.get(here).text
    parent.post(SECOND, ABOUT)
    assert "Answer for" not in parent.get(here).text


def test_another_answer_to_for_whom_keeps_it_and_asks_anew(parent: Client) -> None:
    parent.post(CARER, CARERS["child"])
    parent.post(SECOND, ABOUT | {"person.filling_for": "adult_care"})
    assert states(parent)["You answer for an adult in your care"] == "Not started"
    parent.post(SECOND, ABOUT)
    assert "You answer for a child" not in parent.get(TASKS).text
    assert kept() == {"filling_for": "child"} | CARERS["child"]
    parent.post(SECOND, ABOUT | {"person.filling_for": "child"})
    assert states(parent)["You answer for a child"] == "Done"


def test_two_tabs_with_different_answers_get_a_choice(parent: Client) -> None:
    version = parent.get(CARER).context["version"]
    first = CARERS["child"] | {"version": version}
    parent.post(CARER, first)
    page = parent.post(CARER, first | {"wishes": "No."})
    assert page.status_code == 409
    assert [(row["stored"], row["entered"]) for row in page.context["rows"]] == [
        ("Will it hurt?", "No.")
    ]
    assert kept()["wishes"] == "Will it hurt?"
    again = dict(page.context["entered"]) | {"version": page.context["version"]}
    assert parent.post(CARER, again).url == TASKS
    assert kept()["wishes"] == "No."


# ------------------------------------------------------------------------- how we reach them
def test_contact_details_changed_elsewhere_are_not_written_over(agreed: Client) -> None:
    here = reverse("consult:contact")
    version = agreed.get(here).context["version"]
    agreed.post(here, CONTACT | {"phone": "+1 555 0100", "version": version})
    entered = CONTACT | {"time_zone": "Europe/Berlin", "phone": "+49 30 1234567"}
    page = agreed.post(here, entered | {"version": version})
    assert page.status_code == 409
    assert [(row["stored"], row["entered"]) for row in page.context["rows"]] == [
        ("+1 555 0100", "+49 30 1234567"),
        ("Tijuana", "Berlin, Rome, Warsaw, Stockholm"),
    ]
    assert Intake.objects.get().contact == CONTACT | {"phone": "+1 555 0100"}
    again = dict(page.context["entered"]) | {"version": page.context["version"]}
    assert agreed.post(here, again).url == TASKS
    assert Intake.objects.get().contact == entered


def test_the_same_details_twice_and_an_unreadable_version_are_no_clash(agreed: Client) -> None:
    here = reverse("consult:contact")
    version = agreed.get(here).context["version"]
    changed = CONTACT | {"phone": "+1 555 0100"}
    for said in (version, version, "", "x" * 5000, "\0"):
        assert agreed.post(here, changed | {"version": said}).url == TASKS


def test_a_page_with_a_mistake_stays_as_old_as_it_was(agreed: Client) -> None:
    here = reverse("consult:contact")
    version = agreed.get(here).context["version"]
    agreed.post(here, CONTACT | {"phone": "+1 555 0100", "version": version})
    page = agreed.post(here, CONTACT | {"email": "nowhere", "version": version})
    assert (page.status_code, page.context["version"]) == (422, version)


def test_at_sending_nothing_is_kept_of_what_is_no_longer_asked() -> None:
    intake = factories.draft(P01 | {"person.filling_for": "child"})
    assert kept() == {"filling_for": "child"} | CARERS["child"]
    actions.save_step(
        intake, step="s1_you", answers={"person.filling_for": "self"}, now=factories.NOW
    )
    actions.submit(intake, now=factories.NOW)
    assert kept() is None
