package transfer

import (
	"fmt"
	"net/http"

	"github.com/sigvier/sigvier/s3client"
)

// pin is the one object that a download is about: what the first answer said, and
// every later one must say too.
type pin struct {
	bucket, key     string
	size            int64
	etag, versionID string
}

// newPin takes the pin from the first answer, which was to begin at byte 0.
func newPin(in DownloadInput, out s3client.GetObjectOutput) (pin, error) {
	p := pin{bucket: in.Bucket, key: in.Key, etag: out.ETag, versionID: out.VersionID}
	if out.ETag == "" && in.Threads != 0 && in.Threads != 1 {
		return p, p.broken("the answer has no ETag to hold the others against: one thread could do without, if all goes well")
	}
	if err := p.checkVersion(in.VersionID); err != nil {
		return p, err
	}
	if out.Status == http.StatusOK && out.ContentLength == 0 {
		return p, nil // of an empty object there is no range; some servers give it whole
	}
	if out.Status != http.StatusPartialContent {
		return p, p.ignoredRange(out.Status)
	}
	_, _, size, err := s3client.ParseContentRange(out.ContentRange)
	if err != nil {
		return p, p.broken(err.Error())
	}
	p.size = size
	return p, nil
}

// newPinOfHead takes it from the answer to a HEAD.
func newPinOfHead(in DownloadInput, head s3client.HeadObjectOutput) (pin, error) {
	p := pin{bucket: in.Bucket, key: in.Key, size: head.ContentLength, etag: head.ETag, versionID: head.VersionID}
	if head.ETag == "" {
		return p, p.broken("the answer has no ETag to hold others against")
	}
	if head.ContentLength < 0 {
		return p, p.broken("the answer does not say how many bytes the object has")
	}
	return p, p.checkVersion(in.VersionID)
}

func (p pin) checkVersion(asked string) error {
	if asked != "" && asked != p.versionID && (asked != "null" || p.versionID != "") {
		return p.broken(fmt.Sprintf("version %q was asked for, and the answer has %q", asked, p.versionID))
	}
	return nil
}

// check holds an answer against the pin and the range that was asked for.
func (p pin) check(out s3client.GetObjectOutput, want Range) error {
	if out.Status != http.StatusPartialContent {
		return p.ignoredRange(out.Status)
	}
	first, last, size, err := s3client.ParseContentRange(out.ContentRange)
	switch {
	case out.ETag != p.etag:
		return p.changed(fmt.Sprintf("the ETag of an answer is %s, and that of the first was %s", out.ETag, p.etag))
	case out.VersionID != p.versionID:
		return p.changed(fmt.Sprintf("the version of an answer is %q, and that of the first was %q", out.VersionID, p.versionID))
	case err != nil:
		return p.broken(err.Error())
	case size != p.size:
		return p.changed(fmt.Sprintf("an answer says that the object has %d bytes, and the first said %d", size, p.size))
	case first != want.First || last != want.Last:
		return p.broken(fmt.Sprintf("bytes %d-%d were asked for, and the answer has %d-%d", want.First, want.Last, first, last))
	case out.ContentLength >= 0 && out.ContentLength != want.Len():
		return p.broken(fmt.Sprintf("bytes %d-%d were asked for, and the answer has a length of %d", want.First, want.Last, out.ContentLength))
	}
	return nil
}

// isOf reports whether something is said of the pinned object.
func (p pin) isOf(info s3client.ObjectInfo) bool {
	return info.ETag == p.etag && info.VersionID == p.versionID && info.ContentLength == p.size
}

// unverifiable is for who requires a checksum.
func (p pin) unverifiable() error {
	return &IntegrityError{Bucket: p.bucket, Key: p.key, Unverified: true,
		Problem: "a checksum of the content is required, and the service has none that its bytes can be compared with"}
}

func (p pin) ignoredRange(status int) error {
	return p.broken(fmt.Sprintf("a range was asked for, and the answer has status %d instead of 206: the server, or something before it, ignores Range", status))
}

func (p pin) broken(problem string) error {
	return &IntegrityError{Bucket: p.bucket, Key: p.key, Problem: problem}
}

func (p pin) changed(problem string) error {
	return &IntegrityError{Bucket: p.bucket, Key: p.key, Problem: "the object changed during the download: " + problem, Changed: true}
}
