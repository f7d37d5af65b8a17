"""The way into a visit by video: when the person finds it on their page, and a room of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.booking.guards import locked_row
from consult.booking.refusals import NotBookable
from consult.models import Appointment, User, VisitType
from consult.rules import clock

BEFORE, AFTER = timedelta(days=1), timedelta(hours=2)
# Marked as attended while it is under way, it still has its door.
WITH_A_DOOR = (Appointment.Status.BOOKED, Appointment.Status.ATTENDED)


@dataclass(frozen=True, slots=True)
class Video:
    """What the page of a visit by video says: the link, else when it will be there, else that we
    tell them."""

    link: str = ""
    from_when: str = ""


def video_of(visit: Appointment, *, now: datetime) -> Video | None:
    """None where there is nothing to say: not by video, not booked, or long over."""
    is_by_video = visit.visit_type.mode == VisitType.Mode.VIDEO
    if not is_by_video or visit.status not in WITH_A_DOOR or now > visit.ends_at + AFTER:
        return None
    link = visit.video_link or visit.visit_type.video_link
    if not link:
        return Video() if now < visit.ends_at else None
    opens_at = visit.starts_at - BEFORE
    if now < opens_at:
        return Video(from_when=clock.in_words(opens_at, clock.zone_or(visit.zone, "UTC")))
    return Video(link=link)


def may_have_own_link(visit: Appointment, *, now: datetime) -> bool:
    is_by_video = visit.visit_type.mode == VisitType.Mode.VIDEO
    return is_by_video and visit.is_standing and now < visit.ends_at


@transaction.atomic
def set_own_link(appointment: Appointment, *, link: str | None, by: User, now: datetime) -> None:
    """Give one visit a checked link of its own; without one its kind of visit's holds.

    Raises NotBookable when it is not by video, called off or over.
    """
    row = locked_row(appointment)
    if not may_have_own_link(row, now=now):
        raise NotBookable("Only a visit by video that is still ahead can have a link.")
    row.video_link = link or None
    row.save(update_fields=["video_link"])
    did = "set the link of a visit" if link else "removed the link of a visit"
    audit.record(by=by, did=did, to=row, now=now)
