"""Errors of Terraform itself, its state and its provider."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import Rank, known

NODE = "internal/terraform/node_resource_abstract_instance.go"

KNOWN = (
    known(
        "provider_unavailable",
        r"Failed to query available provider packages|could not connect to registry|Failed to install provider",
        summary="Terraform could not get the AWS provider.",
        remedy="Check the network, or install a provider mirror (`make doctor` says where it is looked for); then "
        "retry.",
        origin=origins.terraform("internal/command/init.go"),
        example="Error: Failed to query available provider packages\n\nCould not retrieve the list of available "
        "versions for provider hashicorp/aws: could not connect to registry",
    ),
    known(
        "provider_changed",
        r"does not match any of the checksums recorded in the dependency lock file",
        summary="The AWS provider on the worker is not the one that the lock file names.",
        remedy="Empty the worker's provider cache, or install the provider of the mirror again; then retry the run.",
        origin=origins.terraform("internal/command/meta_providers.go"),
        example="Error: Required plugins are not installed\n\nThe installed provider plugins are not consistent with "
        "the packages selected in the dependency lock file:\n  - hashicorp/aws: the cached package for hashicorp/aws "
        "4.64.0 (in .terraform/providers) does not match any of the checksums recorded in the dependency lock file",
    ),
    known(
        "provider_crashed",
        r"Plugin did not respond|plugin encountered an error, and failed to respond",
        summary="The AWS provider crashed.",
        remedy="Retry the run: it continues from what exists. If it happens again look at the worker's memory, and "
        "send the details to the stack's maintainers.",
        origin=origins.terraform("internal/plugin/grpc_error.go"),
        example="Error: Plugin did not respond\n  The plugin encountered an error, and failed to respond to the "
        "plugin.(*GRPCProvider).ReadResource call.",
    ),
    known(
        "provider_inconsistent",
        r"Provider produced inconsistent (result after apply|final plan)",
        summary="AWS returned something other than planned right after a change.",
        remedy="Retry the run: a fresh plan compares again with what AWS says now.",
        origin=origins.terraform(NODE),
        example="Provider produced inconsistent result after apply\n.access_token_validity: was cty.NumberIntVal(1), "
        "but now cty.NumberIntVal(0)",
    ),
    known(
        "destroy_prevented",
        r"Instance cannot be destroyed|lifecycle\.prevent_destroy set",
        summary="The plan would destroy what the stack protects.",
        remedy="Undo the change that asks for a replacement; a teardown is the way to remove a district.",
        origin=origins.terraform(NODE),
        example="Error: Instance cannot be destroyed\n\nResource module.data.aws_db_instance.primary has "
        "lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed.",
    ),
    known(
        "state_locked",
        r"Error acquiring the state lock|state lock",
        summary="Another Terraform holds the lock of this district's state.",
        remedy="Wait until it has ended. If its process is gone for certain, an administrator releases the lock on the "
        "run's page; then retry the run.",
        origin=origins.terraform("internal/command/clistate/state.go"),
        example="Error: Error acquiring the state lock",
        rank=Rank.CAUSE,
    ),
    known(
        "state_changed_outside",
        r"state data in S3 does not have the expected content",
        summary="The district's state in the bucket is not the one that was written last.",
        remedy="Wait two minutes and retry. If the error persists, restore the state's last version in the bucket "
        "(Recovery).",
        origin=origins.terraform("internal/backend/remote-state/s3/client.go"),
        example="Error refreshing state: state data in S3 does not have the expected content.\n\nThis may be caused by "
        "unusually long delays in S3 processing a previous state update.",
    ),
    known(
        "state_of_newer_terraform",
        r"state snapshot was created by Terraform v\S+ which is newer",
        summary="A newer Terraform wrote this district's state.",
        remedy="Install the version named in the details on every worker, then retry the run.",
        origin=origins.terraform("internal/states/statefile/read.go"),
        example="Error: Failed to load state: state snapshot was created by Terraform v1.6.0,\nwhich is newer than "
        "current v1.5.0; upgrade to Terraform v1.6.0 or greater",
    ),
    known(
        "state_bucket_missing",
        r"S3 bucket \"[^\"]+\" does not exist",
        summary="The bucket of the Terraform states does not exist.",
        remedy="Check HOMEROOM_STATE_BUCKET and the credentials' account. If somebody deleted the bucket, see "
        "Recovery before anything is applied.",
        origin=origins.terraform("internal/backend/remote-state/s3/client.go"),
        example='Error: S3 bucket "demo-state" does not exist.',
    ),
    known(
        "state_not_saved",
        r"Failed to save state",
        summary="Terraform could not store the district's state.",
        remedy="Fix the cause named in the details, then retry the run: it pushes the kept state before it plans.",
        origin=origins.terraform("internal/backend/local/backend_apply.go"),
        example="Error: Failed to save state\n\nError saving state: failed to upload state: operation error S3: "
        "PutObject, https response error StatusCode: 503, RequestID: FGTNVZ1C",
    ),
)
