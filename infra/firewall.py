"""The web application firewall in front of the load balancer: AWS's managed rules, a rate limit, and its log."""

from __future__ import annotations

from typing import Any

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    Wafv2WebAcl,
    Wafv2WebAclAssociation,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from infra.frame import Frame

MANAGED = {
    "AWSManagedRulesAmazonIpReputationList": "reputation",
    "AWSManagedRulesAnonymousIpList": "anonymous",
    "AWSManagedRulesCommonRuleSet": "common",
    "AWSManagedRulesKnownBadInputsRuleSet": "bad-inputs",
    "AWSManagedRulesSQLiRuleSet": "sql-injection",
}
"""AWS's free managed groups and our names for them (AWS WAF, "AWS Managed Rules rule groups list")."""

COUNTED = {
    # Programs that read the analytics run at hosting providers.
    "anonymous": "HostingProviderIPList",
    # The form that takes a token is larger than the 8 KB that this rule admits; `large_bodies` refuses all others.
    "common": "SizeRestrictions_BODY",
}
"""Rules of these groups that count and do not block."""

LARGE_BODY = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
"""The label of what that rule counts (AWS WAF, "Baseline rule groups", core rule set)."""
LARGE_FORM = "/sign-in"
"""The one path that takes a larger body, and bounds it itself. Result files go to the bucket, not through here."""

REQUESTS_PER_ADDRESS = 2000
"""In five minutes, from one address: a school's whole staff behind one NAT fits."""


class Firewall(Construct):
    """The access control list, where it stands, and its log without people's credentials."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, balancer_arn: str) -> None:
        super().__init__(scope, "firewall")
        acl = Wafv2WebAcl(
            self,
            "acl",
            name=frame.name("api"),
            description="What may reach the analytics API",
            scope="REGIONAL",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=[
                self.rate_limit(),
                *(self.managed(i, *pair) for i, pair in enumerate(MANAGED.items(), start=1)),
                self.large_bodies(),
            ],
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name=frame.name("api"), sampled_requests_enabled=True
            ),
        )
        Wafv2WebAclAssociation(self, "association", resource_arn=balancer_arn, web_acl_arn=acl.arn)
        group = CloudwatchLogGroup(
            self,
            "log_group",
            # WAF takes no other beginning (AWS WAF, "Sending logs to CloudWatch Logs").
            name=f"aws-waf-logs-{frame.spec.suffix}",
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        redacted = [
            Wafv2WebAclLoggingConfigurationRedactedFields(
                single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=header)
            )
            for header in ("authorization", "cookie")
        ]
        Wafv2WebAclLoggingConfiguration(
            self, "logging", resource_arn=acl.arn, log_destination_configs=[group.arn], redacted_fields=redacted
        )
        self.acl_arn: str = acl.arn
        self.log_group_name: str = group.name

    def rate_limit(self) -> Wafv2WebAclRule:
        """Refuse an address that asks too often."""
        return Wafv2WebAclRule(
            name="rate-limit",
            priority=0,
            action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock()),
            statement={"rate_based_statement": {"limit": REQUESTS_PER_ADDRESS, "aggregate_key_type": "IP"}},
            visibility_config=_seen("rate-limit"),
        )

    def large_bodies(self) -> Wafv2WebAclRule:
        """Refuse a body that the core rule set found too large, wherever none is expected; it comes after that one."""
        path = {
            "search_string": LARGE_FORM,
            "positional_constraint": "EXACTLY",
            "field_to_match": {"uri_path": {}},
            "text_transformation": [{"priority": 0, "type": "NONE"}],
        }
        elsewhere = {"not_statement": {"statement": [{"byte_match_statement": path}]}}
        large = {"label_match_statement": {"scope": "LABEL", "key": LARGE_BODY}}
        return Wafv2WebAclRule(
            name="large-bodies",
            priority=1 + len(MANAGED),
            action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock()),
            statement={"and_statement": {"statement": [large, elsewhere]}},
            visibility_config=_seen("large-bodies"),
        )

    def managed(self, priority: int, group: str, name: str) -> Wafv2WebAclRule:
        """Apply one of AWS's rule groups as it is."""
        statement: dict[str, Any] = {"vendor_name": "AWS", "name": group}
        if name in COUNTED:
            statement["rule_action_override"] = [{"name": COUNTED[name], "action_to_use": {"count": {}}}]
        return Wafv2WebAclRule(
            name=name,
            priority=priority,
            override_action=Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone()),
            statement={"managed_rule_group_statement": statement},
            visibility_config=_seen(name),
        )


def _seen(name: str) -> Wafv2WebAclRuleVisibilityConfig:
    return Wafv2WebAclRuleVisibilityConfig(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
