"""What boto3 users do with parameters and secrets. The endpoint and the keys come from the environment."""

import boto3
from botocore.config import Config

# Retries would hide an answer that should not have been given.
CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"})
ssm = boto3.client("ssm", config=CONFIG)
sm = boto3.client("secretsmanager", config=CONFIG)


def refused(error_class, work):
    try:
        work()
    except error_class as error:
        return error
    raise AssertionError(f"not refused with {error_class.__name__}")


def every(call, member, **asked):
    """All pages of an operation boto3 has no paginator for."""
    page = call(**asked)
    found = page[member]
    while "NextToken" in page:
        page = call(**asked, NextToken=page["NextToken"])
        found += page[member]
    return found


def parameters():
    names = [f"/page/{n:02}" for n in range(23)] + [f"/page/deep/{n}" for n in range(3)]
    for name in names:
        ssm.put_parameter(Name=name, Value=f"value of {name}", Type="SecureString")
    pages = list(
        ssm.get_paginator("get_parameters_by_path").paginate(
            Path="/page", Recursive=True, WithDecryption=True, PaginationConfig={"PageSize": 7}
        )
    )
    found = [parameter for page in pages for parameter in page["Parameters"]]
    assert len(pages) == 4, len(pages)
    assert [p["Name"] for p in found] == sorted(names), found
    assert all(p["Value"] == f"value of {p['Name']}" for p in found)
    described = ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "OneLevel", "Values": ["/page"]}], PaginationConfig={"PageSize": 10}
    )
    assert [p["Name"] for page in described for p in page["Parameters"]] == names[:23]
    for n in range(5):
        ssm.put_parameter(Name="/page/00", Value=str(n), Overwrite=True)
    history = ssm.get_paginator("get_parameter_history").paginate(
        Name="/page/00", WithDecryption=True, PaginationConfig={"PageSize": 2}
    )
    assert [p["Version"] for page in history for p in page["Parameters"]] == [1, 2, 3, 4, 5, 6]
    error = refused(ssm.exceptions.ParameterAlreadyExists, lambda: ssm.put_parameter(Name="/page/00", Value="v", Type="String"))
    assert "set the overwrite option in the request to true" in str(error), error
    refused(ssm.exceptions.ParameterNotFound, lambda: ssm.get_parameter(Name="/none"))
    refused(ssm.exceptions.ParameterVersionNotFound, lambda: ssm.get_parameter(Name="/page/00:99"))
    refused(ssm.exceptions.InvalidNextToken, lambda: ssm.describe_parameters(NextToken="x"))
    answer = ssm.get_parameters(Names=["/page/02", "/page/01", "/none"])
    assert [p["Name"] for p in answer["Parameters"]] == ["/page/01", "/page/02"]
    assert answer["InvalidParameters"] == ["/none"]
    amis = ssm.get_paginator("get_parameters_by_path").paginate(Path="/aws/service/ecs/optimized-ami", Recursive=True)
    assert any(p["Name"].endswith("/recommended/image_id") for page in amis for p in page["Parameters"])


def secrets():
    names = [f"page/{n:02}" for n in range(12)]
    for name in names:
        sm.create_secret(Name=name, SecretString=f"value of {name}")
    pages = list(sm.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 5}))
    assert len(pages) == 3, len(pages)
    assert sorted(s["Name"] for page in pages for s in page["SecretList"]) == names
    filters = [{"Key": "name", "Values": ["page/"]}]
    batch = every(sm.batch_get_secret_value, "SecretValues", Filters=filters, MaxResults=5)
    assert [s["SecretString"] for s in batch] == [f"value of {name}" for name in names]
    for n in range(5):
        sm.put_secret_value(SecretId=names[0], SecretString=str(n))
    versions = every(sm.list_secret_version_ids, "Versions", SecretId=names[0], IncludeDeprecated=True, MaxResults=2)
    assert [v.get("VersionStages") for v in versions[-2:]] == [["AWSPREVIOUS"], ["AWSCURRENT"]], versions
    assert len(versions) == 6
    refused(sm.exceptions.ResourceExistsException, lambda: sm.create_secret(Name=names[0], SecretString="x"))
    refused(sm.exceptions.ResourceNotFoundException, lambda: sm.get_secret_value(SecretId="none"))
    refused(sm.exceptions.InvalidNextTokenException, lambda: sm.list_secrets(NextToken="x"))
    refused(sm.exceptions.InvalidRequestException, lambda: sm.rotate_secret(SecretId=names[0]))
    sm.delete_secret(SecretId=names[0])
    refused(sm.exceptions.InvalidRequestException, lambda: sm.get_secret_value(SecretId=names[0]))


parameters()
secrets()
