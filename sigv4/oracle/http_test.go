package oracle_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sigvier/sigvier/sigv4/oracle"
	"github.com/sigvier/sigvier/testvectors"
)

// equal compares requests by what they say, not by credentials and claim.
var equal = cmp.Options{
	cmpopts.IgnoreUnexported(oracle.Request{}), cmpopts.IgnoreFields(oracle.Request{}, "Credentials", "Claim"), cmpopts.EquateEmpty(),
}

// fields is a Request that is printed in full where it differs.
type fields struct {
	Method, URL, Host string
	Headers           [][2]string
	Body              string
	BodyUnknown       bool
}

func fieldsOf(r oracle.Request) fields {
	return fields{r.Method, r.URL, r.Host, r.Headers, string(r.Body), r.BodyUnknown}
}

func TestRawRequests(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       fields
	}{
		{"path and query as they are written", "GET /a%2fb//../%7E+ü?x=%2F&&y=a+b&=&z HTTP/1.1\nHost: h:9000\n\n",
			fields{Method: "GET", URL: "https://h:9000/a%2fb//../%7E+ü?x=%2F&&y=a+b&=&z", Host: "h:9000"}},
		{"a blank in the target", "GET /example space/ HTTP/1.1\nHost: h\n\n",
			fields{Method: "GET", URL: "https://h/example space/", Host: "h"}},
		{"the default port", "GET / HTTP/1.1\nHost: h:443\n\n", fields{Method: "GET", URL: "https://h:443/", Host: "h:443"}},
		{"an IPv6 host", "GET / HTTP/1.1\nHost: [2001:db8::1]:9000\n\n", fields{Method: "GET", URL: "https://[2001:db8::1]:9000/", Host: "[2001:db8::1]:9000"}},
		{"absolute form, whose host counts", "GET HTTP://real:80/p?q HTTP/1.1\nHost: other\n\n", fields{Method: "GET", URL: "http://real:80/p?q", Host: "real:80"}},
		{"absolute form without a path", "GET http://real?q HTTP/1.1\n\n", fields{Method: "GET", URL: "http://real?q", Host: "real"}},
		{"two slashes at the start", "GET //a HTTP/1.1\nHost: h\n\n", fields{Method: "GET", URL: "https://h//a", Host: "h"}},
		{"headers in order, with repeats", "GET / HTTP/1.1\r\nhOsT: h\r\nX-B: 1\r\nx-a:\t two  words\t \r\nX-B:\r\nX-C: \xff\r\n\r\n",
			fields{Method: "GET", URL: "https://h/", Host: "h", Headers: [][2]string{{"X-B", "1"}, {"x-a", "two  words"}, {"X-B", ""}, {"X-C", "\xff"}}}},
		{"a method of one's own", "M-SEARCH* / HTTP/1.0\nHost: h\n\n", fields{Method: "M-SEARCH*", URL: "https://h/", Host: "h"}},
		{"mixed line ends", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\nbody", fields{Method: "GET", URL: "https://h/", Host: "h", Headers: [][2]string{{"A", "b"}}, Body: "body"}},

		{"a body with NUL and line ends", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\na\x00\r\nb\n\xff\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "8"}}, Body: "a\x00\r\nb\n\xff\n"}},
		{"a body and an editor's line end", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "4"}}, Body: "body"}},
		{"a body and an editor's CRLF", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody\r\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "4"}}, Body: "body"}},
		{"a body cut short", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nbody",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "5"}}, BodyUnknown: true}},
		{"a body left out", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "5"}}, BodyUnknown: true}},
		{"something behind the body", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nbody",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "2"}}, BodyUnknown: true}},
		{"no body", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "0"}}}},
		{"a body that is signed and left out", "PUT / HTTP/1.1\r\nHost: h\r\nx-amz-content-sha256: " + strings.Repeat("0", 64) + "\r\n\r\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"x-amz-content-sha256", strings.Repeat("0", 64)}}, BodyUnknown: true}},
		{"no body, and that is signed", "GET / HTTP/1.1\r\nHost: h\r\nx-amz-content-sha256: " + emptySHA256 + "\r\n\r\n",
			fields{Method: "GET", URL: "https://h/", Host: "h", Headers: [][2]string{{"x-amz-content-sha256", emptySHA256}}}},
		{"chunked", "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo\x00y\r\n0\r\n\r\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Transfer-Encoding", "chunked"}}, Body: "bo\x00y"}},
		{"chunked no more", "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nbody",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Transfer-Encoding", "chunked"}}, BodyUnknown: true}},

		{"HTTP/2 as tools print it", ":authority: h\r\n:method: PUT\r\n:path: /a%2Fb?c\r\n:scheme: https\r\na: b\r\n\r\nbody",
			fields{Method: "PUT", URL: "https://h/a%2Fb?c", Host: "h", Headers: [][2]string{{"a", "b"}}, Body: "body"}},
		{"HTTP/2 with a Host header only", ":method: GET\n:path: /\nhost: h\n", fields{Method: "GET", URL: "https://h/", Host: "h"}},
		{"curl -v, which does not show the body", "* x\n> PUT / HTTP/1.1\n> Host: h\n> Content-Length: 4\n> \n* y\n",
			fields{Method: "PUT", URL: "https://h/", Host: "h", Headers: [][2]string{{"Content-Length", "4"}}, BodyUnknown: true}},
		{"curl -v without a body", "> DELETE / HTTP/2\r\n> Host: h\r\n>\r\n< HTTP/2 204\r\n", fields{Method: "DELETE", URL: "https://h/", Host: "h"}},
		{"a method and a URL", "DELETE https://h/a b\n", fields{Method: "DELETE", URL: "https://h/a b", Host: "h"}},
		{"a URL", "HTTPS://h?a=b", fields{Method: "GET", URL: "https://h?a=b", Host: "h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, fieldsOf(mustParse(t, test.text)), equal); diff != "" {
				t.Errorf("Parse(%q) (-want +got)\n%s", test.text, diff)
			}
		})
	}
}

func TestRawRequestsThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
		problem    string
	}{
		{"a folded header", "GET / HTTP/1.1\nHost: h\nA: b\n c\n\n", 4, "continues the line before"},
		{"a header folded with a tab", "GET / HTTP/1.1\nHost: h\nA: b\n\tc\n\n", 4, "continues the line before"},
		{"a blank before the colon", "GET / HTTP/1.1\nHost: h\nA : b\n\n", 3, "no blank before the colon"},
		{"no colon", "GET / HTTP/1.1\nHost: h\n" + docSecret + "\n\n", 3, "NAME: VALUE"},
		{"no name", "GET / HTTP/1.1\nHost: h\n: b\n\n", 3, "NAME: VALUE"},
		{"a name outside ASCII", "GET / HTTP/1.1\nHost: h\nÜ: b\n\n", 3, "NAME: VALUE"},
		{"a CR alone", "GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n", 3, "CR without its LF"},
		{"a NUL", "GET / HTTP/1.1\r\nHost: h\r\nA: b\x00c\r\n\r\n", 3, "NUL"},
		{"no host", "GET / HTTP/1.1\nA: b\n\n", 1, "the Host header is missing"},
		{"an empty host", "GET / HTTP/1.1\nHost:\n\n", 1, "the Host header is missing"},
		{"two hosts", "GET / HTTP/1.1\nHost: h\nhost: h\n\n", 0, "more than one Host"},
		{"a host with a user", "GET / HTTP/1.1\nHost: me:" + docSecret + "@h\n\n", 1, "the host is malformed"},
		{"a host with a path", "GET / HTTP/1.1\nHost: h/p\n\n", 1, "the host is malformed"},
		{"a host that is none", "GET / HTTP/1.1\nHost: [::1\n\n", 0, "url: "},
		{"a URL with a password", "GET https://me:password@h/ HTTP/1.1\n\n", 1, "the host is malformed"},
		{"a URL with a password that has a slash", "GET https://me:" + docSecret + "@h/ HTTP/1.1\n\n", 0, "without a user"},
		{"a fragment", "GET /a#b HTTP/1.1\nHost: h\n\n", 1, "write %23"},
		{"a broken escape", "GET /%zz HTTP/1.1\nHost: h\n\n", 0, "invalid URL escape"},
		{"asterisk form", "OPTIONS * HTTP/1.1\nHost: h\n\n", 1, "neither /PATH?QUERY nor a URL"},
		{"authority form", "CONNECT h:443 HTTP/1.1\nHost: h\n\n", 1, "neither /PATH?QUERY nor a URL"},
		{"two lengths", "PUT / HTTP/1.1\nHost: h\nContent-Length: 4\nContent-Length: 4\n\nbody", 0, "more than one Content-Length"},
		{"a length that is none", "PUT / HTTP/1.1\nHost: h\nContent-Length: -4\n\nbody", 0, "Content-Length is no number"},
		{"a length beyond 63 bits", "PUT / HTTP/1.1\nHost: h\nContent-Length: 18446744073709551615\n\nbody", 0, "Content-Length is no number"},
		{"HTTP/2 without a method", ":path: /\n:authority: h\n\n", 2, ":method and a :path"},
		{"HTTP/2 with two paths", ":method: GET\n:path: /\n:path: /\n", 3, "one each"},
		{"HTTP/2 with another of the kind", ":method: GET\n:path: /\n:status: 200\n", 3, "nothing else with a colon"},
		{"HTTP/2 with a late one", ":method: GET\n:path: /\na: b\n:authority: h\n", 4, "NAME: VALUE"},
		{"a long line", "GET / HTTP/1.1\nHost: h\nA: " + strings.Repeat("a", 1<<20) + "\n\n", 3, "longer than 1 MiB"},
		{"a long head", "GET / HTTP/1.1\nHost: h\n" + strings.Repeat("A: "+strings.Repeat("a", 5000)+"\n", 300) + "\n", 0, "longer than 1 MiB"},
		{"many headers", "GET / HTTP/1.1\nHost: h\n" + strings.Repeat("A: b\n", 1001) + "\n", 1003, "more than 1000"},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.text, "HTTP request", test.line, test.problem) })
	}
}

// raw writes a signed request as a capture would have it.
func raw(c testvectors.Case, headers [][2]string) string {
	var b strings.Builder
	b.WriteString(c.Method + " " + c.Target + " HTTP/1.1\r\n")
	for _, h := range headers {
		b.WriteString(h[0] + ":" + h[1] + "\r\n")
	}
	return b.String() + "\r\n" + string(c.Body)
}

// Every published request in the header form, written down as sent, gives its
// published canonical request and signature again, with nothing else said.
func TestPublishedRequestsAreReadBackAsCaptures(t *testing.T) {
	n := 0
	for _, load := range []func() ([]testvectors.Case, error){testvectors.V4, testvectors.Legacy2015, testvectors.Documents} {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if c.Header == nil {
				continue
			}
			n++
			t.Run(c.Family+"/"+c.Name, func(t *testing.T) {
				headers := append([][2]string{}, c.Headers...)
				headers = append(headers, [2]string{"X-Amz-Date", c.Time})
				if c.SessionToken != "" {
					headers = append(headers, [2]string{"X-Amz-Security-Token", c.SessionToken})
				}
				if c.ContentSHA256 {
					headers = append(headers, [2]string{"X-Amz-Content-Sha256", c.PayloadHash})
				}
				headers = append(headers, [2]string{"Authorization", "AWS4-HMAC-SHA256 Credential=" + c.AccessKeyID + "/" + c.Time[:8] + "/" + c.Region + "/" + c.Service +
					"/aws4_request, SignedHeaders=" + c.Header.SignedHeaders + ", Signature=" + c.Header.Signature})
				r := mustParse(t, raw(c, headers))
				r.DoubleEncode, r.NormalizePath = &c.DoubleEncode, &c.NormalizePath
				if !c.ContentSHA256 {
					r.PayloadHash = c.PayloadHash // the suite does not always sign the body
				}
				trace, err := r.Trace()
				if err != nil || trace.CanonicalRequest != c.Header.CanonicalRequest || trace.StringToSign != c.Header.StringToSign {
					t.Errorf("Trace() = %q, %q, %v, want %q, %q", trace.CanonicalRequest, trace.StringToSign, err, c.Header.CanonicalRequest, c.Header.StringToSign)
				}
				verifies(t, r, c)
			})
		}
	}
	if n < 70 {
		t.Errorf("%d cases, want at least 70", n)
	}
}
