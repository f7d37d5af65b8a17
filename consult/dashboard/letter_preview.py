"""A letter in words that are not in use yet, with a real case or with made-up values."""

from dataclasses import asdict, replace
from datetime import datetime

from consult.dashboard.mail import Shown, shown_email
from consult.followups import letters, summaries
from consult.followups.appointments import anchor_of
from consult.followups.wording import Wordings
from consult.models import Appointment, Intake, LetterWording, Message, User
from consult.rules import wording as rules
from consult.rules.followups import event as event_of_plan
from consult.rules.published import load_followups
from consult.rules.rulesets import Delay, Event
from content.topics import clinic_phone

MADE_UP = "Ana"
BUTTON = "The button of this letter"
MARK = "button-stands-here"
ABOUT_VISITS = rules.ABOUT_VISITS | {summaries.LETTER}


def editable() -> list[str]:
    """Letters of the plan, in its order. Those about signing in carry a secret and stay."""
    return [one.id for one in load_followups().events if one.id in letters.LETTERS]


def offset_in_words(event: Event) -> str:
    """72 hours before, or: day 30, at 9 in the morning, or: at once"""
    said = [delay_in_words(one) for one in event.delays]
    return f"{'; '.join(said)} the others" if len(said) > 1 else said[0]


def delay_in_words(delay: Delay) -> str:
    if delay.unit == "day_of_treatment":
        return f"day {delay.amount}, at 9 in the morning"
    if not delay.amount:
        return "at once"
    amount, side = abs(delay.amount), "before" if delay.amount < 0 else "after"
    days = f" day {', '.join(map(str, delay.on_days))}" if delay.on_days else ""
    return f"{amount} {delay.unit} {side}{days}"


def portal_words(event: str) -> str:
    """The portal's own words, with placeholders where a letter fills something in."""
    told = {name: f"{{{name}}}" for name in rules.placeholders(event)}
    message = Message(event=event)
    words = asdict(letters.Letter("", MARK, "")) | told | {"phone": "", "first_name": ""}
    text = letters.in_words(message, "txt", words)
    return text.partition("Hello,")[2].partition(MARK)[0].strip()


def draft_of(event: str, language: str, *, subject: str, words: str) -> LetterWording:
    """Words as they would be stored; nothing is."""
    return LetterWording(event=event, language=language, version=1, subject=subject, words=words)


def made_up(wording: LetterWording) -> Shown:
    """In the frame, with values at their longest and a name that nobody has."""
    said = rules.SAMPLES | {"phone": clinic_phone() or rules.SAMPLES["phone"]}
    paragraphs = tuple(rules.filled(one, said) for one in rules.paragraphs(wording.words))
    subject = rules.filled(wording.subject, said)
    letter = letters.Letter(subject, BUTTON, letters.link_to("consult:status"))
    message = Message(event=wording.event, language=wording.language, category=category_of(wording))
    around = letters.around(message, phone=clinic_phone()) | {"first_name": MADE_UP}
    words = asdict(replace(letter, paragraphs=paragraphs)) | around
    text, html = (letters.in_words(message, part, words) for part in ("txt", "html"))
    return Shown(subject, text, html)


def category_of(wording: LetterWording) -> str:
    care = event_of_plan(wording.event).needs == "email_consent"
    return Message.Category.CARE if care else Message.Category.SERVICE


def with_case(wording: LetterWording, intake: Intake, *, now: datetime) -> Shown | None:
    """The letter to the person of this form; None where there is nothing for it to be about."""
    message = letter_to(wording, intake, now=now)
    if message is None:
        return None
    try:
        return shown_email(letters.make(message, Wordings(fixed=[wording])))
    except Exception:  # what the letter is about may be gone; then it is shown with made-up values
        return None


def letter_to(wording: LetterWording, intake: Intake, *, now: datetime) -> Message | None:
    """The latest letter of this kind that was written to them, or one that could be."""
    event = wording.event
    rows = Message.objects.about(intake).filter(event=event, language=wording.language)
    if found := rows.last():
        return found
    anchor = anchor_for(event, intake)
    if anchor is None:
        return None
    return Message(
        event=event,
        intake=intake,
        idem_key=f"{event}:{intake.pk}:{anchor}",
        language=wording.language,
        category=category_of(wording),
        recipient=intake.contact_email,
        message_id="<preview@localhost>",
        created_at=now,
    )


def anchor_for(event: str, intake: Intake) -> str | None:
    if event == "waitlist_offer":
        return None
    if event not in ABOUT_VISITS:
        return ""
    visits = Appointment.objects.filter(intake=intake).order_by("-starts_at")
    visit = visits.first()
    return anchor_of(visit) if visit else None


def newest_case(event: str, user: User) -> Intake | None:
    """Of the forms this person may see: the one last written to like this, or the newest."""
    seen = Intake.objects.for_actor(user).filter(submitted_at__isnull=False)
    last = Message.objects.filter(event=event, intake__in=seen).order_by("-created_at").first()
    return last.intake if last else seen.order_by("-submitted_at").first()
