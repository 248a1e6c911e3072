"""Every act that the audit record knows, as ``subject:object:action``."""

from enum import StrEnum


class AuditAction(StrEnum):
    """The name of an act. A retired name stays here with a note, since the record keeps it."""

    USER_SET = "user:role:set"
    USER_SIGNED_IN = "user:session:create"
    USER_SIGN_IN_FAILED = "user:session:refuse"
    ACCOUNT_CREATED = "account:create"
    ACCOUNT_QUOTAS_READ = "account:quotas:read"
    ACCOUNT_QUOTA_SET = "account:quota:set"
    DISTRICT_REGISTERED = "district:create"
    DISTRICT_STATUS_CHANGED = "district:status:change"
    DISTRICT_CHANGED = "district:settings:change"
    DRIFT_CHECKED = "district:drift:check"
    RUN_REQUESTED = "run:create"
    RUN_STATE_CHANGED = "run:state:change"
    RUN_CANCEL_REQUESTED = "run:cancel:request"
    RUN_FORCE_STOP_REQUESTED = "run:force-stop:request"
    RUN_DECIDED = "run:plan:decide"
    RUN_RECOVERED = "run:recover"
    TEARDOWN_REQUESTED = "district:teardown:request"
    OUTPUTS_RECORDED = "district:outputs:record"
    RESOURCES_RECORDED = "district:resources:record"
    INVENTORY_CHECKED = "district:inventory:check"
