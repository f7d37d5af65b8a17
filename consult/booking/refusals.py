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


class NotBookable(Exception):
    """It cannot be done; the text is a sentence for the person who tried."""


class SlotTaken(NotBookable):
    """Somebody else was first."""

    def __init__(self) -> None:
        super().__init__(str(Refusal.TAKEN))


class TooLate(NotBookable):
    """The time for changing it oneself is over; staff still can."""

    def __init__(self) -> None:
        super().__init__("It is too late to change this here. Please call us.")
