from django.db import migrations

# As in consult.models.people.Role; a later change of names is a migration of its own.
ROLES = [
    "front desk",
    "clinician",
    "lead clinician",
    "editor",
    "clinical reviewer",
    "administrator",
]


def make_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("consult", "0004_email_encrypted"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
