"""What all districts of an account share: buckets of states and evidence, images, deploy role, boundaries, the trail.

One Terraform state per account. A district's own stack never changes anything in here.
"""

from __future__ import annotations

import json

from infra.cdk import (
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
    Construct,
    EcrLifecyclePolicy,
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
    GuarddutyDetector,
    IamPolicy,
    IamRole,
    IamRolePolicy,
    IamRolePolicyAttachment,
    KmsAlias,
    KmsKey,
    S3Bucket,
    TerraformOutput,
)
from infra.deploy_rights import (
    DEPLOY_BOUNDARY,
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    DISTRICT_BOUNDARY,
    deploy_statements,
    record_statements,
    without_names,
)
from infra.district_rights import district_statements
from infra.durations import ENDING, LONGEST_RUN
from infra.evidence import EvidenceBucket
from infra.frame import policy
from infra.platform_spec import PlatformSpec
from infra.platform_trail import AccountTrail, key_statements
from infra.protection import protect, tidy
from infra.stack import ReadableStack
from infra.worker_rights import WORKER, evidence_statements, worker_statements

STACK = "platform"
REPOSITORY = "homeroom/processor"
KEPT_IMAGES = 50
OLD_STATES_DAYS = 90


class PlatformStack(ReadableStack):
    """One account's shared resources."""

    def __init__(self, scope: Construct, spec: PlatformSpec) -> None:
        super().__init__(scope, STACK)
        assumed = AwsProviderAssumeRole(role_arn=spec.admin_role_arn, session_name="homeroom-platform")
        AwsProvider(
            self,
            "aws",
            region=spec.region,
            allowed_account_ids=[spec.account_id],
            assume_role=[assumed] if spec.admin_role_arn else None,
            default_tags=[AwsProviderDefaultTags(tags={"ManagedBy": "homeroom-platform"})],
        )
        key = Key(self, spec)
        outputs = {
            "repository_url": Repository(self, key_arn=key.arn).url,
            **DeployRole(self, spec).outputs,
        }
        if spec.state_bucket is not None:
            outputs["state_bucket"] = StateBucket(self, spec.state_bucket, key_arn=key.arn).name
            rights = worker_statements(spec.state_bucket, key.arn)
            if spec.evidence_bucket is not None:
                outputs["evidence_bucket"] = EvidenceBucket(self, spec.evidence_bucket, key_arn=key.arn).name
                rights += evidence_statements(spec.evidence_bucket)
            worker = IamPolicy(
                self,
                "worker",
                name=WORKER,
                description="What the portal's worker may do: enter the districts' accounts, keep their states",
                policy=policy(*rights),
            )
            outputs["worker_policy_arn"] = worker.arn
        if spec.management_trail:
            outputs |= AccountTrail(self, spec, key_arn=key.arn).outputs
        if spec.guardduty:
            GuarddutyDetector(self, "guardduty", enable=True)
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)


class Key(Construct):
    """The key of states and images; student data has its districts' own keys."""

    def __init__(self, scope: Construct, spec: PlatformSpec) -> None:
        super().__init__(scope, "key")
        account = {
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{spec.account_id}:root"},
            "Action": ["kms:*"],
            "Resource": ["*"],
        }
        trail = key_statements(spec) if spec.management_trail else []
        key = KmsKey(
            self,
            "key",
            description="Homeroom's states and images",
            enable_key_rotation=True,
            policy=policy(account, *trail),
        )
        KmsAlias(self, "alias", name="alias/homeroom-platform", target_key_id=key.key_id)
        self.arn: str = key.arn


class Repository(Construct):
    """Where the processor's images lie: scanned when pushed, never overwritten."""

    def __init__(self, scope: Construct, *, key_arn: str) -> None:
        super().__init__(scope, "repository")
        repository = EcrRepository(
            self,
            "processor",
            name=REPOSITORY,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=key_arn)],
        )
        untagged = {
            "rulePriority": 1,
            "description": f"Keep the last {KEPT_IMAGES} images without a tag",
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES},
            "action": {"type": "expire"},
        }
        EcrLifecyclePolicy(self, "lifecycle", repository=repository.name, policy=json.dumps({"rules": [untagged]}))
        self.url: str = repository.repository_url


class DeployRole(Construct):
    """The role that the portal's worker assumes, with an external id, to deploy the account's districts."""

    def __init__(self, scope: Construct, spec: PlatformSpec) -> None:
        super().__init__(scope, "deploy")
        rights = IamPolicy(
            self,
            "rights",
            name=DEPLOY_POLICY,
            description="What the deploy role may do",
            policy=policy(*without_names(deploy_statements(spec.account_id))),
        )
        boundary = IamPolicy(
            self,
            "boundary",
            name=DEPLOY_BOUNDARY,
            description="The most that the deploy role may ever do",
            # Zones come and go, and a managed policy has no room for the names of many.
            policy=policy(*without_names(deploy_statements(spec.account_id, ("*",)))),
        )
        district = IamPolicy(
            self,
            "district_boundary",
            name=DISTRICT_BOUNDARY,
            description="The most that any role of a district may do",
            policy=policy(*district_statements(spec.account_id)),
        )
        portal = {
            "Effect": "Allow",
            "Principal": {"AWS": list(spec.portal_principal_arns)},
            "Action": ["sts:AssumeRole"],
            "Condition": {"StringEquals": {"sts:ExternalId": spec.external_id}},
        }
        role = IamRole(
            self,
            "role",
            name=DEPLOY_ROLE,
            assume_role_policy=policy(portal),
            permissions_boundary=boundary.arn,
            max_session_duration=int((LONGEST_RUN + 2 * ENDING).total_seconds()),
        )
        IamRolePolicyAttachment(self, "attached", role=role.name, policy_arn=rights.arn)
        if records := record_statements(spec.hosted_zone_ids):
            IamRolePolicy(self, "records", name="records", role=role.name, policy=policy(*records))
        self.outputs: dict[str, str] = {
            "deploy_role_arn": role.arn,
            "deploy_boundary_arn": boundary.arn,
            "district_boundary_arn": district.arn,
        }


class StateBucket(Construct):
    """The bucket of all Terraform states. It exists before its own state does, and is imported into it."""

    def __init__(self, scope: Construct, name: str, *, key_arn: str) -> None:
        super().__init__(scope, "state")
        bucket = S3Bucket(self, "bucket", bucket=name)
        bucket.import_from(name)
        self.name: str = bucket.id
        protect(self, bucket, arn=f"arn:aws:s3:::{name}", key_arn=key_arn)
        tidy(self, bucket, id_="old-states", old_versions_days=OLD_STATES_DAYS)
