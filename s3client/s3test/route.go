package s3test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4/sigv4a"
)

// Which face, which operation, which bucket and key.

type face int

const (
	faceS3 face = iota
	faceSTS
)

const opUnknown = "Unknown"

// request is what the router found out about an HTTP request.
type request struct {
	face      face
	op        string     // its operation's name
	operation *operation // nil: none of S3's that is here
	bucket    string
	key       string
	virtual   bool   // the bucket is named in the host's name
	version   string // the parameter versionId: "" is none
	query     url.Values
	err       error // why it can be no valid request; answered once it is authenticated

	region   string // the server's
	caller   caller
	trailer  string // the checksum's header behind a body in chunks: "X-Amz-Checksum-Crc32"
	body     []byte // of every operation that stores none
	change   bool   // FaultChangeObject has struck
	shorten  int64  // FaultShortRange has: by so many bytes
	resource string // for error messages: the path as it was sent
}

func (s *Server) route(r *http.Request) *request {
	q := &request{op: opUnknown, region: s.cfg.Region, resource: r.URL.EscapedPath()}
	var err error
	if q.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		q.err = errorf("InvalidURI", "Couldn't parse the specified URI.")
	}
	if isSTS(r, q.query) {
		q.face = faceSTS
		q.op = opUnknown // in the body, which is read later
		return q
	}
	if err := q.locate(r, s.cfg.Domains); err != nil {
		q.err = err
		return q
	}
	if q.operation = q.findOperation(r); q.operation != nil {
		q.op = q.operation.name
	}
	if q.query.Has("versionId") {
		if q.version = q.query.Get("versionId"); !versionIDForm.MatchString(q.version) {
			q.err = errorf("InvalidArgument", "Invalid version id specified", field{"ArgumentName", "versionId"}, field{"ArgumentValue", q.version})
		}
	}
	return q
}

// isSTS decides by the service in the credential scope, which the client chose
// with the signature; without one, by the form that only STS is sent.
func isSTS(r *http.Request, query url.Values) bool {
	if service := scopeOf(r, query).service; service != "" {
		return service == "sts"
	}
	if r.URL.EscapedPath() != "/" {
		return false
	}
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") ||
		r.Method == http.MethodGet && query.Get("Action") == "AssumeRoleWithWebIdentity"
}

// scopeOf reads the credential's scope, AKID/DATE/REGION/SERVICE/aws4_request, which
// in SigV4a has no region. It is empty where there is none.
func scopeOf(r *http.Request, query url.Values) scope {
	algorithm, credential := query.Get("X-Amz-Algorithm"), query.Get("X-Amz-Credential")
	if auth := r.Header.Get("Authorization"); auth != "" {
		algorithm, credential, _ = strings.Cut(auth, " ")
		_, credential, _ = strings.Cut(credential, "Credential=")
		credential, _, _ = strings.Cut(credential, ",")
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if algorithm == sigv4a.Name && len(parts) >= 4 {
		return scope{algorithm, parts[len(parts)-2], ""}
	}
	if len(parts) < 5 {
		return scope{}
	}
	return scope{algorithm, parts[len(parts)-2], parts[len(parts)-3]}
}

// locate finds bucket and key. Keys are opaque: the path is neither cleaned nor
// decoded more than once.
func (q *request) locate(r *http.Request, domains []string) error {
	// What EscapedPath returns for a parsed request is what was on the wire.
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	bucket := virtualHostBucket(r.Host, domains)
	if q.virtual = bucket != ""; !q.virtual {
		bucket, path, _ = strings.Cut(path, "/")
	}
	var errBucket, errKey error
	q.bucket, errBucket = url.PathUnescape(bucket)
	q.key, errKey = url.PathUnescape(path)
	if errBucket != nil || errKey != nil {
		return errorf("InvalidURI", "Couldn't parse the specified URI.")
	}
	return q.checkKey()
}

// maxKey is the longest key (Amazon S3 User Guide, "Naming Amazon S3 objects").
const maxKey = 1024

func (q *request) checkKey() error {
	switch {
	case !utf8.ValidString(q.key):
		return errorf("InvalidURI", "Couldn't parse the specified URI.")
	case len(q.key) > maxKey:
		return errorf("KeyTooLongError", "Your key is too long", field{"Size", len(q.key)}, field{"MaxSizeAllowed", maxKey})
	}
	return nil
}

// virtualHostBucket is the bucket in the host's name, "" for path style.
func virtualHostBucket(host string, domains []string) string {
	host = strings.ToLower(hostname(host))
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	bucket := ""
	if domains == nil {
		if m := awsHost.FindStringSubmatch(host); m != nil {
			return m[1]
		}
		domains = []string{"localhost"}
	}
	for _, domain := range domains {
		domain = strings.ToLower(domain)
		if host == domain {
			return ""
		}
		// The longest domain leaves the shortest bucket: s3.example.com must not be
		// taken for a part of a name.
		if name, ok := strings.CutSuffix(host, "."+domain); ok && (bucket == "" || len(name) < len(bucket)) {
			bucket = name
		}
	}
	return bucket
}

// awsHost is a host of S3's own, with the bucket before it if there is one: of a region
// or of all, dual-stack, FIPS, accelerated, and of a zone's directory buckets (AWS
// General Reference, "Amazon Simple Storage Service endpoints and quotas").
var awsHost = regexp.MustCompile(`^(?:(.+?)\.)?s3(?:-fips|-accelerate|express(?:-fips)?-[a-z0-9-]+)?(?:\.dualstack)?` +
	`(?:[.-][a-z]{2}(?:-[a-z]+)+-[0-9]+)?\.amazonaws\.com(?:\.cn)?$`)

func hostname(hostport string) string {
	return (&url.URL{Host: hostport}).Hostname()
}
