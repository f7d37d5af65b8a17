from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import migrations, models

import consult.fields

WAITING = ("scheduled", "failed", "held")
BY_THE_CALENDAR = ("intake_nudge_3", "time_to_decide")  # days on, at the same time of day
MORNING = 8  # letters that came out of the night


def name_what_was_meant(apps, schema_editor):
    """Letters that wait for a time of day keep it when the rules of their zone change."""
    Message = apps.get_model("consult", "Message")
    rows = Message.objects.filter(status__in=WAITING, attempts=0)
    fields = rows.only("pk", "event", "wall_time", "zone")
    batch = []
    for letter in fields.iterator(chunk_size=1000):
        try:
            local = letter.wall_time.astimezone(ZoneInfo(letter.zone)).replace(tzinfo=None)
        except (KeyError, ValueError, OSError):
            continue
        if is_by_the_wall(letter.event, local):
            letter.wall_clock = local.isoformat(timespec="seconds")
            batch.append(letter)
    Message.objects.bulk_update(batch, ["wall_clock"], batch_size=500)


def is_by_the_wall(event: str, local: datetime) -> bool:
    in_the_morning = (local.hour, local.minute, local.second) == (MORNING, 0, 0)
    return event.startswith("checkin_day_") or event in BY_THE_CALENDAR or in_the_morning


class Migration(migrations.Migration):
    dependencies = [("consult", "0014_summaries_and_calls")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="as_sent",
            field=consult.fields.EncryptedJSONField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="wall_clock",
            field=models.CharField(max_length=19, null=True),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="reason",
            field=models.CharField(
                choices=[
                    ("bounced", "Two letters in a row came back"),
                    ("complained", "A letter was marked as unwanted"),
                    ("unsubscribed", "Switched off in the mail program"),
                    ("staff", "Stopped by staff"),
                    ("asked", "The person asked for it"),
                    ("others_read", "Somebody else reads this mailbox"),
                    ("wrong", "It is not the person’s address"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["not_before"], name="message_day"),
        ),
        migrations.RunPython(name_what_was_meant, migrations.RunPython.noop),
    ]
