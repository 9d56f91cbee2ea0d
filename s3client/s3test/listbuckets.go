package s3test

import (
	"net/http"
	"strings"
)

// The list of buckets (Amazon S3 API Reference, "ListBuckets").

// maxBuckets is the most that a page has; without max-buckets there is one page.
const maxBuckets = 10000

func (s *Server) listBuckets(w *answer, r *http.Request, q *request) error {
	limit, err := count("max-buckets", q.query.Get("max-buckets"), maxBuckets)
	if err != nil || limit < 1 || limit > maxBuckets {
		return invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", q.query.Get("max-buckets"))
	}
	prefix, region, after := q.query.Get("prefix"), q.query.Get("bucket-region"), ""
	if token := q.query.Get("continuation-token"); token != "" {
		var ok bool
		if after, ok = openToken("", token); !ok {
			return errorf("InvalidArgument", "The continuation token provided is incorrect", field{"ArgumentName", "continuation-token"})
		}
	}
	var x xmlDoc
	x.start("ListAllMyBucketsResult", s3Namespace)
	x.owner()
	x.start("Buckets", "")
	next, n := "", 0
	for _, b := range s.store.listBuckets() {
		if isDirectory(b.name) || !strings.HasPrefix(b.name, prefix) || region != "" && b.Region != region || b.name <= after {
			continue
		}
		if n == limit {
			next = newToken("", after)
			break
		}
		x.start("Bucket", "")
		x.element("Name", b.name)
		x.element("CreationDate", b.Created.Format(timestamp))
		x.element("BucketRegion", b.Region)
		x.end("Bucket")
		after = b.name
		n++
	}
	x.end("Buckets")
	if prefix != "" {
		x.element("Prefix", prefix)
	}
	if next != "" {
		x.element("ContinuationToken", next)
	}
	x.end("ListAllMyBucketsResult")
	x.write(w, r, http.StatusOK)
	return nil
}
