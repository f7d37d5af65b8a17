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
        "checkin_review",
        trigger="check-in outcome review_72h",
        subject="Read a check-in",
        purpose="The person was told that a clinician reads their answers within 3 days. Read them "
        "in the case, and call if something needs a talk.",
    ),
    own_task(
        "checkin_phone",
        trigger="a check-in is due, and no e-mail reaches the person",
        subject="Call: check-in by phone",
        purpose="No letter goes to this person. Call them, ask how they are, and write down what "
        "they say. The questions also stand on their own page.",
    ),
    own_task(
        "recheck_sign",
        trigger="a sign ticked before a treatment",
        subject="Call before the treatment",
        purpose="The person ticked something in the questions before the treatment. Call them: "
        "the visit is not cleared until a clinician has decided again.",
    ),
    own_task(
        "recheck_call",
        trigger="the questions before a treatment could not be sent by e-mail",
        subject="Call: questions before the treatment",
        purpose="The person gets no e-mail, so nobody has asked them what has changed. Phone them "
        "before the visit, and write down what they say. Without it the visit is not cleared.",
    ),
    own_task(
        "email_stopped",
        trigger="two letters in a row came back, or one was marked as unwanted",
        subject="E-mail stopped: phone instead",
        purpose="No letter goes to this person’s address any more. Phone them, tell them what the "
        "last letters said, and ask for an address that works. At the mail desk the stop can be "
        "lifted.",
    ),
]
OWN_TASKS = {one.id: one for one in OWN_EVENTS}
OWN_LETTERS = {
    "sign_in_code": "Code to sign in",
    "password_reset": "Link to set a password",
    "address_code": "Code for an address",
    "address_taken": "About an address that is in use",
    "letters_moved": "Address for letters changed",
    "sign_in_moved": "Address to sign in changed",
    "wording_test": "Test of a letter’s words",
}


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
