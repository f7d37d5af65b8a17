"""The words of the letters: staff's own, in versions, tried out before anybody gets them."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import letter_preview as preview
from consult.dashboard.letter_forms import WordingForm
from consult.dashboard.mail import Shown
from consult.dashboard.mail_views import with_letter
from consult.dashboard.words import event_of
from consult.followups import rewording
from consult.models import LetterWording, Role
from consult.rules import wording as rules
from consult.rules.rulesets import Event

LANGUAGE = "en"  # letters are written in English; nothing else is offered yet
MAY_WORD = (Role.LEAD_CLINICIAN, Role.ADMINISTRATOR)
CHANGED = (
    "A colleague saved other words for this letter meanwhile. Yours are below and not stored. "
    "Compare them with the words in use, and save again."
)


@dataclass(frozen=True, slots=True)
class Listed:
    event: Event
    in_use: LetterWording | None
    offset: str
    broken: str  # why the words in use cannot be used, and the portal's own go out


@staff(*MAY_WORD)
@require_safe
def staff_letters(request: HttpRequest) -> HttpResponse:
    rows = LetterWording.objects.filter(in_use=True, language=LANGUAGE).select_related("by")
    used = {one.event: one for one in rows}
    listed = [listed_as(planned_or_404(key), used.get(key)) for key in preview.editable()]
    return render(request, "consult/dashboard/letters.html", {"rows": listed})


def listed_as(event: Event, in_use: LetterWording | None) -> Listed:
    return Listed(event, in_use, preview.offset_in_words(event), broken(in_use))


def broken(row: LetterWording | None) -> str:
    try:
        if row:
            rules.check_subject(row.subject, row.event)
            rules.check_words(row.words, row.event)
    except rules.CannotUse as why:
        return str(why)
    return ""


def planned_or_404(key: str) -> Event:
    planned = event_of(key)
    if planned is None or key not in preview.editable():
        raise Http404
    return planned


@with_letter
@staff(*MAY_WORD)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_letter_words(request: HttpRequest, event: str) -> HttpResponse:
    planned, user = planned_or_404(event), signed_in(request)
    row = rewording.in_use(event, LANGUAGE)
    if request.method != "POST":
        words = row.words if row else preview.portal_words(event)
        initial = {"subject": row.subject if row else planned.subject, "words": words}
        seen = row.version if row else 0
        return words_page(
            request, planned, WordingForm(event, user, initial=initial | {"seen": seen})
        )
    if "use" in request.POST:
        return put_back(request, event)
    form = WordingForm(event, user, request.POST)
    act = {"look": looked_at, "test": tested, "save": saved}.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return words_page(request, planned, form, status=status)
    return act(request, planned, form)


def looked_at(request: HttpRequest, planned: Event, form: WordingForm) -> HttpResponse:
    """The page with the letter as somebody would get it; who looks at a case is recorded."""
    user, now, said = signed_in(request), timezone.now(), form.cleaned_data
    draft = preview.draft_of(planned.id, LANGUAGE, subject=said["subject"], words=said["words"])
    intake = form.intake or preview.newest_case(planned.id, user)
    found = preview.with_case(draft, intake, now=now) if intake else None
    if intake and found:
        audit.record(by=user, did="viewed intake", to=intake, now=now, part="letter")
        return words_page(request, planned, form, shown=found, code=intake.code)
    if form.intake:
        form.add_error("reference", "This form has nothing that such a letter is about.")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return words_page(request, planned, form, status=status)
    return words_page(request, planned, form, shown=preview.made_up(draft))


def tested(request: HttpRequest, planned: Event, form: WordingForm) -> HttpResponse:
    said = form.cleaned_data
    rewording.send_test(
        event=planned.id,
        subject=said["subject"],
        words=said["words"],
        by=signed_in(request),
        now=timezone.now(),
    )
    messages.success(request, "A test letter goes to your own address within half a minute.")
    return words_page(request, planned, form)


def saved(request: HttpRequest, planned: Event, form: WordingForm) -> HttpResponse:
    said = form.cleaned_data
    try:
        row = rewording.save(
            event=planned.id,
            language=LANGUAGE,
            subject=said["subject"],
            words=said["words"],
            seen=said["seen"],
            by=signed_in(request),
            now=timezone.now(),
        )
    except rewording.ChangedMeanwhile:
        return overtaken(request, planned, form)
    messages.success(request, f"Version {row.version} is in use: letters go out in these words.")
    return redirect("consult:staff_letter_words", planned.id)


def overtaken(request: HttpRequest, planned: Event, form: WordingForm) -> HttpResponse:
    """What was typed, to be saved over what is in use now."""
    row = rewording.in_use(planned.id, LANGUAGE)
    data = {**form.cleaned_data, "seen": row.version if row else 0}
    again = WordingForm(planned.id, signed_in(request), data)
    return words_page(request, planned, again, changed=CHANGED, status=HTTPStatus.CONFLICT)


def put_back(request: HttpRequest, event: str) -> HttpResponse:
    numbers = [request.POST.get(name, "") for name in ("use", "seen")]
    if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in numbers):
        raise Http404
    version, seen = map(int, numbers)
    try:
        rewording.put_in_use(
            event=event,
            language=LANGUAGE,
            version=version,
            seen=seen,
            by=signed_in(request),
            now=timezone.now(),
        )
        words = f"Version {version} is in use again." if version else "The portal’s own are in use."
        messages.success(request, words)
    except LetterWording.DoesNotExist as error:
        raise Http404 from error
    except rewording.ChangedMeanwhile:
        messages.warning(request, "A colleague changed this letter meanwhile. Look at it again.")
    except rules.CannotUse as why:
        messages.warning(request, f"This version cannot be used any more. {why}")
    return redirect("consult:staff_letter_words", event)


def words_page(
    request: HttpRequest,
    planned: Event,
    form: WordingForm,
    *,
    shown: Shown | None = None,
    code: str = "",
    changed: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    rows = LetterWording.objects.filter(event=planned.id, language=LANGUAGE).select_related("by")
    versions = list(rows.order_by("-version"))
    context = {
        "planned": planned,
        "offset": preview.offset_in_words(planned),
        "form": form,
        "shown": shown,
        "code": code,
        "changed": changed,
        "versions": versions,
        "in_use": next((one for one in versions if one.in_use), None),
        "portal_words": preview.portal_words(planned.id),
    }
    return render(request, "consult/dashboard/letter_words.html", context, status=status)
