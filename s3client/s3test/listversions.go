package s3test

import (
	"net/http"
	"strconv"
)

// The listing of all versions, and of delete markers (Amazon S3 API Reference,
// "ListObjectVersions").

func (s *Server) listObjectVersions(w *answer, r *http.Request, q *request) error {
	l, err := q.listing()
	if err != nil {
		return err
	}
	after := place{q.query.Get("key-marker"), q.query.Get("version-id-marker")}
	switch {
	case after.version != "" && after.name == "":
		return invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", after.version)
	case after.version != "" && !versionIDForm.MatchString(after.version):
		return invalidArgument("Invalid version id specified", "version-id-marker", after.version)
	}
	entries, more, err := s.store.list(q.bucket, span{prefix: l.prefix, delimiter: l.delimiter, after: after, limit: l.maxKeys, versions: true})
	if err != nil {
		return q.storeError(err)
	}
	var x xmlDoc
	x.start("ListVersionsResult", s3Namespace)
	x.element("Name", q.bucket)
	x.element("Prefix", l.encode(l.prefix))
	x.element("KeyMarker", l.encode(after.name))
	x.element("VersionIdMarker", after.version)
	if more = more && len(entries) > 0; more {
		last := entries[len(entries)-1]
		x.element("NextKeyMarker", l.encode(last.name))
		if last.object != nil {
			x.element("NextVersionIdMarker", last.object.versionID())
		}
	}
	x.element("MaxKeys", strconv.Itoa(l.maxKeys))
	if l.delimiter != "" {
		x.element("Delimiter", l.encode(l.delimiter))
	}
	if l.encoding != "" {
		x.element("EncodingType", l.encoding)
	}
	x.element("IsTruncated", strconv.FormatBool(more))
	for _, e := range entries {
		if e.object != nil {
			x.version(l, e)
		}
	}
	for _, e := range entries {
		if e.object == nil {
			x.commonPrefix(l, e.name)
		}
	}
	x.end("ListVersionsResult")
	x.write(w, r, http.StatusOK)
	return nil
}

func (x *xmlDoc) version(l listing, e entry) {
	o := e.object
	name := "Version"
	if o.Marker {
		name = "DeleteMarker"
	}
	x.start(name, "")
	x.element("Key", l.encode(e.name))
	x.element("VersionId", o.versionID())
	x.element("IsLatest", strconv.FormatBool(e.latest))
	x.element("LastModified", o.Modified.Format(timestamp))
	if !o.Marker {
		x.element("ETag", o.ETag)
		x.element("ChecksumAlgorithm", o.Checksum.String())
		x.element("ChecksumType", o.checksumType())
		x.element("Size", decimal(o.Size))
		x.element("StorageClass", o.class())
	}
	x.owner()
	x.end(name)
}
