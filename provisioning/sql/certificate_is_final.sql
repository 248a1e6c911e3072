CREATE FUNCTION certificate_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A certificate of removal is final: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER certificate_is_final_rows BEFORE UPDATE OR DELETE ON provisioning_removalcertificate
    FOR EACH ROW EXECUTE FUNCTION certificate_is_final();
