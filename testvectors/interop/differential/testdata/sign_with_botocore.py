"""Signs requests with botocore: JSON lines in, JSON lines out, in order.

The first line out says which botocore this is. botocore is used as its clients
use it: S3 has its own signers, the query stands in the URL.
"""

import datetime
import json
import platform
import sys

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
NOW = datetime.datetime(2015, 8, 30, 12, 36, 0)
UNSIGNED = "UNSIGNED-PAYLOAD"
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

botocore.auth.get_current_datetime = lambda *args, **kwargs: NOW


def sign(r):
    s3 = r["service"].startswith("s3")
    credentials = Credentials(ACCESS_KEY_ID, r["secret"], r["token"] or None)
    url = f"{r['scheme']}://{r['host']}{r['path']}"
    if r["query"]:
        url += "?" + r["query"]
    request = AWSRequest(r["method"], url, data=r["body"].encode() or None)
    for name, value in r["headers"] or []:
        request.headers[name] = value
    if r["virtual"]:
        request.headers["Host"] = r["virtual"]

    if r["expires"]:
        if s3 != (r["payload"] == UNSIGNED):
            return {"not_offered": True}
        kind = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
        signer = kind(credentials, r["service"], r["region"], expires=r["expires"])
    else:
        if r["payload"] == UNSIGNED:
            request.context["payload_signing_enabled"] = False
            request.context["client_config"] = Config(s3={"payload_signing_enabled": False})
        elif r["payload"] == TRAILER:
            request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
        elif r["payload"].startswith("STREAMING-"):
            return {"not_offered": True}
        kind = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
        signer = kind(credentials, r["service"], r["region"])

    seen = {}
    canonical_request, signature = signer.canonical_request, signer.signature

    def keep_canonical(*args):
        seen["canonical_request"] = canonical_request(*args)
        return seen["canonical_request"]

    def keep_signature(*args):
        seen["signature"] = signature(*args)
        return seen["signature"]

    signer.canonical_request, signer.signature = keep_canonical, keep_signature
    try:
        signer.add_auth(request)
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}
    return seen


print(json.dumps({"botocore": botocore.__version__, "python": platform.python_version()}))
for line in sys.stdin:
    print(json.dumps(sign(json.loads(line))))
