package s3test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Multipart uploads under way.

// multipartUpload is one; but for its parts it does not change.
type multipartUpload struct {
	ID        string             `json:"id"`
	Initiated time.Time          `json:"initiated"`
	Object    object             `json:"object"`              // what it is to become: key, headers, tags, …
	Algorithm checksum.Algorithm `json:"algorithm,omitempty"` // of checksums, if one was named
	Composite bool               `json:"composite,omitempty"`

	parts map[int]*uploadedPart // guarded by the store's lock
}

// uploadedPart does not change once it is in the index.
type uploadedPart struct {
	Number   int       `json:"number"`
	ETag     string    `json:"etag"`
	Sum      string    `json:"sum"` // base64 of its checksum
	Modified time.Time `json:"modified"`
	Piece    piece     `json:"piece"`
}

// completion is what a multipart upload became.
type completion struct {
	id     string
	object *object
}

// maxCompletions is how many completions a bucket remembers.
const maxCompletions = 1000

func (s *store) createUpload(bucket string, u *multipartUpload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[bucket]
	if b == nil {
		return errNoSuchBucket
	}
	u.parts = make(map[int]*uploadedPart)
	if err := s.backend.saveUpload(bucket, u); err != nil {
		return err
	}
	b.uploads[u.ID] = u
	return nil
}

// findUpload wants the lock held.
func (s *store) findUpload(bucket, key, id string) (*multipartUpload, error) {
	b := s.buckets[bucket]
	if b == nil {
		return nil, errNoSuchBucket
	}
	u := b.uploads[id]
	if u == nil || u.Object.Key != key {
		return nil, errNoSuchUpload
	}
	return u, nil
}

// upload gives a multipart upload and its parts so far, by their numbers.
func (s *store) upload(bucket, key, id string) (*multipartUpload, []*uploadedPart, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.findUpload(bucket, key, id)
	if err != nil {
		return nil, nil, err
	}
	parts := slices.SortedFunc(maps.Values(u.parts), func(a, b *uploadedPart) int { return a.Number - b.Number })
	return u, parts, nil
}

// commitPart makes the bytes a part, in place of the one that had its number.
func (u *upload) commitPart(key, id string, p *uploadedPart) error {
	var err error
	if p.Piece, err = u.finish(); err != nil {
		return err
	}
	s := u.store
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.findUpload(u.bucket, key, id)
	if err == nil {
		err = s.backend.savePart(u.bucket, m, p)
	}
	if err != nil {
		s.backend.drop(u.bucket, []piece{p.Piece})
		return err
	}
	if old := m.parts[p.Number]; old != nil {
		s.backend.drop(u.bucket, []piece{old.Piece})
	}
	m.parts[p.Number] = p
	return nil
}

func (s *store) abortUpload(bucket, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUpload(bucket, key, id)
	if err != nil {
		return err
	}
	return s.endUpload(bucket, u, nil)
}

// endUpload lets go of the parts that are not in the object.
func (s *store) endUpload(bucket string, u *multipartUpload, o *object) error {
	if err := s.backend.removeUpload(bucket, u); err != nil {
		return err
	}
	delete(s.buckets[bucket].uploads, u.ID)
	used := make(map[int]bool)
	if o != nil {
		for _, p := range o.Parts {
			used[p.Number] = true
		}
	}
	var gone []piece
	for n, p := range u.parts {
		if !used[n] {
			gone = append(gone, p.Piece)
		}
	}
	s.backend.drop(bucket, gone)
	return nil
}

// completeUpload makes the object that assemble makes of the parts.
func (s *store) completeUpload(bucket, key, id string, assemble func(u *multipartUpload) (*object, error), permit func(old *object) error) (*object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUpload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	o, err := assemble(u)
	if err != nil {
		return nil, err
	}
	if err := s.insert(bucket, o, permit); err != nil {
		return nil, err
	}
	b := s.buckets[bucket]
	if len(b.completed) == maxCompletions {
		b.completed = slices.Delete(b.completed, 0, 1)
	}
	b.completed = append(b.completed, completion{id, o})
	return o, s.endUpload(bucket, u, o)
}

// completed is what an upload became, as long as that is there.
func (s *store) completed(bucket, key, id string) *object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buckets[bucket]
	if b == nil {
		return nil
	}
	for _, c := range b.completed {
		if c.id == id && c.object.Key == key && slices.Contains(b.versions[key], c.object) {
			return c.object
		}
	}
	return nil
}

// listUploads gives the uploads by key, those of a key by their age.
func (s *store) listUploads(bucket string) ([]*multipartUpload, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buckets[bucket]
	if b == nil {
		return nil, errNoSuchBucket
	}
	return slices.SortedFunc(maps.Values(b.uploads), func(a, b *multipartUpload) int {
		if c := strings.Compare(a.Object.Key, b.Object.Key); c != 0 {
			return c
		}
		if c := a.Initiated.Compare(b.Initiated); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	}), nil
}
