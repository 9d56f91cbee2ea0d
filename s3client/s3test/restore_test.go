package s3test

import (
	"testing"
	"time"
)

func TestArchivedObjectsAreRestored(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := newClient(start(t, Config{Now: func() time.Time { return now }}))
	c.put(t, "/data/key", "x", "X-Amz-Storage-Class", "GLACIER")
	c.put(t, "/data/near", "x", "X-Amz-Storage-Class", "GLACIER_IR")
	const twoDays = `<RestoreRequest><Days>2</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>`

	r := c.do(t, "GET", "/data/key", "")
	r.want(t, 403, "InvalidObjectState")
	r.wantElements(t, "StorageClass", "GLACIER")
	c.do(t, "HEAD", "/data/key", "").want(t, 200, "")
	c.copy(t, "data/key", "/data/copy").want(t, 403, "ObjectNotInActiveTierError")
	c.do(t, "GET", "/data/near", "").want(t, 200, "")
	c.do(t, "POST", "/data/near?restore", twoDays).want(t, 403, "InvalidObjectState")
	c.do(t, "POST", "/data/none?restore", twoDays).want(t, 404, "NoSuchKey")
	for body, status := range map[string]int{
		"": 400, "<RestoreRequest/>": 400, "<RestoreRequest><Days>0</Days></RestoreRequest>": 400,
		"<RestoreRequest><Days>1</Days><Tier>Soon</Tier></RestoreRequest>":      400,
		"<RestoreRequest><Type>SELECT</Type><Tier>Bulk</Tier></RestoreRequest>": 501,
	} {
		if r := c.do(t, "POST", "/data/key?restore", body); r.status != status {
			t.Errorf("%s: %d, want %d", body, r.status, status)
		}
	}

	c.do(t, "POST", "/data/key?restore", twoDays).want(t, 202, "")
	r = c.do(t, "GET", "/data/key", "")
	r.wantBody(t, "x")
	r.wantHeader(t, "X-Amz-Storage-Class", "GLACIER")
	r.wantHeader(t, "X-Amz-Restore", `ongoing-request="false", expiry-date="Thu, 26 Nov 2026 00:00:00 GMT"`)
	c.do(t, "POST", "/data/key?restore", twoDays).want(t, 200, "") // longer
	now = now.AddDate(0, 0, 3)
	c.do(t, "GET", "/data/key", "").want(t, 403, "InvalidObjectState")
}
