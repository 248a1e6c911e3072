CREATE FUNCTION rollout_state_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'running' THEN
            RAISE EXCEPTION 'Transition of a rollout: a new row begins as running, not as %.', NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('halted', 'aborted'), ('halted', 'running'), ('paused', 'aborted'), ('paused', 'running'), ('running', 'aborted'), ('running', 'completed'), ('running', 'halted'), ('running', 'paused')) THEN
        RAISE EXCEPTION 'Transition of a rollout: % does not go to %.', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rollout_state_machine BEFORE INSERT OR UPDATE OF state ON provisioning_rollout
    FOR EACH ROW EXECUTE FUNCTION rollout_state_machine();
