package s3test

import (
	"crypto/rand"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The versions of a key (Amazon S3 User Guide, "How S3 Versioning works").

const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"

	nullVersion = "null" // the ID of the version that has none
)

// versionID is how S3 names the version.
func (o *object) versionID() string {
	if o.Version == "" {
		return nullVersion
	}
	return o.Version
}

// newVersionID is as long as S3's: "Unicode, UTF-8 encoded, URL-ready, opaque
// strings that are no more than 1,024 bytes long".
func newVersionID() string { return (rand.Text() + rand.Text())[:32] }

var versionIDForm = regexp.MustCompile(`^(null|[A-Za-z0-9._-]{32})$`)

// current is what a key is without a version's ID; nil if there is none.
func (b *bucket) current(key string) *object {
	if list := b.versions[key]; len(list) > 0 && !list[0].Marker {
		return list[0]
	}
	return nil
}

// find gives the current version if the ID is "". Beside errNoSuchKey and
// errDeleteMarker it gives the delete marker that is there instead.
func (s *store) find(bucket, key, version string) (*object, error) {
	b := s.buckets[bucket]
	if b == nil {
		return nil, errNoSuchBucket
	}
	list := b.versions[key]
	if version == "" {
		switch {
		case len(list) == 0:
			return nil, errNoSuchKey
		case list[0].Marker:
			return list[0], errNoSuchKey
		}
		return list[0], nil
	}
	for _, o := range list {
		if o.versionID() == version {
			if o.Marker {
				return o, errDeleteMarker
			}
			return o, nil
		}
	}
	return nil, errNoSuchVersion
}

func (s *store) get(bucket, key, version string) (*object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(bucket, key, version)
}

// insert makes o the current version, if permit agrees with what is there. The
// caller holds the lock.
func (s *store) insert(bucket string, o *object, permit func(old *object) error) error {
	b := s.buckets[bucket]
	if b == nil {
		return errNoSuchBucket
	}
	if err := permit(b.current(o.Key)); err != nil {
		return err
	}
	list := b.versions[o.Key]
	var gone []piece
	if b.settings.Versioning == versioningEnabled {
		o.Version = newVersionID()
	} else {
		list, gone = withoutNull(list)
	}
	return s.replace(bucket, b, o.Key, append([]*object{o}, list...), gone)
}

// withoutNull takes the null version out; there is one at most.
func withoutNull(list []*object) (rest []*object, gone []piece) {
	for _, o := range list {
		if o.Version == "" {
			gone = o.Pieces
		} else {
			rest = append(rest, o)
		}
	}
	return rest, gone
}

// replace gives a key other versions, and lets go of what no version needs more.
func (s *store) replace(bucket string, b *bucket, key string, list []*object, gone []piece) error {
	if err := s.backend.saveKey(bucket, key, list); err != nil {
		return err
	}
	i, known := slices.BinarySearch(b.keys, key)
	switch {
	case len(list) == 0:
		delete(b.versions, key)
		if known {
			b.keys = slices.Delete(b.keys, i, i+1)
		}
	case !known:
		b.keys = slices.Insert(b.keys, i, key)
		fallthrough
	default:
		b.versions[key] = list
	}
	s.backend.drop(bucket, gone)
	return nil
}

// deletion is what has been done to delete a key or a version.
type deletion struct {
	version string // of what was deleted, or of the delete marker that was made; "" is none
	marker  bool   // a delete marker was made, or deleted
}

// delete does what a DELETE does: with a version's ID it deletes that version,
// without one the object, of which versions remain where the bucket has versions.
// permit sees what is there (nil: nothing). errNoSuchKey and errNoSuchVersion
// say that there was nothing to do.
func (s *store) delete(bucket, key, version string, now time.Time, permit func(old *object) error) (deletion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(bucket, key, version)
	if errors.Is(err, errNoSuchBucket) {
		return deletion{}, err
	}
	if err := permit(old); err != nil {
		return deletion{}, err
	}
	b := s.buckets[bucket]
	list := b.versions[key]
	if version != "" {
		if old == nil {
			return deletion{version: version}, errNoSuchVersion
		}
		rest := slices.DeleteFunc(slices.Clone(list), func(o *object) bool { return o == old })
		return deletion{old.versionID(), old.Marker}, s.replace(bucket, b, key, rest, old.Pieces)
	}
	if b.settings.Versioning == "" {
		if old == nil {
			return deletion{}, errNoSuchKey
		}
		rest, gone := withoutNull(list)
		return deletion{}, s.replace(bucket, b, key, rest, gone)
	}
	marker := &object{Key: key, Marker: true, Modified: now.Truncate(time.Second)}
	var gone []piece
	if b.settings.Versioning == versioningEnabled {
		marker.Version = newVersionID()
	} else {
		list, gone = withoutNull(list)
	}
	return deletion{marker.versionID(), true}, s.replace(bucket, b, key, append([]*object{marker}, list...), gone)
}

// update has change make a version another one, with the same bytes. What hangs on
// it (a map, a slice) must not be changed, but replaced.
func (s *store) update(bucket, key, version string, change func(o *object) error) (*object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(bucket, key, version)
	if err != nil {
		return old, err
	}
	o := *old
	if err := change(&o); err != nil {
		return old, err
	}
	b := s.buckets[bucket]
	list := slices.Clone(b.versions[key])
	list[slices.Index(list, old)] = &o
	return &o, s.replace(bucket, b, key, list, nil)
}

// entry is a line of a listing: an object, or the prefix that stands for all
// keys below it.
type entry struct {
	object *object // nil: a common prefix
	name   string
	latest bool // of the versions of its key
}

// place is where a listing goes on: after a name, or after one of its versions.
type place struct{ name, version string }

// span is what a listing is asked for.
type span struct {
	prefix, delimiter string
	after             place
	limit             int
	versions          bool // all of them, and delete markers
}

// list gives up to limit entries, and whether there are more. Keys are compared
// byte by byte (Amazon S3 API Reference, "ListObjectsV2": UTF-8 binary order).
func (s *store) list(bucket string, sp span) (entries []entry, more bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buckets[bucket]
	if b == nil {
		return nil, false, errNoSuchBucket
	}
	i, _ := slices.BinarySearch(b.keys, max(sp.prefix, sp.after.name))
	for i < len(b.keys) && strings.HasPrefix(b.keys[i], sp.prefix) {
		found := b.entries(b.keys[i], sp.versions)
		i++
		if sp.delimiter != "" {
			key := b.keys[i-1]
			if head, _, cut := strings.Cut(key[len(sp.prefix):], sp.delimiter); cut {
				name := sp.prefix + head + sp.delimiter
				for ; i < len(b.keys) && strings.HasPrefix(b.keys[i], name); i++ {
					if len(found) == 0 {
						found = b.entries(b.keys[i], sp.versions)
					}
				}
				if len(found) > 0 {
					found = []entry{{name: name}}
				}
			}
		}
		for _, e := range sp.rest(found) {
			if len(entries) == sp.limit {
				return entries, true, nil
			}
			entries = append(entries, e)
		}
	}
	return entries, false, nil
}

// entries are a key's: its current version, or all that it has.
func (b *bucket) entries(key string, versions bool) []entry {
	if !versions {
		if o := b.current(key); o != nil {
			return []entry{{object: o, name: key}}
		}
		return nil
	}
	var all []entry
	for i, o := range b.versions[key] {
		all = append(all, entry{object: o, name: key, latest: i == 0})
	}
	return all
}

// rest are those that come after the place where the listing goes on.
func (sp span) rest(found []entry) []entry {
	if len(found) == 0 || sp.after.name == "" || found[0].name > sp.after.name {
		return found
	}
	if found[0].name == sp.after.name && sp.after.version != "" {
		for i, e := range found {
			if e.object != nil && e.object.versionID() == sp.after.version {
				return found[i+1:]
			}
		}
	}
	return nil
}
