package s3test

import (
	"crypto/fips140"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// customer are the headers of SSE-C for a key of 32 times a byte.
func customer(prefix string, b byte) []string {
	key := []byte(strings.Repeat(string(rune(b)), 32))
	keyMD5, err := checksum.ContentMD5(key)
	if err != nil {
		keyMD5 = "none in FIPS 140 mode"
	}
	return []string{prefix + "Algorithm", "AES256", prefix + "Key", base64Of(key), prefix + "Key-Md5", keyMD5}
}

func TestEncryptionIsSaid(t *testing.T) {
	c := newClient(start(t, Config{Region: "eu-west-1"}))
	const kms, context = sseHeader + "-Aws-Kms-Key-Id", sseHeader + "-Context"
	const arn = "arn:aws:kms:eu-west-1:123456789012:key/abc"
	json := base64.StdEncoding.EncodeToString([]byte(`{"a":"b"}`))
	for _, test := range []struct {
		name    string
		headers []string
		status  int
		code    string
		want    []string // headers
	}{
		{"none", nil, 200, "", []string{sseHeader, "AES256", kms, ""}},
		{"S3's key", []string{sseHeader, "AES256"}, 200, "", []string{sseHeader, "AES256"}},
		{"KMS, default key", []string{sseHeader, "aws:kms"}, 200, "", []string{sseHeader, "aws:kms"}},
		{"KMS, key ID", []string{sseHeader, "aws:kms", kms, "abc"}, 200, "", []string{kms, arn}},
		{"KMS, key ARN", []string{sseHeader, "aws:kms", kms, arn, context, json, sseHeader + "-Bucket-Key-Enabled", "true"}, 200, "",
			[]string{kms, arn, sseHeader + "-Bucket-Key-Enabled", "true"}},
		{"KMS, two layers", []string{sseHeader, "aws:kms:dsse", kms, arn}, 200, "", []string{sseHeader, "aws:kms:dsse", kms, arn}},
		{"unknown", []string{sseHeader, "ROT13"}, 400, "InvalidArgument", nil},
		{"key without KMS", []string{sseHeader, "AES256", kms, arn}, 400, "InvalidArgument", nil},
		{"context that is none", []string{sseHeader, "aws:kms", context, "x"}, 400, "InvalidArgument", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.do(t, "PUT", "/data/key", "body", test.headers...)
			r.want(t, test.status, test.code)
			for _, r := range []result{r, c.do(t, "GET", "/data/key", ""), c.do(t, "HEAD", "/data/key", "")} {
				for i := 0; i < len(test.want); i += 2 {
					r.wantHeader(t, test.want[i], test.want[i+1])
				}
			}
		})
	}
	// Under KMS the ETag is no MD5.
	if etag := c.put(t, "/data/key", "body", sseHeader, "aws:kms").header.Get("ETag"); etag == etagOf("body") || len(etag) != 34 {
		t.Errorf("ETag %s", etag)
	}
}

func TestCustomersKeys(t *testing.T) {
	if fips140.Enabled() {
		c := newClient(start(t, Config{}))
		c.do(t, "PUT", "/data/key", "x", customer(customerHeader, 'a')...).want(t, 501, "NotImplemented")
		return
	}
	inBothStores(t, func(t *testing.T, c *client) {
		mine, other := customer(customerHeader, 'a'), customer(customerHeader, 'b')
		r := c.put(t, "/data/key", "body", mine...)
		r.wantHeader(t, customerHeader+"Algorithm", "AES256")
		r.wantHeader(t, customerHeader+"Key-Md5", mine[5])
		r.wantHeader(t, customerHeader+"Key", "")
		r.wantHeader(t, sseHeader, "")
		c.put(t, "/data/plain", "body")
		for _, test := range []struct {
			name    string
			target  string
			headers []string
			status  int
			code    string
		}{
			{"right", "/data/key", mine, 200, ""},
			{"none", "/data/key", nil, 400, "InvalidRequest"},
			{"another", "/data/key", other, 403, "AccessDenied"},
			{"of what has none", "/data/plain", mine, 400, "InvalidRequest"},
			{"MD5 of another", "/data/key", append(mine[:4:4], other[4:]...), 400, "InvalidArgument"},
			{"no MD5", "/data/key", mine[:4], 400, "InvalidArgument"},
			{"no key", "/data/key", mine[:2], 400, "InvalidArgument"},
			{"no algorithm", "/data/key", mine[2:], 400, "InvalidArgument"},
			{"algorithm", "/data/key", append([]string{mine[0], "AES128"}, mine[2:]...), 400, "InvalidEncryptionAlgorithmError"},
			{"short key", "/data/key", append([]string{mine[0], mine[1], mine[2], "AAAA"}, mine[4:]...), 400, "InvalidArgument"},
		} {
			t.Run(test.name, func(t *testing.T) {
				r := c.do(t, "GET", test.target, "", test.headers...)
				r.want(t, test.status, test.code)
				if strings.Contains(r.body, mine[3]) {
					t.Error("the answer tells the key")
				}
				if r := c.do(t, "HEAD", test.target, "", test.headers...); r.status != test.status {
					t.Errorf("HEAD: %d", r.status)
				}
			})
		}
		c.do(t, "GET", "/data/key?attributes", "", attributesHeader, "ETag").want(t, 400, "InvalidRequest")
		c.do(t, "PUT", "/data/key", "x", append(mine, sseHeader, "AES256")...).want(t, 400, "InvalidArgument")

		source := customer(copySourceHeader+"-Server-Side-Encryption-Customer-", 'a')
		c.copy(t, "data/key", "/data/copy").want(t, 400, "InvalidRequest")
		c.copy(t, "data/key", "/data/copy", append(source, other...)...).wantHeader(t, customerHeader+"Key-Md5", other[5])
		c.do(t, "GET", "/data/copy", "", other...).wantBody(t, "body")
		c.copy(t, "data/key", "/data/key", append(source, other...)...).want(t, 200, "") // another key is a change
		c.do(t, "GET", "/data/key", "", mine...).want(t, 403, "AccessDenied")
	})
}

func TestPartsUnderACustomersKey(t *testing.T) {
	if fips140.Enabled() {
		t.Log("in FIPS 140 mode there are none: TestCustomersKeys")
		return
	}
	c := newClient(start(t, Config{}))
	mine, other := customer(customerHeader, 'a'), customer(customerHeader, 'b')
	target := c.beginUpload(t, mine...)
	c.do(t, "PUT", target+"&partNumber=1", "x").want(t, 400, "InvalidRequest")
	c.do(t, "PUT", target+"&partNumber=1", "x", other...).want(t, 400, "InvalidRequest")
	one := c.putPart(t, target, 1, "x", mine...)
	one.wantHeader(t, customerHeader+"Key-Md5", mine[5])
	c.do(t, "POST", target, listOf([]int{1}, one), other...).want(t, 400, "InvalidRequest")
	c.do(t, "POST", target, listOf([]int{1}, one)).want(t, 200, "")
	c.do(t, "GET", "/data/key", "").want(t, 400, "InvalidRequest")
	c.do(t, "GET", "/data/key", "", mine...).wantBody(t, "x")
	plain := c.beginUpload(t)
	c.do(t, "PUT", plain+"&partNumber=1", "x", mine...).want(t, 400, "InvalidRequest")
}
