from django.urls import path

from consult import accounts
from consult.booking import availability_views as availability
from consult.booking import calendar_views as calendar
from consult.booking import views as booking
from consult.dashboard import views as dashboard
from consult.intake import views as intake
from consult.privacy import views as privacy

app_name = "consult"

urlpatterns = [
    path("consult/", intake.start, name="start"),
    path("consult/intake/", intake.tasks, name="tasks"),
    path("consult/intake/contact/", intake.contact, name="contact"),
    path("consult/intake/check/", intake.check, name="check"),
    path("consult/intake/urgent/", intake.urgent, name="urgent"),
    path("consult/intake/leave/", intake.leave, name="leave"),
    path("consult/intake/<str:name>/", intake.step, name="step"),
    path("consult/status/", intake.status, name="status"),
    path("consult/sign-in/", accounts.sign_in, name="sign_in"),
    path("consult/after-sign-in/", accounts.after_sign_in, name="after_sign_in"),
    path("consult/book/", booking.book, name="book"),
    path("consult/book/<uuid:pk>/", booking.confirm, name="book_confirm"),
    path("consult/appointments/<str:code>/", booking.appointment, name="appointment"),
    path("consult/appointments/<str:code>/move/", booking.move, name="appointment_move"),
    path("consult/appointments/<str:code>/cancel/", booking.cancel, name="appointment_cancel"),
    path(
        "consult/appointments/<str:code>/appointment.ics",
        booking.calendar,
        name="appointment_calendar",
    ),
    path("consult/my-data/", privacy.my_data, name="my_data"),
    path("consult/my-data/download/", privacy.download, name="my_data_download"),
    path("consult/my-data/forms/<str:code>/withdraw/", privacy.withdraw, name="my_data_withdraw"),
    path(
        "consult/my-data/forms/<str:code>/reminders/", privacy.reminders, name="my_data_reminders"
    ),
    path("consult/my-data/forms/<str:code>/erase/", privacy.erase, name="my_data_erase"),
    path("staff/", dashboard.queue, name="queue"),
    path("staff/intakes/<str:code>/", dashboard.staff_intake, name="staff_intake"),
    path("staff/intakes/<str:code>/decide/", dashboard.staff_decide, name="staff_decide"),
    path("staff/tasks/", dashboard.staff_tasks, name="staff_tasks"),
    path("staff/tasks/<uuid:pk>/done/", dashboard.staff_task_done, name="staff_task_done"),
    path("staff/messages/", dashboard.staff_messages, name="staff_messages"),
    path("staff/calendar/", calendar.day, name="staff_calendar"),
    path("staff/appointments/<str:code>/mark/", calendar.mark, name="staff_mark"),
    path("staff/hours/", availability.hours, name="staff_hours"),
    path("staff/visit-types/new/", availability.visit_type, name="staff_visit_type_new"),
    path("staff/visit-types/<uuid:pk>/", availability.visit_type, name="staff_visit_type"),
]
