"""What boto3 says of Gantry's S3: one JSON object of what was found, for s3.test.ts."""

import io
import json
import os
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

told = {}
s3 = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    return "done"


s3.create_bucket(Bucket="boto", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
told["location"] = s3.get_bucket_location(Bucket="boto")["LocationConstraint"]
told["again"] = code(s3.create_bucket, Bucket="boto")

for algorithm in ("CRC32", "SHA1", "SHA256"):
    put = s3.put_object(Bucket="boto", Key=f"sum/{algorithm}", Body=b"abc", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket="boto", Key=f"sum/{algorithm}", ChecksumMode="ENABLED")
    name = f"Checksum{algorithm}"
    told[algorithm] = got["Body"].read() == b"abc" and put[name] == got[name]
told["forged"] = code(s3.put_object, Bucket="boto", Key="forged", Body=b"abc", ChecksumCRC32="AAAAAA==")

# A stream: signed over TLS in chunks with a trailer, else hashed before it is sent.
big = os.urandom(12 * 1024 * 1024 + 17)
config = TransferConfig(multipart_threshold=8 * 1024 * 1024)
extra = {"Metadata": {"who": "ann"}, "ContentType": "text/x-big"}
s3.upload_fileobj(io.BytesIO(big), "boto", "big å+.bin", Config=config, ExtraArgs=extra)
back = io.BytesIO()
s3.download_fileobj("boto", "big å+.bin", back, Config=config)
head = s3.head_object(Bucket="boto", Key="big å+.bin")
told["big"] = [back.getvalue() == big, head["Metadata"], head["ContentType"], head["ETag"][-3:]]
copied = s3.copy({"Bucket": "boto", "Key": "big å+.bin"}, "boto", "copy", Config=config)
told["copy"] = s3.get_object(Bucket="boto", Key="copy", Range="bytes=-17")["Body"].read() == big[-17:]
s3.put_object(Bucket="boto", Key="stream", Body=io.BytesIO(b"x" * 300_000))
told["stream"] = s3.head_object(Bucket="boto", Key="stream")["ContentLength"]

paginator = s3.get_paginator("list_objects_v2")
pages = [page for page in paginator.paginate(Bucket="boto", PaginationConfig={"PageSize": 2})]
told["pages"] = [[item["Key"] for item in page["Contents"]] for page in pages]
folders = s3.list_objects_v2(Bucket="boto", Delimiter="/")
told["folders"] = [item["Prefix"] for item in folders["CommonPrefixes"]]

if not os.environ.get("AWS_CA_BUNDLE"):
    fourth = boto3.client("s3", config=Config(signature_version="s3v4"))
    url = fourth.generate_presigned_url("get_object", Params={"Bucket": "boto", "Key": "sum/SHA1"})
    told["presigned"] = urllib.request.urlopen(url).read().decode()
told["conditions"] = [
    code(s3.put_object, Bucket="boto", Key="stream", Body=b"", IfNoneMatch="*"),
    code(s3.get_object, Bucket="boto", Key="stream", IfNoneMatch=s3.head_object(Bucket="boto", Key="stream")["ETag"]),
]
told["not served"] = [
    code(s3.get_bucket_policy, Bucket="boto"),
    code(s3.put_object, Bucket="boto", Key="x", Body=b"", ServerSideEncryption="AES256"),
]
told["errors"] = [
    code(s3.get_object, Bucket="boto", Key="none"),
    code(s3.head_object, Bucket="boto", Key="none"),
    code(s3.get_object, Bucket="none", Key="none"),
    code(s3.delete_bucket, Bucket="boto"),
]
upload = s3.create_multipart_upload(Bucket="boto", Key="left")
s3.upload_part(Bucket="boto", Key="left", UploadId=upload["UploadId"], PartNumber=1, Body=b"left")
told["uploads"] = [item["Key"] for item in s3.list_multipart_uploads(Bucket="boto")["Uploads"]]
told["parts"] = [item["Size"] for item in s3.list_parts(Bucket="boto", Key="left", UploadId=upload["UploadId"])["Parts"]]
s3.abort_multipart_upload(Bucket="boto", Key="left", UploadId=upload["UploadId"])
every = [item["Key"] for page in pages for item in page["Contents"]]
gone = s3.delete_objects(Bucket="boto", Delete={"Objects": [{"Key": key} for key in every]})
told["deleted"] = sorted(item["Key"] for item in gone["Deleted"]) == sorted(every)
told["removed"] = code(s3.delete_bucket, Bucket="boto")
print(json.dumps(told))
