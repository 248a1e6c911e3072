"""What is stored of runs and of what they made."""

from provisioning.models.access import AccountAccess
from provisioning.models.calendar import DistrictEnd, EndKind, Freeze, MaintenanceWindow
from provisioning.models.certificate import RemovalCertificate
from provisioning.models.cost import AccountCosts, DistrictCost
from provisioning.models.drift import DriftItem
from provisioning.models.errored import ErroredPlace, ErroredState
from provisioning.models.evidence import AuditAnchor, AuditCursor, EvidencePackage
from provisioning.models.figures import DailyFigures
from provisioning.models.holdings import DistrictHoldings
from provisioning.models.lock import DistrictLock
from provisioning.models.measurement import Measurement, PeriodicTask
from provisioning.models.notice import Announcement, Notice, NoticeAttempt, NoticeEndpoint, PersonalNotices
from provisioning.models.pipeline import PipelineFigures
from provisioning.models.preflight import Preflight, PreflightVerdict
from provisioning.models.presence import Presence
from provisioning.models.quota import AccountQuota
from provisioning.models.rollout import Rollout, RolloutMember
from provisioning.models.run import PlannedChange, Run, RunEvent, RunStep, new_claim
from provisioning.models.stack import StackOutput, StackResource

__all__ = [
    "AccountAccess",
    "AccountCosts",
    "AccountQuota",
    "Announcement",
    "AuditAnchor",
    "AuditCursor",
    "DailyFigures",
    "DistrictCost",
    "DistrictEnd",
    "DistrictHoldings",
    "DistrictLock",
    "DriftItem",
    "EndKind",
    "ErroredPlace",
    "ErroredState",
    "EvidencePackage",
    "Freeze",
    "MaintenanceWindow",
    "Measurement",
    "Notice",
    "NoticeAttempt",
    "NoticeEndpoint",
    "PeriodicTask",
    "PersonalNotices",
    "PipelineFigures",
    "PlannedChange",
    "Preflight",
    "PreflightVerdict",
    "Presence",
    "RemovalCertificate",
    "Rollout",
    "RolloutMember",
    "Run",
    "RunEvent",
    "RunStep",
    "StackOutput",
    "StackResource",
    "new_claim",
]
