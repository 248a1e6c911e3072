CREATE OR REPLACE FUNCTION run_state_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'queued' THEN
            RAISE EXCEPTION 'Transition of a run: a new row begins as queued, not as %.', NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('applying', 'cancelling'), ('applying', 'failed'), ('applying', 'lost'), ('applying', 'verifying'), ('awaiting_approval', 'canceled'), ('awaiting_approval', 'discarded'), ('awaiting_approval', 'queued'), ('cancelling', 'canceled'), ('cancelling', 'failed'), ('cancelling', 'lost'), ('cancelling', 'no_changes'), ('cancelling', 'succeeded'), ('lost', 'applying'), ('lost', 'cancelling'), ('lost', 'failed'), ('lost', 'synthesizing'), ('planning', 'applying'), ('planning', 'awaiting_approval'), ('planning', 'cancelling'), ('planning', 'failed'), ('planning', 'lost'), ('planning', 'no_changes'), ('planning', 'queued'), ('planning', 'succeeded'), ('planning', 'verifying'), ('queued', 'applying'), ('queued', 'canceled'), ('queued', 'synthesizing'), ('synthesizing', 'cancelling'), ('synthesizing', 'failed'), ('synthesizing', 'lost'), ('synthesizing', 'planning'), ('verifying', 'cancelling'), ('verifying', 'failed'), ('verifying', 'lost'), ('verifying', 'no_changes'), ('verifying', 'succeeded')) THEN
        RAISE EXCEPTION 'Transition of a run: % does not go to %.', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER run_state_machine BEFORE INSERT OR UPDATE OF state ON provisioning_run
    FOR EACH ROW EXECUTE FUNCTION run_state_machine();
