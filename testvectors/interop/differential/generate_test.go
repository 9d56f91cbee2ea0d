package differential

import (
	"math/rand/v2"
	"strings"
	"time"
)

// The generated requests are always the same ones: PCG's sequence is specified.
const (
	generatedRequests = 3000
	seed1, seed2      = 2015_08_30, 4
)

func generated() []request {
	g := generator{rand.NewPCG(seed1, seed2)}
	all := make([]request, generatedRequests)
	for i := range all {
		all[i] = g.request()
	}
	return all
}

type generator struct{ source *rand.PCG }

func (g generator) below(n int) int             { return int(g.source.Uint64() % uint64(n)) }
func (g generator) chance(percent int) bool     { return g.below(100) < percent }
func (g generator) of(choices ...string) string { return choices[g.below(len(choices))] }

// oddly takes an odd choice now and then, else a plain one.
func (g generator) oddly(percent int, odd, plain []string) string {
	if g.chance(percent) {
		return g.of(odd...)
	}
	return g.of(plain...)
}

func (g generator) request() request {
	r := request{
		Service: g.of("s3", "s3", "s3", "s3", "s3express", "s3-outposts", "sts", "iam", "execute-api", "execute-api", "dynamodb", "lambda", "es"),
		Region:  g.of("us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1"),
		Method:  g.of("GET", "GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"),
		Scheme:  g.of("https", "https", "https", "http"),
		Secret:  g.of(goodSecret, "another-Secret+with/reserved=characters0"),
		Payload: digestOf(""),
	}
	g.setHost(&r)
	r.Path = g.path()
	r.Query = g.query()
	// URL.Opaque, which is sent in the absolute form, is for paths that are valid
	// as they are; its host must be the Host header.
	r.Opaque = g.chance(5) && r.Path == r.wirePath() && r.sentHost() == r.Host
	if g.chance(40) {
		r.Token = g.of(goodToken, "short-token")
	}
	if g.chance(30) {
		r.Expires = 1 + g.below(7*24*3600)
		if r.s3() && g.chance(95) {
			r.Payload = unsigned
		}
	} else {
		g.setBody(&r)
	}
	g.setHeaders(&r)
	g.spoil(&r)
	return r
}

func (g generator) setHost(r *request) {
	r.Host = r.Service + "." + r.Region + ".amazonaws.com"
	if g.chance(12) {
		r.Host = g.of(r.Host+":443", r.Host+":80", r.Host+":8443", strings.ToUpper(r.Host), "[::1]", "[::1]:443", "[::1]:80", "[2001:DB8::7]:9000", "[fe80::1%25eth0]:9000", "127.0.0.1:9000", "localhost")
	}
	if g.chance(3) {
		r.Virtual = g.of("bucket.example.org", "bucket.example.org:443", "bucket.example.org:9000")
	}
}

func (g generator) path() string {
	odd := 0
	if g.chance(30) {
		odd = 60
	}
	path := "/"
	for i, n := 0, g.below(5); i < n; i++ {
		if i > 0 {
			path += "/"
		}
		path += g.oddly(odd, []string{
			"", "", ".", "..", "...", "%20", "a%20b", "%2F", "a%2fb", "a+b", "a=b", "k:v", "@", "$", "a&b", "x,y", "a;b",
			"caf%C3%A9", "caf%c3%a9", "café", "%E2%98%83", "~", "%7E", "*", "(1)", "!'", "a%2Bb", "%25", "%2E%2E", "[x]", "a|b", "%00",
		}, []string{"bucket", "key", "2015", "a-b", "file.txt", "under_score", "T1~2"})
	}
	if g.chance(15) {
		path += "/"
	}
	return path
}

func (g generator) query() string {
	odd := 0
	if g.chance(35) {
		odd = 45
	}
	var pairs []string
	for n := g.below(6); n > 0; n-- {
		name := g.oddly(odd, []string{
			"", "a%20b", "a+b", "a%2Fb", "a%2fb", "a/b", "a-b", "a%5B0%5D", "a[0]", "A", "é", "%C3%A9", "~", "%7E", "a:b", "%3B", "*",
		}, []string{"a", "b", "prefix", "list-type", "Action", "Version", "max_keys", "uploads"})
		value := g.oddly(odd, []string{
			"", "1;2", ";", "a+b", "+", "a%2Bb", "a%20b", "x=y", "==", "%2F", "%2f", "a/b", "b,c", "é", "%C3%A9", "%c3%a9", "%FF", "%00", "%25", "~", "%7E", "'()*!", "@:$", "?", "\"<>\"",
		}, []string{"1", "2", "value", "x-y_z.~"})
		switch {
		case g.chance(8):
			pairs = append(pairs, name)
		case odd > 0 && g.chance(6):
			pairs = append(pairs, "")
			fallthrough
		default:
			pairs = append(pairs, name+"="+value)
		}
	}
	return strings.Join(pairs, "&")
}

func (g generator) setBody(r *request) {
	if r.Method == "PUT" || r.Method == "POST" || r.Method == "PATCH" {
		r.Body = g.of("", "{}", "Action=GetCallerIdentity&Version=2011-06-15", "binary \x00 and é")
		r.Payload = digestOf(r.Body)
	}
	if r.Body != "" && g.chance(60) {
		r.Headers = append(r.Headers, [2]string{"Content-Length", r.contentLength()})
	}
	if g.chance(12) && (r.s3() || r.Service == "execute-api") {
		r.Payload = unsigned
	}
	if g.chance(6) && r.s3() {
		r.Payload = g.of("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
	}
}

func (g generator) setHeaders(r *request) {
	for n := g.below(4); n > 0; n-- {
		name := g.of("Content-Type", "X-Amz-Meta-Owner", "X-Amz-Acl", "Range", "If-Match", "x-amz-meta-UPPER", "X-Custom", "Cache-Control", "X-Amz-Target")
		value := g.oddly(18, []string{
			"a  b", "  a", "a  ", "a\tb", "\ta \t b\t", "", "a,b", "a, b,  c", "\"a   b\"", "é", "\u00a0a\u00a0", "a\u00a0b", "=?utf-8?q?x?=", "a;b=c",
		}, []string{"text/plain", "bytes=0-9", "value", "private", "application/x-www-form-urlencoded; charset=utf-8"})
		r.Headers = append(r.Headers, [2]string{name, value})
	}
	if g.chance(8) {
		r.Headers = append(r.Headers, [2]string{"X-Amz-Meta-Twice", "z"}, [2]string{"x-amz-meta-twice", "a  b"}, [2]string{"X-Amz-Meta-Twice", "z"})
	}
	if g.chance(15) {
		r.Headers = append(r.Headers, [2]string{g.of("User-Agent", "X-Amzn-Trace-Id", "Expect"), "by the client"})
	}
	if g.chance(6) {
		r.Headers = append(r.Headers, [2]string{g.of("Accept-Encoding", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Proxy-Connection"), "by a proxy"})
	}
	if g.chance(4) {
		r.Headers = append(r.Headers, [2]string{g.of("Connection", "Keep-Alive", "Te", "Upgrade", "Trailer", "Proxy-Authorization"), "hop by hop"})
	}
	if g.chance(3) {
		r.Headers = append(r.Headers, [2]string{"Date", "Sun, 30 Aug 2015 12:36:00 GMT"})
	}
	if r.Expires != 0 && g.chance(3) {
		r.Headers = append(r.Headers, [2]string{g.of("X-Amz-Date", "X-Amz-Security-Token"), "left over"})
	}
}

// spoil makes of one request in some twenty what should not be signed, or signs
// it in bad company.
func (g generator) spoil(r *request) {
	if !g.chance(6) {
		return
	}
	switch g.below(9) {
	case 0:
		r.Secret = g.of("", "short")
	case 1:
		r.Region = g.of("", "us-east-1\n", "us/east")
	case 2:
		r.Headers = append(r.Headers, [2]string{"X-Amz-Meta-Control", g.of("a\nx-amz-acl:public-read", "a\x01b")})
	case 3:
		r.Query += "&" + g.of("%", "a=%", "a=%zz", "100%=b")
	case 4:
		r.Query += "&X-Amz-Signature=0123456789abcdef"
	case 5:
		r.Query += "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=19700101T000000Z"
	case 6:
		r.Earlier = "the-secret-before-it-was-rotated"
	case 7:
		r.Method = g.of("get", "Put", "purge")
	case 8:
		if r.Expires != 0 {
			r.Expires = 7*24*3600 + 1 + g.below(1000)
		}
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
