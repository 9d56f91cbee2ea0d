package s3test

import (
	"testing"
	"time"
)

func lockServer(t *testing.T) (c *client, later func(time.Duration)) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c = newClient(start(t, Config{Now: func() time.Time { return now }}))
	c.do(t, "PUT", "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").want(t, 200, "")
	return c, func(d time.Duration) { now = now.Add(d) }
}

func retained(mode, until string) string {
	return "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + until + "</RetainUntilDate></Retention>"
}

// putLocked puts an object with the digest that locks need, and gives its version.
func (c *client) putLocked(t *testing.T, headers ...string) (target string) {
	t.Helper()
	r := c.put(t, "/locked/key", "x", append(headers, "X-Amz-Checksum-Crc32", sum("CRC32", "x"))...)
	return "/locked/key?versionId=" + r.header.Get("X-Amz-Version-Id")
}

func TestRetention(t *testing.T) {
	const mode, until, bypass = lockHeader + "Mode", lockHeader + "Retain-Until-Date", bypassHeader
	const tomorrow, week = "2026-11-24T12:00:00.000Z", "2026-11-30T12:00:00.000Z"
	c, later := lockServer(t)

	version := c.putLocked(t, mode, governance, until, tomorrow)
	r := c.do(t, "GET", version, "")
	r.wantHeader(t, mode, governance)
	r.wantHeader(t, until, tomorrow)
	c.do(t, "GET", version+"&retention", "").wantElements(t, "Mode", governance, "RetainUntilDate", tomorrow)
	c.do(t, "DELETE", version, "").want(t, 403, "AccessDenied")
	c.do(t, "DELETE", "/locked/key", "").want(t, 204, "") // which is but a delete marker
	c.summed(t, version+"&retention", retained(governance, "2026-11-24T11:00:00Z")).want(t, 403, "AccessDenied")
	c.summed(t, version+"&retention", "<Retention/>").want(t, 403, "AccessDenied")
	c.summed(t, version+"&retention", retained(governance, week)).want(t, 200, "")
	c.summed(t, version+"&retention", retained(governance, tomorrow), bypass, "true").want(t, 200, "")
	c.do(t, "DELETE", version, "", bypass, "true").want(t, 204, "")

	version = c.putLocked(t, mode, compliance, until, tomorrow)
	c.do(t, "DELETE", version, "", bypass, "true").want(t, 403, "AccessDenied")
	c.summed(t, version+"&retention", retained(governance, week), bypass, "true").want(t, 403, "AccessDenied")
	c.summed(t, version+"&retention", "<Retention/>", bypass, "true").want(t, 403, "AccessDenied")
	later(24 * time.Hour)
	c.do(t, "DELETE", version, "").want(t, 204, "")

	// What is not locked.
	version = c.putLocked(t)
	c.do(t, "GET", version+"&retention", "").want(t, 404, "NoSuchObjectLockConfiguration")
	c.do(t, "GET", version+"&legal-hold", "").want(t, 404, "NoSuchObjectLockConfiguration")
}

func TestLegalHold(t *testing.T) {
	c, _ := lockServer(t)
	version := c.putLocked(t, lockHeader+"Legal-Hold", "ON")
	c.do(t, "HEAD", version, "").wantHeader(t, lockHeader+"Legal-Hold", "ON")
	c.do(t, "GET", version+"&legal-hold", "").wantElements(t, "Status", "ON")
	c.do(t, "DELETE", version, "", bypassHeader, "true").want(t, 403, "AccessDenied")
	c.summed(t, version+"&legal-hold", "<LegalHold><Status>off</Status></LegalHold>").want(t, 400, "MalformedXML")
	c.summed(t, version+"&legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>").want(t, 200, "")
	c.do(t, "GET", version+"&legal-hold", "").wantElements(t, "Status", "OFF") // that there was one is remembered
	c.do(t, "HEAD", version, "").wantHeader(t, lockHeader+"Legal-Hold", "OFF")
	c.do(t, "DELETE", version, "").want(t, 204, "")

	version = c.putLocked(t, lockHeader+"Legal-Hold", "OFF")
	c.do(t, "GET", version+"&legal-hold", "").wantElements(t, "Status", "OFF")
	version = c.putLocked(t, lockHeader+"Mode", governance, lockHeader+"Retain-Until-Date", "2026-11-24T12:00:00Z")
	c.do(t, "GET", version+"&legal-hold", "").want(t, 404, "NoSuchObjectLockConfiguration") // a retention is no hold
}

func TestDefaultRetention(t *testing.T) {
	c, _ := lockServer(t)
	rule := func(s string) string {
		return "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>" + s + "</DefaultRetention></Rule></ObjectLockConfiguration>"
	}
	c.summed(t, "/locked?object-lock", rule("<Mode>COMPLIANCE</Mode><Days>2</Days>")).want(t, 200, "")
	c.do(t, "GET", "/locked?object-lock", "").wantElements(t, "Mode", compliance, "Days", "2")
	c.do(t, "PUT", "/locked/key", "x").want(t, 400, "InvalidRequest") // no digest
	r := c.do(t, "HEAD", c.putLocked(t, lockHeader+"Legal-Hold", "ON"), "")
	r.wantHeader(t, lockHeader+"Mode", compliance)
	r.wantHeader(t, lockHeader+"Retain-Until-Date", "2026-11-25T12:00:00.000Z")
	r.wantHeader(t, lockHeader+"Legal-Hold", "ON")
	for _, test := range []struct{ body, code string }{
		{rule("<Mode>COMPLIANCE</Mode>"), "MalformedXML"},
		{rule("<Mode>COMPLIANCE</Mode><Days>1</Days><Years>1</Years>"), "MalformedXML"},
		{rule("<Mode>NONE</Mode><Days>1</Days>"), "MalformedXML"},
		{rule("<Mode>GOVERNANCE</Mode><Days>-1</Days>"), "InvalidArgument"},
		{rule("<Mode>GOVERNANCE</Mode><Years>101</Years>"), "InvalidArgument"},
		{"<ObjectLockConfiguration/>", "MalformedXML"},
	} {
		c.summed(t, "/locked?object-lock", test.body).want(t, 400, test.code)
	}
	c.summed(t, "/data?object-lock", rule("<Mode>GOVERNANCE</Mode><Years>1</Years>")).want(t, 409, "InvalidBucketState")
	c.put(t, "/data?versioning", versioned)
	c.summed(t, "/data?object-lock", rule("<Mode>GOVERNANCE</Mode><Years>1</Years>")).want(t, 200, "")
	c.do(t, "GET", "/data?object-lock", "").wantElements(t, "Years", "1")
}

func TestLocksAreChecked(t *testing.T) {
	const mode, until, hold = lockHeader + "Mode", lockHeader + "Retain-Until-Date", lockHeader + "Legal-Hold"
	const tomorrow = "2026-11-24T12:00:00Z"
	c, _ := lockServer(t)
	for _, test := range []struct {
		name    string
		target  string
		headers []string
		code    string
	}{
		{"bucket without", "/data/key", []string{hold, "ON"}, "InvalidRequest"},
		{"mode alone", "/locked/key", []string{mode, governance}, "InvalidArgument"},
		{"date alone", "/locked/key", []string{until, tomorrow}, "InvalidArgument"},
		{"mode", "/locked/key", []string{mode, "NONE", until, tomorrow}, "InvalidArgument"},
		{"date", "/locked/key", []string{mode, governance, until, "tomorrow"}, "InvalidArgument"},
		{"past", "/locked/key", []string{mode, governance, until, "2026-11-23T12:00:00Z"}, "InvalidArgument"},
		{"hold", "/locked/key", []string{hold, "yes"}, "InvalidArgument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.do(t, "PUT", test.target, "x", append(test.headers, "X-Amz-Checksum-Crc32", sum("CRC32", "x"))...).want(t, 400, test.code)
		})
	}
	c.put(t, "/data/key", "x")
	c.do(t, "GET", "/data/key?retention", "").want(t, 400, "InvalidRequest")
	c.do(t, "GET", "/data/key?legal-hold", "").want(t, 400, "InvalidRequest")
	c.summed(t, "/locked/none?retention", retained(governance, tomorrow)).want(t, 404, "NoSuchKey")
	c.do(t, "PUT", "/locked/none?retention", retained(governance, tomorrow)).want(t, 400, "InvalidRequest") // no digest
}
