CREATE OR REPLACE FUNCTION district_state_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'Transition of a district: a new row begins as draft, not as %.', NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (('draft', 'provisioning'), ('draft', 'removed'), ('draft', 'tearing_down'), ('live', 'needs_attention'), ('live', 'provisioning'), ('live', 'tearing_down'), ('needs_attention', 'live'), ('needs_attention', 'provisioning'), ('needs_attention', 'tearing_down'), ('provisioning', 'draft'), ('provisioning', 'live'), ('provisioning', 'needs_attention'), ('tearing_down', 'draft'), ('tearing_down', 'live'), ('tearing_down', 'needs_attention'), ('tearing_down', 'removed')) THEN
        RAISE EXCEPTION 'Transition of a district: % does not go to %.', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER district_state_machine BEFORE INSERT OR UPDATE OF status ON districts_district
    FOR EACH ROW EXECUTE FUNCTION district_state_machine();
