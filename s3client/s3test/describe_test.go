package s3test

import (
	"mime"
	"strings"
	"testing"
)

func TestHeadersComeBackAsTheyWent(t *testing.T) {
	c := newClient(start(t, Config{}))
	kept := []string{
		"Content-Type", "text/plain; charset=utf-8", "Cache-Control", "max-age=60", "Content-Disposition", `attachment; filename="a b"`,
		"Content-Encoding", "gzip", "Content-Language", "de, en", "Expires", "Thu, 01 Dec 2026 16:00:00 GMT", redirectHeader, "/elsewhere",
		"X-Amz-Meta-Colour", "red,  green", "X-Amz-Meta-Empty", "", "X-Amz-Storage-Class", "STANDARD_IA",
	}
	c.put(t, "/data/key", "x", kept...)
	for _, method := range []string{"GET", "HEAD"} {
		r := c.do(t, method, "/data/key", "")
		for i := 0; i < len(kept); i += 2 {
			r.wantHeader(t, kept[i], kept[i+1])
		}
	}
	// What a request asks to be told instead.
	r := c.do(t, "GET", "/data/key?response-content-type=text/html&response-cache-control=no-store&response-content-disposition=inline"+
		"&response-content-encoding=br&response-content-language=fr&response-expires=0", "")
	for i, want := range []string{"text/html", "no-store", "inline", "br", "fr", "0"} {
		r.wantHeader(t, keptHeaders[i], want)
	}
	for _, redirect := range []string{"elsewhere", "ftp://example.com/"} {
		c.do(t, "PUT", "/data/key", "x", redirectHeader, redirect).want(t, 400, "InvalidRedirectLocation")
	}
}

// TestMetadataOutsideASCII: S3 decodes and encodes by RFC 2047.
func TestMetadataOutsideASCII(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, value := range []string{"Grüße", "日本語", "😀", strings.Repeat("é", 200), "plain"} {
		c.put(t, "/data/key", "x", "X-Amz-Meta-A", mime.BEncoding.Encode("UTF-8", value), "X-Amz-Meta-B", mime.QEncoding.Encode("UTF-8", value))
		for _, name := range []string{"X-Amz-Meta-A", "X-Amz-Meta-B"} {
			got := c.do(t, "HEAD", "/data/key", "").header.Get(name)
			decoded, err := new(mime.WordDecoder).DecodeHeader(got)
			if err != nil || decoded != value || !isASCII(got) {
				t.Errorf("%s: %q came back as %s, which is %q, %v", name, value, got, decoded, err)
			}
		}
	}
	// The User Guide's example, of a value that came as it is.
	c.put(t, "/data/key", "x", "X-Amz-Meta-A", "ÄMÄZÕÑ S3")
	c.do(t, "HEAD", "/data/key", "").wantHeader(t, "X-Amz-Meta-A", "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=")
	c.put(t, "/data/key", "x", "X-Amz-Meta-A", "=?x?b?y?= stays")
	c.do(t, "HEAD", "/data/key", "").wantHeader(t, "X-Amz-Meta-A", "=?x?b?y?= stays")

	c.put(t, "/data/key", "x", "X-Amz-Meta-A", strings.Repeat("x", 2047))
	c.do(t, "PUT", "/data/key", "x", "X-Amz-Meta-A", strings.Repeat("x", 2048)).want(t, 400, "MetadataTooLarge")
}

func TestStorageClasses(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, class := range storageClasses {
		if class == expressClass {
			c.do(t, "PUT", "/data/key", "x", "X-Amz-Storage-Class", class).want(t, 400, "InvalidStorageClass")
			continue
		}
		c.put(t, "/data/key", "x", "X-Amz-Storage-Class", class)
		want := class
		if class == standardClass {
			want = ""
		}
		c.do(t, "HEAD", "/data/key", "").wantHeader(t, "X-Amz-Storage-Class", want)
		c.do(t, "GET", "/data?list-type=2", "").wantElements(t, "StorageClass", class)
	}
	c.do(t, "PUT", "/data/key", "x", "X-Amz-Storage-Class", "standard").want(t, 400, "InvalidStorageClass")
}
