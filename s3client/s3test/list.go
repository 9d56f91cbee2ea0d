package s3test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The listings of a bucket.

const maxListed = 1000

// listing is what both versions of the operation share.
type listing struct {
	prefix, delimiter string
	maxKeys           int
	encode            func(string) string
	encoding          string
}

func (q *request) listing() (l listing, err error) {
	l = listing{prefix: q.query.Get("prefix"), delimiter: q.query.Get("delimiter"), encoding: q.query.Get("encoding-type")}
	if l.maxKeys, err = q.limit("max-keys"); err != nil {
		return l, err
	}
	switch l.encoding {
	case "":
		l.encode = func(s string) string { return s }
	case "url":
		l.encode = encodeKey
	default:
		return l, invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", l.encoding)
	}
	return l, nil
}

// encodeKey encodes as S3 does: a blank is a plus, and a slash stays.
func encodeKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}

func (s *Server) listObjectsV2(w *answer, r *http.Request, q *request) error {
	l, err := q.listing()
	if err != nil {
		return err
	}
	if isDirectory(q.bucket) {
		if err := checkDirectoryListing(l, q); err != nil {
			return err
		}
	}
	after := q.query.Get("start-after")
	token := q.query.Get("continuation-token")
	if token != "" {
		var ok bool
		if after, ok = openToken(q.bucket, token); !ok {
			return errorf("InvalidArgument", "The continuation token provided is incorrect", field{"ArgumentName", "continuation-token"})
		}
	}
	entries, more, err := s.list(q, l, after)
	if err != nil {
		return err
	}
	var x xmlDoc
	x.start("ListBucketResult", s3Namespace)
	x.element("Name", q.bucket)
	x.element("Prefix", l.encode(l.prefix))
	if q.query.Has("start-after") {
		x.element("StartAfter", l.encode(q.query.Get("start-after")))
	}
	if q.query.Has("continuation-token") {
		x.element("ContinuationToken", token)
	}
	if more {
		x.element("NextContinuationToken", newToken(q.bucket, entries[len(entries)-1].name))
	}
	x.element("KeyCount", strconv.Itoa(len(entries)))
	x.entries(l, entries, more, q.query.Get("fetch-owner") == "true")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) listObjects(w *answer, r *http.Request, q *request) error {
	l, err := q.listing()
	if err != nil {
		return err
	}
	entries, more, err := s.list(q, l, q.query.Get("marker"))
	if err != nil {
		return err
	}
	var x xmlDoc
	x.start("ListBucketResult", s3Namespace)
	x.element("Name", q.bucket)
	x.element("Prefix", l.encode(l.prefix))
	x.element("Marker", l.encode(q.query.Get("marker")))
	if more && l.delimiter != "" {
		// "ListObjects": only with a delimiter; otherwise the last key is it.
		x.element("NextMarker", l.encode(entries[len(entries)-1].name))
	}
	x.entries(l, entries, more, true)
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) list(q *request, l listing, after string) ([]entry, bool, error) {
	entries, more, err := s.store.list(q.bucket, span{prefix: l.prefix, delimiter: l.delimiter, after: place{name: after}, limit: l.maxKeys})
	if err != nil {
		return nil, false, q.storeError(err)
	}
	// Of nothing there is no next page, though there may be more.
	return entries, more && len(entries) > 0, nil
}

// entries ends the document.
func (x *xmlDoc) entries(l listing, entries []entry, more, owner bool) {
	x.element("MaxKeys", strconv.Itoa(l.maxKeys))
	if l.delimiter != "" {
		x.element("Delimiter", l.encode(l.delimiter))
	}
	if l.encoding != "" {
		x.element("EncodingType", l.encoding)
	}
	x.element("IsTruncated", strconv.FormatBool(more))
	for _, e := range entries {
		if e.object == nil {
			continue
		}
		x.start("Contents", "")
		x.element("Key", l.encode(e.name))
		x.element("LastModified", e.object.Modified.Format(timestamp))
		x.element("ETag", e.object.ETag)
		x.element("ChecksumAlgorithm", e.object.Checksum.String())
		x.element("ChecksumType", e.object.checksumType())
		x.element("Size", strconv.FormatInt(e.object.Size, 10))
		if owner {
			x.owner()
		}
		x.element("StorageClass", e.object.class())
		x.end("Contents")
	}
	for _, e := range entries {
		if e.object == nil {
			x.commonPrefix(l, e.name)
		}
	}
	x.end("ListBucketResult")
}

func (x *xmlDoc) commonPrefix(l listing, name string) {
	x.start("CommonPrefixes", "")
	x.element("Prefix", l.encode(name))
	x.end("CommonPrefixes")
}

// newToken makes a continuation token: the last name with a check, so that a
// token of another bucket or of the client's own making is refused. The
// alphabet has +, / and =, as S3's has: a client must encode them.
func newToken(bucket, last string) string {
	sum := tokenSum(bucket, last)
	return base64.StdEncoding.EncodeToString(append(sum[:8:8], last...))
}

func openToken(bucket, token string) (last string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) < 8 {
		return "", false
	}
	last = string(b[8:])
	sum := tokenSum(bucket, last)
	return last, string(sum[:8]) == string(b[:8])
}

func tokenSum(bucket, last string) [sha256.Size]byte {
	return sha256.Sum256([]byte("s3test continuation token\x00" + bucket + "\x00" + last))
}
