import consult.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consult", "0005_roles")]

    operations = [
        migrations.AddField(
            model_name="intake",
            name="urgent_read",
            field=consult.fields.EncryptedJSONField(null=True),
        ),
    ]
