package differential

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4"
)

// row is one class of disagreement.
type row struct {
	name    string
	peers   []string
	request request // the smallest that shows it
	sigvier string  // what sigvier does
	theirs  string  // what the peers do
	right   string  // sigvier, both or neither
	verdict string  // why, and by which document
	servers string  // what MinIO and versitygw did when they were tried, "" if they were not
	issue   string  // where this or the like is known in public, "" where nothing was found

	// One or two of these tell the row's disagreements from all others.
	as      func(m *model)                     // makes sigvier's canonical request the peer's
	header  func(r *request, name string) bool // a header that only one of both signs
	refuses func(r *request) bool              // what sigvier alone refuses,
	kind    error                              // with this kind of error
}

const (
	sdk      = "aws-sdk-go-v2"
	smithy   = "smithy-go"
	python   = "botocore"
	guide    = `IAM User Guide, "Create a signed AWS API request", `
	s3Header = `Amazon S3 API Reference, "Signature Calculations for the Authorization Header", `
)

func rowsOf(p peer) (own []*row) {
	for _, row := range rows {
		if slices.Contains(row.peers, p.name) {
			own = append(own, row)
		}
	}
	return own
}

// rows is the table. The ways in which a peer differs are tried in its order.
var rows = []*row{
	// The path.
	{
		name:    "S3: reserved characters that stand in the path as they are",
		peers:   []string{sdk, smithy, python},
		request: plain(inS3, path("/k:v")),
		sigvier: "signs /k%3Av, the path decoded and encoded once",
		theirs:  "sign /k:v, the path as it is on the wire",
		right:   "sigvier",
		verdict: s3Header + "CanonicalURI is UriEncode of the path, which encodes all but the unreserved characters and the slash. The peers leave it to the caller to send the path so encoded",
		servers: "both take sigvier's and refuse the peers'",
		issue:   "https://github.com/aws/aws-sdk-go/issues/866",
		as: func(m *model) {
			if m.request.s3() {
				m.path = strings.ReplaceAll(orSlash(m.request.wirePath()), "+", "%2B")
			}
		},
	},
	{
		name:    "S3: a plus that stands in the path as it is",
		peers:   []string{sdk, smithy, python},
		request: plain(inS3, path("/a+b")),
		sigvier: "signs /a%2Bb",
		theirs:  "sign /a+b, the path as it is on the wire",
		right:   "neither",
		verdict: "S3, and no other service, takes a plus in a path for a blank and computes the signature of /a%20b. A plus in a key must be sent as %2B; then all agree",
		servers: "both take sigvier's and refuse the peers'",
		issue:   "https://github.com/durch/rust-s3/issues/148",
		as: func(m *model) {
			if m.request.s3() {
				m.path = orSlash(m.request.wirePath())
			}
		},
	},
	{
		name:    "dot segments and empty segments outside S3",
		peers:   []string{sdk, smithy},
		request: plain(path("/a//./b/../c")),
		sigvier: "signs /a/c",
		theirs:  "sign /a//./b/../c",
		right:   "sigvier",
		verdict: guide + "canonical URI: paths are normalised according to RFC 3986, except for Amazon S3; AWS's published vectors get-slashes-normalized and get-relative-normalized",
		issue:   "https://github.com/smithy-lang/smithy-rs/issues/1308",
		as: func(m *model) {
			if !m.request.s3() {
				m.path = encode(orSlash(m.request.wirePath()), true)
			}
		},
	},
	{
		name:    "a path in URL.Opaque",
		peers:   []string{smithy},
		request: plain(path("/a"), func(r *request) { r.Opaque = true }),
		sigvier: "signs /a, which net/http sends",
		theirs:  "signs /, for URL.EscapedPath does not know of URL.Opaque",
		right:   "sigvier",
		verdict: "net/url: a request with Opaque is sent as that says. The service sees /a",
		as: func(m *model) {
			if m.request.Opaque {
				m.path = "/"
			}
		},
	},

	// The query.
	{
		name:    "a semicolon in the query",
		peers:   []string{sdk, smithy},
		request: plain(query("a=1;b=2&c=3")),
		sigvier: "signs a=1%3Bb%3D2&c=3",
		theirs:  "sign c=3: net/url drops a pair with a semicolon. The SDK sends it no more, smithy-go sends it unsigned",
		right:   "sigvier",
		verdict: guide + "canonical query string: parameters are separated by ampersands, and all of them are signed",
		servers: "versitygw takes sigvier's and refuses smithy-go's; MinIO answers 400 to any semicolon that is not encoded",
		issue:   "https://github.com/golang/go/issues/50034",
		as: func(m *model) {
			m.query = slices.DeleteFunc(m.query, func(p param) bool { return strings.Contains(p.raw, ";") })
		},
	},
	{
		name:    "the order of names that are encoded",
		peers:   []string{smithy},
		request: plain(query("a-b=1&a/b=2")),
		sigvier: "signs a%2Fb=2&a-b=1",
		theirs:  "signs a-b=1&a%2Fb=2: sorted before encoding",
		right:   "sigvier",
		verdict: guide + `canonical query string: "The sorting occurs after encoding"; AWS's published vector get-vanilla-query-order-encoded`,
		servers: "both sort before encoding themselves: they take smithy-go's and refuse sigvier's, the SDK's and so AWS's own",
		issue:   "https://github.com/aws/aws-sdk-go-v2/issues/2969",
		as: func(m *model) {
			m.before = func(a, b param) bool {
				an, bn, av, bv := decode(a.name, false), decode(b.name, false), decode(a.value, false), decode(b.value, false)
				return an < bn || an == bn && av < bv
			}
		},
	},
	{
		name:    "a URL that has a signature already is presigned",
		peers:   []string{sdk, smithy},
		request: plain(presigned, query("X-Amz-Signature=0123456789abcdef")),
		sigvier: "replaces it",
		theirs:  "sign it as a parameter. The SDK then sends two",
		right:   "sigvier",
		verdict: `Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters": all parameters are signed except X-Amz-Signature`,
		servers: "both take sigvier's and refuse the peers'",
		as: func(m *model) {
			if i := strings.Index(m.request.Query, "X-Amz-Signature="); i >= 0 && m.request.Expires != 0 {
				_, value, _ := strings.Cut(m.request.Query[i:], "=")
				m.set("X-Amz-Signature", value)
			}
		},
	},
	{
		name:    "a query that is not in the encoding that is signed",
		peers:   []string{python},
		request: plain(query("a=x/y")),
		sigvier: "signs a=x%2Fy",
		theirs:  "signs a=x/y, and for a&&b the empty pair as =",
		right:   "sigvier",
		verdict: guide + "canonical query string: names and values are URI-encoded. botocore leaves that to the caller, and its own clients do it",
		issue:   "https://github.com/boto/botocore/issues/1354",
		as: func(m *model) {
			if m.request.Expires != 0 || m.request.Query == "" {
				return
			}
			m.query = nil
			for _, pair := range strings.Split(m.request.Query, "&") {
				name, value, _ := strings.Cut(pair, "=")
				m.query = append(m.query, param{pair, name, value})
			}
		},
	},
	{
		name:    "bytes in the query that are no UTF-8 are presigned",
		peers:   []string{python},
		request: plain(presigned, query("a=%FF")),
		sigvier: "signs and sends %FF",
		theirs:  "signs and sends %EF%BF%BD, the replacement character",
		right:   "sigvier",
		verdict: guide + "UriEncode is of bytes. botocore's URL asks for something else than the caller did",
		as: func(m *model) {
			for i, p := range m.query {
				if m.request.Expires != 0 && !utf8.ValidString(decode(p.value, false)) {
					m.query[i].value = encode(strings.ToValidUTF8(decode(p.value, false), "\uFFFD"), false)
				}
			}
		},
	},
	{
		name:    "a parameter that is there twice is presigned",
		peers:   []string{python},
		request: plain(presigned, query("a=1&a=2")),
		sigvier: "signs and sends both",
		theirs:  "signs and sends the first",
		right:   "sigvier",
		verdict: guide + "canonical query string: every parameter is signed. botocore's URL asks for something else than the caller did",
		as: func(m *model) {
			seen := map[string]bool{}
			m.query = slices.DeleteFunc(m.query, func(p param) bool {
				twice := m.request.Expires != 0 && seen[p.name]
				seen[p.name] = true
				return twice
			})
		},
	},
	{
		name:    "a URL that has authentication parameters already is presigned",
		peers:   []string{python},
		request: plain(presigned, query("X-Amz-Date=19700101T000000Z")),
		sigvier: "replaces them",
		theirs:  "adds its own to them",
		right:   "sigvier",
		verdict: `Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters": there is one of each. With two, the service chooses`,
		as: func(m *model) {
			if m.request.Expires == 0 {
				return
			}
			for _, pair := range strings.Split(m.request.Query, "&") {
				if name, value, _ := strings.Cut(pair, "="); isAuthParam(name) {
					m.set(name, value)
				}
			}
		},
	},

	// The headers.
	{
		name:    "hop-by-hop headers",
		peers:   []string{sdk},
		request: plain(header("Connection", "close")),
		sigvier: "does not sign them",
		theirs:  "signs connection, keep-alive, te, trailer, upgrade and proxy-…",
		right:   "sigvier",
		verdict: guide + "canonical headers: hop-by-hop headers are not to be included; it names these",
		servers: "both take both, over no proxy",
		issue:   "https://github.com/aws/aws-sdk-go-v2/issues/2593",
		header:  func(_ *request, name string) bool { return hopByHop(name) },
	},
	{
		name:    "headers that proxies write",
		peers:   []string{sdk, python},
		request: plain(header("Accept-Encoding", "identity")),
		sigvier: "does not sign them, unless they are named in SignedHeaders",
		theirs:  "sign accept-encoding, via, forwarded, x-forwarded-…, x-real-ip, proxy-connection",
		right:   "both",
		verdict: guide + "canonical headers: only host and x-amz-… must be signed. A proxy that changes what was signed breaks the signature",
		servers: "both take both, over no proxy",
		issue:   "https://github.com/aws/aws-sdk-go-v2/issues/1816",
		header:  func(_ *request, name string) bool { return changedByProxies(name) },
	},
	{
		name:    "Content-Length that is not in the header map",
		peers:   []string{sdk},
		request: plain(func(r *request) { r.Method, r.Body, r.Payload = "PUT", "{}", digestOf("{}") }),
		sigvier: "signs it where the header map has it",
		theirs:  "signs it whenever the request has a body of known length",
		right:   "both",
		verdict: guide + "canonical headers: only host and x-amz-… must be signed. The body is in the payload hash",
		issue:   "https://github.com/aws/aws-sdk-go-v2/pull/1743",
		header:  func(r *request, name string) bool { return name == "content-length" && r.Body != "" },
	},
	{
		name:    "X-Amz-Date or X-Amz-Security-Token in the header map of what is presigned",
		peers:   []string{sdk, python},
		request: plain(presigned, header("X-Amz-Date", "left over")),
		sigvier: "leaves them out: the URL has them as parameters",
		theirs:  "sign the headers as they are",
		right:   "both",
		verdict: `Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters": date and token are parameters. A URL of the peers is good only with the old header`,
		servers: "both take both",
		header: func(r *request, name string) bool {
			return r.Expires != 0 && (name == "x-amz-date" || name == "x-amz-security-token")
		},
	},
	{
		name:    "a Date header",
		peers:   []string{python},
		request: plain(header("Date", "Sun, 30 Aug 2015 12:36:00 GMT")),
		sigvier: "signs it as it is, and X-Amz-Date",
		theirs:  "writes it anew and signs it, without X-Amz-Date",
		right:   "both",
		verdict: guide + "a request has X-Amz-Date or Date; X-Amz-Date goes first",
		issue:   "https://github.com/boto/botocore/pull/399",
		header:  func(r *request, name string) bool { return r.dated() && name == "x-amz-date" },
		as: func(m *model) {
			if m.request.dated() {
				m.header("date").values = []string{signingTime.Format("Mon, 02 Jan 2006 15:04:05 -0000")}
			}
		},
	},
	{
		name:    "the Content-Type of a form is presigned",
		peers:   []string{python},
		request: plain(presigned, header("Content-Type", formType)),
		sigvier: "signs it",
		theirs:  "removes it, for botocore's serialisers set it of themselves",
		right:   "both",
		verdict: guide + "canonical headers: Content-Type is signed if the request has it. It has none any more with botocore",
		header: func(r *request, name string) bool {
			return r.Expires != 0 && name == "content-type" && slices.Contains(r.Headers, [2]string{"Content-Type", formType})
		},
	},
	{
		name:    "several blanks in a header's value",
		peers:   []string{smithy},
		request: plain(header("X-Amz-Meta-A", "a  b")),
		sigvier: "signs one blank",
		theirs:  "signs them as they are",
		right:   "sigvier",
		verdict: guide + "canonical headers: sequential spaces become one; AWS's published vector get-header-value-trim",
		servers: "both take sigvier's and refuse smithy-go's",
		issue:   "https://github.com/boto/botocore/pull/1182",
		as:      func(m *model) { m.trim(func(s string) string { return strings.Trim(s, " \t") }) },
	},
	{
		name:    "a tab in a header's value",
		peers:   []string{sdk},
		request: plain(header("X-Amz-Meta-A", "a\tb")),
		sigvier: "signs a blank",
		theirs:  "signs the tab",
		right:   "both",
		verdict: guide + "canonical headers: trims and collapses spaces, and says nothing of tabs. botocore takes them for blanks as sigvier does",
		servers: "MinIO takes sigvier's and refuses the SDK's; versitygw, which verifies with the SDK, the other way round",
		issue:   "https://github.com/supabase/storage/pull/1399",
		as: func(m *model) {
			m.trim(func(s string) string {
				return strings.Join(strings.FieldsFunc(strings.Trim(s, " \t"), func(c rune) bool { return c == ' ' }), " ")
			})
		},
	},
	{
		name:    "no-break spaces around a header's value",
		peers:   []string{sdk, smithy},
		request: plain(header("X-Amz-Meta-A", "\u00a0a")),
		sigvier: "signs them: they are bytes above ASCII, no blanks",
		theirs:  "cut them off, as strings.TrimSpace does",
		right:   "sigvier",
		verdict: "RFC 9110 section 5.5: what stands around a value is space and tab. The bytes are sent, and are part of the value",
		servers: "both cut them off, as Go programs, and refuse sigvier's",
		as:      func(m *model) { m.trimFurther(strings.TrimSpace) },
	},
	{
		name:    "no-break spaces in a header's value",
		peers:   []string{python},
		request: plain(header("X-Amz-Meta-A", "a\u00a0b")),
		sigvier: "signs them: they are bytes above ASCII, no blanks",
		theirs:  "signs blanks, as Python's split does",
		right:   "sigvier",
		verdict: "RFC 9110 section 5.5: white space in a value is space and tab. The bytes are sent, and are part of the value",
		servers: "MinIO takes them for blanks; versitygw does not",
		as:      func(m *model) { m.trim(func(s string) string { return strings.Join(strings.Fields(s), " ") }) },
	},

	// The host.
	{
		name:    "the default port",
		peers:   []string{smithy},
		request: plain(host("example.amazonaws.com:443")),
		sigvier: "drops it from the Host header, signs and sends that",
		theirs:  "signs and sends it",
		right:   "sigvier",
		verdict: "RFC 3986 section 6.2.3: the normal form has none, and HTTP clients other than Go's do not send it: what they are to send must not be signed with it",
		issue:   "https://github.com/aws/aws-cli/issues/2883",
		as: func(m *model) {
			if m.request.Virtual == "" && m.request.sentHost() != m.request.Host {
				m.header("host").values[0] = strings.ReplaceAll(m.request.Host, "%25eth0", "")
			}
		},
	},
	{
		name:    "the default port of an IPv6 address",
		peers:   []string{sdk},
		request: plain(host("[::1]:443")),
		sigvier: "signs and sends [::1]",
		theirs:  "signs and sends ::1",
		right:   "sigvier",
		verdict: "RFC 3986 section 3.2.2: an IPv6 address stands in brackets",
		issue:   "https://github.com/seaweedfs/seaweedfs/pull/7414",
		as: func(m *model) {
			if m.request.Virtual == "" && strings.HasSuffix(m.request.sentHost(), "]") && m.request.sentHost() != m.request.Host {
				m.header("host").values[0] = strings.Trim(m.request.sentHost(), "[]")
			}
		},
	},
	{
		name:    "the default port of a Host that is not the URL's",
		peers:   []string{sdk},
		request: plain(func(r *request) { r.Virtual = "bucket.example.org:443" }),
		sigvier: "signs and sends Request.Host as the caller set it",
		theirs:  "drops the port, signs and sends that",
		right:   "both",
		verdict: "Both sign what they send",
		as: func(m *model) {
			if m.request.Scheme == "https" {
				m.header("host").values[0] = strings.TrimSuffix(m.header("host").values[0], ":443")
			}
		},
	},
	{
		name:    "an IPv6 zone",
		peers:   []string{sdk, smithy},
		request: plain(host("[fe80::1%25eth0]:9000")),
		sigvier: "signs [fe80::1]:9000, which net/http sends",
		theirs:  "sign it with the zone",
		right:   "sigvier",
		verdict: "RFC 6874 section 1: a zone has a meaning on its own machine only, and is not sent. net/http drops it",
		as: func(m *model) {
			if m.request.Virtual == "" && strings.Contains(m.request.Host, "%25") {
				m.header("host").values[0] = strings.ReplaceAll(m.request.Host, "%25", "%")
			}
		},
	},
	{
		name:    "an IPv6 zone that is percent-encoded",
		peers:   []string{python},
		request: plain(host("[fe80::1%25eth0]:9000")),
		sigvier: "signs [fe80::1]:9000, which net/http sends",
		theirs:  "signs [fe80::1%25eth0]:9000",
		right:   "sigvier",
		verdict: "RFC 6874 section 1: a zone has a meaning on its own machine only, and is not sent",
		as: func(m *model) {
			if m.request.Virtual == "" && strings.Contains(m.request.Host, "%25") {
				m.header("host").values[0] = m.request.Host
			}
		},
	},
	{
		name:    "a host in upper case",
		peers:   []string{python},
		request: plain(host("EXAMPLE.amazonaws.com")),
		sigvier: "signs it as it is, which net/http sends",
		theirs:  "signs it in lower case, which urllib3 sends",
		right:   "both",
		verdict: "Both sign what they send",
		issue:   "https://github.com/boto/botocore/pull/1539",
		as: func(m *model) {
			if m.request.Virtual == "" {
				m.header("host").values[0] = strings.ToLower(m.header("host").values[0])
			}
		},
	},

	// The rest.
	{
		name:    "a method in lower case",
		peers:   []string{python},
		request: plain(func(r *request) { r.Method = "get" }),
		sigvier: "signs get, which net/http sends",
		theirs:  "signs GET",
		right:   "both",
		verdict: "RFC 9110 section 9.1: methods are case-sensitive. Both sign what their HTTP client sends",
		as:      func(m *model) { m.method = strings.ToUpper(m.method) },
	},
	{
		name:    "the words for a streamed body",
		peers:   []string{smithy},
		request: plain(inS3, func(r *request) { r.Method, r.Payload = "PUT", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }),
		sigvier: "signs and sends them",
		theirs:  "signs and sends their bytes in hex: it knows UNSIGNED-PAYLOAD and digests",
		right:   "sigvier",
		verdict: s3Header + "x-amz-content-sha256: the STREAMING-… words stand for the payload hash",
		as: func(m *model) {
			if strings.HasPrefix(m.payload, "STREAMING-") {
				m.payload = hex.EncodeToString([]byte(m.payload))
				m.header("x-amz-content-sha256").values[0] = m.payload
			}
		},
	},
	{
		name:    "a secret that changed under the same access key ID",
		peers:   []string{sdk},
		request: plain(func(r *request) { r.Earlier = "the-secret-before-it-was-rotated" }),
		sigvier: "signs with the new secret",
		theirs:  "signs with the old one: its cache of keys compares ID, day, region and service",
		right:   "sigvier",
		verdict: guide + "the signing key is derived from the secret access key",
		issue:   "https://github.com/aws/aws-sdk-go-v2/issues/3350",
		as: func(m *model) {
			if m.request.Earlier != "" {
				m.secret = m.request.Earlier
			}
		},
	},

	// What sigvier refuses and the peers sign.
	{
		name:    "an empty or short secret",
		peers:   []string{sdk, smithy, python},
		request: plain(func(r *request) { r.Secret = "" }),
		sigvier: "refuses it",
		theirs:  "sign with it",
		right:   "sigvier",
		verdict: "NIST SP 800-131A: an HMAC key has at least 112 bits. No AWS secret is shorter, so it is a mistake of the caller's",
		issue:   "https://github.com/aws/aws-sdk-js-v3/pull/3892",
		refuses: func(r *request) bool { return len(r.Secret) < 10 },
		kind:    sigv4.ErrCredentials,
	},
	{
		name:    "a region that is empty or has a slash or a line end",
		peers:   []string{sdk, smithy, python},
		request: plain(func(r *request) { r.Region = "us-east-1\n" }),
		sigvier: "refuses it",
		theirs:  "put it into the scope and the Authorization header",
		right:   "sigvier",
		verdict: guide + "credential scope: four parts with slashes between them on one line",
		refuses: func(r *request) bool { return r.Region == "" || strings.ContainsAny(r.Region, "/\n") },
		kind:    sigv4.ErrScope,
	},
	{
		name:    "control bytes in a header's value",
		peers:   []string{sdk, smithy, python},
		request: plain(header("X-Amz-Meta-A", "a\nx-amz-acl:public-read")),
		sigvier: "refuses it",
		theirs:  "sign it: a line end makes two lines of the canonical request",
		right:   "sigvier",
		verdict: "RFC 9110 section 5.5: such a value is invalid, and dangerous where it is written out",
		refuses: func(r *request) bool {
			return slices.ContainsFunc(r.Headers, func(h [2]string) bool { return strings.ContainsAny(h[1], "\n\x01") })
		},
		kind: sigv4.ErrRequest,
	},
	{
		name:    "a percent sign that two hex digits do not follow",
		peers:   []string{sdk, smithy, python},
		request: plain(query("a=%zz")),
		sigvier: "refuses it",
		theirs:  "the Go peers drop the pair, smithy-go from the signature only; botocore signs it as it is",
		right:   "sigvier",
		verdict: "RFC 3986 section 2.1: it is no URL, and what a service makes of it is anyone's guess",
		servers: "they see what the SDK has left, and take that; smithy-go's they refuse",
		refuses: func(r *request) bool {
			return slices.ContainsFunc(strings.Split(r.Query, "&"), func(pair string) bool {
				return slices.Contains([]string{"%", "a=%", "a=%zz", "100%=b"}, pair)
			})
		},
		kind: sigv4.ErrRequest,
	},
	{
		name:    "a presigned URL is signed in its headers",
		peers:   []string{sdk, smithy, python},
		request: plain(query("X-Amz-Signature=0123456789abcdef")),
		sigvier: "refuses it",
		theirs:  "sign it twice over",
		right:   "sigvier",
		verdict: s3Header + "a request is authenticated by its header or by its query",
		servers: "versitygw answers 400; MinIO takes it",
		refuses: func(r *request) bool {
			return r.Expires == 0 && (strings.Contains(r.Query, "X-Amz-Signature=") || strings.Contains(r.Query, "X-Amz-Algorithm="))
		},
		kind: sigv4.ErrRequest,
	},
	{
		name:    "a presigned URL that lives longer than seven days",
		peers:   []string{sdk, smithy, python},
		request: plain(func(r *request) { r.Expires = 7*24*3600 + 1 }),
		sigvier: "refuses it",
		theirs:  "sign it",
		right:   "sigvier",
		verdict: `Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters": X-Amz-Expires is at most 604800`,
		servers: "both answer 400 AuthorizationQueryParametersError",
		refuses: func(r *request) bool { return r.Expires > 7*24*3600 },
		kind:    sigv4.ErrExpires,
	},
}

const formType = "application/x-www-form-urlencoded; charset=utf-8"

// dated says whether the header form has a Date header.
func (r *request) dated() bool {
	return r.Expires == 0 && slices.ContainsFunc(r.Headers, func(h [2]string) bool { return h[0] == "Date" })
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// trim has header values trimmed in another way.
func (m *model) trim(trim func(string) string) {
	for i := range m.headers {
		m.headers[i].trim = trim
	}
}

// trimFurther adds to the way in which they are trimmed.
func (m *model) trimFurther(further func(string) string) {
	for i := range m.headers {
		before := m.headers[i].trim
		m.headers[i].trim = func(s string) string { return further(before(s)) }
	}
}
