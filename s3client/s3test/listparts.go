package s3test

import (
	"net/http"
	"strconv"
	"strings"
)

// The listings of multipart uploads (Amazon S3 API Reference, "ListParts",
// "ListMultipartUploads").

// limit reads a parameter that says how many entries a page is to have at most.
func (q *request) limit(name string) (int, error) {
	n, err := count(name, q.query.Get(name), maxListed)
	return min(n, maxListed), err
}

// count reads a number that is not negative.
func count(name, value string, none int) (int, error) {
	if value == "" {
		return none, nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return 0, invalidArgument("Provided "+name+" not an integer or within integer range", name, value)
	}
	return int(n), nil
}

func (s *Server) listParts(w *answer, r *http.Request, q *request) error {
	limit, err := q.limit("max-parts")
	if err != nil {
		return err
	}
	marker, err := count("part-number-marker", q.query.Get("part-number-marker"), 0)
	if err != nil {
		return err
	}
	u, parts, err := s.store.upload(q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return q.storeError(err)
	}
	for len(parts) > 0 && parts[0].Number <= marker {
		parts = parts[1:]
	}
	more := len(parts) > limit
	parts = parts[:min(len(parts), limit)]
	next := marker
	if len(parts) > 0 {
		next = parts[len(parts)-1].Number
	}

	var x xmlDoc
	x.start("ListPartsResult", s3Namespace)
	x.element("Bucket", q.bucket)
	x.element("Key", q.key)
	x.element("UploadId", u.ID)
	x.initiator()
	x.owner()
	x.element("StorageClass", u.Object.class())
	x.element("PartNumberMarker", strconv.Itoa(marker))
	if more {
		x.element("NextPartNumberMarker", strconv.Itoa(next))
	}
	x.element("MaxParts", strconv.Itoa(limit))
	x.element("IsTruncated", strconv.FormatBool(more))
	x.uploadChecksum(u)
	for _, p := range parts {
		x.start("Part", "")
		x.element("PartNumber", strconv.Itoa(p.Number))
		x.element("LastModified", p.Modified.Format(timestamp))
		x.element("ETag", p.ETag)
		x.element("Size", decimal(p.Piece.Size))
		if u.Algorithm != "" {
			x.checksum(u.Algorithm, p.Sum)
		}
		x.end("Part")
	}
	x.end("ListPartsResult")
	x.write(w, r, http.StatusOK)
	return nil
}

func (x *xmlDoc) initiator() {
	x.start("Initiator", "")
	x.element("ID", ownerID)
	x.element("DisplayName", ownerName)
	x.end("Initiator")
}

func (x *xmlDoc) uploadChecksum(u *multipartUpload) {
	if u.Algorithm != "" {
		x.element("ChecksumAlgorithm", u.Algorithm.String())
		x.element("ChecksumType", checksumType(u.Composite))
	}
}

// uploadEntry is a line of the listing: an upload, or a common prefix.
type uploadEntry struct {
	upload *multipartUpload // nil: a common prefix
	name   string
}

func (s *Server) listMultipartUploads(w *answer, r *http.Request, q *request) error {
	limit, err := q.limit("max-uploads")
	if err != nil {
		return err
	}
	l, err := q.listing()
	if err != nil {
		return err
	}
	all, err := s.store.listUploads(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	keyMarker, idMarker := q.query.Get("key-marker"), q.query.Get("upload-id-marker")
	if keyMarker == "" {
		idMarker = "" // "if key-marker is not specified, the upload-id-marker parameter is ignored"
	}
	entries := uploadEntries(all, l, keyMarker, idMarker)
	more := len(entries) > limit
	entries = entries[:min(len(entries), limit)]

	var x xmlDoc
	x.start("ListMultipartUploadsResult", s3Namespace)
	x.element("Bucket", q.bucket)
	x.element("KeyMarker", l.encode(keyMarker))
	x.element("UploadIdMarker", idMarker)
	if more = more && limit > 0; more {
		last := entries[len(entries)-1]
		x.element("NextKeyMarker", l.encode(last.name))
		if last.upload != nil {
			x.element("NextUploadIdMarker", last.upload.ID)
		} else {
			x.element("NextUploadIdMarker", "")
		}
	}
	x.element("Prefix", l.encode(l.prefix))
	if l.delimiter != "" {
		x.element("Delimiter", l.encode(l.delimiter))
	}
	if l.encoding != "" {
		x.element("EncodingType", l.encoding)
	}
	x.element("MaxUploads", strconv.Itoa(limit))
	x.element("IsTruncated", strconv.FormatBool(more))
	for _, e := range entries {
		if u := e.upload; u != nil {
			x.start("Upload", "")
			x.element("Key", l.encode(u.Object.Key))
			x.element("UploadId", u.ID)
			x.initiator()
			x.owner()
			x.element("StorageClass", u.Object.class())
			x.element("Initiated", u.Initiated.Format(timestamp))
			x.uploadChecksum(u)
			x.end("Upload")
		}
	}
	for _, e := range entries {
		if e.upload == nil {
			x.commonPrefix(l, e.name)
		}
	}
	x.end("ListMultipartUploadsResult")
	x.write(w, r, http.StatusOK)
	return nil
}

// uploadEntries are those that come after the markers. A key marker alone leaves
// all of its key out, one with an upload's ID those up to this.
func uploadEntries(all []*multipartUpload, l listing, keyMarker, idMarker string) []uploadEntry {
	var entries []uploadEntry
	for _, u := range all {
		key := u.Object.Key
		rest, ok := strings.CutPrefix(key, l.prefix)
		if !ok {
			continue
		}
		if head, _, found := strings.Cut(rest, l.delimiter); found && l.delimiter != "" {
			name := l.prefix + head + l.delimiter
			if name > keyMarker && (len(entries) == 0 || entries[len(entries)-1].name != name) {
				entries = append(entries, uploadEntry{name: name})
			}
			continue
		}
		if key > keyMarker || key == keyMarker && idMarker != "" && u.ID > idMarker {
			entries = append(entries, uploadEntry{u, key})
		}
	}
	return entries
}
