from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0001_pages")]

    operations = [
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=32)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="GoneAddress",
            fields=[
                ("url_path", models.CharField(max_length=2000, primary_key=True, serialize=False)),
                ("gone_at", models.DateTimeField()),
            ],
        ),
    ]
