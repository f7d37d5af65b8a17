"""Codes of the outbox as sentences. Never the mail server's own words: they can name a person."""

import re

from consult.followups import choices, desk, outbox, provider, recovery, wanted
from consult.followups.delivery import BAD_ADDRESS
from consult.followups.suppression import SUPPRESSED
from consult.models import Status

REASONS = {
    outbox.EXPIRED: "It would have come too late to be of use.",
    outbox.NO_ANSWER: "The mail server’s answer was never heard: it may have arrived.",
    outbox.NOT_TAKEN: "It was not taken, as the mail provider says. It goes again.",
    outbox.ENOUGH_TODAY: "The address has had three such letters that day; it waits for morning.",
    outbox.NOT_MADE: "The letter could not be put together.",
    outbox.WITHDRAWN: "The form was taken back.",
    BAD_ADDRESS: "This is no address that a letter can be sent to.",
    desk.STOPPED_BY_STAFF: "A member of staff stopped it.",
    recovery.HAD_LEFT: "It had left before the backup was restored.",
    SUPPRESSED: "No such letters go to this address any more.",
    choices.PAUSED: "The person has paused such letters.",
    choices.NOT_WANTED: "The person does not want such letters.",
    wanted.NOT_FITTING: "What it was about has changed, so it no longer fits.",
    provider.RECIPIENT_REFUSED: "The mail provider takes no letters to this address.",
    provider.AWAY: "The mail provider did not answer: it may have arrived.",
    "ConnectionRefusedError": "The mail server could not be reached.",
    "ConnectionResetError": "The mail server hung up.",
    "SMTPServerDisconnected": "The mail server hung up before it answered: it may have arrived.",
    "SMTPConnectError": "The mail server did not let us in.",
    "SMTPHeloError": "The mail server did not let us in.",
    "SMTPNotSupportedError": "The mail server cannot take this kind of address.",
    "TimeoutError": "The mail server did not answer in time: it may have arrived.",
    "gaierror": "The mail server’s name was not found.",
    "SSLError": "The connection to the mail server was not safe.",
    "SSLCertVerificationError": "The connection to the mail server was not safe.",
    "smtp_421": "The mail server is busy or closing down.",
    "smtp_450": "The mailbox cannot take letters just now.",
    "smtp_451": "The mail server had a problem of its own.",
    "smtp_452": "The mailbox or the mail server is full.",
    "smtp_530": "The mail server wants a sign-in.",
    "smtp_535": "The mail server refused our sign-in.",
    "smtp_550": "There is no such mailbox, or it refuses our letters.",
    "smtp_551": "The mailbox is somewhere else now.",
    "smtp_552": "The mailbox is full.",
    "smtp_553": "The mail server does not know such an address.",
    "smtp_554": "The mail server refused the letter.",
}
REPLY = re.compile(r"smtp_([2-5])\d\d")
PROVIDER = re.compile(r"provider_\d\d\d")
STANDS = {  # a state, as a sentence for whoever looks at one letter
    Status.SCHEDULED: "It goes by itself when it is due.",
    Status.HELD: "It stays here until somebody releases it.",
    Status.CLAIMED: "A worker has taken it and is about to hand it over.",
    Status.SENDING: "It is being handed over to the mail server now.",
    Status.VERIFY: "It was handed over, and the answer was not heard. It is looked at again.",
    Status.FAILED: "It did not go through. It is tried again by itself.",
    Status.SENT: "The mail server took it.",
    Status.DELIVERED: "It was delivered.",
    Status.BOUNCED: "It came back.",
    Status.COMPLAINED: "The person marked it as unwanted.",
    Status.DEAD: "It was given up. It does not go again by itself.",
    Status.CANCELLED: "It was stopped and never leaves.",
}
PROVIDER_SAID = {
    "queued": "Taken by the provider",
    "sent": "Sent on",
    "deferred": "Put off by the mailbox",
    "delivered": "Delivered",
    "bounced": "Came back",
    "rejected": "Refused by the provider",
    "failed": "Failed at the provider",
    "complained": "Marked as unwanted",
    "unsubscribed": "Switched off in the mail program",
    "opened": "Opened",
    "clicked": "Link opened",
}


def reason_words(code: str) -> str:
    """The sentence for a code; for one that nobody foresaw, one that says whom to ask."""
    if not code or code in REASONS:
        return REASONS.get(code, "")
    reply = REPLY.fullmatch(code)
    if reply and reply[1] == "4":
        return f"The mail server could not take it just now (answer {code[5:]})."
    if reply and reply[1] == "5":
        return f"The mail server refused it for good (answer {code[5:]})."
    if PROVIDER.fullmatch(code):
        return f"The mail provider could not take it (answer {code[9:]})."
    return "Something went wrong that has no words yet. Tell whoever runs the portal."


def provider_words(kind: str) -> str:
    return PROVIDER_SAID.get(kind, kind.replace("_", " ").capitalize())
