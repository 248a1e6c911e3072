"""The data of the Service Authorization Reference: what it is of, and that it is whole."""

from __future__ import annotations

import json

from devtools.authorization_reference import SERVICES, reduced, written
from sandbox.authorization.reference import FILE, Reference, reference


def test_it_says_what_it_is_of():
    source = reference().source
    assert {"name", "version", "date", "sha256"} <= source.keys()
    assert reference().services == set(SERVICES)


def test_an_action_is_found_in_any_case_and_an_unknown_one_is_not():
    entry = reference().action("elasticloadbalancing", "setwebacl")
    assert entry is not None
    assert (entry.full_name, entry.resource_types) == ("elasticloadbalancing:SetWebAcl", ())
    assert reference().action("sqs", "CreateQueues") is None
    assert reference().action("nothing", "CreateQueue") is None


def test_a_key_decides_only_where_the_reference_says_so():
    associate = reference().action("wafv2", "AssociateWebACL")
    assert associate is not None
    assert "aws:resourcetag/${tagkey}" in reference().supported_keys(associate, "webacl")
    assert not reference().supported_keys(associate, "loadbalancer/app/")
    create = reference().action("ec2", "CreateVpc")
    assert create is not None
    assert "aws:requesttag/${tagkey}" in reference().supported_keys(create, "vpc")


def test_an_endpoint_depends_on_the_zone_of_its_private_names():
    create = reference().action("ec2", "CreateVpcEndpoint")
    assert create is not None
    assert "route53:AssociateVPCWithHostedZone" in create.rows["vpc"].dependent_actions


def test_a_renewal_writes_what_is_read():
    action = {"required": True, "condition_keys": ["b", "a"], "dependent_actions": ["z:Z", "a:A"]}
    service = {
        "resources": {"thing": {"arn": "arn:x", "condition_keys": ["a", "b"]}},
        "privileges": {"Do": {"resource_types": {"thing": action}}},
    }
    text = written(reduced(dict.fromkeys(SERVICES, service), source={"name": "n"}))
    read = Reference(json.loads(text))
    do = read.action("sqs", "Do")
    assert do is not None
    assert do.rows["thing"].dependent_actions == ("a:A", "z:Z")
    assert read.supported_keys(do, "thing") == {"a", "b"}
    assert FILE.read_text().count("\n") > 1000, "an action a line, or nobody could read what a renewal changes"
