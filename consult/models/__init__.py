from consult.models.addresses import AddressChange
from consult.models.amendments import FollowUpRequest, Recheck, Revision
from consult.models.audit import AuditEvent
from consult.models.booking import (
    Appointment,
    Cell,
    Hold,
    HoursChange,
    TimeBlock,
    VisitType,
    WeeklyHours,
)
from consult.models.casework import (
    GlassBroken,
    MessageTemplate,
    Note,
    PortalMessage,
    SavedView,
    TextRead,
)
from consult.models.delivery import LetterChoice, LetterWording, ProviderEvent, Suppression
from consult.models.findable import IntakeMark
from consult.models.intake import Assessment, Consent, Decision, Intake, IntakeSection
from consult.models.messages import Message, Status
from consult.models.people import Role, User
from consult.models.summaries import VisitSummary
from consult.models.tasks import CallTry, StaffTask
from consult.models.treatments import AdverseEvent, CheckIn, Treatment
from consult.models.understanding import OwnQuestion, UnderstandingAnswer
from consult.models.waitlist import CalendarFeed, WaitlistEntry, WaitlistOffer

__all__ = [
    "AddressChange",
    "AdverseEvent",
    "Appointment",
    "Assessment",
    "AuditEvent",
    "CalendarFeed",
    "CallTry",
    "Cell",
    "CheckIn",
    "Consent",
    "Decision",
    "FollowUpRequest",
    "GlassBroken",
    "Hold",
    "HoursChange",
    "Intake",
    "IntakeMark",
    "IntakeSection",
    "LetterChoice",
    "LetterWording",
    "Message",
    "MessageTemplate",
    "Note",
    "OwnQuestion",
    "PortalMessage",
    "ProviderEvent",
    "Recheck",
    "Revision",
    "Role",
    "SavedView",
    "StaffTask",
    "Status",
    "Suppression",
    "TextRead",
    "TimeBlock",
    "Treatment",
    "UnderstandingAnswer",
    "User",
    "VisitSummary",
    "VisitType",
    "WaitlistEntry",
    "WaitlistOffer",
    "WeeklyHours",
]
