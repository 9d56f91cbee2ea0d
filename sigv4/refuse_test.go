package sigv4_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// form says which ways of signing refuse an input.
type form int

const (
	bothForms form = iota
	headerForm
	queryForm
)

// attempt is one call of a signer with all its inputs, good ones to begin with.
type attempt struct {
	service string
	opts    *sigv4.Options
	req     *http.Request
	cred    sigv4.Credentials
	payload sigv4.PayloadHash
	time    time.Time
	expires time.Duration
}

func newAttempt(t testing.TB) *attempt {
	req := newRequest(t, "GET", "https://example.amazonaws.com/a/b?c=d")
	req.Header.Set("Range", "bytes=0-9")
	return &attempt{"s3", nil, req, temporary, sigv4.EmptyPayload(), moment, time.Hour}
}

// call signs in one of the ways that [form.calls] names.
func (a *attempt) call(s *sigv4.Signer, name string) (result any, err error) {
	switch name {
	case "Sign":
		return nil, s.Sign(a.req, a.cred, a.payload, a.time)
	case "Explain":
		return s.Explain(a.req, a.cred, a.payload, a.time)
	case "Presign":
		return s.Presign(a.req, a.cred, a.payload, a.time, a.expires)
	default:
		return s.ExplainPresign(a.req, a.cred, a.payload, a.time, a.expires)
	}
}

func (f form) calls() []string {
	switch f {
	case headerForm:
		return []string{"Sign", "Explain"}
	case queryForm:
		return []string{"Presign", "ExplainPresign"}
	default:
		return []string{"Sign", "Explain", "Presign", "ExplainPresign"}
	}
}

type refusal struct {
	name   string
	form   form
	kind   error
	field  string // of the InputError
	change func(a *attempt)
}

// TestRefused checks that what cannot be signed rightly is refused with the
// right kind, that the request stays as it was, and that no secret is told.
func TestRefused(t *testing.T) {
	var rows []refusal
	add := func(name string, form form, kind error, field string, change func(a *attempt)) {
		rows = append(rows, refusal{name, form, kind, field, change})
	}
	credentials := func(name, field, id, secret, token string) {
		add(name, bothForms, sigv4.ErrCredentials, field, func(a *attempt) { a.cred = sigv4.NewCredentials(id, secret, token) })
	}
	credentials("no access key ID", "access key ID", "", exampleSecret, exampleToken)
	for _, s := range []string{" ", "/", ",", "\n", "\r", "\t", "\x00", "\x7f", "\x80", "é"} {
		credentials(fmt.Sprintf("access key ID with %q", s), "access key ID", "AKID"+s+"EXAMPLE", exampleSecret, exampleToken)
	}
	credentials("no secret", "secret access key", exampleID, "", exampleToken)
	credentials("secret of one character", "secret access key", exampleID, "\x7e", exampleToken)
	credentials("secret of nine characters", "secret access key", exampleID, "K7MDENGbP", exampleToken)
	for _, s := range []string{" ", "\n", "\r", "\r\n", "\t", "\x00", "\x7f", "\x80", "é"} {
		credentials(fmt.Sprintf("secret with %q", s), "secret access key", exampleID, exampleSecret+s, exampleToken)
		credentials(fmt.Sprintf("secret with %q before it", s), "secret access key", exampleID, s+exampleSecret, exampleToken)
		credentials(fmt.Sprintf("token with %q", s), "session token", exampleID, exampleSecret, exampleToken+s)
		credentials(fmt.Sprintf("token with %q in it", s), "session token", exampleID, exampleSecret, exampleToken+s+exampleToken)
	}
	add("zero credentials", bothForms, sigv4.ErrCredentials, "access key ID", func(a *attempt) { a.cred = sigv4.Credentials{} })
	add("credentials without a secret", bothForms, sigv4.ErrCredentials, "secret access key",
		func(a *attempt) { a.cred = sigv4.Credentials{AccessKeyID: exampleID} })

	add("payload hash not set", bothForms, sigv4.ErrPayloadHash, "payload hash", func(a *attempt) { a.payload = sigv4.PayloadHash{} })

	when := func(name string, when time.Time) {
		add("time "+name, bothForms, sigv4.ErrTime, "time", func(a *attempt) { a.time = when })
	}
	when("zero", time.Time{})
	when("zero in another zone", time.Time{}.In(time.FixedZone("", 3600)))
	when("before 1970", time.Unix(-1, 0))
	when("before 1970 in UTC only", time.Date(1970, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)))
	when("after 9999", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	when("after 9999 in UTC only", time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)))
	when("of a negative year", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC))

	for _, d := range []time.Duration{
		0, -1, -time.Second, -sigv4.MaxExpires, 1, time.Second - 1, time.Second + 1, 1500 * time.Millisecond,
		sigv4.MaxExpires + 1, sigv4.MaxExpires + time.Second, 1 << 62,
	} {
		add("expiry of "+d.String(), queryForm, sigv4.ErrExpires, "expiry", func(a *attempt) { a.expires = d })
	}

	request := func(name string, form form, field string, change func(a *attempt)) {
		add(name, form, sigv4.ErrRequest, field, change)
	}
	request("no request", bothForms, "request", func(a *attempt) { a.req = nil })
	request("no URL", bothForms, "request", func(a *attempt) { a.req.URL = nil })
	request("no header map", bothForms, "request", func(a *attempt) { a.req.Header = nil })

	for _, m := range []string{"GET\n", "GET\nX: y", "G ET", "GET ", " GET", "GET\r", "G/T", "GET:", "G\x00T", "GÉT", "\x7f"} {
		request(fmt.Sprintf("method %q", m), bothForms, "method", func(a *attempt) { a.req.Method = m })
	}

	for _, h := range []string{"", " ", "a b", "a\n", "a\r\nX: y", "a\x00", "a/b", "a?b", "a#b", "user@a", "a,b", "é.example.org", "a\x7f"} {
		if h != "" {
			request(fmt.Sprintf("host %q", h), bothForms, "host", func(a *attempt) { a.req.Host = h })
		}
		request(fmt.Sprintf("host %q in the URL only", h), bothForms, "host", func(a *attempt) { a.req.Host, a.req.URL.Host = "", h })
	}
	request("host that is a default port only", bothForms, "host", func(a *attempt) { a.req.Host, a.req.URL.Host = "", ":443" })

	for c := range 256 {
		if b := string([]byte{byte(c)}); c < ' ' && c != '\t' || c == 0x7f {
			request(fmt.Sprintf("header value with %q", b), bothForms, `header "X-Foo"`, func(a *attempt) { a.req.Header["X-Foo"] = []string{"a" + b + "b"} })
			request(fmt.Sprintf("second header value with %q", b), bothForms, `header "X-Foo"`, func(a *attempt) { a.req.Header["X-Foo"] = []string{"a", b} })
			request(fmt.Sprintf("unsigned header's value with %q", b), bothForms, `header "User-Agent"`, func(a *attempt) { a.req.Header["User-Agent"] = []string{b + "a"} })
			request(fmt.Sprintf("header name with %q", b), bothForms, `header "X`, func(a *attempt) { a.req.Header["X"+b] = []string{"a"} })
		}
		if b := string([]byte{byte(c)}); c >= 0x80 || strings.Contains(" \t\"(),/:;<=>?@[\\]{}", b) {
			request(fmt.Sprintf("header name with %q", b), bothForms, `header "X`, func(a *attempt) { a.req.Header["X"+b+"Y"] = []string{"a"} })
		}
	}
	request("empty header name", bothForms, `header ""`, func(a *attempt) { a.req.Header[""] = []string{"a"} })
	request("header name of blanks", bothForms, `header " "`, func(a *attempt) { a.req.Header[" "] = []string{"a"} })

	for _, key := range []string{"authorization", "AUTHORIZATION", "x-amz-date", "X-amz-Date", "x-amz-security-token", "X-AMZ-SECURITY-TOKEN", "host", "HOST"} {
		request("spelling "+key, bothForms, `header "`+key+`"`, func(a *attempt) { a.req.Header[key] = []string{"a"} })
	}
	for _, key := range []string{"x-amz-content-sha256", "X-Amz-Content-SHA256"} {
		request("spelling "+key, headerForm, `header "`+key+`"`, func(a *attempt) { a.req.Header[key] = []string{"a"} })
		request("spelling "+key+" with an unsigned payload", headerForm, `header "`+key+`"`, func(a *attempt) {
			a.service, a.payload = "service", sigv4.UnsignedPayload()
			a.req.Header[key] = []string{"a"}
		})
		// The header goes out and a server takes the payload hash from it.
		request("spelling "+key+" of another service", headerForm, `header "`+key+`"`, func(a *attempt) {
			a.service = "service"
			a.req.Header[key] = []string{"a"}
		})
	}

	for _, n := range []int64{0, 12, -1} {
		request(fmt.Sprintf("Content-Length header beside a length of %d", n), bothForms, `header "Content-Length"`, func(a *attempt) {
			a.req.ContentLength = n
			a.req.Header.Set("Content-Length", "13")
		})
	}
	for _, v := range []string{"", "+13", "013", " 13", "13,13"} {
		request(fmt.Sprintf("Content-Length header %q", v), bothForms, `header "Content-Length"`, func(a *attempt) {
			a.req.ContentLength = 13
			a.req.Header.Set("Content-Length", v)
		})
	}

	for _, q := range []string{"%", "%4", "%zz", "%4z", "%z4", "a=%", "a=%4", "a=%zz", "a=%4z", "a=b&c=%", "a=b&%", "a=%&c=d", "a=%41%", "a=%%41", "%\n1", "%4g", "%g4", "%4G", "%G4", "%4:", "%:4", "%4/", "%/4", "%4`", "%@4"} {
		request(fmt.Sprintf("query %q", q), bothForms, "query", func(a *attempt) { a.req.URL.RawQuery = q })
	}
	for _, q := range []string{"X-Amz-Signature=00", "X-Amz-Signature", "a=b&X-Amz-Signature=00&c=d", "X%2dAmz-Signature=00", "%58-Amz-Signature=00"} {
		request(fmt.Sprintf("presigned, with %q", q), headerForm, "query", func(a *attempt) { a.req.URL.RawQuery = q })
	}

	request("path without a slash", bothForms, "path", func(a *attempt) { a.req.URL.Path = "a" })
	request("path *", bothForms, "path", func(a *attempt) { a.req.URL.Path = "*" })
	request("path of another service without a slash", bothForms, "path", func(a *attempt) { a.service, a.req.URL.Path = "service", "a" })
	request("a header under two spellings", bothForms, "header", func(a *attempt) { a.req.Header["X-A"], a.req.Header["x-a"] = []string{"1"}, []string{"2"} })
	request("opaque URL with another authority", bothForms, "opaque URL", func(a *attempt) { a.req.URL.Opaque = "//other.example.com/a" })
	request("opaque URL with a query", bothForms, "opaque URL", func(a *attempt) { a.req.URL.Opaque = "/a?b" })
	request("opaque path without a slash", bothForms, "path", func(a *attempt) { a.req.URL.Opaque = "a" })
	for _, p := range []string{"/%", "/%4", "/%zz", "/a%4z/b", "//example.amazonaws.com/%"} {
		request(fmt.Sprintf("opaque path %q", p), bothForms, "path", func(a *attempt) { a.req.URL.Opaque = p })
	}

	list := func(names ...string) *sigv4.Options { return &sigv4.Options{SignedHeaders: names} }
	request("exact list with an absent header", bothForms, "signed headers", func(a *attempt) { a.opts = list("host", "x-absent") })
	request("exact list with an absent header beside one that is there", bothForms, "signed headers",
		func(a *attempt) { a.opts = list("host", "range", "x-absent") })
	request("exact list with a header without values", bothForms, "signed headers", func(a *attempt) {
		a.opts = list("host", "x-empty")
		a.req.Header["X-Empty"] = nil
	})
	request("exact list with a token where there is none", headerForm, "signed headers", func(a *attempt) {
		a.opts, a.cred = list("host", "x-amz-security-token"), longTerm
		a.req.Header.Set("X-Amz-Security-Token", "stale")
	})
	request("exact list with the header form's date", queryForm, "signed headers", func(a *attempt) { a.opts = list("host", "x-amz-date") })

	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, name := range row.form.calls() {
				a := newAttempt(t)
				row.change(a)
				before := snapshotOf(a.req)
				result, err := a.call(newSigner(t, a.service, a.opts), name)
				if !isRefused(t, name, err, row.kind, row.field, a.cred) {
					continue
				}
				untouched(t, name, before, a.req)
				if result != nil && !reflect.ValueOf(result).IsZero() {
					t.Errorf("%s = %+v beside an error, want nothing", name, result)
				}
			}
		})
	}
}

// isRefused checks the error of a refused input, and reports whether there is one.
func isRefused(t *testing.T, what string, err, kind error, field string, cred sigv4.Credentials) bool {
	t.Helper()
	var input *sigv4.InputError
	switch {
	case !errors.Is(err, kind) || !errors.As(err, &input):
		t.Errorf("%s = %v, want an InputError that is %q", what, err, kind)
		return err != nil
	case input.Kind != kind || !strings.HasPrefix(input.Field, field) || input.Problem == "":
		t.Errorf("%s = InputError{%v, %q, %q}, want kind %q, field %q and a problem", what, input.Kind, input.Field, input.Problem, kind, field)
	}
	for _, other := range []error{sigv4.ErrCredentials, sigv4.ErrScope, sigv4.ErrRequest, sigv4.ErrPayloadHash, sigv4.ErrTime, sigv4.ErrExpires} {
		if other != kind && errors.Is(err, other) {
			t.Errorf("%s = %v, which is %q too", what, err, other)
		}
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", *input), fmt.Sprintf("%#v", *input)} {
		for _, s := range []string{cred.SecretAccessKey(), cred.SessionToken(), exampleSecret, exampleToken} {
			if s != "" && strings.Contains(text, s) {
				t.Errorf("%s = %q, which holds the secret or the token", what, text)
			}
		}
	}
	if strings.ContainsAny(err.Error(), "\r\n\x00") {
		t.Errorf("%s = %q, which has a control byte", what, err)
	}
	return true
}

func TestRefusedScope(t *testing.T) {
	for _, bad := range []string{
		"", "\n", "us-east-1\n", "us\neast", "us-east-1\r", "us-east-1/s3", "/", "us east", " us-east-1", "us-east-1 ",
		"us\teast", "us\x00east", "us-east-1,", "us-east-1\x7f", "us-east-\u00e9", "\xff",
	} {
		for field, call := range map[string]func() (*sigv4.Signer, error){
			"service": func() (*sigv4.Signer, error) { return sigv4.NewSigner(bad, "us-east-1", nil) },
			"region":  func() (*sigv4.Signer, error) { return sigv4.NewSigner("s3", bad, nil) },
		} {
			s, err := call()
			isRefused(t, fmt.Sprintf("NewSigner with %s %q", field, bad), err, sigv4.ErrScope, field, temporary)
			if s != nil {
				t.Errorf("NewSigner with %s %q gives a signer beside the error", field, bad)
			}
		}
	}
}

func TestRefusedSignedHeaders(t *testing.T) {
	for _, bad := range [][]string{
		{}, {"range"}, {"x-host"}, {"host", ""}, {"host", "a b"}, {"host", "a:b"}, {"host", "a;b"}, {"host", "a\n"},
		{"host", "é"}, {"host", "authorization"}, {"Host", "AUTHORIZATION"}, {"host", "Authorization", "range"},
		{"host", "transfer-encoding"}, {"host", "Trailer"}, // net/http does not send them from the header map
	} {
		s, err := sigv4.NewSigner("s3", "us-east-1", &sigv4.Options{SignedHeaders: bad})
		isRefused(t, fmt.Sprintf("NewSigner with SignedHeaders %q", bad), err, sigv4.ErrRequest, "signed headers", temporary)
		if s != nil {
			t.Errorf("NewSigner with SignedHeaders %q gives a signer beside the error", bad)
		}
	}
}

func TestRefusedPolicy(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for _, row := range []struct {
		name, policy string
		cred         sigv4.Credentials
		time         time.Time
		kind         error
		field        string
	}{
		{"no credentials", "e30=", sigv4.Credentials{}, moment, sigv4.ErrCredentials, "access key ID"},
		{"short secret", "e30=", sigv4.NewCredentials(exampleID, "K7MDENGbP", ""), moment, sigv4.ErrCredentials, "secret access key"},
		{"zero time", "e30=", temporary, time.Time{}, sigv4.ErrTime, "time"},
		{"empty", "", temporary, moment, sigv4.ErrRequest, "policy"},
		{"not in base64", "{}", temporary, moment, sigv4.ErrRequest, "policy"},
		{"without padding", "e30", temporary, moment, sigv4.ErrRequest, "policy"},
		{"in the URL alphabet", "--__", temporary, moment, sigv4.ErrRequest, "policy"},
		{"with a blank", "e3 0=", temporary, moment, sigv4.ErrRequest, "policy"},
		{"with a line end", "e30=\n", temporary, moment, sigv4.ErrRequest, "policy"},
		{"with a line end in it", "e3\r\n0=", temporary, moment, sigv4.ErrRequest, "policy"},
		{"of a line end", "\n", temporary, moment, sigv4.ErrRequest, "policy"},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields, err := s.SignPolicy(row.policy, row.cred, row.time)
			if isRefused(t, "SignPolicy", err, row.kind, row.field, row.cred) && fields != nil {
				t.Errorf("SignPolicy = %q beside an error, want nothing", fields)
			}
		})
	}
}

func TestParsePayloadHash(t *testing.T) {
	digest := strings.Repeat("0123456789abcdef", 4)
	for _, good := range []string{
		digest, "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-EVENTS",
		"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
	} {
		h, err := sigv4.ParsePayloadHash(good)
		if err != nil || h.String() != good || h.IsDigest() != (good == digest) {
			t.Errorf("ParsePayloadHash(%q) = %q, digest %t, %v, want the same text, digest %t", good, h, h.IsDigest(), err, good == digest)
		}
	}
	for _, bad := range []string{
		"", digest[1:], digest + "0", strings.ToUpper(digest), digest[1:] + "g", digest[1:] + "A", digest[1:] + "\n", digest + "\n", " " + digest,
		digest[:32] + "-" + digest[33:], digest[:63] + "`", digest[:63] + "/", digest[:63] + ":", digest[:63] + "@", digest[:63] + "\xe9",
		"unsigned-payload", "UNSIGNED-PAYLOAD ", "UNSIGNED", "STREAMING-", "STREAMING-AWS4-HMAC-SHA256", "streaming-aws4-hmac-sha256-payload",
	} {
		h, err := sigv4.ParsePayloadHash(bad)
		isRefused(t, fmt.Sprintf("ParsePayloadHash(%q)", bad), err, sigv4.ErrPayloadHash, "payload hash", temporary)
		if h != (sigv4.PayloadHash{}) {
			t.Errorf("ParsePayloadHash(%q) = %q beside an error, want the zero value", bad, h)
		}
	}
}

func TestPayloadHashes(t *testing.T) {
	const empty, abc = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for _, row := range []struct {
		name, want string
		got        sigv4.PayloadHash
		digest     bool
	}{
		{"the zero value", "", sigv4.PayloadHash{}, false},
		{"EmptyPayload()", empty, sigv4.EmptyPayload(), true},
		{"PayloadOf(nil)", empty, sigv4.PayloadOf(nil), true},
		{"PayloadOf of no bytes", empty, sigv4.PayloadOf([]byte{}), true},
		{"PayloadOf(abc)", abc, sigv4.PayloadOf([]byte("abc")), true},
		{"PayloadDigest(zeros)", strings.Repeat("0", 64), sigv4.PayloadDigest([32]byte{}), true},
		{"UnsignedPayload()", "UNSIGNED-PAYLOAD", sigv4.UnsignedPayload(), false},
		{"PresignPayload() of s3", "UNSIGNED-PAYLOAD", newSigner(t, "s3", nil).PresignPayload(), false},
		{"PresignPayload() of s3express", "UNSIGNED-PAYLOAD", newSigner(t, "s3express", nil).PresignPayload(), false},
		{"PresignPayload() of sts", empty, newSigner(t, "sts", nil).PresignPayload(), true},
	} {
		if row.got.String() != row.want || row.got.IsDigest() != row.digest {
			t.Errorf("%s = %q, digest %t, want %q, digest %t", row.name, row.got, row.got.IsDigest(), row.want, row.digest)
		}
	}
}

// TestAcceptedAtTheBounds pins the last good value before each refusal.
func TestAcceptedAtTheBounds(t *testing.T) {
	for name, change := range map[string]func(a *attempt){
		"secret of ten characters":     func(a *attempt) { a.cred = sigv4.NewCredentials(exampleID, "K7MDENGbPx", "") },
		"secret of all visible bytes":  func(a *attempt) { a.cred = sigv4.NewCredentials(exampleID, visible(), visible()) },
		"access key ID of odd bytes":   func(a *attempt) { a.cred = sigv4.NewCredentials("!~+=", exampleSecret, "") },
		"the first second of 1970":     func(a *attempt) { a.time = time.Unix(0, 0) },
		"the last second of 9999":      func(a *attempt) { a.time = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC) },
		"expiry of a second":           func(a *attempt) { a.expires = time.Second },
		"expiry of seven days":         func(a *attempt) { a.expires = sigv4.MaxExpires },
		"no method":                    func(a *attempt) { a.req.Method = "" },
		"method of all token bytes":    func(a *attempt) { a.req.Method = "!#$%&'*+-.^_`|~09azAZ" },
		"header name of token bytes":   func(a *attempt) { a.req.Header["!#$%&'*+-.^_`|~09azAZ"] = []string{"a"} },
		"header value of other bytes":  func(a *attempt) { a.req.Header["X-Foo"] = []string{"\t ~\x80\xff"} },
		"header without values":        func(a *attempt) { a.req.Header["x-amz-date"] = nil },
		"Content-Length as the length": func(a *attempt) { a.req.ContentLength = 13; a.req.Header.Set("Content-Length", "13") },
		"Host in the header map":       func(a *attempt) { a.req.Header.Set("Host", "elsewhere.example.org") },
		"empty path":                   func(a *attempt) { a.req.URL.Path = "" },
		"IPv6 host":                    func(a *attempt) { a.req.Host = "[::1]:9000" },
		"host in upper case":           func(a *attempt) { a.req.Host = "EXAMPLE.org" },
		"opaque URL with an authority": func(a *attempt) {
			a.req.URL.Opaque = "//" + a.req.URL.Host + "/a b"
		},
		"exact list in mixed case, twice": func(a *attempt) {
			a.opts = &sigv4.Options{SignedHeaders: []string{"HOST", "Range", "range", "host"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, name := range bothForms.calls() {
				a := newAttempt(t)
				change(a)
				if _, err := a.call(newSigner(t, a.service, a.opts), name); err != nil {
					t.Errorf("%s = %v, want it signed", name, err)
				}
			}
		})
	}
}

func visible() string {
	var b strings.Builder
	for c := byte('!'); c <= '~'; c++ {
		b.WriteByte(c)
	}
	return b.String()
}

// TestOptionsAreCopied checks that a signer does not follow later changes.
func TestOptionsAreCopied(t *testing.T) {
	names := []string{"range", "host"}
	s := newSigner(t, "service", &sigv4.Options{SignedHeaders: names})
	names[0], names[1] = "authorization", "x-absent"
	req := newRequest(t, "GET", "https://example.amazonaws.com/")
	req.Header.Set("Range", "bytes=0-9")
	if got := trace(t, s, req).signed; got != "host;range" {
		t.Errorf("signed headers after the caller's list changed = %q, want host;range", got)
	}
}

func TestPresignedURLEndsWithItsCredentials(t *testing.T) {
	cred := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token")
	cred.Expires = moment.Add(30*time.Minute + 500*time.Millisecond)
	for _, row := range []struct {
		name    string
		shorten bool
		at      time.Time
		expires time.Duration
		want    time.Time // zero is refused
	}{
		{"ends before", false, moment, 10 * time.Minute, moment.Add(10 * time.Minute)},
		{"ends with them", false, moment, 30 * time.Minute, moment.Add(30 * time.Minute)},
		{"outlives them by a second", false, moment, 30*time.Minute + time.Second, time.Time{}},
		{"outlives them, shortened", true, moment, time.Hour, moment.Add(30 * time.Minute)},
		{"ends before, nothing to shorten", true, moment, 10 * time.Minute, moment.Add(10 * time.Minute)},
		{"they have ended", false, moment.Add(time.Hour), time.Minute, time.Time{}},
		{"they have ended, nothing is left", true, moment.Add(time.Hour), time.Minute, time.Time{}},
	} {
		s := newSigner(t, "s3", &sigv4.Options{ShortenExpires: row.shorten})
		p, err := s.Presign(newRequest(t, "GET", "https://example.amazonaws.com/"), cred, s.PresignPayload(), row.at, row.expires)
		if row.want.IsZero() {
			if !errors.Is(err, sigv4.ErrExpires) || p.URL != "" {
				t.Errorf("%s: Presign = %q, %v, want ErrExpires", row.name, p.URL, err)
			}
			continue
		}
		if err != nil || !p.Expires.Equal(row.want) {
			t.Errorf("%s: Presign ends at %v, %v; want %v", row.name, p.Expires, err, row.want)
		}
		if seconds := fmt.Sprintf("X-Amz-Expires=%d&", int(row.want.Sub(row.at).Seconds())); !strings.Contains(p.URL, seconds) {
			t.Errorf("%s: the URL lacks %s: %s", row.name, seconds, p.URL)
		}
	}
}
