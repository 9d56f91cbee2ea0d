package s3test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Copies (Amazon S3 API Reference, "CopyObject"). UploadPartCopy is in
// uploadpart.go.

func (s *Server) copyObject(w *answer, r *http.Request, q *request) error {
	source, from, err := s.copySource(r, q)
	if err != nil {
		return err
	}
	if source.Size > s.cfg.MaxPutSize {
		return tooLargeToCopy(s.cfg.MaxPutSize)
	}
	o, err := s.describeCopy(q, r.Header, source, from)
	if err != nil {
		return err
	}
	permit, err := putCondition(r.Header)
	if err != nil {
		return err
	}
	algorithm := source.Checksum
	if name := r.Header.Get("X-Amz-Checksum-Algorithm"); name != "" {
		if algorithm, err = algorithmFor(name); err != nil {
			return err
		}
	}
	sums := newSums(algorithm)
	up, err := s.copyBytes(q.bucket, from, source, 0, source.Size, sums)
	if err != nil {
		return q.storeError(err)
	}
	o.Size = source.Size
	o.ETag = o.Crypt.etag(sums)
	o.Checksum, o.Sum = sums.sum.Algorithm(), sums.sum.Value().String()
	o.Modified = s.now().Truncate(1e9)
	if err := up.commit(o, permit); err != nil {
		return q.storeError(err)
	}

	h := w.Header()
	o.Crypt.setHeaders(h)
	s.setVersion(h, q.bucket, o)
	s.setSourceVersion(h, from, source)
	var x xmlDoc
	x.start("CopyObjectResult", s3Namespace)
	x.element("LastModified", o.Modified.Format(timestamp))
	x.element("ETag", o.ETag)
	x.element("ChecksumType", o.checksumType())
	x.checksum(o.Checksum, o.Sum)
	x.end("CopyObjectResult")
	x.write(w, r, http.StatusOK)
	return nil
}

func (x *xmlDoc) checksum(a checksum.Algorithm, sum string) {
	if sum != "" {
		x.element("Checksum"+a.String(), sum)
	}
}

func tooLargeToCopy(most int64) error {
	return errorf("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: "+decimal(most))
}

// parseCopySource reads BUCKET/KEY[?versionId=ID], encoded like a URL, with or
// without a slash before it.
func parseCopySource(header string) (l location, err error) {
	path, query, _ := strings.Cut(header, "?")
	if path, err = url.PathUnescape(path); err != nil {
		return l, invalidArgument("Copy Source must be URL-encoded", strings.ToLower(copySourceHeader), header)
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if bucket == "" || key == "" {
		return l, invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", strings.ToLower(copySourceHeader), header)
	}
	l = location{bucket: bucket, key: key}
	if version, ok := strings.CutPrefix(query, "versionId="); ok {
		l.version = version
	}
	return l, nil
}

// copySource finds the object to copy, and holds it against the conditions.
func (s *Server) copySource(r *http.Request, q *request) (*object, location, error) {
	h := r.Header
	from, err := parseCopySource(h.Get(copySourceHeader))
	if err != nil {
		return nil, from, err
	}
	if from.version != "" && !versionIDForm.MatchString(from.version) {
		return nil, from, invalidArgument("Invalid version id specified", "versionId", from.version)
	}
	o, err := s.store.get(from.bucket, from.key, from.version)
	if errors.Is(err, errDeleteMarker) {
		return nil, from, errorf("InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	if err != nil {
		of := *q
		of.bucket, of.key, of.version = from.bucket, from.key, from.version
		if errors.Is(err, errNoSuchKey) {
			return nil, from, s.missing(r, &of)
		}
		return nil, from, of.storeError(err)
	}
	if o.archived(s.now()) {
		return nil, from, standard("ObjectNotInActiveTierError", field{"Key", from.key})
	}
	if err := o.Crypt.unlock(h, copySourceHeader+"-Server-Side-Encryption-Customer-"); err != nil {
		return nil, from, err
	}
	return o, from, copyCondition(h, o)
}

// describeCopy makes an object that has all but bytes: headers and tags of the
// source, unless they are to be replaced; everything else of the request.
func (s *Server) describeCopy(q *request, h http.Header, source *object, from location) (*object, error) {
	keepHeaders, err := directive(h, "X-Amz-Metadata-Directive", "Unknown metadata directive.")
	if err != nil {
		return nil, err
	}
	keepTags, err := directive(h, "X-Amz-Tagging-Directive", "Unknown tagging directive.")
	if err != nil {
		return nil, err
	}
	itself := from.bucket == q.bucket && from.key == q.key && from.version == ""
	if itself && keepHeaders && h.Get("X-Amz-Storage-Class") == "" && h.Get(redirectHeader) == "" &&
		h.Get(sseHeader) == "" && h.Get(customerHeader+"Algorithm") == "" {
		return nil, errorf("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	o, err := s.describe(q, h)
	if err != nil {
		return nil, err
	}
	if keepHeaders {
		redirect, redirects := o.Header[redirectHeader]
		o.Header = maps.Clone(source.Header)
		delete(o.Header, redirectHeader) // "is unique to each object and is not copied"
		if redirects {
			o.Header[redirectHeader] = redirect
		}
	}
	if keepTags {
		o.Tags = source.Tags
	}
	return o, nil
}

// directive reports whether it is COPY, which is the default.
func directive(h http.Header, name, unknown string) (bool, error) {
	switch v := h.Get(name); v {
	case "", "COPY":
		return true, nil
	case "REPLACE":
		return false, nil
	default:
		return false, invalidArgument(unknown, strings.ToLower(name), v)
	}
}

// copyBytes puts a part of an object on its way in again.
func (s *Server) copyBytes(bucket string, from location, source *object, offset, length int64, sums *checksums) (*upload, error) {
	part, err := s.store.section(from.bucket, source, offset, length)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	up, err := s.store.stage(bucket, length)
	if err != nil {
		return nil, err
	}
	buf := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buf)
	writers := append(fanOut{up}, sums.writers()...)
	n, err := io.CopyBuffer(writers, readerOnly{part.Reader}, buf[:])
	if err == nil && n != length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		up.discard()
		return nil, err
	}
	return up, nil
}

type readerOnly struct{ io.Reader }

func (s *Server) setSourceVersion(h http.Header, from location, source *object) {
	if set, err := s.store.settings(from.bucket); source.Version != "" || err == nil && set.Versioning != "" {
		h.Set("X-Amz-Copy-Source-Version-Id", source.versionID())
	}
}
