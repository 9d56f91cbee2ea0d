package s3test

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Buckets and what is in them. The index is always in memory; only where the
// bytes are differs (memory.go, disk.go). Versions are in versions.go, the parts
// of multipart uploads in uploads.go.

var (
	errBucketExists   = errors.New("bucket exists")
	errNoSuchBucket   = errors.New("no such bucket")
	errBucketNotEmpty = errors.New("bucket is not empty")
	errNoSuchKey      = errors.New("no such key")
	errNoSuchVersion  = errors.New("no such version")
	errNoSuchUpload   = errors.New("no such upload")
	errDeleteMarker   = errors.New("a delete marker")
)

// object is a version of an object, or a delete marker. It does not change once
// it is in the index: [store.update] puts another in its place.
type object struct {
	Key      string            `json:"key"`
	Version  string            `json:"version,omitempty"` // "" is the null version
	Marker   bool              `json:"marker,omitempty"`  // a delete marker, which has nothing but key, version and time
	Size     int64             `json:"size"`
	ETag     string            `json:"etag,omitempty"` // with its quotes
	Modified time.Time         `json:"modified"`
	Header   map[string]string `json:"header,omitempty"` // Content-Type, X-Amz-Meta-…, as net/http spells them
	Parts    []objectPart      `json:"parts,omitempty"`  // of a multipart upload, in order
	Tags     []objectTag       `json:"tags,omitempty"`
	ACL      string            `json:"acl,omitempty"`   // a canned ACL; "" is private
	Class    string            `json:"class,omitempty"` // the storage class; "" is STANDARD
	Crypt    encryption        `json:"encryption"`
	Lock     lock              `json:"lock"`
	Restored time.Time         `json:"restored,omitzero"` // until when a copy of an archived object is there

	Checksum  checksum.Algorithm `json:"checksum,omitempty"`
	Sum       string             `json:"sum,omitempty"`       // base64 of it; a composite one ends with -N
	Composite bool               `json:"composite,omitempty"` // the checksum is one of the parts' checksums

	Pieces []piece `json:"pieces,omitempty"` // its bytes
}

// objectPart is what an object knows of a part that it was uploaded in.
type objectPart struct {
	Number int    `json:"number"`
	Size   int64  `json:"size"`
	Sum    string `json:"sum,omitempty"`
}

// piece is a run of an object's bytes: all of them, or a part's.
type piece struct {
	Size int64  `json:"size"`
	File string `json:"file,omitempty"` // disk.go's

	blocks [][]byte // memory.go's
}

// bucket is guarded by its store's lock.
type bucket struct {
	settings  *settings
	versions  map[string][]*object // by key, the newest first; never empty
	keys      []string             // sorted: the order of a listing is UTF-8's
	uploads   map[string]*multipartUpload
	completed []completion // the latest; see completed
}

// settings are what a bucket is besides its objects. They do not change once they
// are in the index: [store.configure] puts others in their place.
type settings struct {
	Created    time.Time         `json:"created"`
	Region     string            `json:"region"`
	Versioning string            `json:"versioning,omitempty"` // "" was never enabled, Enabled, Suspended
	Ownership  string            `json:"ownership,omitempty"`  // "" is BucketOwnerEnforced
	ACL        string            `json:"acl,omitempty"`        // a canned ACL; "" is private
	ObjectLock bool              `json:"objectLock,omitempty"`
	Retention  defaultRetention  `json:"retention,omitzero"` // of an object that comes without
	Payer      string            `json:"payer,omitempty"`    // of requests: Requester; "" is BucketOwner
	Tags       []objectTag       `json:"tags,omitempty"`
	Documents  map[string]string `json:"documents,omitempty"` // by subresource: "lifecycle", "cors"
}

// setDocument replaces a document; "" removes it.
func (set *settings) setDocument(name, body string) {
	documents := maps.Clone(set.Documents)
	if documents == nil {
		documents = make(map[string]string)
	}
	documents[name] = body
	if body == "" {
		delete(documents, name)
	}
	set.Documents = documents
}

// backend keeps the bytes, and the index for the next start. Its calls that
// change the index are made one at a time.
type backend interface {
	saveBucket(name string, set *settings) error
	removeBucket(name string) error
	saveKey(bucket, key string, versions []*object) error // none: the key is gone
	saveUpload(bucket string, u *multipartUpload) error
	savePart(bucket string, u *multipartUpload, p *uploadedPart) error
	removeUpload(bucket string, u *multipartUpload) error // but not the bytes of its parts

	stage(bucket string, size int64) (staged, error)
	drop(bucket string, pieces []piece) // they are read to their end by those who have begun
	open(bucket string, pieces []piece, offset, length int64) (*part, error)
}

// part is an open part of an object. Copy from its Reader: a file then goes out without
// being read.
type part struct {
	io.Reader
	io.Closer
}

// staged is a piece on its way in. Exactly one of finish and discard is its end.
type staged interface {
	io.Writer
	finish() (piece, error)
	discard()
}

type store struct {
	backend backend

	mu      sync.RWMutex
	buckets map[string]*bucket
}

func openStore(dir string) (*store, error) {
	if dir == "" {
		return &store{backend: memory{}, buckets: make(map[string]*bucket)}, nil
	}
	d, buckets, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	return &store{backend: d, buckets: buckets}, nil
}

func newBucket(set *settings) *bucket {
	return &bucket{settings: set, versions: make(map[string][]*object), uploads: make(map[string]*multipartUpload)}
}

func (s *store) createBucket(name string, set *settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return errBucketExists
	}
	set.Created = set.Created.Truncate(time.Second)
	if err := s.backend.saveBucket(name, set); err != nil {
		return err
	}
	s.buckets[name] = newBucket(set)
	return nil
}

// deleteBucket also ends the multipart uploads: they do not keep a bucket, as its
// versions do.
func (s *store) deleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	switch {
	case b == nil:
		return errNoSuchBucket
	case len(b.keys) > 0:
		return errBucketNotEmpty
	}
	if err := s.backend.removeBucket(name); err != nil {
		return err
	}
	delete(s.buckets, name)
	return nil
}

func (s *store) hasBucket(name string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets[name] != nil
}

func (s *store) settings(name string) (*settings, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buckets[name]
	if b == nil {
		return nil, errNoSuchBucket
	}
	return b.settings, nil
}

// configure has change make a bucket's settings other ones. What hangs on them
// (a map) must not be changed, but replaced.
func (s *store) configure(name string, change func(set *settings) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return errNoSuchBucket
	}
	set := *b.settings
	if err := change(&set); err != nil {
		return err
	}
	if err := s.backend.saveBucket(name, &set); err != nil {
		return err
	}
	b.settings = &set
	return nil
}

type bucketInfo struct {
	name string
	*settings
}

func (s *store) listBuckets() []bucketInfo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]bucketInfo, 0, len(s.buckets))
	for name, b := range s.buckets {
		list = append(list, bucketInfo{name, b.settings})
	}
	slices.SortFunc(list, func(a, b bucketInfo) int { return strings.Compare(a.name, b.name) })
	return list
}

// upload is bytes on their way into a bucket.
type upload struct {
	staged
	store  *store
	bucket string
}

func (s *store) stage(bucket string, size int64) (*upload, error) {
	if !s.hasBucket(bucket) {
		return nil, errNoSuchBucket
	}
	st, err := s.backend.stage(bucket, size)
	if err != nil {
		return nil, err
	}
	return &upload{staged: st, store: s, bucket: bucket}, nil
}

// commit makes the bytes an object, visible at once and whole, if permit agrees
// with what is there (nil: nothing) at that moment.
func (u *upload) commit(o *object, permit func(old *object) error) error {
	p, err := u.finish()
	if err != nil {
		return err
	}
	o.Pieces = []piece{p}
	s := u.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(u.bucket, o, permit); err != nil {
		s.backend.drop(u.bucket, o.Pieces)
		return err
	}
	return nil
}

// section opens a part of the object; it stays readable when the object is
// overwritten or deleted. errNoSuchKey says that this happened before.
func (s *store) section(bucket string, o *object, offset, length int64) (*part, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if now, err := s.find(bucket, o.Key, o.versionID()); err != nil || now != o {
		return nil, errNoSuchKey
	}
	return s.backend.open(bucket, o.Pieces, offset, length)
}
