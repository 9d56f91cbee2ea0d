package s3fs

import (
	"context"
	"io/fs"
	"iter"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

// listing is what stands in a directory, one page of it at a time.
type listing struct {
	dir   string   // what the keys begin with
	page  []*info  // what was listed and not yet taken
	files []string // see addDir
	found bool     // something was listed, be it a key that is no entry
	ended bool
	err   error

	next func() (s3client.ListObjectsV2Output, error, bool)
	stop func()
}

// newListing lists the names in a directory that begin with prefix.
func (f *FS) newListing(ctx context.Context, dir, prefix string) *listing {
	l := &listing{dir: f.dir(dir)}
	l.next, l.stop = iter.Pull2(f.pages(ctx, s3client.ListObjectsV2Input{Prefix: l.dir + prefix, Delimiter: "/"}))
	return l
}

// load gets pages until there is an entry, or the end.
func (l *listing) load() error {
	for len(l.page) == 0 && !l.ended {
		out, err, more := l.next()
		if err != nil || !more {
			l.err = err
			l.close()
			break
		}
		if !out.IsTruncated {
			l.close()
		}
		l.found = l.found || len(out.Contents)+len(out.CommonPrefixes) > 0
		l.add(out)
	}
	return l.err
}

// close ends it; what is in page stays.
func (l *listing) close() {
	l.ended = true
	l.stop()
}

// add takes the entries of a page, in the order of their keys, among which a
// directory has its slash.
func (l *listing) add(out s3client.ListObjectsV2Output) {
	objects, dirs := out.Contents, out.CommonPrefixes
	for len(objects) > 0 || len(dirs) > 0 {
		if len(dirs) == 0 || len(objects) > 0 && objects[0].Key < dirs[0] {
			if name, ok := l.name(objects[0].Key); ok {
				l.addFile(name, objects[0])
			}
			objects = objects[1:]
			continue
		}
		if name, ok := l.name(strings.TrimSuffix(dirs[0], "/")); ok {
			l.addDir(name)
		}
		dirs = dirs[1:]
	}
}

// name gives the name of a key in this directory, if it has one.
func (l *listing) name(key string) (name string, ok bool) {
	name, ok = strings.CutPrefix(key, l.dir)
	return name, ok && fs.ValidPath(name) && name != "." && !strings.Contains(name, "/")
}

func (l *listing) addFile(name string, o s3client.Object) { // a copy, which does not keep its page
	l.page = append(l.page, listedInfo(name, &o))
	l.settle(name)
	l.files = append(l.files, name)
}

// addDir adds a directory, unless a file has that name. Between a key a and the
// prefix a/ all keys begin with a: of the files before it only those need to be
// remembered that the present key begins with, each with one more byte at least
// than the one before.
func (l *listing) addDir(name string) {
	l.settle(name)
	if n := len(l.files); n > 0 && l.files[n-1] == name {
		return
	}
	l.page = append(l.page, dirInfo(name))
}

// settle forgets the files that name does not begin with.
func (l *listing) settle(name string) {
	n := len(l.files)
	for n > 0 && !strings.HasPrefix(name, l.files[n-1]) {
		n--
	}
	l.files = l.files[:n]
}
