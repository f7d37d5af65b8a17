"""The database itself refuses to change the record, and to move a letter that has come to its end.

On SQLite a later migration that rebuilds one of these two tables drops its triggers: it must end
with `put_up` again, and the tests that try to break them will say so.
"""

from django.db import migrations

FINISHED = "('bounced', 'complained', 'dead', 'cancelled')"

UP = {
    "postgresql": [
        """
        CREATE FUNCTION consult_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
        END $$
        """,
        """
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON consult_auditevent
        FOR EACH ROW EXECUTE FUNCTION consult_refuse('audit events are only ever added')
        """,
        """
        CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON consult_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION consult_refuse('audit events are only ever added')
        """,
        f"""
        CREATE TRIGGER message_finished BEFORE UPDATE OF status ON consult_message
        FOR EACH ROW WHEN (OLD.status IN {FINISHED} AND NEW.status <> OLD.status)
        EXECUTE FUNCTION consult_refuse('a finished message stays as it is')
        """,
    ],
    "sqlite": [
        """
        CREATE TRIGGER audit_not_changed BEFORE UPDATE ON consult_auditevent
        BEGIN SELECT RAISE(ABORT, 'audit events are only ever added'); END
        """,
        """
        CREATE TRIGGER audit_not_deleted BEFORE DELETE ON consult_auditevent
        BEGIN SELECT RAISE(ABORT, 'audit events are only ever added'); END
        """,
        f"""
        CREATE TRIGGER message_finished BEFORE UPDATE OF status ON consult_message
        WHEN OLD.status IN {FINISHED} AND NEW.status <> OLD.status
        BEGIN SELECT RAISE(ABORT, 'a finished message stays as it is'); END
        """,
    ],
}
DOWN = {
    "postgresql": [
        "DROP TRIGGER message_finished ON consult_message",
        "DROP TRIGGER audit_not_emptied ON consult_auditevent",
        "DROP TRIGGER audit_append_only ON consult_auditevent",
        "DROP FUNCTION consult_refuse()",
    ],
    "sqlite": [
        "DROP TRIGGER message_finished",
        "DROP TRIGGER audit_not_deleted",
        "DROP TRIGGER audit_not_changed",
    ],
}


def put_up(apps, schema_editor):
    for statement in UP[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)  # a % stays a %


def take_down(apps, schema_editor):
    for statement in DOWN[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)  # a % stays a %


class Migration(migrations.Migration):
    dependencies = [("consult", "0001_first")]

    operations = [migrations.RunPython(put_up, take_down, elidable=False)]
