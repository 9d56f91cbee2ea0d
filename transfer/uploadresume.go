package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// How an upload is gone on with. What is there the service knows best: its list of the
// parts counts, and of these the ones whose hash is that of the file, which is read
// again. Only which upload is meant has to be kept here, and of what: a small file in
// the user's cache folder, for the one beside the file might be one that the user may
// not write in. If it is lost, the upload begins afresh; nothing can go wrong by it.

// resumable reports whether it makes sense to go on after an error.
func resumable(err error) bool {
	for _, end := range []error{s3client.ErrPreconditionFailed, ErrSourceChanged, ErrIntegrity, ErrLimits, s3client.ErrNoSuchUpload, s3client.ErrNoSuchBucket} {
		if errors.Is(err, end) {
			return false
		}
	}
	return true
}

// uploadState is what is kept of an upload. All but the ID and what Create has said
// must be the same for it to be gone on with.
type uploadState struct {
	file *os.File // locked: two uploads at once must not go on with the same one

	Version  int       `json:"version"`
	Bucket   string    `json:"bucket"`
	Key      string    `json:"key"`
	File     string    `json:"file"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	PartSize int64     `json:"part_size"`
	Headers  string    `json:"headers"`   // a digest of those that the object is stored with
	UploadID string    `json:"upload_id"` // of the service
	Summed   bool      `json:"summed"`    // with CRC64NVME
	Signed   bool      `json:"signed"`
}

// newState is the state of an upload that is to be; nil if there is no place for it.
func (m *multipart) newState(src *fileSource) *uploadState {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	name, err := filepath.Abs(src.file.Name())
	if err != nil {
		return nil
	}
	if info, err := os.Stat(name); err != nil || !os.SameFile(info, src.info) {
		return nil // it was renamed or removed
	}
	headers, err := json.Marshal(m.in.ObjectHeaders) // keys of SSE-C are not in it
	if err != nil {
		return nil
	}
	dir = filepath.Join(dir, "sigvier", "uploads")
	if os.MkdirAll(dir, 0o700) != nil {
		return nil
	}
	file, err := lockFile(filepath.Join(dir, digest(m.in.Bucket, m.in.Key, name)+".json"), 0o600)
	if err != nil {
		return nil
	}
	return &uploadState{file: file,
		Version: 1, Bucket: m.in.Bucket, Key: m.in.Key, File: name, Size: src.info.Size(), Modified: src.info.ModTime(),
		PartSize: src.partSize, Headers: digest(string(headers), string(m.checksums)),
	}
}

// digest makes a short name of texts.
func digest(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// load gives what an earlier run has saved; nil if there is nothing that can be read.
func (s *uploadState) load() *uploadState {
	earlier := new(uploadState)
	err := json.NewDecoder(io.NewSectionReader(s.file, 0, maxState)).Decode(earlier)
	if err != nil || earlier.Version != s.Version || earlier.UploadID == "" {
		return nil
	}
	return earlier
}

// maxState bounds a state; the longest names there are make it 16 KiB.
const maxState = 64 << 10

// changed says why an upload cannot be gone on with, "" if it can.
func (s *uploadState) changed(now *uploadState) string {
	switch {
	case s.Size != now.Size:
		return fmt.Sprintf("the file had %d bytes, and has %d", s.Size, now.Size)
	case !s.Modified.Equal(now.Modified):
		return fmt.Sprintf("the file was written to: it was of %s, and is of %s", s.Modified.Format(time.RFC3339Nano), now.Modified.Format(time.RFC3339Nano))
	case s.PartSize != now.PartSize:
		return fmt.Sprintf("its parts had %d bytes, and are to have %d", s.PartSize, now.PartSize)
	case s.Headers != now.Headers:
		return "the object was to be stored with other headers"
	case s.Bucket != now.Bucket || s.Key != now.Key || s.File != now.File:
		return "it was another upload"
	}
	return ""
}

// find looks for the upload of an earlier run, and asks the service for its parts.
func (m *multipart) find(ctx context.Context, state *uploadState) (found bool, err error) {
	earlier := state.load()
	if earlier == nil {
		return false, nil
	}
	m.id, m.signed = earlier.UploadID, earlier.Signed || !m.protected
	if earlier.Summed {
		m.algorithm = checksum.CRC64NVME
	}
	if m.afresh = earlier.changed(state); m.afresh != "" {
		m.abort(ctx)
		return false, nil
	}
	m.kept = make(map[int]s3client.Part)
	in := s3client.ListPartsInput{Bucket: m.in.Bucket, Key: m.in.Key, UploadID: m.id, CustomerKey: m.in.CustomerKey, Common: m.in.Common}
	for page, err := range m.dst.ListPartsPages(ctx, in) {
		switch {
		case errors.Is(err, s3client.ErrNoSuchUpload):
			m.afresh = "the service no longer has it"
			return false, nil
		case errors.Is(err, s3client.ErrDenied), errors.Is(err, s3client.ErrNotImplemented):
			m.afresh = "its parts may not be listed: " + err.Error()
			m.abort(ctx)
			return false, nil
		case err != nil:
			return false, &ResumableError{UploadID: m.id, Err: err}
		}
		for _, p := range page.Parts {
			m.kept[p.PartNumber] = p
		}
	}
	return true, nil
}

// isKept reports whether the service has a part already, with the bytes that the file
// has now.
func (m *multipart) isKept(p *uploadPart) bool {
	kept, ok := m.kept[p.number]
	if !ok || kept.Size != p.length || kept.ETag == "" {
		return false
	}
	if sameKind(kept.Checksum, p.sum) && kept.Checksum != p.sum || !sameKind(kept.Checksum, p.sum) && !p.hasMD5(kept.ETag) {
		return false
	}
	p.count(m.in.Progress, p.length)
	m.found.Add(p.length)
	m.took(p.number, donePart{s3client.CompletedPart{PartNumber: p.number, ETag: kept.ETag, Checksum: p.sum}, p.length, true})
	return true
}

// hasMD5 reports whether an ETag is the MD5 of the part, as it is where the service
// does not encrypt with keys of its own (Amazon S3 API Reference, "Object", ETag).
func (p *uploadPart) hasMD5(etag string) bool {
	h, err := checksum.NewMD5()
	if err != nil {
		return false // FIPS 140-only mode: it is uploaded again
	}
	if _, err := io.Copy(h, io.NewSectionReader(p.data, 0, p.length)); err != nil {
		return false
	}
	return strings.Trim(etag, `"`) == hex.EncodeToString(h.Sum(nil))
}

// multipartETag is the ETag of an object of parts whose own are MD5s: the MD5 of these,
// a dash and their count; "" if it cannot be computed.
func multipartETag(parts []s3client.CompletedPart) string {
	h, err := checksum.NewMD5()
	if err != nil {
		return ""
	}
	for _, p := range parts {
		sum, err := hex.DecodeString(strings.Trim(p.ETag, `"`))
		if err != nil || len(sum) != h.Size() {
			return ""
		}
		h.Write(sum)
	}
	return fmt.Sprintf(`"%x-%d"`, h.Sum(nil), len(parts))
}

// save writes the state of an upload that has been created. If it comes to be torn, it
// is as good as none.
func (s *uploadState) save(m *multipart) error {
	s.UploadID, s.Summed, s.Signed = m.id, m.algorithm != "", m.signed
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	if _, err := s.file.WriteAt(data, 0); err != nil {
		return err
	}
	return s.file.Sync()
}

// keep leaves it to the next run.
func (s *uploadState) keep() { s.file.Close() }

// remove forgets an upload that has come to an end; nil has none.
func (s *uploadState) remove() {
	if s != nil {
		removeLocked(s.file)
		s.file.Close()
	}
}
