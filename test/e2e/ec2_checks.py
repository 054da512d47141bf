"""Calls every operation of EC2 that is served once with boto3, and checks what comes back. Prints what was called."""

import json

import boto3
from botocore.exceptions import ClientError

ec2 = boto3.client("ec2")
called = set()
ec2.meta.events.register("before-call", lambda model, **_: called.add(model.name))


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]["Message"]
    raise AssertionError(f"not refused with {code}")


def only(values):
    assert len(values) == 1, values
    return values[0]


def surroundings():
    assert {zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]} >= {"us-east-1a", "us-east-1b"}
    assert "us-east-1" in {region["RegionName"] for region in ec2.describe_regions()["Regions"]}
    default = only(ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"])
    refused("DefaultVpcAlreadyExists", ec2.create_default_vpc)
    of_vpc = [{"Name": "vpc-id", "Values": [default["VpcId"]]}]
    assert ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    assert ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    assert only(ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"])["IsDefault"]
    attached = [{"Name": "attachment.vpc-id", "Values": [default["VpcId"]]}]
    ec2.describe_internet_gateways(Filters=attached)
    assert ec2.describe_nat_gateways()["NatGateways"] == []
    ec2.describe_network_interfaces()


def networks():
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "a & b"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    assert only(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"])["Tags"] == [{"Key": "team", "Value": "a & b"}]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"] is True
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
    refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.77.1.0/25")
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert only(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"])["MapPublicIpOnLaunch"] is True
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "k", "Value": "v"}])
    assert only(ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [subnet]}])["Tags"])["ResourceType"] == "subnet"
    ec2.delete_tags(Resources=[subnet], Tags=[{"Key": "k"}])
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    groups(vpc)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])


def groups(vpc):
    group = ec2.create_security_group(GroupName="web", Description="the web", VpcId=vpc)["GroupId"]
    refused("InvalidGroup.Duplicate", ec2.create_security_group, GroupName="web", Description="x", VpcId=vpc)
    web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}]}
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web, own])["SecurityGroupRules"]
    assert len(rules) == 2, rules
    refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[web])
    shown = only(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"])
    port = only([one for one in shown["IpPermissions"] if one["IpProtocol"] == "tcp"])
    assert (port["FromPort"], port["ToPort"], port["IpRanges"]) == (80, 90, web["IpRanges"]), port
    assert only(shown["IpPermissionsEgress"])["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}], shown
    of_group = [{"Name": "group-id", "Values": [group]}]
    assert len(ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]) == 3
    names = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "names"}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[names])
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[web])
    ec2.update_security_group_rule_descriptions_egress(GroupId=group, IpPermissions=[names])
    first = only([one for one in rules if one["IpProtocol"] == "tcp"])["SecurityGroupRuleId"]
    change = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "CidrIpv4": "10.0.0.0/8"}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": first, "SecurityGroupRule": change}])
    assert only(ec2.describe_security_group_rules(SecurityGroupRuleIds=[first])["SecurityGroupRules"])["FromPort"] == 81
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[first])
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[names])
    refused("InvalidPermission.NotFound", ec2.revoke_security_group_egress, GroupId=group, IpPermissions=[names])
    ec2.delete_security_group(GroupId=group)
    refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[group])


surroundings()
networks()
print(json.dumps(sorted(called)))
