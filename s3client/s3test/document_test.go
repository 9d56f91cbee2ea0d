package s3test

import (
	"strings"
	"testing"
)

// summed is a PUT with the digest that S3 wants of documents.
func (c *client) summed(t *testing.T, target, body string, headers ...string) result {
	t.Helper()
	return c.do(t, "PUT", target, body, append(headers, "X-Amz-Checksum-Crc32", sum("CRC32", body))...)
}

const (
	lifecycle = `<LifecycleConfiguration xmlns="` + s3Namespace + `">
	<!-- as it came --><Rule><ID>a</ID><Filter><Prefix>tmp/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>`
	cors = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>`
)

func TestDocumentsComeBackAsTheyWent(t *testing.T) {
	dir := t.TempDir()
	srv := start(t, Config{Dir: dir})
	c := newClient(srv)
	for _, test := range []struct{ target, body, missing string }{
		{"/data?lifecycle", lifecycle, "NoSuchLifecycleConfiguration"},
		{"/data?cors", cors, "NoSuchCORSConfiguration"},
	} {
		c.do(t, "GET", test.target, "").want(t, 404, test.missing)
		c.do(t, "PUT", test.target, test.body).want(t, 400, "InvalidRequest") // no digest
		c.do(t, "PUT", test.target, test.body, "X-Amz-Checksum-Crc32", sum("CRC32", "other")).want(t, 400, "BadDigest")
		c.summed(t, test.target, test.body).want(t, 200, "")
		c.do(t, "GET", test.target, "").wantBody(t, test.body)
		c.do(t, "DELETE", test.target, "").want(t, 204, "")
		c.do(t, "GET", test.target, "").want(t, 404, test.missing)
		c.do(t, "DELETE", test.target, "").want(t, 204, "")
		c.summed(t, test.target, test.body).want(t, 200, "")

		none := strings.Replace(test.target, "data", "none", 1)
		c.do(t, "GET", none, "").want(t, 404, "NoSuchBucket")
		c.do(t, "DELETE", none, "").want(t, 404, "NoSuchBucket")
		c.summed(t, none, test.body).want(t, 404, "NoSuchBucket")
	}
	srv.Close()
	c = newClient(start(t, Config{Dir: dir}))
	c.do(t, "GET", "/data?cors", "").wantBody(t, cors)
	c.do(t, "GET", "/data?lifecycle", "").wantBody(t, lifecycle)
}

func TestDocumentsAreChecked(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, test := range []struct{ target, body, code string }{
		{"/data?lifecycle", "", "MalformedXML"},
		{"/data?lifecycle", "<LifecycleConfiguration/>", "MalformedXML"},
		{"/data?lifecycle", cors, "MalformedXML"},
		{"/data?lifecycle", strings.Replace(lifecycle, "Enabled", "On", 1), "MalformedXML"},
		{"/data?lifecycle", strings.Replace(lifecycle, "<ID>a<", "<ID>"+strings.Repeat("a", 256)+"<", 1), "InvalidArgument"},
		{"/data?lifecycle", `<LifecycleConfiguration>` + strings.Repeat(`<Rule><ID>a</ID><Status>Enabled</Status></Rule>`, 2) + `</LifecycleConfiguration>`, "InvalidArgument"},
		{"/data?lifecycle", `<LifecycleConfiguration>` + strings.Repeat(`<Rule><Status>Enabled</Status></Rule>`, 1001) + `</LifecycleConfiguration>`, "MalformedXML"},
		{"/data?cors", "", "MalformedXML"},
		{"/data?cors", lifecycle, "MalformedXML"},
		{"/data?cors", strings.Replace(cors, "<AllowedOrigin>*</AllowedOrigin>", "", 1), "MalformedXML"},
		{"/data?cors", strings.Replace(cors, ">GET<", ">PATCH<", 1), "InvalidRequest"},
		{"/data?tagging", "<Tagging/>", "MalformedXML"},
	} {
		c.summed(t, test.target, test.body).want(t, 400, test.code)
	}
}
