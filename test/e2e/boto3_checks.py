"""What boto3 users do against Gantry. `python3 boto3_checks.py` lists the checks; with a name it runs that one.

The endpoint and the keys come from the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ...). A check that fails ends
with a traceback and exit code 1.
"""

import datetime
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

# Retries would hide an answer that should not have been given.
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"})
ecs = boto3.client("ecs", config=CONFIG)
logs = boto3.client("logs", config=CONFIG)
sts = boto3.client("sts", config=CONFIG)
CHECKS = {}
# As a container's first process it gets SIGTERM only because it asks for it.
RUNS = "trap 'exit 0' TERM; while :; do sleep 1; done"
QUICK = {"Delay": 1, "MaxAttempts": 45}


def check(work):
    CHECKS[work.__name__] = work
    return work


def equal(found, expected, what=""):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


def refused(error_class, work, text=None):
    """The call is refused with that class of the client's own; returns the error."""
    try:
        answer = work()
    except error_class as error:
        message = error.response["Error"]["Message"]
        assert text is None or text in message, f"{message!r} does not contain {text!r}"
        equal(error.response["Error"]["Code"], error_class.__name__)
        assert error.response["ResponseMetadata"]["RequestId"]
        return error
    raise AssertionError(f"not refused: {answer}")


def container(script=None, **more):
    shell = {} if script is None else {"entryPoint": ["/bin/sh", "-c"], "command": [script]}
    return {"name": "main", "image": "gantry/hello", "memory": 16, "essential": True, **shell, **more}


def define(family, script=None, **more):
    answer = ecs.register_task_definition(family=family, containerDefinitions=[container(script, **more)])
    return answer["taskDefinition"]["taskDefinitionArn"]


def run(family, count=1, **more):
    answer = ecs.run_task(taskDefinition=family, count=count, **more)
    equal(answer["failures"], [])
    return [task["taskArn"] for task in answer["tasks"]]


def waiter_fails(name, text, config=None, **arguments):
    try:
        ecs.get_waiter(name).wait(WaiterConfig=config or {"Delay": 1, "MaxAttempts": 30}, **arguments)
    except WaiterError as error:
        assert text in str(error), str(error)
        return
    raise AssertionError(f"the waiter {name} was content")


@check
def task_waiters():
    define("waited", RUNS)
    arns = run("waited", 2)
    ecs.get_waiter("tasks_running").wait(tasks=arns, WaiterConfig=QUICK)
    equal({t["lastStatus"] for t in ecs.describe_tasks(tasks=arns)["tasks"]}, {"RUNNING"})
    # One more attempt than there may be: it gives up while they run.
    waiter_fails("tasks_stopped", "Max attempts exceeded", {"Delay": 1, "MaxAttempts": 2}, tasks=arns)
    for arn in arns:
        ecs.stop_task(task=arn, reason="boto3")
    ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig=QUICK)
    equal({t["stoppedReason"] for t in ecs.describe_tasks(tasks=arns)["tasks"]}, {"boto3"})


@check
def task_waiters_fail():
    define("short", "exit 3")
    arns = run("short")
    waiter_fails("tasks_running", 'For expression "tasks[].lastStatus"', tasks=arns)
    nobody = arns[0].rsplit("/", 1)[0] + "/" + "0" * 32
    waiter_fails("tasks_running", "MISSING", tasks=[nobody])


@check
def service_waiters():
    define("kept", RUNS)
    created = ecs.create_service(serviceName="kept", taskDefinition="kept", desiredCount=2)["service"]
    equal((created["status"], created["desiredCount"], created["schedulingStrategy"]), ("ACTIVE", 2, "REPLICA"))
    ecs.get_waiter("services_stable").wait(services=["kept"], WaiterConfig=QUICK)
    [service] = ecs.describe_services(services=["kept"])["services"]
    equal((service["runningCount"], len(service["deployments"])), (2, 1))
    moments = [service["createdAt"], service["deployments"][0]["createdAt"], service["deployments"][0]["updatedAt"]]
    for moment in [*moments, *(event["createdAt"] for event in service["events"])]:
        is_recent(moment)
    waiter_fails("services_inactive", "Max attempts exceeded", {"Delay": 1, "MaxAttempts": 2}, services=["kept"])
    ecs.delete_service(service="kept", force=True)
    ecs.get_waiter("services_inactive").wait(services=["kept"], WaiterConfig=QUICK)
    waiter_fails("services_stable", "INACTIVE", services=["kept"])
    refused(
        ecs.exceptions.ServiceNotActiveException,
        lambda: ecs.update_service(service="kept", desiredCount=1),
        "Service was not ACTIVE.",
    )


@check
def service_waiters_fail():
    waiter_fails("services_stable", "MISSING", services=["never-was"])
    waiter_fails("services_inactive", "MISSING", services=["never-was"])
    [failure] = ecs.describe_services(services=["never-was"])["failures"]
    equal(failure["reason"], "MISSING")
    assert failure["arn"].endswith(":service/default/never-was"), failure


def is_recent(moment):
    assert isinstance(moment, datetime.datetime) and moment.tzinfo is not None, repr(moment)
    age = datetime.datetime.now(datetime.timezone.utc) - moment
    assert abs(age) < datetime.timedelta(minutes=10), f"{moment} is not now"


@check
def moments_are_datetimes():
    answer = ecs.register_task_definition(family="timed", containerDefinitions=[container("exit 0")])
    is_recent(answer["taskDefinition"]["registeredAt"])
    arns = run("timed")
    ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig=QUICK)
    [task] = ecs.describe_tasks(tasks=arns)["tasks"]
    for name in ("createdAt", "connectivityAt", "startedAt", "stoppingAt", "executionStoppedAt", "stoppedAt"):
        is_recent(task[name])
    for earlier, later in (("createdAt", "startedAt"), ("startedAt", "stoppedAt"), ("stoppingAt", "stoppedAt")):
        assert task[earlier] <= task[later], (earlier, task[earlier], later, task[later])
    gone = ecs.deregister_task_definition(taskDefinition="timed:1")["taskDefinition"]
    is_recent(gone["deregisteredAt"])
    [instance] = ecs.describe_container_instances(
        containerInstances=ecs.list_container_instances()["containerInstanceArns"]
    )["containerInstances"]
    is_recent(instance["registeredAt"])


def pages_of(name, key, size, **arguments):
    """All items over pages of that size; every page but the last is full and no item comes twice."""
    config = {"PageSize": size}
    pages = [page[key] for page in ecs.get_paginator(name).paginate(PaginationConfig=config, **arguments)]
    assert all(len(page) == size for page in pages[:-1]), [len(page) for page in pages]
    items = [item for page in pages for item in page]
    equal(len(items), len(set(items)), f"{name} gives an item twice")
    return pages, items


@check
def pages_of_definitions_and_clusters():
    for n in range(7):
        define(f"page-{n % 2}", "exit 0")
    pages, items = pages_of("list_task_definitions", "taskDefinitionArns", 2, familyPrefix="page-0")
    equal([item.rsplit("/", 1)[1] for item in items], [f"page-0:{n}" for n in range(1, 5)])
    equal(len(pages), 2)
    _, newest_first = pages_of("list_task_definitions", "taskDefinitionArns", 3, familyPrefix="page-0", sort="DESC")
    equal(newest_first, items[::-1])
    _, families = pages_of("list_task_definition_families", "families", 1, familyPrefix="page-")
    equal(families, ["page-0", "page-1"])
    for n in range(5):
        ecs.create_cluster(clusterName=f"page-{n}")
    pages, clusters = pages_of("list_clusters", "clusterArns", 2)
    assert len(pages) >= 3, pages
    assert {f"page-{n}" for n in range(5)} | {"default"} <= {arn.rsplit("/", 1)[1] for arn in clusters}
    described = ecs.describe_clusters(clusters=[*clusters[:3], "nowhere"])
    equal([c["clusterArn"] for c in described["clusters"]], clusters[:3])
    equal([f["reason"] for f in described["failures"]], ["MISSING"])
    for n in range(5):
        equal(ecs.delete_cluster(cluster=f"page-{n}")["cluster"]["status"], "INACTIVE")


@check
def pages_of_tasks_and_services():
    define("many", RUNS, memory=6)
    arns = run("many", 7)
    pages, listed = pages_of("list_tasks", "taskArns", 3, family="many")
    equal((sorted(listed), len(pages)), (sorted(arns), 3))
    for n in range(5):
        ecs.create_service(serviceName=f"page-{n}", taskDefinition="many", desiredCount=0)
    pages, services = pages_of("list_services", "serviceArns", 2)
    assert len(pages) >= 3, pages
    assert {f"page-{n}" for n in range(5)} <= {arn.rsplit("/", 1)[1] for arn in services}
    pages, instances = pages_of("list_container_instances", "containerInstanceArns", 1)
    [instance] = instances
    on_it = ecs.list_tasks(containerInstance=instance, family="many")["taskArns"]
    equal(sorted(on_it), sorted(arns))
    refused(
        ecs.exceptions.InvalidParameterException,
        lambda: ecs.list_tasks(family="many", nextToken="not one of ours"),
        "Invalid token",
    )
    for n in range(5):
        ecs.delete_service(service=f"page-{n}")
    for arn in arns:
        ecs.stop_task(task=arn)
    ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig=QUICK)
    equal(len(ecs.list_tasks(family="many", desiredStatus="STOPPED")["taskArns"]), 7)


@check
def daemon_waiters_fail():
    # There are no daemons in this version: each waiter ends at once with what it was told.
    arn = "arn:aws:ecs:us-east-1:000000000000"
    deployment = f"{arn}:daemon-deployment/default/none/00000000000000000000"
    waiter_fails("daemon_active", "daemon was not found", daemonArn=f"{arn}:daemon/default/none")
    for name in ("daemon_deployment_successful", "daemon_deployment_stopped"):
        waiter_fails(name, "MISSING", {"Delay": 1, "MaxAttempts": 2}, daemonDeploymentArns=[deployment])
    definition = f"{arn}:daemon-task-definition/none:1"
    for name in ("daemon_task_definition_active", "daemon_task_definition_deleted"):
        waiter_fails(name, "Unable to describe", {"Delay": 1, "MaxAttempts": 2}, daemonTaskDefinition=definition)


@check
def pages_of_attributes_and_settings():
    [instance] = ecs.list_container_instances()["containerInstanceArns"]
    own = [{"name": "zone", "value": f"z{n}", "targetId": instance} for n in range(1)]
    ecs.put_attributes(attributes=own + [{"name": f"own-{n}", "targetId": instance} for n in range(4)])
    config = {"PageSize": 3}
    pages = list(ecs.get_paginator("list_attributes").paginate(targetType="container-instance", PaginationConfig=config))
    assert len(pages) > 1 and all(len(page["attributes"]) == 3 for page in pages[:-1]), [len(p["attributes"]) for p in pages]
    names = [attribute["name"] for page in pages for attribute in page["attributes"]]
    equal(len(names), len(set(names)))
    assert {"zone", "own-0", "own-3"} <= set(names), names
    ecs.delete_attributes(attributes=[{"name": name, "targetId": instance} for name in ("zone", *(f"own-{n}" for n in range(4)))])
    paginator = ecs.get_paginator("list_account_settings")
    pages = list(paginator.paginate(effectiveSettings=True, PaginationConfig={"PageSize": 2}))
    settings = [setting["name"] for page in pages for setting in page["settings"]]
    assert len(pages) > 1 and len(settings) == len(set(settings)) and "containerInsights" in settings, pages
    namespaces = ecs.get_paginator("list_services_by_namespace").paginate(namespace="none")
    refused(ecs.exceptions.NamespaceNotFoundException, lambda: list(namespaces), "namespace was not found")


@check
def no_waiter_and_no_paginator_is_left_out():
    with open(__file__, encoding="utf8") as file:
        text = file.read()
    methods = [name for name in dir(ecs) if name.startswith("list_") and ecs.can_paginate(name)]
    assert len(ecs.waiter_names) >= 9 and len(methods) >= 9, (ecs.waiter_names, methods)
    equal([name for name in (*ecs.waiter_names, *methods) if f'"{name}"' not in text], [])


@check
def describe_failures():
    arn = "arn:aws:ecs:us-east-1:000000000000:"
    for call, argument, kind in (
        (ecs.describe_tasks, "tasks", "task/default"),
        (ecs.describe_container_instances, "containerInstances", "container-instance/default"),
    ):
        answer = call(**{argument: ["1" * 32]})
        equal(answer["failures"], [{"arn": f"{arn}{kind}/{'1' * 32}", "reason": "MISSING"}], kind)
    answer = ecs.describe_clusters(clusters=["gone"])
    equal(answer["failures"], [{"arn": f"{arn}cluster/gone", "reason": "MISSING"}])
    refused(
        ecs.exceptions.ClientException,
        lambda: ecs.describe_task_definition(taskDefinition="gone"),
        "Unable to describe task definition.",
    )
    # The client refuses this by itself; the point is that it is not a failure of ours.
    try:
        ecs.describe_tasks()
        raise AssertionError("a missing parameter was taken")
    except Exception as error:
        assert "Missing required parameter" in str(error), error


@check
def error_classes():
    define("errors", RUNS)
    classes = ecs.exceptions
    nowhere = {"cluster": "nowhere"}
    for work in (
        lambda: ecs.list_tasks(**nowhere),
        lambda: ecs.run_task(taskDefinition="errors", **nowhere),
        lambda: ecs.describe_services(services=["x"], **nowhere),
        lambda: ecs.create_service(serviceName="x", taskDefinition="errors", desiredCount=1, **nowhere),
        lambda: ecs.delete_cluster(**nowhere),
    ):
        refused(classes.ClusterNotFoundException, work, "Cluster not found.")
    refused(classes.ServiceNotFoundException, lambda: ecs.update_service(service="x"), "Service not found.")
    refused(classes.InvalidParameterException, lambda: ecs.stop_task(task="1" * 32), "Referenced task not found.")
    refused(classes.ClientException, lambda: ecs.run_task(taskDefinition="no-such"), "TaskDefinition not found")
    refused(classes.InvalidParameterException, lambda: ecs.run_task(taskDefinition="errors", count=11))
    refused(classes.ClientException, lambda: ecs.register_task_definition(family="a b", containerDefinitions=[container()]))
    ecs.create_cluster(clusterName="busy")
    ecs.create_service(cluster="busy", serviceName="s", taskDefinition="errors", desiredCount=0)
    refused(classes.ClusterContainsServicesException, lambda: ecs.delete_cluster(cluster="busy"))
    refused(
        classes.InvalidParameterException,
        lambda: ecs.create_service(cluster="busy", serviceName="s", taskDefinition="errors", desiredCount=3),
        "Creation of service was not idempotent.",
    )
    refused(
        classes.ClusterContainsContainerInstancesException,
        lambda: ecs.delete_cluster(cluster="default"),
    )
    ecs.delete_service(cluster="busy", service="s")
    ecs.delete_cluster(cluster="busy")
    new_set = {"cluster": "default", "service": "x", "taskDefinition": "errors"}
    refused(classes.ServiceNotFoundException, lambda: ecs.create_task_set(**new_set), "Service not found.")
    group = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/x"
    provider = {"autoScalingGroupProvider": {"autoScalingGroupArn": group}}
    text = "CreateCapacityProvider needs Auto Scaling groups"
    refused(classes.UnsupportedFeatureException, lambda: ecs.create_capacity_provider(name="p", **provider), text)


@check
def client_tokens():
    define("token", "exit 0")
    token = "once-and-only-once"
    [first] = run("token", clientToken=token)
    [again] = run("token", clientToken=token)
    equal(again, first)
    refused(ecs.exceptions.ConflictException, lambda: ecs.run_task(taskDefinition="token", count=2, clientToken=token))
    equal(len(run("token", 2, clientToken="another")), 2)
    service = {"serviceName": "token", "taskDefinition": "token", "desiredCount": 0, "clientToken": "svc-token"}
    arns = {ecs.create_service(**service)["service"]["serviceArn"] for _ in range(2)}
    equal(len(arns), 1)
    ecs.delete_service(service="token")


@check
def tags():
    arn = define("tagged", "exit 0")
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "blue"}, {"key": "tier", "value": "1"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["tier"])
    equal(ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "team", "value": "blue"}])
    described = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    equal(described["tags"], [{"key": "team", "value": "blue"}])
    [task] = run(arn, propagateTags="TASK_DEFINITION", tags=[{"key": "own", "value": "ü"}])
    found = ecs.describe_tasks(tasks=[task], include=["TAGS"])["tasks"][0]["tags"]
    equal({t["key"]: t["value"] for t in found}, {"team": "blue", "own": "ü"})
    plain = ecs.describe_tasks(tasks=[task])["tasks"][0]["tags"]
    equal(plain, [])


@check
def log_events():
    group, stream = "/boto3/logs", "a/b"
    logs.create_log_group(logGroupName=group, tags={"team": "blue"})
    refused(logs.exceptions.ResourceAlreadyExistsException, lambda: logs.create_log_group(logGroupName=group))
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    lines = [{"timestamp": now + n, "message": f"line {n:03d} ünï \U0001f40b"} for n in range(250)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)
    names = {"logGroupName": group, "logStreamName": stream}
    got, token = [], None
    while True:  # to the end: the token that comes back is the one that was sent
        page = logs.get_log_events(**names, startFromHead=True, limit=100, **({"nextToken": token} if token else {}))
        got += page["events"]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    equal([(e["timestamp"], e["message"]) for e in got], [(e["timestamp"], e["message"]) for e in lines])
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern='"line 1"', PaginationConfig={"PageSize": 30}
    )
    found = [event["message"][:8] for page in pages for event in page["events"]]
    equal(found, [f"line {n}" for n in range(100, 200)])
    some = logs.filter_log_events(logGroupName=group, startTime=now + 10, endTime=now + 20)["events"]
    equal([e["timestamp"] - now for e in some], list(range(10, some[-1]["timestamp"] - now + 1)))
    [described] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="a/")["logStreams"]
    equal((described["firstEventTimestamp"], described["lastEventTimestamp"]), (now, now + 249))
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    [listed] = logs.describe_log_groups(logGroupNamePrefix="/boto3/")["logGroups"]
    equal((listed["logGroupName"], listed["retentionInDays"]), (group, 7))
    refused(
        logs.exceptions.ResourceNotFoundException,
        lambda: logs.get_log_events(logGroupName=group, logStreamName="no"),
        "The specified log stream does not exist.",
    )
    refused(
        logs.exceptions.InvalidParameterException,
        lambda: logs.put_log_events(**names, logEvents=[lines[1], lines[0]]),
        "chronological",
    )
    logs.delete_log_group(logGroupName=group)
    refused(
        logs.exceptions.ResourceNotFoundException,
        lambda: logs.describe_log_streams(logGroupName=group),
        "The specified log group does not exist.",
    )


@check
def caller_identity():
    identity = sts.get_caller_identity()
    equal(identity["Account"], "000000000000")
    assert identity["Arn"].startswith("arn:aws:iam::000000000000:"), identity
    assert identity["UserId"]
    wrong = boto3.client("sts", aws_secret_access_key="wrong", aws_access_key_id="AKIAWRONG", config=CONFIG)
    try:
        wrong.get_caller_identity()
        raise AssertionError("a stranger was let in")
    except ClientError as error:
        equal(error.response["Error"]["Code"], "InvalidClientTokenId")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(list(CHECKS)))
    for wanted in sys.argv[1:]:
        CHECKS[wanted]()
