"""Stable keys as staff read them."""

from consult.rules.published import load_followups
from consult.rules.rulesets import Event

# Tasks that a person's own act makes, and no plan.
OWN_TASKS = {
    "erasure_request": Event(
        id="erasure_request",
        channel="staff_task",
        trigger="the person asked on their own page",
        offset="+30d",
        delays=(),
        needs="none",
        subject="Wish to erase a form",
        purpose="The person asks us to erase what we hold with this form. Answer them: what is "
        "erased, what must stay, and why.",
    )
}
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
