import consult.fields
from django.db import migrations


class Migration(migrations.Migration):
    # One of allauth's migrations compares this column with LOWER(), which PostgreSQL has for text
    # alone; so the column becomes what it must be only after that one, and before any row.
    dependencies = [
        ('account', '0006_emailaddress_lower'),
        ('consult', '0003_booking'),
    ]

    operations = [
        migrations.AlterField(
            'user', 'email', consult.fields.FindableTextField(index='email_index', unique=True)
        ),
    ]
