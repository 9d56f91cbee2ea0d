package s3test

import (
	"cmp"
	"net/http"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Which region a request is for, and what S3 says to one that went to another
// (Amazon S3 User Guide, "Making requests using the REST API", Request redirection and
// the REST API). The server is the endpoint of all regions: a client that has learnt
// where a bucket is finds it here, too.

func (s *Server) regionOf(bucket string) string {
	if set, err := s.store.settings(bucket); err == nil {
		return set.Region
	}
	return s.cfg.Region
}

// verifierFor is that of the bucket's region; or the answer to a request that came to
// another region's endpoint. A bucket's name in the host's leads to its own region,
// where a signature for another one is refused. Its name in the path leads nowhere.
func (s *Server) verifierFor(r *http.Request, q *request) (*sigv4http.Verifier, error) {
	signed := scopeOf(r, q.query)
	scope := scope{service: "s3", region: s.regionOf(q.bucket)}
	if isDirectory(q.bucket) {
		scope.service = expressService
	}
	if signed.algorithm == sigv4a.Name {
		scope.algorithm = sigv4a.Name
		return s.verifierOf(scope)
	}
	switch {
	case scope.region == s.cfg.Region || scope.region == signed.region || q.virtual || signed.region == "":
	case q.op == "GetBucketLocation" && signed.region == s.cfg.Region: // which one may ask anywhere
		scope.region = signed.region
	default:
		return nil, s.redirection("PermanentRedirect", q.bucket+".s3."+scope.region+".amazonaws.com", q)
	}
	return s.verifierOf(scope)
}

// scope is what a signature is for.
type scope struct {
	algorithm string // sigv4a.Name; of a verifier, "" is Signature Version 4's own
	service   string
	region    string // which the scope of SigV4a does not have
}

func (s *Server) verifierOf(sc scope) (*sigv4http.Verifier, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.verifiers[sc]; v != nil {
		return v, nil
	}
	newSigner := sigv4.NewSigner
	if sc.algorithm == sigv4a.Name {
		newSigner = sigv4a.NewSigner
	}
	signer, err := newSigner(sc.service, sc.region, nil)
	if err != nil {
		return nil, err
	}
	v := &sigv4http.Verifier{Signer: signer, Lookup: s.lookup, Now: s.now, Bucket: s.bucketOf}
	s.verifiers[sc] = v
	return v, nil
}

// redirection is the answer that names another endpoint.
func (s *Server) redirection(code, endpoint string, q *request) *apiError {
	e := standard(code, field{"Endpoint", endpoint}, field{"Bucket", q.bucket})
	e.Header = http.Header{"X-Amz-Bucket-Region": {s.regionOf(q.bucket)}}
	return e
}

// tellRegion has an answer to a signature for another region say where the bucket is,
// for those who get no body, too; and HeadBucket's in any case, whether access is
// authorized or not (Amazon S3 API Reference, "GetBucketLocation").
func (s *Server) tellRegion(h http.Header, q *request, code string) {
	if (code == "AuthorizationHeaderMalformed" || q.op == "HeadBucket") && s.store.hasBucket(q.bucket) {
		h.Set("X-Amz-Bucket-Region", cmp.Or(h.Get("X-Amz-Bucket-Region"), s.regionOf(q.bucket)))
	}
}
