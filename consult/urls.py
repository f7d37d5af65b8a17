from django.conf import settings
from django.urls import path

from consult import accounts
from consult.booking import (
    appointment_views,
    block_views,
    choosing_views,
    coming_views,
    feed_views,
    request_views,
    video_views,
    waitlist_views,
)
from consult.booking import availability_views as availability
from consult.booking import calendar_views as calendar
from consult.dashboard import (
    ahead_views,
    asking_views,
    brief_views,
    casework_views,
    decisions_views,
    export_views,
    glass_views,
    insights_views,
    letter_views,
    mail_views,
    merge_views,
    queue_views,
    saved_views,
    search_views,
    summary_views,
    talking_views,
    tasks_views,
    treatments_views,
)
from consult.dashboard import views as dashboard
from consult.followups import checkin_views, stop_views
from consult.followups.webhooks import webhook_of
from consult.intake import (
    after_views,
    agreement_views,
    amend_views,
    changes_views,
    conversation_views,
    own_question_views,
    people_views,
    sending_views,
    step_views,
    talk_summary_views,
    understanding_views,
)
from consult.intake import views as intake
from consult.privacy import letters_views, reach_views, sign_in_views
from consult.privacy import views as privacy

app_name = "consult"

urlpatterns = [
    path("consult/", intake.start, name="start"),
    path("consult/intake/", intake.tasks, name="tasks"),
    path("consult/intake/contact/", people_views.contact, name="contact"),
    path("consult/intake/carer/", people_views.carer, name="carer"),
    path("consult/intake/check/", sending_views.check, name="check"),
    path("consult/intake/understanding/", understanding_views.questions, name="understanding"),
    path("consult/intake/urgent/", intake.urgent, name="urgent"),
    path("consult/intake/leave/", intake.leave, name="leave"),
    path("consult/intake/<str:name>/", step_views.step, name="step"),
    path("consult/intake/<str:name>/check/", intake.step_check, name="step_check"),
    path("consult/intake/<str:name>/<int:part>/", step_views.step_part, name="step_part"),
    path("consult/status/", after_views.status, name="status"),
    path("consult/messages/", conversation_views.conversations, name="messages"),
    path("consult/questions/", own_question_views.own_questions, name="own_questions"),
    path("consult/questions/<uuid:pk>/", own_question_views.own_question, name="own_question"),
    path("consult/agreements/", agreement_views.agreements, name="agreements"),
    path("consult/sign-in/", accounts.sign_in, name="sign_in"),
    path("consult/after-sign-in/", accounts.after_sign_in, name="after_sign_in"),
    path("consult/book/", choosing_views.book, name="book"),
    path("consult/book/<uuid:pk>/", choosing_views.confirm, name="book_confirm"),
    path("consult/appointments/<str:code>/", appointment_views.appointment, name="appointment"),
    path(
        "consult/appointments/<str:code>/coming/",
        coming_views.from_page,
        name="appointment_coming",
    ),
    path("consult/appointments/<str:code>/summary/", talk_summary_views.summary, name="summary"),
    path("consult/appointments/<str:code>/move/", appointment_views.move, name="appointment_move"),
    path(
        "consult/appointments/<str:code>/cancel/",
        appointment_views.cancel,
        name="appointment_cancel",
    ),
    path(
        "consult/appointments/<str:code>/appointment.ics",
        appointment_views.calendar,
        name="appointment_calendar",
    ),
    path("consult/amend/<str:code>/", amend_views.amend, name="amend"),
    path("consult/amend/<str:code>/urgent/", amend_views.amend_urgent, name="amend_urgent"),
    path("consult/amend/<str:code>/<str:name>/", amend_views.amend_step, name="amend_step"),
    path("consult/changes/<str:code>/", changes_views.changes, name="changes"),
    path("consult/check-in/<str:code>/", checkin_views.checkin, name="checkin"),
    path("consult/waitlist/", waitlist_views.waitlist, name="waitlist"),
    path("consult/offers/<str:code>/", waitlist_views.offer, name="waitlist_offer"),
    # A calendar program cannot sign in: the address itself is the secret.
    path("calendar/<str:secret>.ics", feed_views.busy, name="calendar_feed"),
    # Neither can a mail program.
    path("letters/stop/<str:token>/", stop_views.stop, name="letters_stop"),
    # Whoever has the letter says with one tap that they will come.
    path("letters/coming/<str:token>/", coming_views.from_letter, name="coming"),
    path("consult/my-data/", privacy.my_data, name="my_data"),
    path("consult/my-data/download/", privacy.download, name="my_data_download"),
    path("consult/my-data/forms/<str:code>/withdraw/", privacy.withdraw, name="my_data_withdraw"),
    path(
        "consult/my-data/forms/<str:code>/reminders/", privacy.reminders, name="my_data_reminders"
    ),
    path(
        "consult/my-data/forms/<str:code>/letters/", letters_views.letters, name="my_data_letters"
    ),
    path("consult/my-data/forms/<str:code>/reach/", reach_views.reach, name="my_data_reach"),
    path(
        "consult/my-data/forms/<str:code>/reach/code/",
        reach_views.code,
        name="my_data_reach_code",
    ),
    path("consult/my-data/sign-in/", sign_in_views.address, name="my_data_sign_in"),
    path("consult/my-data/sign-in/code/", sign_in_views.code, name="my_data_sign_in_code"),
    path("consult/my-data/forms/<str:code>/erase/", privacy.erase, name="my_data_erase"),
    path("staff/", queue_views.queue, name="queue"),
    path("staff/rows/", queue_views.queue_rows, name="queue_rows"),
    path("staff/views/", saved_views.staff_views, name="staff_views"),
    path("staff/views/<uuid:pk>/delete/", saved_views.staff_view_delete, name="staff_view_delete"),
    path("staff/search/", search_views.staff_search, name="staff_search"),
    path("staff/export/", export_views.staff_export, name="staff_export"),
    path("staff/intakes/<str:code>/", dashboard.staff_intake, name="staff_intake"),
    path("staff/intakes/<str:code>/decide/", decisions_views.staff_decide, name="staff_decide"),
    path("staff/intakes/<str:code>/next/", queue_views.staff_next, name="staff_next"),
    path("staff/intakes/<str:code>/note/", casework_views.staff_note, name="staff_note"),
    path("staff/intakes/<str:code>/assign/", casework_views.staff_assign, name="staff_assign"),
    path(
        "staff/intakes/<str:code>/merge/<str:other>/", merge_views.staff_merge, name="staff_merge"
    ),
    path("staff/intakes/<str:code>/ask/", asking_views.staff_ask, name="staff_ask"),
    path("staff/intakes/<str:code>/messages/", talking_views.staff_talk, name="staff_talk"),
    path(
        "staff/intakes/<str:code>/messages/<uuid:pk>/",
        talking_views.staff_message,
        name="staff_message",
    ),
    path(
        "staff/intakes/<str:code>/treatments/new/",
        treatments_views.staff_treatment_new,
        name="staff_treatment_new",
    ),
    path("staff/treatments/<uuid:pk>/", treatments_views.staff_treatment, name="staff_treatment"),
    path(
        "staff/treatments/<uuid:pk>/events/new/",
        treatments_views.staff_adverse_event_new,
        name="staff_adverse_event_new",
    ),
    path(
        "staff/adverse-events/<uuid:pk>/",
        treatments_views.staff_adverse_event,
        name="staff_adverse_event",
    ),
    path(
        "staff/intakes/<str:code>/letters/",
        ahead_views.staff_intake_letters,
        name="staff_intake_letters",
    ),
    path("staff/intakes/<str:code>/brief/", brief_views.staff_brief, name="staff_brief"),
    path("staff/intakes/<str:code>/brief.pdf", brief_views.staff_brief_pdf, name="staff_brief_pdf"),
    path("staff/insights/", insights_views.staff_insights, name="staff_insights"),
    path("staff/lots/", treatments_views.staff_lots, name="staff_lots"),
    path("staff/message-templates/", talking_views.staff_templates, name="staff_templates"),
    path("staff/message-templates/new/", talking_views.staff_template, name="staff_template_new"),
    path("staff/message-templates/<uuid:pk>/", talking_views.staff_template, name="staff_template"),
    path("staff/intakes/<str:code>/second/", decisions_views.staff_second, name="staff_second"),
    path("staff/intakes/<str:code>/read/", decisions_views.staff_read_text, name="staff_read"),
    path(
        "staff/intakes/<str:code>/withdraw/",
        decisions_views.staff_withdraw,
        name="staff_withdraw",
    ),
    path("staff/glass/", glass_views.staff_glass, name="staff_glass"),
    path("staff/glass/open/", glass_views.staff_glass_open, name="staff_glass_open"),
    path("staff/tasks/", tasks_views.staff_tasks, name="staff_tasks"),
    path("staff/tasks/<uuid:pk>/done/", tasks_views.staff_task_done, name="staff_task_done"),
    path("staff/tasks/<uuid:pk>/calls/", tasks_views.staff_task_calls, name="staff_task_calls"),
    path("staff/tasks/<uuid:pk>/assign/", tasks_views.staff_task_assign, name="staff_task_assign"),
    path("staff/messages/", mail_views.staff_messages, name="staff_messages"),
    path("staff/messages/<uuid:pk>/", mail_views.staff_letter, name="staff_letter"),
    path("staff/letters/", letter_views.staff_letters, name="staff_letters"),
    path("staff/letters/<str:event>/", letter_views.staff_letter_words, name="staff_letter_words"),
    path("staff/calendar/", calendar.day, name="staff_calendar"),
    path("staff/calendar/week/", calendar.week, name="staff_calendar_week"),
    path("staff/calendar/print/", calendar.printed, name="staff_calendar_print"),
    path("staff/calendar/book/", calendar.book_for, name="staff_book_for"),
    path("staff/calendar/block/", block_views.block, name="staff_block"),
    path("staff/calendar/blocks/<uuid:pk>/remove/", block_views.unblock, name="staff_unblock"),
    path("staff/calendar/feed/", feed_views.own_feed, name="staff_calendar_feed"),
    path("staff/intakes/<str:code>/request/", request_views.of_form, name="staff_request"),
    path("staff/appointments/<str:code>/confirm/", request_views.confirm, name="staff_confirm"),
    path("staff/appointments/<str:code>/decline/", request_views.decline, name="staff_decline"),
    path("staff/appointments/<str:code>/video/", video_views.own_link, name="staff_video"),
    path("staff/intakes/<str:code>/summary/", summary_views.of_form, name="staff_summary_of"),
    path(
        "staff/appointments/<str:code>/summary/",
        summary_views.staff_summary,
        name="staff_summary",
    ),
    path("staff/appointments/<str:code>/mark/", calendar.mark, name="staff_mark"),
    path("staff/appointments/<str:code>/cancel/", calendar.call_off, name="staff_cancel"),
    path("staff/hours/", availability.hours, name="staff_hours"),
    path("staff/visit-types/new/", availability.visit_type, name="staff_visit_type_new"),
    path("staff/visit-types/<uuid:pk>/", availability.visit_type, name="staff_visit_type"),
]
urlpatterns += webhook_of(settings.EMAIL_WEBHOOKS)
