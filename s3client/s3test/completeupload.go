package s3test

import (
	"encoding/hex"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The end of a multipart upload (Amazon S3 API Reference,
// "CompleteMultipartUpload").

// minPart is the smallest part but the last.
const minPart int64 = 5 << 20

// listedPart is a part as the client names it.
type listedPart struct {
	PartNumber        int
	ETag              string
	ChecksumCRC32     string
	ChecksumCRC32C    string
	ChecksumCRC64NVME string
	ChecksumSHA1      string
	ChecksumSHA256    string
}

// sum is the checksum of an algorithm, and whether there are none of others.
func (p listedPart) sum(a checksum.Algorithm) (sum string, alone bool) {
	alone = true
	for other, v := range map[checksum.Algorithm]string{
		checksum.CRC32: p.ChecksumCRC32, checksum.CRC32C: p.ChecksumCRC32C, checksum.CRC64NVME: p.ChecksumCRC64NVME,
		checksum.SHA1: p.ChecksumSHA1, checksum.SHA256: p.ChecksumSHA256,
	} {
		switch {
		case other == a:
			sum = v
		case v != "":
			alone = false
		}
	}
	return sum, alone
}

func (s *Server) completeMultipartUpload(w *answer, r *http.Request, q *request) error {
	var list struct {
		XMLName xml.Name     `xml:"CompleteMultipartUpload"`
		Part    []listedPart `xml:"Part"`
	}
	if err := xml.Unmarshal(q.body, &list); err != nil || len(list.Part) == 0 || len(list.Part) > maxParts {
		return standard("MalformedXML")
	}
	for i, p := range list.Part {
		switch {
		case p.PartNumber < 1:
			return invalidArgument("PartNumber must be >= 1", "PartNumber", strconv.Itoa(p.PartNumber))
		case i > 0 && p.PartNumber <= list.Part[i-1].PartNumber:
			return standard("InvalidPartOrder", field{"UploadId", q.query.Get("uploadId")})
		}
	}
	permit, err := putCondition(r.Header)
	if err != nil {
		return err
	}
	id := q.query.Get("uploadId")
	o, err := s.store.completeUpload(q.bucket, q.key, id, func(u *multipartUpload) (*object, error) {
		return s.assemble(u, list.Part, r.Header)
	}, permit)
	if errors.Is(err, errNoSuchUpload) {
		// A client that had no answer asks again, and gets the one that it missed.
		if o = s.store.completed(q.bucket, q.key, id); o != nil && o.ETag == wholeETag(list.Part) {
			err = nil
		}
	}
	if err != nil {
		return q.storeError(err)
	}
	h := w.Header()
	o.Crypt.setHeaders(h)
	s.setVersion(h, q.bucket, o)
	var x xmlDoc
	x.start("CompleteMultipartUploadResult", s3Namespace)
	x.element("Location", urlOf(r, ""))
	x.element("Bucket", q.bucket)
	x.element("Key", q.key)
	x.element("ETag", o.ETag)
	x.element("ChecksumType", o.checksumType())
	x.checksum(o.Checksum, o.Sum)
	x.end("CompleteMultipartUploadResult")
	x.write(w, r, http.StatusOK)
	return nil
}

// assemble makes the object of the parts that are listed.
func (s *Server) assemble(u *multipartUpload, list []listedPart, h http.Header) (*object, error) {
	if kind := h.Get("X-Amz-Checksum-Type"); kind != "" && kind != checksumType(u.Composite) {
		return nil, errorf("InvalidRequest", "The upload was created using the "+checksumType(u.Composite)+" checksum mode. The complete request must use the same checksum mode.")
	}
	if err := u.Object.Crypt.unlockWhole(h); err != nil {
		return nil, err
	}
	o := u.Object // a copy
	o.Checksum = u.algorithm()
	for i, l := range list {
		p := u.parts[l.PartNumber]
		if err := s.checkPart(u, p, l, i == len(list)-1); err != nil {
			return nil, err
		}
		if u.Algorithm != "" && l.PartNumber != i+1 {
			// "Checking object integrity": part numbers that are not consecutive are an
			// internal error where there are additional checksums.
			return nil, standard("InternalError")
		}
		part := objectPart{Number: p.Number, Size: p.Piece.Size}
		if u.Algorithm != "" {
			part.Sum = p.Sum
		}
		o.Size += part.Size
		o.Parts = append(o.Parts, part)
		o.Pieces = append(o.Pieces, p.Piece)
	}
	if want := h.Get("X-Amz-Mp-Object-Size"); want != "" && want != decimal(o.Size) {
		return nil, errorf("InvalidRequest", "The provided 'x-amz-mp-object-size' header value "+want+" does not match what was computed: "+decimal(o.Size))
	}
	o.ETag = wholeETag(list)
	o.Composite = u.Composite
	o.Modified = s.now().Truncate(1e9)
	sum, err := u.wholeSum(list)
	if err != nil {
		return nil, err
	}
	o.Sum = sum.String()
	return &o, checkWholeSum(h, &o)
}

// unlockWhole wants the customer's key only if there is one among the headers.
func (e encryption) unlockWhole(h http.Header) error {
	if h.Get(customerHeader+"Algorithm") == "" {
		return nil
	}
	return e.unlockPart(h)
}

// checkPart holds a part that is there (nil: not) against what is listed.
func (s *Server) checkPart(u *multipartUpload, p *uploadedPart, l listedPart, last bool) error {
	number := field{"PartNumber", l.PartNumber}
	etag := field{"ETag", strings.Trim(l.ETag, `"`)}
	invalid := standard("InvalidPart", field{"UploadId", u.ID}, number, etag)
	if p == nil || strings.Trim(l.ETag, `"`) != strings.Trim(p.ETag, `"`) {
		return invalid
	}
	sum, alone := l.sum(u.algorithm())
	switch {
	case !alone || sum != "" && sum != p.Sum:
		return invalid
	case sum == "" && u.Algorithm != "" && u.Composite:
		return errorf("InvalidRequest", "The upload was created using a "+strings.ToLower(u.Algorithm.String())+
			" checksum. The complete request must include the checksum for each part. It was missing for part "+strconv.Itoa(l.PartNumber)+" in the request.")
	case !last && p.Piece.Size < s.cfg.MinPartSize:
		return standard("EntityTooSmall", field{"ProposedSize", p.Piece.Size}, field{"MinSizeAllowed", s.cfg.MinPartSize}, number, etag)
	}
	return nil
}

// wholeETag is the MD5 of the MD5s, a dash and their count.
func wholeETag(list []listedPart) string {
	h := newETagHash()
	for _, p := range list {
		digits, _, _ := strings.Cut(strings.Trim(p.ETag, `"`), "-")
		sum, _ := hex.DecodeString(digits) // of an ETag that this server made
		h.Write(sum)
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:16]) + "-" + strconv.Itoa(len(list)) + `"`
}

// wholeSum is the checksum of the object: combined from those of the parts, or
// the checksum of those, a dash and their count.
func (u *multipartUpload) wholeSum(list []listedPart) (checksum.Value, error) {
	a := u.algorithm()
	var sums []checksum.Value
	for _, l := range list {
		one, err := checksum.Parse(a, u.parts[l.PartNumber].Sum, checksum.FullObject)
		if err != nil {
			return one, err
		}
		sums = append(sums, one)
	}
	if u.Composite {
		return checksum.CompositeOf(sums...)
	}
	whole, err := checksum.NewCombiner(a)
	if err != nil {
		return checksum.Value{}, err
	}
	for i, l := range list {
		if err := whole.Add(sums[i], u.parts[l.PartNumber].Piece.Size); err != nil {
			return checksum.Value{}, err
		}
	}
	return whole.Value(), nil
}

// checkWholeSum holds the object against the checksum that the client has of it.
func checkWholeSum(h http.Header, o *object) error {
	for _, a := range checksum.Algorithms() {
		want := h.Get(a.Header())
		switch {
		case want == "":
		case a != o.Checksum:
			return errorf("InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: "+strings.ToLower(o.Checksum.String())+", actual checksum Type: "+strings.ToLower(a.String()))
		case want != o.Sum && !(o.Composite && strings.HasPrefix(o.Sum, want+"-")):
			return badDigest(a)
		}
	}
	return nil
}
