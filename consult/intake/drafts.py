"""Which form a browser is busy with: named in its session, or owned by the person signed in."""

from django.http import HttpRequest

from consult.models import Intake

DRAFT, SENT = "draft", "sent"


def draft_of(request: HttpRequest) -> Intake | None:
    """The draft that this browser started, else the newest that belongs to who is signed in."""
    found = None
    if key := request.session.get(DRAFT):
        found = Intake.objects.drafts().filter(pk=key).first()
        if found is None:
            del request.session[DRAFT]
    if found is None and request.user.is_authenticated:
        found = Intake.objects.for_actor(request.user).drafts().filter(owner=request.user).last()
    return found


def remember_draft(request: HttpRequest, intake: Intake) -> None:
    request.session.cycle_key()
    request.session[DRAFT] = str(intake.pk)


def remember_sent(request: HttpRequest, intake: Intake) -> None:
    """From now on this browser sees how the form fares, no longer its answers."""
    request.session.pop(DRAFT, None)
    request.session[SENT] = str(intake.pk)


def sent_from(request: HttpRequest) -> list[Intake]:
    """Submitted forms to tell the person about: their own, and the one this browser sent."""
    rows = Intake.objects.none()
    if request.user.is_authenticated:
        rows = Intake.objects.for_actor(request.user).filter(owner=request.user)
    if key := request.session.get(SENT):
        rows = rows | Intake.objects.filter(pk=key)
    return list(rows.exclude(submitted_at=None).order_by("-submitted_at"))
