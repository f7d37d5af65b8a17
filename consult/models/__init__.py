from consult.models.audit import AuditEvent
from consult.models.booking import (
    Appointment,
    Cell,
    Hold,
    HoursChange,
    VisitType,
    WeeklyHours,
)
from consult.models.intake import Assessment, Consent, Decision, Intake, IntakeSection
from consult.models.messages import Message, Status
from consult.models.people import Role, User
from consult.models.tasks import StaffTask

__all__ = [
    "Appointment",
    "Assessment",
    "AuditEvent",
    "Cell",
    "Consent",
    "Decision",
    "Hold",
    "HoursChange",
    "Intake",
    "IntakeSection",
    "Message",
    "Role",
    "StaffTask",
    "Status",
    "User",
    "VisitType",
    "WeeklyHours",
]
