"""The form as a browser meets it: every page through the real URLs."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consult.models import Intake
from consult.rules.answers import clean
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import pages
from tests.factories import CARERS, CONTACT, NOW, PERSONAS, send

pytestmark = pytest.mark.django_db
FORM = load_questionnaire()
STEPS = [step.id for step in FORM.steps]
P01 = PERSONAS["P01"]["answers"]


def posted(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers as a browser posts them."""
    return {
        key: {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        for key, value in answers.items()
    }


def of_step(step: str, answers: dict[str, Any]) -> dict[str, Any]:
    ids = {question.id for question in load_questionnaire().step(step).questions}
    return posted({key: value for key, value in answers.items() if key in ids})


def address(step: str, part: int = 1) -> str:
    name, args = ("step", [step]) if part == 1 else ("step_part", [step, part])
    return reverse(f"consult:{name}", args=args)


def checked(step: str) -> str:
    """The page on which a part is read over."""
    return reverse("consult:step_check", args=[step])


@pytest.fixture
def person() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    return client


@pytest.fixture
def agreed(person: Client) -> Client:
    person.post(address("s1_you"), of_step("s1_you", P01))
    person.post(reverse("consult:contact"), CONTACT)
    return person


def fill_in(client: Client, answers: dict[str, Any]) -> None:
    for step in STEPS:
        client.post(address(step), of_step(step, answers))
        client.post(address(step), of_step(step, answers))  # what branching opened
    client.post(reverse("consult:contact"), CONTACT)
    if whom := CARERS.get(answers["person.filling_for"]):
        client.post(reverse("consult:carer"), whom)


def stored() -> dict[str, Any]:
    return Intake.objects.get().answers()


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS)
def test_each_synthetic_person_gets_through_the_whole_form(person: Client, persona) -> None:
    fill_in(person, persona["answers"])
    assert stored() == clean(load_questionnaire(), persona["answers"], NOW.date())
    response = send(person)
    assert response.url == reverse("consult:status")
    intake = Intake.objects.get()
    assert (intake.state, intake.assessments.get().result["level"]) == (
        "submitted",
        persona["expected"]["level"],
    )
    assert intake.code in person.get(reverse("consult:status")).text


def test_all_questions_have_a_field_named_by_their_id(agreed: Client) -> None:
    everything = P01 | {
        "treatment.routes": ["intrathecal", "joint"],
        "clot.history": ["dvt"],
        "cancer.history": "over_5y",
        "immune.autoimmune": ["lupus"],
        "prior.treatment": "other_clinic",
    }
    fill_in(agreed, everything)
    everywhere = [(one.id, part) for one in FORM.steps for part in range(1, len(pages(one)) + 1)]
    text = "".join(agreed.get(address(*place)).text for place in everywhere)
    names = [question.id for question in load_questionnaire().questions]
    assert len(names) == 48
    assert [name for name in names if f'name="{name}' not in text] == []


def test_looking_at_the_first_page_starts_nothing(client: Client) -> None:
    response = client.get(reverse("consult:start"))
    assert response.status_code == 200
    assert not Intake.objects.exists()


def test_without_a_form_every_page_leads_to_the_beginning(client: Client) -> None:
    for name in ("tasks", "contact", "check", "urgent"):
        assert client.get(reverse(f"consult:{name}")).url == reverse("consult:start")
    assert client.get(address("s1_you")).url == reverse("consult:start")


def test_no_answer_is_stored_before_the_agreement(person: Client) -> None:
    answers = of_step("s1_you", P01)
    del answers["consent.data"]
    response = person.post(address("s1_you"), answers)
    assert response.status_code == 422
    assert "Please tick this box if you agree" in response.text
    assert stored() == {}


def test_other_steps_wait_for_the_agreement(person: Client) -> None:
    assert person.get(address("s4_health")).url == address("s1_you")
    response = person.post(address("s4_health"), of_step("s4_health", P01))
    assert (response.status_code, response.context["why"]) == (409, "agreement")
    assert stored() == {}


def test_what_is_valid_is_saved_although_something_else_is_wrong(agreed: Client) -> None:
    response = agreed.post(
        address("s2_concern"), of_step("s2_concern", P01) | {"concern.pain": "eleven"}
    )
    assert response.status_code == 422
    assert 'value="eleven"' in response.text
    kept = {key: value for key, value in stored().items() if key.startswith("concern")}
    assert kept == {
        key: P01[key] for key in ("concern.main", "concern.details", "concern.diagnosis")
    }


def test_an_answer_that_opens_a_question_comes_back_to_it(agreed: Client) -> None:
    answers = of_step("s4_health", P01) | {"clot.history": ["dvt"]}
    response = agreed.post(address("s4_health"), answers)
    assert response.url == address("s4_health") + "#div_id_clot.recent"
    assert "clot.recent" in agreed.get(address("s4_health")).text
    response = agreed.post(address("s4_health"), answers | {"clot.recent": "over_12m"})
    assert response.url == checked("s4_health")


def test_a_question_that_branching_hides_is_not_asked(agreed: Client) -> None:
    assert 'name="clot.recent"' not in agreed.get(address("s4_health")).text


def test_an_emergency_answer_shows_the_card_with_the_number_of_the_country(person: Client) -> None:
    response = person.post(
        address("s1_you"),
        of_step("s1_you", P01 | {"safety.now": ["chest_pain"], "person.country": "uk"}),
        follow=True,
    )
    assert response.redirect_chain[0][0] == reverse("consult:urgent")
    assert "Call 999" in response.text
    assert stored()["safety.now"] == ["chest_pain"]


def test_the_card_comes_even_when_the_rest_of_the_page_is_empty(person: Client) -> None:
    response = person.post(
        address("s1_you"), {"consent.data": "yes", "safety.now": "self_harm"}, follow=True
    )
    assert "You are not alone" in response.text
    assert stored() == {"consent.data": True, "safety.now": ["self_harm"]}


def test_the_card_comes_even_when_nothing_may_be_stored(person: Client) -> None:
    response = person.post(address("s1_you"), {"safety.now": "chest_pain"})
    assert "Please get emergency help now" in response.text
    assert "Nothing is saved yet" in response.text
    assert stored() == {}


def test_none_of_these_beside_a_danger_sign_is_asked_again(person: Client) -> None:
    answers = of_step("s1_you", P01) | {"safety.now": ["none", "chest_pain"]}
    response = person.post(address("s1_you"), answers)
    assert response.status_code == 422
    assert "which is right?" in response.text
    assert "Please get emergency help now" in response.text


def test_none_of_these_clears_the_others_elsewhere(agreed: Client) -> None:
    agreed.post(
        address("s4_health"),
        of_step("s4_health", P01) | {"heart.conditions": ["none", "valve_problem"]},
    )
    assert stored()["heart.conditions"] == ["none"]


def test_save_for_later_keeps_a_half_filled_page(agreed: Client) -> None:
    response = agreed.post(address("s5_cancer"), {"cancer.history": "never", "later": "1"})
    assert response.url == reverse("consult:tasks")
    assert stored()["cancer.history"] == "never"


def test_a_form_with_open_questions_is_refused_with_the_list(agreed: Client) -> None:
    response = send(agreed)
    assert response.status_code == 422
    assert "Have you ever had cancer?" in response.text
    assert Intake.objects.get().state == "draft"


def test_sending_twice_is_one_submission_and_the_same_page(agreed: Client) -> None:
    fill_in(agreed, P01)
    first = send(agreed)
    second = send(agreed)
    assert first.url == second.url == reverse("consult:status")
    assert Intake.objects.get().assessments.count() == 1


def test_after_sending_the_answers_are_no_longer_shown_here(agreed: Client) -> None:
    fill_in(agreed, P01)
    send(agreed)
    assert agreed.get(reverse("consult:check")).url == reverse("consult:status")
    assert agreed.get(address("s2_concern")).url == reverse("consult:status")


def test_closing_the_form_on_a_shared_device_forgets_it(agreed: Client) -> None:
    agreed.post(reverse("consult:leave"))
    assert agreed.get(reverse("consult:tasks")).url == reverse("consult:start")
    assert Intake.objects.count() == 1


def test_another_browser_sees_nothing_of_the_form(agreed: Client) -> None:
    assert Client().get(reverse("consult:tasks")).url == reverse("consult:start")


BIRTHDAYS = {
    ("2", "3", "1974"): "1974-03-02",
    ("02", "03", "1974"): "1974-03-02",
    ("2", "March", "1974"): "1974-03-02",
    ("2", "mar", "1974"): "1974-03-02",
}


@pytest.mark.parametrize(("parts", "day"), BIRTHDAYS.items(), ids=map("-".join, BIRTHDAYS))
def test_a_date_in_three_boxes_is_taken_as_people_write_it(agreed, parts, day) -> None:
    names = [f"person.birth_date.{part}" for part in ("day", "month", "year")]
    answers = of_step("s1_you", P01)
    del answers["person.birth_date"]
    agreed.post(address("s1_you"), answers | dict(zip(names, parts, strict=True)))
    assert stored()["person.birth_date"] == day


BAD = {
    "unknown option": ("s2_concern", {"concern.main": "<script>"}),
    "unknown option among known ones": ("s4_health", {"clot.history": ["dvt", "nonsense"]}),
    "a number out of range": ("s1_you", {"body.height": "4000"}),
    "more digits than a number has": ("s1_you", {"body.weight": "9" * 5000}),
    "not a number": ("s1_you", {"body.weight": "nan"}),
    "infinity": ("s1_you", {"body.weight": "1e999"}),
    "half a whole number": ("s2_concern", {"concern.pain": "2.5"}),
    "an impossible day": ("s1_you", {"person.birth_date": "1999-02-30"}),
    "a birth in the future": ("s1_you", {"person.birth_date": "2999-01-01"}),
    "a birth too long ago": ("s1_you", {"person.birth_date": "1700-01-01"}),
    "year zero": ("s1_you", {"person.birth_date": "0000-01-01"}),
    "no date at all": ("s1_you", {"person.birth_date": "soon"}),
    "a megabyte of text": ("s2_concern", {"concern.details": "word " * 200_000}),
    "a NUL byte in a text": ("s2_concern", {"concern.details": "a\0b"}),
    "a NUL byte in a choice": ("s2_concern", {"concern.main": "ms\0"}),
    "a NUL byte in a number": ("s1_you", {"body.height": "1\x0060"}),
    "a lone surrogate": (
        "s2_concern",
        {"concern.details": "\ud800".encode("utf-8", "surrogatepass")},
    ),
    "neither yes nor no": ("s3_treatment", {"treatment.long_travel": "maybe"}),
}


@pytest.mark.parametrize(("step", "bad"), BAD.values(), ids=BAD)
def test_bad_input_gets_an_error_at_the_field_and_loses_nothing(agreed, step, bad) -> None:
    agreed.post(address(step), of_step(step, P01))
    before = stored()
    response = agreed.post(address(step), of_step(step, P01) | bad)
    (name,) = bad
    if response.status_code == 302:  # read as something harmless, such as �
        assert name == "concern.details"
    else:
        assert response.status_code == 422
        assert "Error:" in response.text
        assert list(response.context["form"].errors) == [name]
        assert stored() == before


def test_a_step_that_does_not_exist_is_not_found(agreed: Client) -> None:
    for name in ("s10_more", "s1_you%00", "..", "S1_YOU"):
        assert agreed.get(f"/consult/intake/{name}/").status_code == 404


def test_repeated_and_missing_fields_are_no_failure(agreed: Client) -> None:
    response = agreed.post(address("s2_concern"), {"concern.main": ["ms", "stroke"]})
    assert response.status_code == 422
    assert stored()["concern.main"] == "stroke"
    assert agreed.post(address("s2_concern"), {}).status_code == 422


def test_fields_of_another_step_are_not_taken(agreed: Client) -> None:
    agreed.post(
        address("s2_concern"),
        of_step("s2_concern", P01) | {"cancer.history": "current", "state": "ready"},
    )
    assert "cancer.history" not in stored()
    assert Intake.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "not an address"), ("email", ""), ("full_name", "a\0"), ("time_zone", "Mars/Base")],
)
def test_a_wrong_address_is_said_at_the_field_and_keeps_the_rest(agreed, field, value) -> None:
    response = agreed.post(
        reverse("consult:contact"), CONTACT | {field: value, "phone": "+1 555 0100"}
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "+1 555 0100" in response.text
    assert Intake.objects.get().contact == CONTACT


def test_each_step_page_costs_few_queries_however_much_is_answered(
    agreed: Client, django_assert_num_queries
) -> None:
    agreed.get(address("s2_concern"))
    with django_assert_num_queries(4):
        agreed.get(address("s2_concern"))
    fill_in(agreed, P01)
    with django_assert_num_queries(4):
        agreed.get(address("s2_concern"))
