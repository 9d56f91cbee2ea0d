package s3test

import "testing"

func TestRequesterPays(t *testing.T) {
	const ours, theirs = account, "111122223333"
	owner := User{AccessKeyID: otherKey, SecretAccessKey: otherKeyMe, ARN: "arn:aws:iam::" + theirs + ":user/owner"}
	c := newClient(start(t, Config{Users: append(userWith(), owner), Owners: map[string]string{"data": theirs}}))
	them := c.as(newCredentials(otherKey, otherKeyMe))
	payer := func(s string) string {
		return "<RequestPaymentConfiguration><Payer>" + s + "</Payer></RequestPaymentConfiguration>"
	}
	c.do(t, "GET", "/data?requestPayment", "").wantElements(t, "Payer", "BucketOwner")
	them.do(t, "PUT", "/data?requestPayment", payer("Nobody")).want(t, 400, "MalformedXML")
	them.do(t, "PUT", "/data?requestPayment", payer("Requester")).want(t, 200, "")
	them.do(t, "GET", "/data?requestPayment", "").wantElements(t, "Payer", "Requester")

	them.put(t, "/data/key", "x").wantHeader(t, "X-Amz-Request-Charged", "")
	c.do(t, "GET", "/data/key", "").want(t, 403, "AccessDenied")
	c.do(t, "GET", "/data/key", "", "X-Amz-Request-Payer", "owner").want(t, 403, "AccessDenied")
	r := c.do(t, "GET", "/data/key", "", "X-Amz-Request-Payer", "requester")
	r.wantBody(t, "x")
	r.wantHeader(t, "X-Amz-Request-Charged", "requester")
	c.send(t, c.presign(t, "GET", "/data/key?x-amz-request-payer=requester", 1e9)).wantBody(t, "x")
}
