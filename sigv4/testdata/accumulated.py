#!/usr/bin/env python3
"""Prints the digest that TestSpecAccumulatedDigest in specaccumulated_test.go
pins: over the AWS Signature Version 4 of 10,000 generated requests, each as hex
and a newline. Written from AWS's documents ("Create a signed AWS API request";
Amazon S3 API Reference, "Authenticating Requests") with Python's standard
library alone. The generator is described in that test; the names of the fields
are the same here.
"""

import hashlib
import hmac
import time
from urllib.parse import quote, unquote_to_bytes

COUNT = 10_000
ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def sha256_hex(data):
    return hashlib.sha256(data).hexdigest()


PAYLOADS = [
    sha256_hex(b""),
    sha256_hex(b"Action=ListUsers&Version=2010-05-08"),
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-EVENTS",
]


class Stream:
    """The bytes of SHA-256("sigvier/i/0"), SHA-256("sigvier/i/1") and so on."""

    def __init__(self, request):
        self.request, self.block, self.bytes = request, 0, b""

    def draw(self, n):
        if not self.bytes:
            self.bytes = hashlib.sha256(b"sigvier/%d/%d" % (self.request, self.block)).digest()
            self.block += 1
        number = int.from_bytes(self.bytes[:2], "big")
        self.bytes = self.bytes[2:]
        return number % n

    def pick(self, *choices):
        return choices[self.draw(len(choices))]

    def text(self, raw):
        unreserved = "ABCXYZabcxyz0189-._~"
        out = ""
        for _ in range(self.draw(12)):
            kind = self.draw(4)
            if kind == 0:
                out += "%%%02X" % self.draw(256)
            elif kind == 1:
                out += "%%%02x" % self.draw(256)
            elif kind == 2:
                out += raw[self.draw(len(raw))]
            else:
                out += unreserved[self.draw(len(unreserved))]
        return out


def generate(i):
    s = Stream(i)
    r = {}
    r["service"] = s.pick("s3", "sts", "execute-api", "iotdevicegateway")
    r["region"] = s.pick("us-east-1", "eu-central-1", "cn-north-1")
    r["method"] = s.pick("GET", "PUT", "POST", "DELETE", "HEAD")
    r["host"] = s.pick("example.com", "bucket.s3.amazonaws.com", "127.0.0.1:9000")
    r["token"] = "token/+=%d" % s.draw(60000) if s.draw(3) == 0 else ""
    r["seconds"] = 946684800 + s.draw(40000) * 65536 + s.draw(65536)

    path = ""
    for _ in range(s.draw(5)):
        kind = s.draw(8)
        path += "/" + ((".", "..", "")[kind] if kind < 3 else s.text("!$&'()*+,;=:@"))
    if path == "" or s.draw(3) == 0:
        path += "/"
    r["path"] = path

    pairs = []
    for _ in range(s.draw(5)):
        name = s.text("!$'()*,;:@/?")
        if s.draw(3) > 0:
            pairs.append((name, s.text("!$'()*,;:@/?=")))
        elif name:  # without name, "=" and value it is nothing
            pairs.append((name, ""))
    r["query"] = pairs

    r["headers"] = []
    for _ in range(s.draw(4)):
        name = s.pick("Content-Type", "X-Amz-Meta-A", "x-amz-meta-B", "Cache-Control", "User-Agent", "Range")
        value = ""
        for _ in range(s.draw(16)):
            value += " " if s.draw(3) == 0 else chr(32 + s.draw(95))
        r["headers"].append((name, value))

    r["presigned"] = s.draw(2) == 1
    r["expires"] = 1 + s.draw(60000)
    if r["presigned"] and r["service"] == "s3":
        r["payload"] = "UNSIGNED-PAYLOAD"
    elif r["presigned"]:
        r["payload"] = PAYLOADS[s.draw(2)]
    else:
        r["payload"] = PAYLOADS[s.draw(len(PAYLOADS))]
    return r


def canonical_path(path, s3):
    """S3: the object key, encoded. Others: the normalized path, encoded once more."""
    if s3:
        return quote(unquote_to_bytes(path), safe="/-._~")
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    path = "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")
    return quote(path, safe="/-._~")


def signature(r):
    s3 = r["service"] == "s3"
    token_signed = r["token"] and r["service"] != "iotdevicegateway"
    amz_date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(r["seconds"]))
    scope = "/".join([amz_date[:8], r["region"], r["service"], "aws4_request"])

    headers = [("host", r["host"])] + [(n.lower(), v) for n, v in r["headers"] if n != "User-Agent"]
    query = [(unquote_to_bytes(n), unquote_to_bytes(v)) for n, v in r["query"]]
    if r["presigned"]:
        query += [
            (b"X-Amz-Algorithm", b"AWS4-HMAC-SHA256"),
            (b"X-Amz-Credential", f"{ACCESS_KEY_ID}/{scope}".encode()),
            (b"X-Amz-Date", amz_date.encode()),
            (b"X-Amz-Expires", str(r["expires"]).encode()),
            (b"X-Amz-SignedHeaders", ";".join(sorted({n for n, _ in headers})).encode()),
        ]
        if token_signed:
            query.append((b"X-Amz-Security-Token", r["token"].encode()))
    else:
        headers.append(("x-amz-date", amz_date))
        if s3 or r["payload"] not in PAYLOADS[:2]:
            headers.append(("x-amz-content-sha256", r["payload"]))
        if token_signed:
            headers.append(("x-amz-security-token", r["token"]))

    encoded = sorted((quote(n, safe="-._~"), quote(v, safe="-._~")) for n, v in query)
    joined = {}
    for name, value in headers:
        value = " ".join(part for part in value.split(" ") if part)
        joined[name] = joined[name] + "," + value if name in joined else value
    names = sorted(joined)

    canonical = "\n".join(
        [r["method"], canonical_path(r["path"], s3), "&".join(f"{n}={v}" for n, v in encoded)]
        + [f"{n}:{joined[n]}" for n in names]
        + ["", ";".join(names), r["payload"]]
    )
    to_sign = "\n".join(["AWS4-HMAC-SHA256", amz_date, scope, sha256_hex(canonical.encode("utf-8"))])
    key = b"AWS4" + SECRET
    for part in scope.split("/") + [to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def main():
    digest = hashlib.sha256()
    for i in range(COUNT):
        digest.update(signature(generate(i)).encode() + b"\n")
    print(digest.hexdigest())


if __name__ == "__main__":
    main()
