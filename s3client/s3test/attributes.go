package s3test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What there is to know of an object, without its bytes (Amazon S3 API Reference,
// "GetObjectAttributes").

const attributesHeader = "X-Amz-Object-Attributes"

func (s *Server) getObjectAttributes(w *answer, r *http.Request, q *request) error {
	wanted, err := attributes(r.Header)
	if err != nil {
		return err
	}
	o, err := s.store.get(q.bucket, q.key, q.version)
	if err != nil {
		return s.absent(w, r, q, o, err)
	}
	if err := o.Crypt.unlock(r.Header, customerHeader); err != nil {
		return err
	}
	limit, err := count("x-amz-max-parts", r.Header.Get("X-Amz-Max-Parts"), maxListed)
	if err != nil {
		return err
	}
	marker, err := count("x-amz-part-number-marker", r.Header.Get("X-Amz-Part-Number-Marker"), 0)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Last-Modified", httpTime(o.Modified))
	s.setVersion(h, q.bucket, o)
	var x xmlDoc
	x.start("GetObjectAttributesResponse", s3Namespace)
	if wanted["ETag"] {
		x.element("ETag", strings.Trim(o.ETag, `"`)) // without quotes, here alone
	}
	if wanted["Checksum"] {
		sum, _, _ := strings.Cut(o.Sum, "-") // without the count of the parts
		x.start("Checksum", "")
		x.checksum(o.Checksum, sum)
		x.element("ChecksumType", o.checksumType())
		x.end("Checksum")
	}
	if wanted["ObjectParts"] && len(o.Parts) > 0 {
		x.objectParts(o, limit, marker)
	}
	if wanted["StorageClass"] {
		x.element("StorageClass", o.class())
	}
	if wanted["ObjectSize"] {
		x.element("ObjectSize", decimal(o.Size))
	}
	x.end("GetObjectAttributesResponse")
	x.write(w, r, http.StatusOK)
	return nil
}

// attributes are those that the header names, in one line or in several.
func attributes(h http.Header) (map[string]bool, error) {
	list := strings.Join(h.Values(attributesHeader), ",")
	if strings.TrimSpace(list) == "" {
		return nil, errorf("InvalidRequest", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains([]string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}, name) {
			return nil, invalidArgument("Invalid attribute name specified.", strings.ToLower(attributesHeader), name)
		}
		wanted[name] = true
	}
	return wanted, nil
}

// objectParts lists the parts of an object whose parts have checksums, and counts
// those of others.
func (x *xmlDoc) objectParts(o *object, limit, marker int) {
	x.start("ObjectParts", "")
	x.element("PartsCount", strconv.Itoa(len(o.Parts)))
	if o.Parts[0].Sum != "" {
		first := min(marker, len(o.Parts))
		last := min(first+min(limit, maxListed), len(o.Parts))
		x.element("PartNumberMarker", strconv.Itoa(marker))
		x.element("NextPartNumberMarker", strconv.Itoa(last))
		x.element("MaxParts", strconv.Itoa(limit))
		x.element("IsTruncated", strconv.FormatBool(last < len(o.Parts)))
		for i, p := range o.Parts[first:last] {
			x.start("Part", "")
			x.element("PartNumber", strconv.Itoa(first+i+1))
			x.element("Size", decimal(p.Size))
			x.checksum(o.Checksum, p.Sum)
			x.end("Part")
		}
	}
	x.end("ObjectParts")
}
