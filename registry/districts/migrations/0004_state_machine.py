"""PostgreSQL itself refuses a transition of a district that the table of states does not have."""

from django.db import migrations

INITIAL = "draft"
ALLOWED = (
    ("draft", "provisioning"),
    ("draft", "tearing_down"),
    ("live", "needs_attention"),
    ("live", "provisioning"),
    ("live", "tearing_down"),
    ("needs_attention", "live"),
    ("needs_attention", "provisioning"),
    ("needs_attention", "tearing_down"),
    ("provisioning", "draft"),
    ("provisioning", "live"),
    ("provisioning", "needs_attention"),
    ("tearing_down", "draft"),
    ("tearing_down", "live"),
    ("tearing_down", "needs_attention"),
    ("tearing_down", "removed"),
)
PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in ALLOWED)
CREATE = f"""
CREATE FUNCTION district_state_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> '{INITIAL}' THEN
            RAISE EXCEPTION 'Transition of a district: a new row begins as {INITIAL}, not as %.', NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'Transition of a district: % does not go to %.', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER district_state_machine BEFORE INSERT OR UPDATE OF status ON districts_district
    FOR EACH ROW EXECUTE FUNCTION district_state_machine();
"""
DROP = """
DROP TRIGGER district_state_machine ON districts_district;
DROP FUNCTION district_state_machine();
"""


class Migration(migrations.Migration):
    dependencies = [("districts", "0003_settings")]
    operations = [migrations.RunSQL(CREATE, DROP)]
