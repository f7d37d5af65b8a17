"""Every address of the portal × everybody who may come along."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from consult.dashboard.brief_pdf import weasyprint
from consult.dashboard.treatments import Happened, add_event
from consult.intake.conversation import keep_draft
from consult.models import (
    Intake,
    MessageTemplate,
    Role,
    StaffTask,
    Treatment,
    User,
    VisitSummary,
)
from content.making.groups import make_groups
from tests.factories import NOW, UserFactory, appointment, freed_time_offered, staff, submitted
from tests.open_addresses import OPEN_TO_ALL

pytestmark = pytest.mark.django_db

PAGE, SIGN_IN, NOT_THERE, WRONG_WAY = 200, 302, 404, 405
ROLES = {
    "desk": Role.FRONT_DESK,
    "clinician": Role.CLINICIAN,
    "lead": Role.LEAD_CLINICIAN,
    "editor": Role.EDITOR,
    "reviewer": Role.CLINICAL_REVIEWER,
    "administrator": Role.ADMINISTRATOR,
}
ACTORS = ["nobody", "stranger", "patient", *ROLES]


def only(*who: str, got: int = PAGE, others: int = NOT_THERE) -> list[int]:
    """What each of ACTORS gets for a GET, where a page is for these alone."""
    return [SIGN_IN, *(got if one in who else others for one in ACTORS[1:])]


CLINICAL = ("clinician", "lead")
TEAM = ("desk", *CLINICAL)
CARE_TEAM, CLINICIAN = only(*TEAM), only(*CLINICAL)
POSTED_BY_CARE_TEAM = only(*TEAM, got=WRONG_WAY)
POSTED_BY_CLINICIAN = only(*CLINICAL, got=WRONG_WAY)
LED_ON = only(*TEAM, got=SIGN_IN)  # to the page where it goes on
STAFF_PAGES = {
    "staff/": CARE_TEAM,
    "staff/rows/": CARE_TEAM,
    "staff/views/": CARE_TEAM,
    "staff/views/<uuid:pk>/delete/": POSTED_BY_CARE_TEAM,
    "staff/search/": only(*TEAM, "administrator"),
    # who signed in some other way than a moment ago shows first that it is them
    "staff/export/": only(*CLINICAL, got=SIGN_IN),
    "staff/intakes/<str:code>/next/": LED_ON,
    "staff/intakes/<str:code>/note/": CLINICIAN,
    "staff/intakes/<str:code>/assign/": CARE_TEAM,
    # for lead clinicians and administrators
    "staff/intakes/<str:code>/merge/<str:other>/": only("lead", "administrator"),
    "staff/intakes/<str:code>/": CARE_TEAM,
    "staff/intakes/<str:code>/decide/": POSTED_BY_CLINICIAN,
    "staff/intakes/<str:code>/ask/": CLINICIAN,
    "staff/intakes/<str:code>/messages/": CARE_TEAM,
    # a draft is its writer's own
    "staff/intakes/<str:code>/messages/<uuid:pk>/": only("clinician"),
    "staff/message-templates/": CARE_TEAM,
    "staff/message-templates/new/": CARE_TEAM,
    "staff/message-templates/<uuid:pk>/": CARE_TEAM,
    "staff/intakes/<str:code>/treatments/new/": CLINICIAN,
    "staff/treatments/<uuid:pk>/": CLINICIAN,
    "staff/treatments/<uuid:pk>/events/new/": CLINICIAN,
    "staff/adverse-events/<uuid:pk>/": CLINICIAN,
    "staff/lots/": CLINICIAN,
    "staff/intakes/<str:code>/brief/": CLINICIAN,
    # without Pango it leads to the page to print
    "staff/intakes/<str:code>/brief.pdf": only(*CLINICAL, got=PAGE if weasyprint() else SIGN_IN),
    "staff/insights/": only(*CLINICAL, "administrator"),
    "staff/intakes/<str:code>/second/": POSTED_BY_CLINICIAN,
    "staff/intakes/<str:code>/read/": POSTED_BY_CLINICIAN,
    "staff/intakes/<str:code>/withdraw/": CLINICIAN,
    # for whoever does not read answers otherwise; the list for lead clinicians too
    "staff/glass/": only("desk", "lead", "administrator"),
    "staff/glass/open/": only("desk", "administrator"),
    "staff/tasks/": CARE_TEAM,
    "staff/tasks/<uuid:pk>/assign/": CARE_TEAM,
    "staff/tasks/<uuid:pk>/calls/": CARE_TEAM,
    "staff/tasks/<uuid:pk>/done/": CLINICIAN,
    "staff/messages/": CARE_TEAM,
    "staff/messages/<uuid:pk>/": CARE_TEAM,
    "staff/intakes/<str:code>/letters/": CARE_TEAM,
    # for lead clinicians and administrators
    "staff/letters/": only("lead", "administrator"),
    "staff/letters/<str:event>/": only("lead", "administrator"),
    "staff/calendar/": CARE_TEAM,
    "staff/calendar/week/": CARE_TEAM,
    "staff/calendar/print/": CARE_TEAM,
    "staff/calendar/book/": POSTED_BY_CARE_TEAM,
    "staff/calendar/block/": CARE_TEAM,
    "staff/calendar/blocks/<uuid:pk>/remove/": POSTED_BY_CARE_TEAM,
    "staff/calendar/feed/": CARE_TEAM,
    "staff/appointments/<str:code>/cancel/": CARE_TEAM,
    "staff/intakes/<str:code>/request/": LED_ON,
    "staff/appointments/<str:code>/confirm/": CARE_TEAM,
    "staff/appointments/<str:code>/decline/": LED_ON,
    "staff/appointments/<str:code>/video/": LED_ON,
    "staff/intakes/<str:code>/summary/": only(*CLINICAL, got=SIGN_IN),  # to the page of the talk
    "staff/appointments/<str:code>/summary/": CLINICIAN,
    "staff/appointments/<str:code>/mark/": POSTED_BY_CARE_TEAM,
    "staff/hours/": CARE_TEAM,
    "staff/visit-types/new/": CARE_TEAM,
    "staff/visit-types/<uuid:pk>/": CARE_TEAM,
}
# The patient's own appointment: strangers get what does not exist, whoever is not signed in goes
# to the patients' sign-in.
OWN = only("patient", *TEAM)
# What is held about a form is for its person alone; staff read it on their own pages.
MINE = only("patient")
OWN_PAGES = {
    "consult/my-data/": only(*ACTORS),
    # whoever has sent no form is led to where they can sign in
    "consult/questions/": only("patient", others=SIGN_IN),
    "consult/messages/": only("patient", others=SIGN_IN),
    "consult/questions/<uuid:pk>/": MINE,
    "consult/my-data/download/": only(*ACTORS, got=WRONG_WAY),
    "consult/my-data/forms/<str:code>/withdraw/": MINE,
    "consult/my-data/forms/<str:code>/reminders/": MINE,
    "consult/my-data/forms/<str:code>/letters/": MINE,
    "consult/my-data/forms/<str:code>/reach/": MINE,
    # its address is confirmed, and no other waits: back to what is held
    "consult/my-data/forms/<str:code>/reach/code/": only("patient", got=SIGN_IN),
    # administrators change the addresses of staff
    "consult/my-data/sign-in/": only("stranger", "patient"),
    "consult/my-data/sign-in/code/": only("stranger", "patient", got=SIGN_IN),
    "consult/my-data/forms/<str:code>/erase/": MINE,
    "consult/changes/<str:code>/": MINE,
    # nothing is open in this form: its person is led to where they can say what has changed
    "consult/amend/<str:code>/": only("patient", got=SIGN_IN),
    "consult/amend/<str:code>/urgent/": only("patient", got=SIGN_IN),
    "consult/appointments/<str:code>/": OWN,
    "consult/appointments/<str:code>/appointment.ics": OWN,
    "consult/appointments/<str:code>/coming/": only(*ACTORS, got=WRONG_WAY),
    "consult/appointments/<str:code>/summary/": MINE,
    "consult/check-in/<str:code>/": MINE,
    "consult/waitlist/": only(*ACTORS),
    "consult/offers/<str:code>/": OWN,
}


def patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        else:
            yield from patterns(pattern, route)


OWN_ADDRESSES = {
    route: view
    for route, view in patterns(get_resolver())
    if not route.startswith(("cms/", "admin/", "accounts/"))
}


@pytest.fixture
def rows() -> dict[str, Any]:
    intake = submitted("P04", email="patient@example.org")
    intake.owner = User.objects.get(email="patient@example.org")
    intake.state = Intake.State.READY
    intake.save()
    visit = appointment(intake)
    offer = freed_time_offered(visit)
    question = intake.own_questions.create(words="May I swim?", made_at=NOW)
    return {
        "intake": intake,
        "task": intake.tasks.get(),
        "visit": visit,
        "offer": offer,
        "question": question,
        "letter": intake.messages.first(),
    }


@pytest.fixture
def clients(rows: dict[str, Any]) -> dict[str, Client]:
    people = {
        "stranger": UserFactory(),
        "patient": rows["intake"].owner,
    } | {name: staff(role) for name, role in ROLES.items()}
    User.objects.filter(pk=people["administrator"].pk).update(is_staff=True)
    clients = {"nobody": Client()}
    for name, person in people.items():
        clients[name] = Client()
        clients[name].force_login(person)
    rows |= recorded_by(people["clinician"], rows["intake"])
    return clients


def recorded_by(clinician: User, intake: Intake) -> dict[str, Any]:
    """What a clinician has written: a draft to the person, a template, a treatment and after."""
    treatment = Treatment.objects.create(
        intake=intake,
        clinician=clinician,
        given_on=NOW.date(),
        zone="UTC",
        given={"source": "own_fat", "routes": ["joint"], "product": "", "dose": "", "notes": ""},
        lot="L1",
        recorded_by=clinician,
        recorded_at=NOW,
    )
    happened = Happened("Fever.", NOW.date(), 1, "possible", "recovered")
    before = NOW - timedelta(days=7)
    talk = appointment(intake, starts_at=before, clinician=clinician, status="attended")
    made = {"by": clinician, "written_at": NOW, "changed_at": NOW}
    VisitSummary.objects.create(appointment=talk, words="Of the talk.", **made)
    silent = submitted(email="silent@example.org")
    asked = StaffTask.objects.create(
        intake=silent, event="checkin_no_answer", made_at=NOW, due_at=NOW
    )
    return {
        "talk": talk,
        "unheard": asked,
        "message": keep_draft(intake, words="Hello.", by=clinician, now=NOW),
        "template": MessageTemplate.objects.create(name="Hello", words="Hi.", changed_at=NOW),
        "treatment": treatment,
        "checkin": treatment.checkins.create(day=1, due_at=NOW, plan="0.1.0"),
        "event": add_event(treatment, happened, by=clinician, now=NOW),
    }


def address(route: str, rows: dict[str, Any]) -> str:
    codes = {"intakes": rows["intake"].code, "appointments": rows["visit"].code}
    codes["forms"] = codes["amend"] = codes["changes"] = codes["intakes"]
    path = route.replace("tasks/<uuid:pk>/calls", f"tasks/{rows['unheard'].pk}/calls")
    path = path.replace("tasks/<uuid:pk>", f"tasks/{rows['task'].pk}")
    talk = f"appointments/{rows['talk'].code}/summary"
    path = path.replace("appointments/<str:code>/summary", talk)
    path = path.replace("questions/<uuid:pk>", f"questions/{rows['question'].pk}")
    path = path.replace("offers/<str:code>", f"offers/{rows['offer'].code}")
    path = path.replace("check-in/<str:code>", f"check-in/{rows['checkin'].code}")
    path = path.replace("staff/messages/<uuid:pk>", f"staff/messages/{rows['letter'].pk}")
    path = path.replace("messages/<uuid:pk>", f"messages/{rows['message'].pk}")
    path = path.replace("letters/<str:event>", "letters/booking_invite")
    path = path.replace("templates/<uuid:pk>", f"templates/{rows['template'].pk}")
    path = path.replace("treatments/<uuid:pk>", f"treatments/{rows['treatment'].pk}")
    path = path.replace("adverse-events/<uuid:pk>", f"adverse-events/{rows['event'].pk}")
    path = path.replace("<str:other>", codes["intakes"])
    path = path.replace("views/<uuid:pk>", f"views/{uuid.UUID(int=0)}")
    path = path.replace("blocks/<uuid:pk>", f"blocks/{uuid.UUID(int=0)}")
    path = path.replace("types/<uuid:pk>", f"types/{rows['visit'].visit_type_id}")
    named = r"(intakes|appointments|forms|amend|changes)/<str:code>"
    return "/" + re.sub(named, lambda found: f"{found[1]}/{codes[found[1]]}", path)


def test_no_view_is_open_that_is_not_listed_as_open() -> None:
    is_open = {
        route for route, view in OWN_ADDRESSES.items() if not getattr(view, "login_required", True)
    }
    assert is_open == OPEN_TO_ALL


def test_every_address_of_staff_is_in_the_table() -> None:
    routes = {route for route in OWN_ADDRESSES if route.startswith("staff/")}
    assert routes == set(STAFF_PAGES)


@pytest.mark.parametrize("route", [*STAFF_PAGES, *OWN_PAGES])
def test_each_address_shows_itself_only_to_whom_it_is_for(route, rows, clients) -> None:
    expected = (STAFF_PAGES | OWN_PAGES)[route]
    path = address(route, rows)
    got = [clients[actor].get(path).status_code for actor in ACTORS]
    assert dict(zip(ACTORS, got, strict=True)) == dict(zip(ACTORS, expected, strict=True))


@pytest.mark.parametrize("route", [*STAFF_PAGES, *OWN_PAGES])
def test_no_address_is_changed_by_looking_or_by_an_odd_method(route, rows, clients) -> None:
    before = (list(Intake.objects.values()), rows["intake"].tasks.values().get())
    path = address(route, rows)
    for actor in ACTORS:
        for method in ("head", "options", "put", "patch", "delete"):
            status = getattr(clients[actor], method)(path).status_code
            assert status in {200, 302, 404, 405}, (actor, method, status)
    assert (list(Intake.objects.values()), rows["intake"].tasks.values().get()) == before


FOREIGN = {
    "consult/questions/<uuid:pk>/": "stranger",
    "staff/intakes/<str:code>/": "patient",
    "staff/intakes/<str:code>/withdraw/": "desk",
    "staff/tasks/<uuid:pk>/assign/": "administrator",
    "staff/tasks/<uuid:pk>/done/": "patient",
    "staff/intakes/<str:code>/messages/": "patient",
    "staff/intakes/<str:code>/letters/": "patient",
    "staff/messages/<uuid:pk>/": "editor",
    "staff/intakes/<str:code>/brief/": "desk",
    "staff/treatments/<uuid:pk>/": "desk",
    "staff/adverse-events/<uuid:pk>/": "patient",
    "consult/appointments/<str:code>/": "stranger",
    "consult/offers/<str:code>/": "stranger",
    "consult/appointments/<str:code>/summary/": "clinician",
    "staff/appointments/<str:code>/summary/": "desk",
    "staff/tasks/<uuid:pk>/calls/": "patient",
    "consult/check-in/<str:code>/": "clinician",
    "consult/amend/<str:code>/": "stranger",
    "consult/changes/<str:code>/": "clinician",
    "consult/my-data/forms/<str:code>/withdraw/": "stranger",
    "consult/my-data/forms/<str:code>/reminders/": "clinician",
    "consult/my-data/forms/<str:code>/letters/": "stranger",
    "consult/my-data/forms/<str:code>/reach/": "clinician",
    "consult/my-data/forms/<str:code>/reach/code/": "stranger",
    "consult/my-data/forms/<str:code>/erase/": "stranger",
}


@pytest.mark.parametrize(("route", "actor"), FOREIGN.items())
def test_what_is_not_yours_and_what_does_not_exist_look_the_same(
    route, actor, rows, clients
) -> None:
    unknown = route.replace("<str:code>", "ZZZZZZZZZZ").replace("<uuid:pk>", str(uuid.uuid4()))
    foreign = clients[actor].get(address(route, rows))
    nowhere = clients[actor].get(f"/{unknown}")
    assert (foreign.status_code, foreign.content) == (nowhere.status_code, nowhere.content)
    assert foreign.status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "/cms/": only("editor", "reviewer", "administrator", others=SIGN_IN),
        "/admin/": only("administrator", others=SIGN_IN),
    }.items(),
)
def test_the_pages_and_the_settings_are_for_their_people(path, expected, clients) -> None:
    make_groups()
    got = [clients[actor].get(path).status_code for actor in ACTORS]
    assert dict(zip(ACTORS, got, strict=True)) == dict(zip(ACTORS, expected, strict=True))


def test_a_role_taken_away_counts_at_the_next_request(clients) -> None:
    assert clients["clinician"].get("/staff/").status_code == PAGE
    User.objects.get(pk=clients["clinician"].session["_auth_user_id"]).groups.clear()
    assert clients["clinician"].get("/staff/").status_code == NOT_THERE


def test_private_pages_are_kept_by_nobody(clients, rows) -> None:
    for path in ("/consult/", "/consult/status/", "/staff/", "/accounts/login/"):
        for client in clients.values():
            assert "no-store" in client.get(path)["Cache-Control"], path
