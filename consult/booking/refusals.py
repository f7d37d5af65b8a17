"""Why something cannot be booked, in sentences for the person who tried."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a time is not on offer, as a sentence for the person who chose it."""

    OFF_GRID = "Appointments start every quarter of an hour. Please choose one of these times."
    PAST = "This time has passed. Please choose a later one."
    TOO_SOON = "This time is too soon for us to get ready. Please choose a later one."
    TOO_FAR = "This time is too far ahead. Please choose an earlier one."
    CLOSED = "Nobody can see you at this time. Please choose one of these times."
    TAKEN = "Somebody else has just taken this time. Please choose another one."
    FULL = "No more visits of this kind fit into this day. Please choose another day."


class NotBookable(Exception):
    """It cannot be done; the text is a sentence for the person who tried."""


class SlotTaken(NotBookable):
    """Somebody else was first."""

    def __init__(self, why: Refusal = Refusal.TAKEN) -> None:
        super().__init__(str(why))


class TooLate(NotBookable):
    """The time for changing it oneself is over; staff still can."""

    def __init__(self) -> None:
        super().__init__("It is too late to change this here. Please call us.")


class NotCleared(NotBookable):
    """A treatment took place that nothing cleared; it is written down with a reason only."""


class StaleClearance(NotBookable):
    """The clinician's “ready” or the answers behind it no longer hold for a new visit."""
