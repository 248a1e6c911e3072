"""What is stored of runs and of what they made."""

from provisioning.models.certificate import RemovalCertificate
from provisioning.models.holdings import DistrictHoldings
from provisioning.models.run import Run, RunEvent, RunStep, new_claim
from provisioning.models.stack import StackOutput, StackResource

__all__ = [
    "DistrictHoldings",
    "RemovalCertificate",
    "Run",
    "RunEvent",
    "RunStep",
    "StackOutput",
    "StackResource",
    "new_claim",
]
