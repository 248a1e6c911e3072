"""Which drift widens who can reach a district's data: a table of rules over the values of a drift check, each sourced.

Pure. A rule looks at one attribute, before and after. Where values are withheld or nothing is wider, it is no exposure;
what an attribute of an unknown kind does is not guessed, but for names that say encryption.
Sources: AWS Security Hub User Guide, "Security Hub controls reference", by each control's number.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ExposureCode(StrEnum):
    """What kind of opening it is."""

    OPEN_PORT = "open_port"
    PUBLIC_ACCESS = "public_access"
    WIDER_PRINCIPAL = "wider_principal"
    WIDER_RIGHTS = "wider_rights"
    NO_ENCRYPTION = "no_encryption"
    NO_TLS = "no_tls"
    NO_RECORD = "no_record"


@dataclass(frozen=True)
class Drifted:
    """One attribute that AWS has otherwise than the stack, as rules see it."""

    type: str
    path: str
    before: Any = None
    after: Any = None
    gone: bool = False
    foreign: bool = False

    @property
    def top(self) -> str:
        """The attribute, without the path inside it."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True)
class Rule:
    """What an opening looks like in drift, and the control that speaks against it."""

    code: ExposureCode
    type: str
    """A pattern of resource types."""
    path: str
    """A pattern of paths; empty is a resource that has gone."""
    widens: Callable[[Drifted], bool]
    source: str


@dataclass(frozen=True)
class Exposure:
    """An opening that drift made: of which kind, and by which control it is one."""

    code: ExposureCode
    source: str


HOLDERS_OF_POLICIES = (
    r"aws_.*policy.*|aws_iam_role|aws_kms_key|aws_sqs_queue|aws_sns_topic|aws_secretsmanager_secret|aws_vpc_endpoint"
    r"|aws_s3_bucket"
)
TRAIL = "enable_logging|enable_log_file_validation|is_multi_region_trail|include_global_service_events"
TLS_SWITCH = r".*(transit_encryption|require_tls|force_ssl|tls_enabled|iam_database_authentication)\w*"
KEPT_SECRET = (
    r".*(storage_encrypted|encryption_enabled|encrypted|sse_enabled|kms_(master_)?key(_id|_arn)?|encryption_key)"
)
GROUPS = r"aws_(default_)?security_group|aws_security_group_rule|aws_vpc_security_group_ingress_rule"
POLICIES = r"(assume_role_|access_|resource_|key_|repository_)?policy"
OFF_AT_ALL: tuple[Any, ...] = (None, False, "", 0, "false", "disabled", "Disabled", "DISABLED", "NONE", [])
SWITCHES_OF_BUCKETS = "block_public_acls|block_public_policy|ignore_public_acls|restrict_public_buckets"


def exposure_of(attribute: Drifted) -> Exposure | None:
    """Return how a drifted attribute widens exposure by the first rule that says so; None where none does."""
    for rule in RULES:
        fits = bool(re.fullmatch(rule.type, attribute.type)) and (
            attribute.gone if not rule.path else not attribute.gone and bool(re.fullmatch(rule.path, attribute.path))
        )
        if fits and rule.widens(attribute):
            return Exposure(rule.code, rule.source)
    return None


def is_public(network: Any) -> bool:
    """Return whether a CIDR block holds addresses of the internet."""
    try:
        block = ipaddress.ip_network(str(network), strict=False)
    except ValueError:
        return False
    if block.prefixlen == 0:
        return True
    return not (block.is_private or block.is_link_local or block.is_loopback)


def _always(attribute: Drifted) -> bool:
    return True


def _off(attribute: Drifted) -> bool:
    """Return whether something was on and is off."""
    return attribute.after in OFF_AT_ALL and attribute.before not in OFF_AT_ALL


def _on(attribute: Drifted) -> bool:
    return attribute.before in OFF_AT_ALL and attribute.after not in OFF_AT_ALL


def _admits(attribute: Drifted) -> bool:
    """Return whether an added or changed source is of the internet, or a rule's ports or protocol grew."""
    if isinstance(attribute.after, dict):
        blocks = [attribute.after.get(name) for name in ("source", "cidr_ipv4", "cidr_ipv6")]
        for name in ("cidr_blocks", "ipv6_cidr_blocks"):
            blocks += attribute.after.get(name) or [] if isinstance(attribute.after.get(name), list) else []
        return any(is_public(block) for block in blocks if block)
    if attribute.path.endswith("from_port"):
        return _number(attribute.after) < _number(attribute.before)
    if attribute.path.endswith("to_port"):
        return _number(attribute.after) > _number(attribute.before)
    if attribute.path.endswith("protocol"):
        return str(attribute.after) == "-1" and str(attribute.before) != "-1"
    after = attribute.after if isinstance(attribute.after, list) else [attribute.after]
    before = attribute.before if isinstance(attribute.before, list) else [attribute.before]
    return any(is_public(block) and not _within(block, before) for block in after if block)


def _within(block: Any, blocks: list[Any]) -> bool:
    """Return whether a network was admitted before."""
    network = ipaddress.ip_network(str(block), strict=False)
    for other in blocks:
        try:
            wide = ipaddress.ip_network(str(other), strict=False)
        except ValueError:
            continue
        if wide.version == network.version and network.subnet_of(wide):  # type: ignore[arg-type]
            return True
    return False


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _leads_out(attribute: Drifted) -> bool:
    """Return whether a foreign route leads to an internet gateway: what stands behind it is reached from outside."""
    return isinstance(attribute.after, dict) and str(attribute.after.get("by", "")).startswith(("igw-", "eigw-"))


def _statements(value: Any) -> list[dict[str, Any]]:
    """Return the statements that a drifted value holds: a whole document, a list of statements, or one."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, dict) and "Statement" in value:
        value = value["Statement"]
    statements = value if isinstance(value, list) else [value]
    return [part for part in statements if isinstance(part, dict) and "Effect" in part]


def _names(value: Any) -> set[str]:
    """Return every text in a value: principals, actions or resources, however they are nested."""
    if isinstance(value, dict):
        return {text for part in value.values() for text in _names(part)}
    if isinstance(value, list):
        return {text for part in value for text in _names(part)}
    return {str(value)} if value is not None else set()


def _more_principals(attribute: Drifted) -> bool:
    """Return whether a policy names somebody whom it did not, stops to refuse, or drops a condition."""
    if re.search(r"\.(Not)?Principal\b", attribute.path):
        removed = ".NotPrincipal" in attribute.path
        before, after = _names(attribute.before), _names(attribute.after)
        return bool(before - after if removed else after - before)
    if re.search(r"\.Condition\b", attribute.path):
        return True
    if attribute.path.endswith(".Effect"):
        return str(attribute.after) == "Allow"
    old, new = _statements(attribute.before), _statements(attribute.after)
    lost = [part for part in old if part.get("Effect") == "Deny" and part not in new]
    allowed = [part for part in new if part.get("Effect") == "Allow" and part not in old]
    known = {name for part in old if part.get("Effect") == "Allow" for name in _names(part.get("Principal"))}
    named = {name for part in allowed for name in _names(part.get("Principal"))}
    return bool(lost) or bool(named - known) or any("NotPrincipal" in part for part in allowed)


def _more_rights(attribute: Drifted) -> bool:
    """Return whether a policy allows more actions or resources than it did."""
    if re.search(r"\.(Not)?(Action|Resource)\b", attribute.path):
        before, after = _names(attribute.before), _names(attribute.after)
        is_except = bool(re.search(r"\.Not(Action|Resource)\b", attribute.path))
        if is_except:
            return bool(before - after)
        return bool({name for name in after - before if not any(_covers(wide, name) for wide in before)})
    allowed = [part for part in _statements(attribute.before) if part.get("Effect") == "Allow"]
    return any(part not in allowed for part in _statements(attribute.after) if part.get("Effect") == "Allow")


def _covers(wide: str, name: str) -> bool:
    return re.fullmatch(re.escape(wide).replace(r"\*", ".*").replace(r"\?", "."), name) is not None


def _weaker_cipher(attribute: Drifted) -> bool:
    """Return whether a bucket's default encryption left KMS's keys."""
    return str(attribute.before).startswith("aws:kms") and not str(attribute.after).startswith("aws:kms")


def _plain(attribute: Drifted) -> bool:
    return str(attribute.before).upper() in {"HTTPS", "TLS"} and str(attribute.after).upper() not in {"HTTPS", "TLS"}


def _older_tls(attribute: Drifted) -> bool:
    """Return whether a listener takes an older security policy: those of TLS 1.2 and 1.3 say so in their names."""
    modern = re.compile(r"TLS13|TLS-1-2|FS-1-2")
    return bool(modern.search(str(attribute.before))) and (
        not modern.search(str(attribute.after))
        or ("TLS13-1-0" in str(attribute.after) or "TLS13-1-1" in str(attribute.after))
    )


def _tls_parameter(attribute: Drifted) -> bool:
    """Return whether a parameter that demands TLS was turned off, or taken out of the group."""
    text = json.dumps(attribute.before, default=str)
    if not re.search("force_ssl|require_secure_transport|require_ssl", f"{text} {attribute.path}"):
        return False
    values = [part.get("value") if isinstance(part, dict) else part for part in (attribute.before, attribute.after)]
    return str(values[0]).lower() in {"1", "on", "true"} and str(values[1]).lower() not in {"1", "on", "true"}


def _acl_is_public(attribute: Drifted) -> bool:
    text = json.dumps(attribute.after, default=str)
    return any(word in text for word in ("public-read", "AllUsers", "AuthenticatedUsers", "authenticated-read"))


def _wider_access(attribute: Drifted) -> bool:
    """Return whether a cache user may do more: all keys or commands, which it might not."""
    wide = {"~*", "+@all", "allkeys", "allcommands", "&*"}
    return bool(wide & set(str(attribute.after).split()) - set(str(attribute.before).split()))


def _any_value(attribute: Drifted) -> bool:
    return attribute.after not in OFF_AT_ALL


RULES = (
    Rule(ExposureCode.OPEN_PORT, GROUPS, r"ingress(\[.*|\..*)?", _admits, "Security Hub EC2.18, EC2.19"),
    Rule(
        ExposureCode.OPEN_PORT,
        GROUPS,
        r"(ipv6_)?cidr_(blocks|ipv4|ipv6)(\[.*)?",
        _admits,
        "Security Hub EC2.18, EC2.19",
    ),
    Rule(ExposureCode.OPEN_PORT, GROUPS, r"from_port|to_port|(ip_)?protocol", _admits, "Security Hub EC2.18, EC2.19"),
    Rule(ExposureCode.OPEN_PORT, r"aws_(default_)?network_acl", r"ingress(\[.*|\..*)?", _admits, "Security Hub EC2.21"),
    Rule(ExposureCode.OPEN_PORT, "aws_route_table", r"route\[\]", _leads_out, "VPC User Guide, Internet gateways"),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_s3_(bucket|account)_public_access_block",
        SWITCHES_OF_BUCKETS,
        _off,
        "Security Hub S3.1, S3.8",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_s3_(bucket|account)_public_access_block",
        "",
        _always,
        "Security Hub S3.1, S3.8",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_s3_bucket(_acl)?",
        r"acl|access_control_policy.*|grant.*",
        _acl_is_public,
        "Security Hub S3.2, S3.3",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        r"aws_rds_cluster_instance|aws_db_instance",
        "publicly_accessible",
        _on,
        "Security Hub RDS.2",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_subnet",
        "map_public_ip_on_launch|assign_ipv6_address_on_creation",
        _on,
        "Security Hub EC2.15",
    ),
    Rule(ExposureCode.PUBLIC_ACCESS, "aws_lb", "internal", _off, "Elastic Load Balancing, Load balancer schemes"),
    Rule(ExposureCode.PUBLIC_ACCESS, "aws_ecs_service", r".*assign_public_ip", _on, "Security Hub ECS.2"),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_lambda_function_url",
        "authorization_type",
        lambda attribute: attribute.after == "NONE",
        "Security Hub Lambda.1",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_sqs_queue_policy|aws_sns_topic_policy|aws_s3_bucket_policy",
        "",
        _always,
        "Security Hub S3.5, SNS.4",
    ),
    Rule(
        ExposureCode.PUBLIC_ACCESS,
        "aws_wafv2_web_acl_association|aws_wafv2_web_acl",
        "",
        _always,
        "Security Hub ELB.16",
    ),
    Rule(ExposureCode.PUBLIC_ACCESS, "aws_wafv2_web_acl", r"default_action.*block.*", _off, "Security Hub ELB.16"),
    Rule(
        ExposureCode.WIDER_PRINCIPAL,
        HOLDERS_OF_POLICIES,
        rf"{POLICIES}(\..*|\[.*)?",
        _more_principals,
        "Security Hub S3.6, KMS.5, SQS.3, IAM.21",
    ),
    Rule(
        ExposureCode.WIDER_RIGHTS,
        r"aws_iam_role",
        r"managed_policy_arns\[\]|inline_policy\[\]",
        _any_value,
        "Security Hub IAM.1, IAM.21",
    ),
    Rule(ExposureCode.WIDER_RIGHTS, r"aws_iam_role_policy_attachment", "policy_arn", _any_value, "Security Hub IAM.1"),
    Rule(
        ExposureCode.WIDER_RIGHTS,
        r"aws_iam_role",
        r"permissions_boundary",
        _off,
        "IAM User Guide, Permissions boundaries",
    ),
    Rule(
        ExposureCode.WIDER_RIGHTS,
        r"aws_.*policy.*|aws_kms_key|aws_vpc_endpoint|aws_s3_bucket",
        rf"{POLICIES}(\..*|\[.*)?",
        _more_rights,
        "Security Hub IAM.1, IAM.21, KMS.1",
    ),
    Rule(ExposureCode.NO_TLS, r"aws_lb_listener", "protocol", _plain, "Security Hub ELB.1"),
    Rule(ExposureCode.NO_TLS, r"aws_lb_listener", "ssl_policy", _older_tls, "Security Hub ELB.17"),
    Rule(ExposureCode.NO_TLS, r"aws_lb_listener", r"default_action.*redirect.*protocol", _plain, "Security Hub ELB.1"),
    Rule(
        ExposureCode.NO_TLS,
        r"aws_(rds_cluster|db)_parameter_group",
        r"parameter.*",
        _tls_parameter,
        "Security Hub RDS.38, RDS.39",
    ),
    Rule(ExposureCode.NO_TLS, r"aws_(rds_cluster|db)_parameter_group", "", _always, "Security Hub RDS.38"),
    Rule(
        ExposureCode.NO_TLS,
        r"aws_elasticache_replication_group",
        "transit_encryption_enabled",
        _off,
        "Security Hub ElastiCache.5",
    ),
    Rule(
        ExposureCode.NO_TLS,
        r"aws_elasticache_replication_group",
        "transit_encryption_mode",
        lambda attribute: attribute.after == "preferred",
        "Security Hub ElastiCache.5",
    ),
    Rule(
        ExposureCode.WIDER_PRINCIPAL,
        r"aws_elasticache_user",
        "no_password_required",
        _on,
        "ElastiCache User Guide, RBAC",
    ),
    Rule(
        ExposureCode.WIDER_PRINCIPAL,
        r"aws_elasticache_user",
        "access_string",
        _wider_access,
        "ElastiCache User Guide, RBAC",
    ),
    Rule(
        ExposureCode.NO_ENCRYPTION,
        r"aws_s3_bucket_server_side_encryption_configuration",
        r".*sse_algorithm",
        _weaker_cipher,
        "Security Hub S3.17",
    ),
    Rule(
        ExposureCode.NO_ENCRYPTION,
        r"aws_s3_bucket_server_side_encryption_configuration",
        "",
        _always,
        "Security Hub S3.17",
    ),
    Rule(ExposureCode.NO_ENCRYPTION, r"aws_kms_key", "enable_key_rotation", _off, "Security Hub KMS.4"),
    Rule(ExposureCode.NO_RECORD, r"aws_cloudtrail", TRAIL, _off, "Security Hub CloudTrail.1, CloudTrail.4"),
    Rule(ExposureCode.NO_RECORD, r"aws_cloudtrail|aws_flow_log", "", _always, "Security Hub CloudTrail.1, EC2.6"),
    Rule(ExposureCode.NO_TLS, r"aws_.*", TLS_SWITCH, _off, "Security Hub, encryption in transit"),
    Rule(ExposureCode.NO_ENCRYPTION, r"aws_.*", KEPT_SECRET, _off, "Security Hub RDS.3, SQS.1, SNS.1, CloudTrail.2"),
)
"""Which drift widens exposure; the first that fits says of which kind it is."""
