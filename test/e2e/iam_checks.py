"""Calls every operation of IAM and STS once with boto3, and checks what comes back. Prints what was called."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam")
sts = boto3.client("sts")
called = set()
for client in (iam, sts):
    client.meta.events.register("before-call", lambda model, **_: called.add(f"{model.service_model.service_name}:{model.name}"))

ACCOUNT = sts.get_caller_identity()["Account"]
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]})
TRUST_STATEMENT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": [TRUST_STATEMENT]}
TAGS = [{"Key": "team", "Value": "ä b"}]


def refused(code, status, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        got = error.response
        assert (got["Error"]["Code"], got["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), got
        assert got["ResponseMetadata"]["RequestId"], got
        return got["Error"]["Message"]
    raise AssertionError(f"not refused with {code}")


def users():
    user = iam.create_user(UserName="u", Path="/a/", Tags=[])["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/a/u" and user["CreateDate"].year > 2000, user
    assert "Tags" not in user
    refused("EntityAlreadyExists", 409, iam.create_user, UserName="u")
    refused("NoSuchEntity", 404, iam.get_user, UserName="nobody")
    text = refused("ValidationError", 400, iam.create_user, UserName="a b")
    assert text.startswith("The specified value for userName is invalid."), text
    iam.tag_user(UserName="u", Tags=[{"Key": "k", "Value": "v"}])
    assert iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.untag_user(UserName="u", TagKeys=["k"])
    assert iam.list_user_tags(UserName="u")["Tags"] == []
    iam.update_user(UserName="u", NewPath="/b/")
    assert iam.get_user(UserName="u")["User"]["Path"] == "/b/"
    assert iam.get_user()["User"]["UserName"] == "administrator"
    for n in range(5):
        iam.create_user(UserName=f"many-{n}")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [u["UserName"] for p in pages for u in p["Users"]] == [f"many-{n}" for n in range(5)] + ["u"]
    for n in range(5):
        iam.delete_user(UserName=f"many-{n}")
    iam.get_waiter("user_exists").wait(UserName="u")


def keys():
    key = iam.create_access_key(UserName="u")["AccessKey"]
    assert len(key["SecretAccessKey"]) == 40 and key["Status"] == "Active", key
    iam.update_access_key(UserName="u", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    listed = iam.list_access_keys(UserName="u")
    assert [k["Status"] for k in listed["AccessKeyMetadata"]] == ["Inactive"] and listed["IsTruncated"] is False
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "u" and used["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}, used
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == ACCOUNT
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(UserName="u")["AccessKeyMetadata"] == []


def groups():
    iam.create_group(GroupName="g")
    assert iam.get_group(GroupName="g")["Users"] == []
    iam.add_user_to_group(GroupName="g", UserName="u")
    assert [u["UserName"] for u in iam.get_group(GroupName="g")["Users"]] == ["u"]
    assert [g["GroupName"] for g in iam.list_groups()["Groups"]] == ["g"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="u")["Groups"]] == ["g"]
    iam.remove_user_from_group(GroupName="g", UserName="u")


def roles():
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST, indent=2), Tags=TAGS)["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST and role["Tags"] == TAGS, role
    refused("MalformedPolicyDocument", 400, iam.update_assume_role_policy, RoleName="r", PolicyDocument="{}")
    statement = {**TRUST_STATEMENT, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust)
    iam.update_role(RoleName="r", Description="", MaxSessionDuration=7200)
    assert iam.update_role_description(RoleName="r", Description="a & <b>")["Role"]["Description"] == "a & <b>"
    got = iam.get_role(RoleName="r")["Role"]
    assert (got["MaxSessionDuration"], got["RoleLastUsed"]) == (7200, {}), got
    iam.tag_role(RoleName="r", Tags=[{"Key": "k", "Value": ""}])
    assert len(iam.list_role_tags(RoleName="r")["Tags"]) == 2
    iam.untag_role(RoleName="r", TagKeys=["k"])
    iam.get_waiter("role_exists").wait(RoleName="r")
    answer = sts.assume_role(
        RoleArn=got["Arn"], RoleSessionName="s-1", Tags=TAGS, TransitiveTagKeys=["team"], Policy=ALLOW, DurationSeconds=900
    )
    credentials = answer["Credentials"]
    session = boto3.Session(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    me = session.client("sts").get_caller_identity()
    assert me["UserId"] == f"{got['RoleId']}:s-1" == answer["AssumedRoleUser"]["AssumedRoleId"], me
    assert 0 < answer["PackedPolicySize"] < 100
    refused("AccessDenied", 403, session.client("iam").list_users)
    assert "LastUsedDate" in iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert [r["RoleName"] for r in iam.list_roles()["Roles"]] == ["r"]


def profiles():
    iam.create_instance_profile(InstanceProfileName="i", Tags=TAGS)
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    profile = iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    assert profile["Roles"][0]["RoleName"] == "r" and profile["Tags"] == TAGS
    assert len(iam.list_instance_profiles()["InstanceProfiles"]) == 1
    assert len(iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]) == 1
    iam.tag_instance_profile(InstanceProfileName="i", Tags=[{"Key": "k", "Value": ""}])
    assert len(iam.list_instance_profile_tags(InstanceProfileName="i")["Tags"]) == 2
    iam.untag_instance_profile(InstanceProfileName="i", TagKeys=["k"])
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="i")
    iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="i")


def policies():
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW, Tags=TAGS)["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["IsAttachable"] is True
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=True)["PolicyVersion"]
    assert version["VersionId"] == "v2" and version["IsDefaultVersion"] is True
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(ALLOW)
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "k", "Value": ""}])
    assert len(iam.list_policy_tags(PolicyArn=arn)["Tags"]) == 2
    iam.untag_policy(PolicyArn=arn, TagKeys=["k"])
    for kind, name in (("user", "u"), ("group", "g"), ("role", "r")):
        named = {f"{kind.capitalize()}Name": name}
        getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=arn)
        attached = getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]
        assert attached == [{"PolicyName": "p", "PolicyArn": arn}], attached
        getattr(iam, f"put_{kind}_policy")(**named, PolicyName="in", PolicyDocument=ALLOW)
        assert getattr(iam, f"get_{kind}_policy")(**named, PolicyName="in")["PolicyDocument"] == json.loads(ALLOW)
        assert getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"] == ["in"]
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [len(entities[f"Policy{kind}"]) for kind in ("Users", "Groups", "Roles")] == [1, 1, 1]
    for kind, name in (("user", "u"), ("role", "r")):
        named = {f"{kind.capitalize()}Name": name}
        getattr(iam, f"put_{kind}_permissions_boundary")(**named, PermissionsBoundary=arn)
        shown = getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]["PermissionsBoundary"]
        assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}, shown
        getattr(iam, f"delete_{kind}_permissions_boundary")(**named)
    local = iam.get_paginator("list_policies").paginate(Scope="Local", OnlyAttached=True)
    assert [p["PolicyName"] for page in local for p in page["Policies"]] == ["p"]
    every = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 7})
    names = [p["PolicyName"] for page in every for p in page["Policies"]]
    assert len(names) == len(set(names)) > 30 and "AmazonECS_FullAccess" in names
    refused("DeleteConflict", 409, iam.delete_policy, PolicyArn=arn)
    refused("DeleteConflict", 409, iam.delete_user, UserName="u")
    for kind, name in (("user", "u"), ("group", "g"), ("role", "r")):
        named = {f"{kind.capitalize()}Name": name}
        getattr(iam, f"detach_{kind}_policy")(**named, PolicyArn=arn)
        getattr(iam, f"delete_{kind}_policy")(**named, PolicyName="in")
        getattr(iam, f"delete_{kind}")(**named)
    iam.delete_policy(PolicyArn=arn)


def linked():
    role = iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]
    refused("UnmodifiableEntity", 400, iam.delete_role, RoleName=role["RoleName"])
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"


def sessions():
    credentials = sts.get_session_token(DurationSeconds=900)["Credentials"]
    session = boto3.Session(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/administrator")
    forged = credentials["SessionToken"][:-1] + ("A" if credentials["SessionToken"][-1] != "A" else "B")
    session = boto3.Session(credentials["AccessKeyId"], credentials["SecretAccessKey"], forged)
    refused("InvalidClientTokenId", 403, session.client("sts").get_caller_identity)


def simulations():
    parameters = {"ActionNames": ["ecs:RunTask", "s3:GetObject"]}
    custom = iam.simulate_custom_policy(PolicyInputList=[ALLOW], **parameters)["EvaluationResults"]
    assert [r["EvalDecision"] for r in custom] == ["allowed", "implicitDeny"], custom
    iam.create_user(UserName="sim")
    iam.put_user_policy(UserName="sim", PolicyName="p", PolicyDocument=ALLOW)
    arn = iam.get_user(UserName="sim")["User"]["Arn"]
    principal = iam.simulate_principal_policy(PolicySourceArn=arn, **parameters)["EvaluationResults"]
    assert [r["EvalDecision"] for r in principal] == ["allowed", "implicitDeny"], principal


for check in (users, keys, groups, roles, profiles, policies, linked, sessions, simulations):
    try:
        check()
    except Exception:
        print(check.__name__, file=sys.stderr)
        raise
print(json.dumps(sorted(called)))
