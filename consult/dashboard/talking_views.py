"""Write to a person: draft, look at it, send, and take back within two minutes."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import talking
from consult.dashboard.talking_forms import MessageForm, PickForm, TemplateForm
from consult.dashboard.talking_words import CannotFill, filled, values_for
from consult.dashboard.views import case_or_404
from consult.intake import conversation
from consult.intake.refusals import NotAllowed
from consult.models import Intake, MessageTemplate, PortalMessage
from consult.models.people import CARE_TEAM

PICK = "pick"


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_talk(request: HttpRequest, code: str) -> HttpResponse:
    """The messages about one form, and a place to write."""
    intake = case_or_404(request, code)
    values = values_for(intake, now=timezone.now())
    if request.method == "POST" and PICK in request.POST:
        return picked(request, intake, values)
    if request.method == "POST":
        return kept(request, intake, MessageForm(values, request.POST))
    draft = conversation.drafts_of(intake, signed_in(request)).first()
    form = MessageForm(values, initial={"words": draft.words if draft else ""})
    response = talk_page(request, intake, form)
    if request.method == "GET":
        conversation.read_by_staff(intake, by=signed_in(request), now=timezone.now())
    return response


def picked(request: HttpRequest, intake: Intake, values: dict[str, str]) -> HttpResponse:
    """The page with a template's words below what was typed."""
    pick = PickForm(request.POST)
    status, words = HTTPStatus.OK, request.POST.get("words", "")
    if pick.is_valid():
        try:
            added = filled(pick.cleaned_data["template"].words, values)
            words = "\n\n".join(one for one in (words.strip(), added) if one)
        except CannotFill as refusal:
            pick.add_error("template", str(refusal))
    if pick.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    form = MessageForm(values, initial={"words": words})
    return talk_page(request, intake, form, pick, status=status)


def kept(request: HttpRequest, intake: Intake, form: MessageForm) -> HttpResponse:
    if not form.is_valid():
        return talk_page(request, intake, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        draft = conversation.keep_draft(
            intake, words=form.cleaned_data["words"], by=signed_in(request), now=timezone.now()
        )
    except NotAllowed as refusal:
        intake.refresh_from_db()
        return talk_page(request, intake, form, refused=str(refusal), status=HTTPStatus.CONFLICT)
    return redirect("consult:staff_message", intake.code, draft.pk)


def talk_page(
    request: HttpRequest,
    intake: Intake,
    form: MessageForm,
    pick: PickForm | None = None,
    *,
    refused: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed intake", to=intake, now=now, part="messages")
    context = {
        "intake": intake,
        "talk": talking.talk_of(intake),
        "form": form,
        "pick": pick or PickForm(),
        "may_write": talking.may_write(intake, user),
        "refused": refused,
        "now": now,
    }
    return render(request, "consult/dashboard/talk.html", context, status=status)


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_message(request: HttpRequest, code: str, pk: UUID) -> HttpResponse:
    """One's own draft as the person will read it; once sent, the place to take it back."""
    intake = case_or_404(request, code)
    own = PortalMessage.objects.filter(intake=intake, from_staff=True, by=signed_in(request))
    message = get_object_or_404(own.select_related("intake"), pk=pk)
    if request.method == "POST":
        return acted(request, message)
    return message_page(request, message)


def acted(request: HttpRequest, message: PortalMessage) -> HttpResponse:
    act = {"send": sent, "take_back": taken_back, "throw_away": thrown_away}.get(
        request.POST.get("do", "")
    )
    if act is None:
        raise Http404
    try:
        return act(request, message)
    except NotAllowed as refusal:
        message.refresh_from_db()
        return message_page(request, message, refused=str(refusal), status=HTTPStatus.CONFLICT)


def sent(request: HttpRequest, message: PortalMessage) -> HttpResponse:
    conversation.send(message, by=signed_in(request), now=timezone.now())
    messages.success(request, "Sent. You can take it back for two minutes.")
    return redirect("consult:staff_message", message.intake.code, message.pk)


def taken_back(request: HttpRequest, message: PortalMessage) -> HttpResponse:
    conversation.take_back(message, by=signed_in(request), now=timezone.now())
    messages.success(request, "Taken back. The person has not seen it, and it is a draft again.")
    return redirect("consult:staff_message", message.intake.code, message.pk)


def thrown_away(request: HttpRequest, message: PortalMessage) -> HttpResponse:
    conversation.throw_away(message, by=signed_in(request), now=timezone.now())
    messages.success(request, "The draft is thrown away.")
    return redirect("consult:staff_talk", message.intake.code)


def message_page(
    request: HttpRequest,
    message: PortalMessage,
    *,
    refused: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed intake", to=message.intake, now=now, part="messages")
    context = {
        "intake": message.intake,
        "message": message,
        "is_out": message.sent_at is not None and message.sent_at <= now,
        "refused": refused,
        "now": now,
    }
    return render(request, "consult/dashboard/talk_message.html", context, status=status)


@staff(*CARE_TEAM)
@require_safe
def staff_templates(request: HttpRequest) -> HttpResponse:
    templates = MessageTemplate.objects.select_related("changed_by")
    return render(request, "consult/dashboard/talk_templates.html", {"templates": templates})


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_template(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    template = get_object_or_404(MessageTemplate, pk=pk) if pk else None
    if request.method != "POST":
        names = ("name", "words", "is_active")
        initial = {one: getattr(template, one) for one in names} if template else {"is_active": 1}
        return template_page(request, template, TemplateForm(initial=initial))
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            talking.save_template(
                template, by=signed_in(request), now=timezone.now(), **form.cleaned_data
            )
        except talking.NameTaken:
            form.add_error("name", "Another template has this name. Choose another one.")
        else:
            messages.success(request, "The template is saved.")
            return redirect("consult:staff_templates")
    return template_page(request, template, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def template_page(
    request: HttpRequest,
    template: MessageTemplate | None,
    form: TemplateForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {"template": template, "form": form}
    return render(request, "consult/dashboard/talk_template.html", context, status=status)
