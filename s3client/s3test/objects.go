package s3test

import (
	"crypto/fips140"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The operations on objects.

// maxPut is the largest object of one PUT (Amazon S3 User Guide, "Uploading
// objects").
const maxPut int64 = 5 << 30

// keptHeaders are given back as they came.
var keptHeaders = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

const metaPrefix = "X-Amz-Meta-"

func (s *Server) putObject(w *answer, r *http.Request, q *request) error {
	switch {
	case r.ContentLength < 0:
		return standard("MissingContentLength")
	case r.ContentLength > maxPut:
		return standard("EntityTooLarge", field{"ProposedSize", r.ContentLength}, field{"MaxSizeAllowed", maxPut})
	}
	o, err := s.storeObject(r, q, r.Header)
	if err != nil {
		return err
	}
	o.setHeaders(w.Header())
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// setHeaders says in an answer what has been stored.
func (o *object) setHeaders(h http.Header) {
	h.Set("ETag", o.ETag)
	h.Set("X-Amz-Checksum-"+o.Checksum, o.Sum)
	h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
}

// storeObject stores the body of a request under q's key. The headers are the
// request's, or the fields of its form; the length is negative if it is not known.
func (s *Server) storeObject(r *http.Request, q *request, h http.Header) (*object, error) {
	o := &object{Key: q.key}
	var err error
	if o.Header, err = putHeaders(h); err != nil {
		return nil, err
	}
	sums, err := newChecksums(h, q.trailer)
	if err != nil {
		return nil, err
	}
	permit, err := putCondition(h)
	if err != nil {
		return nil, err
	}
	// The condition is checked again when the object is committed; now it saves
	// the client from sending a body in vain.
	old, err := s.store.get(q.bucket, q.key)
	if err != nil && !errors.Is(err, errNoSuchKey) {
		return nil, q.storeError(err)
	}
	if err := permit(old); err != nil {
		return nil, err
	}

	up, err := s.store.put(q.bucket, max(r.ContentLength, 0))
	if err != nil {
		return nil, q.storeError(err)
	}
	if o.Size, err = receive(up, r, q, sums); err != nil {
		up.discard()
		return nil, err
	}
	o.ETag = sums.etag()
	o.Checksum, o.Sum = sums.checksum()
	o.Modified = s.now().Truncate(1e9) // S3 keeps whole seconds
	if err := up.commit(o, permit); err != nil {
		return nil, q.storeError(err)
	}
	if q.change {
		s.change(q.bucket, o)
	}
	return o, nil
}

// putHeaders keeps what S3 keeps and refuses what would change the meaning of
// the request were it ignored.
func putHeaders(h http.Header) (map[string]string, error) {
	for _, name := range []string{
		"X-Amz-Copy-Source", "X-Amz-Tagging", "X-Amz-Website-Redirect-Location", "X-Amz-Write-Offset-Bytes",
		"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold",
		"X-Amz-Server-Side-Encryption-Customer-Algorithm", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Trailer",
	} {
		if h.Get(name) != "" {
			return nil, standard("NotImplemented", field{"Header", strings.ToLower(name)})
		}
	}
	for name, only := range map[string]string{"X-Amz-Storage-Class": "STANDARD", "X-Amz-Server-Side-Encryption": "AES256"} {
		if v := h.Get(name); v != "" && v != only {
			return nil, standard("NotImplemented", field{"Header", strings.ToLower(name)})
		}
	}
	for _, acl := range []string{"X-Amz-Grant-Full-Control", "X-Amz-Grant-Read", "X-Amz-Grant-Read-Acp", "X-Amz-Grant-Write-Acp"} {
		if h.Get(acl) != "" {
			return nil, standard("AccessControlListNotSupported")
		}
	}
	if err := refuseACL(&http.Request{Header: h}); err != nil {
		return nil, err
	}

	kept := map[string]string{"Content-Type": "binary/octet-stream"}
	for _, name := range keptHeaders {
		if v := h.Get(name); v != "" {
			kept[name] = v
		}
	}
	// Amazon S3 User Guide, "Working with object metadata": 2 KB of names and
	// values in all, the prefix not counted.
	size := 0
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, metaPrefix); ok {
			kept[name] = strings.Join(values, ",")
			size += len(rest) + len(kept[name])
		}
	}
	if size > 2048 {
		return nil, standard("MetadataTooLarge", field{"Size", size}, field{"MaxSizeAllowed", 2048})
	}
	return kept, nil
}

// putCondition is S3's conditional write: If-None-Match: * and If-Match.
func putCondition(h http.Header) (func(old *object) error, error) {
	ifMatch, ifNoneMatch := h.Get("If-Match"), h.Get("If-None-Match")
	if ifNoneMatch != "" && ifNoneMatch != "*" {
		return nil, standard("NotImplemented", field{"Header", "If-None-Match"},
			field{"additionalMessage", "We don't accept the provided value of If-None-Match header for this API"})
	}
	return func(old *object) error {
		switch {
		case ifNoneMatch != "" && old != nil:
			return preconditionFailed("If-None-Match")
		case ifMatch != "" && old == nil:
			return standard("NoSuchKey")
		case ifMatch != "" && !matches(ifMatch, old.ETag):
			return preconditionFailed("If-Match")
		}
		return nil
	}, nil
}

func preconditionFailed(condition string) error {
	return standard("PreconditionFailed", field{"Condition", condition})
}

var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// receive takes the body in and holds it against all that was said of it.
func receive(up *upload, r *http.Request, q *request, sums *checksums) (int64, error) {
	body := &bodyReader{r: r.Body}
	writers := append(fanOut{up}, sums.writers()...)
	buf := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buf)
	n, err := io.CopyBuffer(writers, body, buf[:])
	switch {
	case body.err != nil:
		return n, bodyError(body.err)
	case err == nil && r.ContentLength >= 0 && n != r.ContentLength:
		return n, standard("IncompleteBody")
	case err != nil:
		return n, err
	}
	if q.trailer != "" {
		sums.want = r.Trailer.Get(q.trailer)
	}
	return n, sums.verify()
}

// fanOut writes to all at the same time: the hashes take longer than the network,
// MD5 above all. Only the first may fail.
type fanOut []io.Writer

func (f fanOut) Write(p []byte) (int, error) {
	var wg sync.WaitGroup
	for _, w := range f[1:] {
		if len(p) < 64<<10 { // not worth a goroutine
			w.Write(p)
			continue
		}
		wg.Go(func() { w.Write(p) })
	}
	n, err := f[0].Write(p)
	wg.Wait()
	return n, err
}

// bodyReader tells a broken body from a disk that is full.
type bodyReader struct {
	r   io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// checksums computes what an object needs: the ETag, the checksum that it keeps,
// and what else the client said of the body.
type checksums struct {
	tag        hash.Hash
	contentMD5 []byte
	algorithm  algorithm
	sum        hash.Hash
	want       string // base64; "" if the client named none
}

func newChecksums(h http.Header, trailer string) (*checksums, error) {
	c := &checksums{tag: newETagHash()}
	if v, ok := h["Content-Md5"]; ok {
		var err error
		if c.contentMD5, err = base64.StdEncoding.DecodeString(v[0]); err != nil || len(c.contentMD5) != md5.Size {
			return nil, standard("InvalidDigest", field{"Content-MD5", v[0]})
		}
		if fips140.Enabled() {
			return nil, notImplemented("Content-MD5 cannot be checked in FIPS 140 mode", field{"Header", "Content-MD5"})
		}
	}
	var err error
	if c.algorithm, c.want, err = wantedChecksum(h, trailer); err != nil {
		return nil, err
	}
	c.sum = c.algorithm.new()
	return c, nil
}

// newETagHash is MD5, as S3's ETag of an object from one PUT, unless MD5 must not
// be touched.
func newETagHash() hash.Hash {
	if fips140.Enabled() {
		return sha256.New()
	}
	return md5.New()
}

func (c *checksums) writers() []io.Writer { return []io.Writer{c.tag, c.sum} }

func (c *checksums) verify() error {
	if c.contentMD5 != nil {
		if got := c.tag.Sum(nil); !slices.Equal(got, c.contentMD5) {
			return standard("BadDigest", field{"CalculatedDigest", base64.StdEncoding.EncodeToString(got)},
				field{"ExpectedDigest", hex.EncodeToString(c.contentMD5)})
		}
	}
	if _, got := c.checksum(); c.want != "" && got != c.want {
		return errorf("BadDigest", "The "+strings.ToUpper(c.algorithm.name)+" you specified did not match the calculated checksum.")
	}
	return nil
}

func (c *checksums) etag() string {
	digits := hex.EncodeToString(c.tag.Sum(nil))
	if len(digits) != 2*md5.Size {
		// Not an MD5, so it must not look like one: multipart ETags have a dash.
		return `"` + digits[:2*md5.Size] + `-1"`
	}
	return `"` + digits + `"`
}

func (c *checksums) checksum() (name, sum string) {
	return c.algorithm.name, base64.StdEncoding.EncodeToString(c.sum.Sum(nil))
}

// getObject serves GET and HEAD, which differ in the body only.
func (s *Server) getObject(w *answer, r *http.Request, q *request) error {
	for {
		o, err := s.store.get(q.bucket, q.key)
		if errors.Is(err, errNoSuchKey) {
			return s.missing(r, q)
		}
		if err != nil {
			return q.storeError(err)
		}
		if err := s.sendObject(w, r, q, o); !errors.Is(err, errNoSuchKey) {
			return err
		}
		// It was overwritten or deleted in between.
	}
}

func (s *Server) sendObject(w *answer, r *http.Request, q *request, o *object) error {
	h := w.Header()
	if err := getCondition(r.Header, o); err != nil {
		if err.status() == http.StatusNotModified {
			h.Set("ETag", o.ETag)
			h.Set("Last-Modified", httpTime(o.Modified))
		}
		return err
	}
	offset, length, partial, err := parseRange(r.Header.Get("Range"), o.Size)
	if err != nil {
		return err
	}
	part, err := s.store.section(q.bucket, o, offset, length)
	if err != nil {
		return err
	}
	defer part.Close()
	if q.change {
		// Before the client can have the last byte of this answer.
		s.change(q.bucket, o)
	}

	for name, value := range o.Header {
		if strings.HasPrefix(name, metaPrefix) {
			// S3 keeps metadata in lower case, and boto3 shows the case that it gets.
			name = strings.ToLower(name)
		}
		h[name] = []string{value}
	}
	for _, name := range keptHeaders {
		if v := q.query.Get("response-" + strings.ToLower(name)); v != "" {
			h.Set(name, v)
		}
	}
	h.Set("ETag", o.ETag)
	h.Set("Last-Modified", httpTime(o.Modified))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	status := http.StatusOK
	if partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.Size))
	} else if strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		h.Set("X-Amz-Checksum-"+o.Checksum, o.Sum)
		h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		io.Copy(w, part.Reader) // a client that went away is no error of the server's
	}
	return nil
}

// getCondition follows RFC 9110, section 13.2.2, and so the table in the Amazon
// S3 API Reference, "GetObject".
func getCondition(h http.Header, o *object) *apiError {
	since := func(name string) (modified, ok bool) {
		t, err := http.ParseTime(h.Get(name))
		return o.Modified.After(t), err == nil
	}
	if v := h.Get("If-Match"); v != "" {
		if !matches(v, o.ETag) {
			return standard("PreconditionFailed", field{"Condition", "If-Match"})
		}
	} else if modified, ok := since("If-Unmodified-Since"); ok && modified {
		return standard("PreconditionFailed", field{"Condition", "If-Unmodified-Since"})
	}
	notModified := &apiError{Code: "NotModified", Status: http.StatusNotModified}
	if v := h.Get("If-None-Match"); v != "" {
		if matches(v, o.ETag) {
			return notModified
		}
	} else if modified, ok := since("If-Modified-Since"); ok && !modified {
		return notModified
	}
	return nil
}

// matches looks for an ETag in the value of If-Match or If-None-Match. S3 takes
// it without quotes too.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || strings.Trim(one, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}

// parseRange understands what S3 does: one range of bytes. Everything else is
// ignored (RFC 9110, section 14.2), and the whole object is the answer.
func parseRange(header string, size int64) (offset, length int64, partial bool, err error) {
	unit, spec, _ := strings.Cut(header, "=")
	first, last, dash := strings.Cut(spec, "-")
	if !strings.EqualFold(unit, "bytes") || !dash || !digits(first) || !digits(last) || first+last == "" {
		return 0, size, false, nil
	}
	a, b := saturated(first), saturated(last)
	switch {
	case first == "":
		a, b = max(0, size-b), size-1
		if last != "" && saturated(last) == 0 {
			a = size
		}
	case last == "":
		b = size - 1
	case a > b:
		return 0, size, false, nil
	}
	if a >= size {
		return 0, 0, false, &apiError{
			Code: "InvalidRange", Message: statuses["InvalidRange"].message,
			Fields: []field{{"RangeRequested", header}, {"ActualObjectSize", size}},
			Header: http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", size)}},
		}
	}
	b = min(b, size-1)
	return a, b - a + 1, true, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// saturated reads digits; what is too large for an int64 is past any end.
func saturated(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (s *Server) deleteObject(w *answer, r *http.Request, q *request) error {
	if r.Header.Get("If-Match") != "" {
		return standard("NotImplemented", field{"Header", "If-Match"})
	}
	if err := s.store.delete(q.bucket, q.key); err != nil && !errors.Is(err, errNoSuchKey) {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
