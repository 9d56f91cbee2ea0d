package oracle

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

const (
	diffCanonical = "GET\n/a%20b\na=1&b=2&b=3\nhost:example.com\nx-amz-date:20260101T000000Z\n\nhost;x-amz-date\ne3b0"
	diffToSign    = "AWS4-HMAC-SHA256\n20260101T000000Z\n20260101/us-east-1/s3/aws4_request\nabcd"
)

func TestDiffNamesEveryLineThatDiffers(t *testing.T) {
	type d = Difference
	for _, test := range []struct {
		name     string
		old, new string // of both texts
		want     []d
	}{
		{"nothing", "", "", nil},
		{"method", "GET\n", "PUT\n", []d{{"method", "", "GET", "PUT"}}},
		{"canonical URI", "/a%20b", "/a%2520b", []d{{"canonical URI", "", "/a%20b", "/a%2520b"}}},
		{"value of a parameter", "a=1", "a=9", []d{{"query parameter", "a", "a=1", "a=9"}}},
		{"one of two values", "b=3", "b=4", []d{{"query parameter", "b", "b=3", "b=4"}}},
		{"parameter dropped", "a=1&", "", []d{{"query parameter", "a", "a=1", ""}}},
		{"parameter added", "&b=3", "&b=3&c=4", []d{{"query parameter", "c", "", "c=4"}}},
		{"parameter twice", "a=1&", "a=1&a=1&", []d{{"query parameter", "a", "", "a=1"}}},
		{"equals sign", "a=1", "a", []d{{"query parameter", "a", "a=1", "a"}}},
		{"no query", "a=1&b=2&b=3", "", []d{{"query parameter", "a", "a=1", ""}, {"query parameter", "b", "b=2", ""}, {"query parameter", "b", "b=3", ""}, {"query parameter", "", "", ""}}},
		{"order of parameters", "b=2&b=3", "b=3&b=2", []d{{"query parameter", "", "a=1\nb=2\nb=3", "a=1\nb=3\nb=2"}}},
		{"value of a header", "host:example.com", "host:example.org", []d{{"header", "host", "host:example.com", "host:example.org"}}},
		{"header dropped, and its name", "host:example.com\nx-amz-date:20260101T000000Z\n\nhost;x-amz-date", "host:example.com\n\nhost",
			[]d{{"header", "x-amz-date", "x-amz-date:20260101T000000Z", ""}, {"signed headers", "", "host;x-amz-date", "host"}}},
		{"header added", "host:example.com", "a:b\nhost:example.com", []d{{"header", "a", "", "a:b"}}},
		{"order of headers", "host:example.com\nx-amz-date:20260101T000000Z\n", "x-amz-date:20260101T000000Z\nhost:example.com\n",
			[]d{{"header", "", "host:example.com\nx-amz-date:20260101T000000Z\n", "x-amz-date:20260101T000000Z\nhost:example.com\n"}}},
		{"no empty line", "Z\n\nhost", "Z\nhost", []d{{"header", "", "", ""}}},
		{"signed headers", "host;x-amz-date\n", "host\n", []d{{"signed headers", "", "host;x-amz-date", "host"}}},
		{"payload hash", "\ne3b0", "\nUNSIGNED-PAYLOAD", []d{{"payload hash", "", "e3b0", "UNSIGNED-PAYLOAD"}}},
		{"algorithm", "AWS4-HMAC-SHA256\n", "AWS4-HMAC-SHA1\n", []d{{"algorithm", "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"}}},
		{"time", "256\n20260101T000000Z", "256\n20260101T000001Z", []d{{"time", "", "20260101T000000Z", "20260101T000001Z"}}},
		{"credential scope", "us-east-1/s3", "us-east-1/sts", []d{{"credential scope", "", "20260101/us-east-1/s3/aws4_request", "20260101/us-east-1/sts/aws4_request"}}},
		{"canonical request hash", "\nabcd", "\nef01", []d{{"canonical request hash", "", "abcd", "ef01"}}},
		{"a chunk's string to sign", "\nabcd", "\nabcd\nef01\n2345", []d{{"canonical request hash", "", "", "ef01"}, {"canonical request hash", "", "", "2345"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			canonical, toSign := strings.Replace(diffCanonical, test.old, test.new, 1), strings.Replace(diffToSign, test.old, test.new, 1)
			if test.old != "" && canonical == diffCanonical && toSign == diffToSign {
				t.Fatal("the case changes nothing")
			}
			got := diff(sigv4.Trace{CanonicalRequest: diffCanonical, StringToSign: diffToSign}, canonical, toSign)
			if delta := cmp.Diff(test.want, got); delta != "" {
				t.Errorf("Diff() (-want +got):\n%s", delta)
			}
		})
	}
}

func TestDiffComparesOnlyWhatTheServerTells(t *testing.T) {
	trace := sigv4.Trace{CanonicalRequest: diffCanonical, StringToSign: diffToSign}
	for _, test := range []struct {
		canonical, toSign string
		want              []string
	}{
		{"", "", nil},
		{"", "x", []string{"algorithm", "time", "credential scope", "canonical request hash"}},
		{"PUT" + diffCanonical[3:], "", []string{"method"}},
		{"x", "", []string{"method", "canonical URI", "query parameter", "query parameter", "query parameter", "query parameter", "header", "header", "signed headers", "payload hash"}},
	} {
		var parts []string
		for _, d := range diff(trace, test.canonical, test.toSign) {
			parts = append(parts, d.Part)
		}
		if delta := cmp.Diff(test.want, parts); delta != "" {
			t.Errorf("Diff(%q, %q) (-want +got):\n%s", test.canonical, test.toSign, delta)
		}
	}
}

// FuzzDiff: the trace of a real signature has a difference to just what is not
// the same text.
func FuzzDiff(f *testing.F) {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		f.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://example.com/a?b=2&a=1&b=1", nil)
	if err != nil {
		f.Fatal(err)
	}
	trace, err := signer.Explain(req, sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", ""), sigv4.EmptyPayload(), time.Unix(1e9, 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(trace.CanonicalRequest, trace.StringToSign)
	f.Add(diffCanonical, diffToSign)
	f.Add(strings.Replace(trace.CanonicalRequest, "&", "\n", 1), trace.StringToSign+"\n")
	f.Add("\n\n\n\n\n\n", "\n\n")
	f.Fuzz(func(t *testing.T, canonical, toSign string) {
		got := diff(trace, canonical, toSign)
		same := (canonical == "" || canonical == trace.CanonicalRequest) && (toSign == "" || strings.TrimRight(toSign, "\n") == trace.StringToSign)
		if same != (len(got) == 0) {
			t.Errorf("Diff(%q, %q) = %q", canonical, toSign, got)
		}
	})
}
