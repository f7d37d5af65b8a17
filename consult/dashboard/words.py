"""Stable keys as staff read them."""

from consult.rules.published import load_followups
from consult.rules.rulesets import Event


def own_task(key: str, *, trigger: str, subject: str, purpose: str, offset: str = "0h") -> Event:
    return Event(
        id=key,
        channel="staff_task",
        trigger=trigger,
        offset=offset,
        delays=(),
        needs="none",
        subject=subject,
        purpose=purpose,
    )


# Tasks of the portal’s own, in no published plan.
OWN_EVENTS = [
    own_task(
        "erasure_request",
        trigger="the person asked on their own page",
        offset="+30d",
        subject="Wish to erase a form",
        purpose="The person asks us to erase what we hold with this form. Answer them: what is "
        "erased, what must stay, and why.",
    ),
    own_task(
        "answers_changed",
        trigger="the person changed answers after the decision",
        subject="Changed answers",
        purpose="The person told us of a change, and the rules find something new. Look at the "
        "difference, decide again, and see whether visits already booked can stay.",
    ),
    own_task(
        "letter_dead",
        trigger="a letter to the person could not be sent",
        subject="A letter did not reach the person",
        purpose="A letter about this form was given up: the address does not take it, or it "
        "would have come too late. The case shows which one. Call the person, tell them what it "
        "said, and ask for an address that works.",
    ),
    own_task(
        "person_wrote",
        trigger="the person wrote to the care team",
        subject="The person wrote to us",
        purpose="Read the message in the case and answer it there, or call. The person was told "
        "that messages are read on working days.",
    ),
    own_task(
        "second_opinion",
        trigger="a clinician wants to go on although the rules hold the form",
        subject="Second clinician needed",
        purpose="A clinician decided “ready to book” although the rules hold this form. A second "
        "clinician reads it, and signs or refuses on its page. Until then nothing can be booked.",
    ),
    own_task(
        "glass_broken",
        trigger="somebody without the right to answers opened them for a reason",
        subject="Answers were opened for a reason",
        purpose="A lead clinician reads who opened this form’s answers and why, and speaks with "
        "them where it is not clear.",
    ),
    own_task(
        "recheck_sign",
        trigger="a sign ticked before a treatment",
        subject="Call before the treatment",
        purpose="The person ticked something in the questions before the treatment. Call them: "
        "the visit is not cleared until a clinician has decided again.",
    ),
]
OWN_TASKS = {one.id: one for one in OWN_EVENTS}
OWN_LETTERS = {"sign_in_code": "Code to sign in", "password_reset": "Link to set a password"}


def event_of(key: str) -> Event | None:
    """The event of the follow-up plan; None for letters that are no part of it."""
    return load_followups().by_id.get(key) or OWN_TASKS.get(key)


def event_words(key: str) -> str:
    event = event_of(key)
    return event.subject if event else OWN_LETTERS.get(key, key.replace("_", " ").capitalize())


def masked(address: str) -> str:
    """Enough of an address to tell two apart: ana@example.org is a•••@e•••.org."""
    name, at, host = address.rpartition("@")
    if not at:
        return "•••"
    return f"{name[:1]}•••@{host[:1]}•••{host[host.rfind('.') :] if '.' in host else ''}"
