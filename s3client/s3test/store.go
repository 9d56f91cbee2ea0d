package s3test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Buckets and objects. The index is always in memory; only where the bytes are
// differs (memory.go, disk.go).

var (
	errBucketExists   = errors.New("bucket exists")
	errNoSuchBucket   = errors.New("no such bucket")
	errBucketNotEmpty = errors.New("bucket is not empty")
	errNoSuchKey      = errors.New("no such key")
)

// object is immutable once it is in the index.
type object struct {
	Key      string            `json:"key"`
	Size     int64             `json:"size"`
	ETag     string            `json:"etag"` // with its quotes
	Modified time.Time         `json:"modified"`
	Header   map[string]string `json:"header,omitempty"` // Content-Type, X-Amz-Meta-…, as net/http spells them
	Checksum string            `json:"checksum,omitempty"`
	Sum      string            `json:"sum,omitempty"`  // base64 of it
	File     string            `json:"file,omitempty"` // disk.go's

	blocks [][]byte // memory.go's
}

type bucket struct {
	created time.Time
	objects map[string]*object
	keys    []string // sorted: the order of a listing is UTF-8's
}

// backend keeps the bytes. Its calls that change something are made one at a time.
type backend interface {
	createBucket(name string, created time.Time) error
	deleteBucket(name string) error
	stage(bucket string, size int64) (staged, error)
	remove(bucket string, o *object) error
	replaced(bucket string, o *object) // another has been committed under its key
	section(bucket string, o *object, offset, length int64) (*part, error)
}

// part is an open part of an object. Copy from its Reader: net/http then sends
// memory without copying it, and a file without reading it.
type part struct {
	io.Reader
	io.Closer
}

// staged is an object on its way in. Exactly one of commit and discard is its end.
type staged interface {
	io.Writer
	commit(o *object) error // o becomes findable in place of what was under its key
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

func newBucket(created time.Time) *bucket {
	return &bucket{created: created, objects: make(map[string]*object)}
}

func (s *store) createBucket(name string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return errBucketExists
	}
	now = now.Truncate(time.Second)
	if err := s.backend.createBucket(name, now); err != nil {
		return err
	}
	s.buckets[name] = newBucket(now)
	return nil
}

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
	if err := s.backend.deleteBucket(name); err != nil {
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

type bucketInfo struct {
	name    string
	created time.Time
}

func (s *store) listBuckets() []bucketInfo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]bucketInfo, 0, len(s.buckets))
	for name, b := range s.buckets {
		list = append(list, bucketInfo{name, b.created})
	}
	slices.SortFunc(list, func(a, b bucketInfo) int { return strings.Compare(a.name, b.name) })
	return list
}

// upload is a staged object with its way into the index.
type upload struct {
	staged
	store  *store
	bucket string
}

func (s *store) put(bucket string, size int64) (*upload, error) {
	if !s.hasBucket(bucket) {
		return nil, errNoSuchBucket
	}
	st, err := s.backend.stage(bucket, size)
	if err != nil {
		return nil, err
	}
	return &upload{staged: st, store: s, bucket: bucket}, nil
}

// commit makes the object visible at once and whole, if permit agrees with what
// is there (nil: nothing) at that moment.
func (u *upload) commit(o *object, permit func(old *object) error) error {
	s := u.store
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[u.bucket]
	if b == nil {
		u.discard()
		return errNoSuchBucket
	}
	old := b.objects[o.Key]
	if err := permit(old); err != nil {
		u.discard()
		return err
	}
	if err := u.staged.commit(o); err != nil {
		u.discard()
		return err
	}
	b.objects[o.Key] = o
	if old != nil {
		s.backend.replaced(u.bucket, old)
		return nil
	}
	i, _ := slices.BinarySearch(b.keys, o.Key)
	b.keys = slices.Insert(b.keys, i, o.Key)
	return nil
}

func (s *store) get(bucket, key string) (*object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(bucket, key)
}

func (s *store) find(bucket, key string) (*object, error) {
	b := s.buckets[bucket]
	if b == nil {
		return nil, errNoSuchBucket
	}
	o := b.objects[key]
	if o == nil {
		return nil, errNoSuchKey
	}
	return o, nil
}

// section opens a part of the object; it stays readable when the object is
// overwritten or deleted. errNoSuchKey says that this happened before.
func (s *store) section(bucket string, o *object, offset, length int64) (*part, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if now, err := s.find(bucket, o.Key); err != nil || now != o {
		return nil, errNoSuchKey
	}
	return s.backend.section(bucket, o, offset, length)
}

func (s *store) delete(bucket, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(bucket, key)
	if err != nil {
		return err
	}
	if err := s.backend.remove(bucket, o); err != nil {
		return err
	}
	b := s.buckets[bucket]
	delete(b.objects, key)
	i, _ := slices.BinarySearch(b.keys, key)
	b.keys = slices.Delete(b.keys, i, i+1)
	return nil
}

// entry is a line of a listing: an object, or the prefix that stands for all
// keys below it.
type entry struct {
	object *object // nil: a common prefix
	name   string
}

// list gives up to limit entries that come after the name `after`, and whether
// there are more. Keys are compared byte by byte (Amazon S3 API Reference,
// "ListObjectsV2": UTF-8 binary order).
func (s *store) list(bucket, prefix, delimiter, after string, limit int) (entries []entry, more bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buckets[bucket]
	if b == nil {
		return nil, false, errNoSuchBucket
	}
	i, _ := slices.BinarySearch(b.keys, max(prefix, after))
	for i < len(b.keys) && strings.HasPrefix(b.keys[i], prefix) {
		key := b.keys[i]
		e := entry{object: b.objects[key], name: key}
		i++
		if delimiter != "" {
			if head, _, found := strings.Cut(key[len(prefix):], delimiter); found {
				e = entry{name: prefix + head + delimiter}
				for i < len(b.keys) && strings.HasPrefix(b.keys[i], e.name) {
					i++
				}
			}
		}
		if e.name <= after && after != "" {
			continue
		}
		if len(entries) == limit {
			return entries, true, nil
		}
		entries = append(entries, e)
	}
	return entries, false, nil
}
