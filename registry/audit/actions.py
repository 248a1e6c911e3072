"""Every act that the audit record knows, as ``subject:object:action``, and in words."""

from enum import StrEnum

from django.utils.translation import pgettext


class AuditAction(StrEnum):
    """The name of an act. A retired name stays here with a note, since the record keeps it."""

    USER_SET = "user:role:set"
    GRANT_GIVEN = "user:grant:create"
    GRANT_ENDED = "user:grant:end"
    PASSWORD_SET = "user:password:set"
    USER_INVITED = "user:invite"
    USER_JOINED_PROVIDER = "user:provider:join"
    ACCESS_REVIEWED = "user:access:export"
    USER_SIGNED_IN = "user:session:create"
    USER_SIGN_IN_FAILED = "user:session:refuse"
    USER_SIGNED_OUT = "user:session:end"
    SESSION_REVOKED = "user:session:revoke"
    FACTOR_ADDED = "user:factor:add"
    FACTOR_REMOVED = "user:factor:remove"
    FACTOR_USED = "user:factor:use"
    TOKEN_CREATED = "user:token:create"
    TOKEN_REVOKED = "user:token:revoke"
    DEVICE_APPROVED = "user:device:approve"
    DEVICE_REFUSED = "user:device:refuse"
    ACCESS_REFUSED = "access:refuse"
    ACCOUNT_CREATED = "account:create"
    ACCOUNT_CHANGED = "account:change"
    ACCOUNT_RETIRED = "account:retire"
    ACCOUNT_QUOTAS_READ = "account:quotas:read"
    ACCOUNT_QUOTA_SET = "account:quota:set"
    DISTRICT_REGISTERED = "district:create"
    DISTRICT_STATUS_CHANGED = "district:status:change"
    DISTRICT_CHANGED = "district:settings:change"
    DRIFT_CHECKED = "district:drift:check"
    FOREIGN_REMOVAL_REQUESTED = "district:drift-removal:request"
    FOREIGN_REMOVED = "district:drift:remove"
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
    ROLLOUT_CREATED = "rollout:create"
    ROLLOUT_WAVE_BEGUN = "rollout:wave:begin"
    ROLLOUT_STATE_CHANGED = "rollout:state:change"
    SNAPSHOT_KEPT = "district:snapshot:keep"
    SNAPSHOT_DROPPED = "district:snapshot:delete"
    CERTIFICATE_ISSUED = "district:certificate:issue"
    EVENTS_TRIMMED = "run:events:trim"
    AUDIT_VERIFIED = "audit:chain:verify"
    AUDIT_EXPORTED = "audit:record:export"
    FLEET_EXPORTED = "fleet:export"
    FLEET_PLANNED = "fleet:plan:request"
    RUN_COMMENTED = "run:comment"
    ERRORED_STATE_KEPT = "run:errored-state:keep"
    ERRORED_STATE_MOVED = "run:errored-state:move"
    ERRORED_STATE_REFUSED = "run:errored-state:refuse"
    ERRORED_STATE_PUSHED = "run:errored-state:push"
    ERRORED_STATE_DISCARDED = "run:errored-state:discard"
    ERRORED_STATE_DELETED = "run:errored-state:delete"
    STATE_PUSH_REQUESTED = "district:state-push:request"
    LOCK_RELEASE_REQUESTED = "district:lock-release:request"
    LOCK_RELEASED = "district:lock:release"
    ENDPOINT_CREATED = "endpoint:create"
    ENDPOINT_CHANGED = "endpoint:change"
    ENDPOINT_REMOVED = "endpoint:remove"
    ENDPOINT_SECRET_ROTATED = "endpoint:secret:rotate"
    ENDPOINT_ENABLED = "endpoint:enable"
    ENDPOINT_DISABLED = "endpoint:disable"
    ENDPOINT_TESTED = "endpoint:test"
    NOTICE_REDELIVERED = "endpoint:notice:redeliver"
    FREEZE_CREATED = "calendar:freeze:create"
    FREEZE_ENDED = "calendar:freeze:end"
    WINDOW_CREATED = "calendar:window:create"
    WINDOW_ENDED = "calendar:window:end"
    HOLD_OVERRIDDEN = "run:hold:override"
    END_SET = "district:end:set"
    END_REMOVED = "district:end:remove"
    END_REACHED = "district:end:reach"
    RESTORE_DRILLED = "district:restore:drill"
    EVIDENCE_REQUESTED = "audit:evidence:request"
    EVIDENCE_MADE = "audit:evidence:make"
    EVIDENCE_DOWNLOADED = "audit:evidence:export"

    @property
    def label(self) -> str:
        """The act in the reader's language."""
        return pgettext("AuditAction", self.words)

    @property
    def words(self) -> str:
        """The act as people read it, in English."""
        return WORDS[self]


WORDS = {
    AuditAction.USER_SET: "Set a person's role",
    AuditAction.GRANT_GIVEN: "Granted a role",
    AuditAction.GRANT_ENDED: "Ended a grant of a role",
    AuditAction.PASSWORD_SET: "Set a person's password",
    AuditAction.USER_INVITED: "Invited a person",
    AuditAction.USER_JOINED_PROVIDER: "Joined the organization's provider",
    AuditAction.ACCESS_REVIEWED: "Exported the access review",
    AuditAction.USER_SIGNED_IN: "Signed in",
    AuditAction.USER_SIGN_IN_FAILED: "Failed to sign in",
    AuditAction.USER_SIGNED_OUT: "Signed out",
    AuditAction.SESSION_REVOKED: "Ended a session",
    AuditAction.FACTOR_ADDED: "Added a second factor",
    AuditAction.FACTOR_REMOVED: "Removed a second factor",
    AuditAction.FACTOR_USED: "Used a recovery code",
    AuditAction.TOKEN_CREATED: "Created an API token",
    AuditAction.TOKEN_REVOKED: "Revoked an API token",
    AuditAction.DEVICE_APPROVED: "Approved a program's sign-in",
    AuditAction.DEVICE_REFUSED: "Refused a program's sign-in",
    AuditAction.ACCESS_REFUSED: "Was refused",
    AuditAction.ACCOUNT_CREATED: "Added an AWS account",
    AuditAction.ACCOUNT_CHANGED: "Changed an AWS account",
    AuditAction.ACCOUNT_RETIRED: "Retired an AWS account",
    AuditAction.ACCOUNT_QUOTAS_READ: "Read an account's quotas",
    AuditAction.ACCOUNT_QUOTA_SET: "Set an account's quota",
    AuditAction.DISTRICT_REGISTERED: "Registered a district",
    AuditAction.DISTRICT_STATUS_CHANGED: "Changed a district's status",
    AuditAction.DISTRICT_CHANGED: "Changed a district's settings",
    AuditAction.DRIFT_CHECKED: "Checked for drift",
    AuditAction.FOREIGN_REMOVAL_REQUESTED: "Consented to removing what was added in AWS",
    AuditAction.FOREIGN_REMOVED: "Removed what was added in AWS",
    AuditAction.RUN_REQUESTED: "Asked for a run",
    AuditAction.RUN_STATE_CHANGED: "Changed a run's state",
    AuditAction.RUN_CANCEL_REQUESTED: "Asked to cancel a run",
    AuditAction.RUN_FORCE_STOP_REQUESTED: "Asked to stop a run by force",
    AuditAction.RUN_DECIDED: "Decided on a plan",
    AuditAction.RUN_RECOVERED: "Recovered a run",
    AuditAction.TEARDOWN_REQUESTED: "Asked for a teardown",
    AuditAction.OUTPUTS_RECORDED: "Recorded outputs",
    AuditAction.RESOURCES_RECORDED: "Recorded resources",
    AuditAction.INVENTORY_CHECKED: "Checked AWS's inventory",
    AuditAction.ROLLOUT_CREATED: "Started a rollout",
    AuditAction.ROLLOUT_WAVE_BEGUN: "Began a rollout's wave",
    AuditAction.ROLLOUT_STATE_CHANGED: "Changed a rollout's state",
    AuditAction.SNAPSHOT_KEPT: "Kept a snapshot",
    AuditAction.SNAPSHOT_DROPPED: "Deleted a snapshot",
    AuditAction.CERTIFICATE_ISSUED: "Issued a certificate of removal",
    AuditAction.EVENTS_TRIMMED: "Trimmed a run's events",
    AuditAction.AUDIT_VERIFIED: "Verified the audit chain",
    AuditAction.AUDIT_EXPORTED: "Exported the audit log",
    AuditAction.FLEET_EXPORTED: "Exported the fleet",
    AuditAction.FLEET_PLANNED: "Asked for plans of many districts",
    AuditAction.RUN_COMMENTED: "Commented on a run",
    AuditAction.ERRORED_STATE_KEPT: "Kept a state that could not be written",
    AuditAction.ERRORED_STATE_MOVED: "Moved a kept state to the state bucket",
    AuditAction.ERRORED_STATE_REFUSED: "Could not push a kept state",
    AuditAction.ERRORED_STATE_PUSHED: "Pushed a kept state",
    AuditAction.ERRORED_STATE_DISCARDED: "Discarded a kept state",
    AuditAction.ERRORED_STATE_DELETED: "Deleted a kept state",
    AuditAction.STATE_PUSH_REQUESTED: "Asked for a kept state to be pushed",
    AuditAction.LOCK_RELEASE_REQUESTED: "Asked for a state's lock to be released",
    AuditAction.LOCK_RELEASED: "Released a state's lock",
    AuditAction.ENDPOINT_CREATED: "Added an endpoint for notices",
    AuditAction.ENDPOINT_CHANGED: "Changed an endpoint for notices",
    AuditAction.ENDPOINT_REMOVED: "Removed an endpoint for notices",
    AuditAction.ENDPOINT_SECRET_ROTATED: "Rotated an endpoint's secret",
    AuditAction.ENDPOINT_ENABLED: "Switched an endpoint on",
    AuditAction.ENDPOINT_DISABLED: "Switched an endpoint off",
    AuditAction.ENDPOINT_TESTED: "Tested an endpoint",
    AuditAction.NOTICE_REDELIVERED: "Resent a notice",
    AuditAction.FREEZE_CREATED: "Set a freeze",
    AuditAction.FREEZE_ENDED: "Ended a freeze",
    AuditAction.WINDOW_CREATED: "Added a maintenance window",
    AuditAction.WINDOW_ENDED: "Removed a maintenance window",
    AuditAction.HOLD_OVERRIDDEN: "Overrode a freeze or window for a run",
    AuditAction.END_SET: "Set the end of a lifetime or contract",
    AuditAction.END_REMOVED: "Removed the end of a lifetime or contract",
    AuditAction.END_REACHED: "Reached the end of a lifetime or contract",
    AuditAction.RESTORE_DRILLED: "Drilled a restore",
    AuditAction.EVIDENCE_REQUESTED: "Asked for an evidence package",
    AuditAction.EVIDENCE_MADE: "Generated an evidence package",
    AuditAction.EVIDENCE_DOWNLOADED: "Downloaded an evidence package",
}
