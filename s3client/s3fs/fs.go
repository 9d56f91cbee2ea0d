package s3fs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

// Source is what a file system reads from; an [*s3client.Client] is one.
type Source interface {
	GetObject(context.Context, s3client.GetObjectInput) (s3client.GetObjectOutput, error)
	HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error)
	ListObjectsV2Pages(context.Context, s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error]
}

// FS is a bucket, or a prefix of it, as a file system. It does not change, holds
// nothing that must be closed, and is safe for concurrent use.
type FS struct {
	ctx    context.Context
	src    Source
	bucket string
	prefix string // "", or what ends in a slash
}

var _ interface {
	fs.ReadDirFS
	fs.StatFS
	fs.ReadFileFS
	fs.GlobFS
	fs.SubFS
} = (*FS)(nil)

// New gives the file system of a bucket, of which prefix is the root: "" for the
// whole, "reports/daily/" for a folder, whose last slash may be left off. Nothing
// is sent, so that a bucket that is not there, or not allowed, shows with the
// first use.
//
// The methods of io/fs take no context: ctx is that of all requests of the file
// system, and of those of the files that it opens, until these are closed. New
// costs nothing, so that each request that a server handles may have its own.
func New(ctx context.Context, src Source, bucket, prefix string) *FS {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return &FS{ctx: ctx, src: src, bucket: bucket, prefix: prefix}
}

// Sub implements [fs.SubFS]. Whether there is anything below dir is not looked at.
func (f *FS) Sub(dir string) (fs.FS, error) {
	if !fs.ValidPath(dir) {
		return nil, pathError("sub", dir, fs.ErrInvalid)
	}
	return New(f.ctx, f.src, f.bucket, f.dir(dir)), nil
}

// Open implements [fs.FS]. It gives a [*File] for an object and a [*Dir] for a
// directory.
func (f *FS) Open(name string) (fs.File, error) {
	var d *Dir
	head, err := f.find(name, func() (bool, error) {
		d = f.openDir(name)
		err := d.listing.load()
		return d.listing.found, err
	})
	switch {
	case err != nil && d != nil:
		d.Close()
		fallthrough
	case err != nil:
		return nil, pathError("open", name, err)
	case head == nil:
		return d, nil
	}
	file, err := f.openFile(name, head)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return file, nil
}

// Stat implements [fs.StatFS]. Sys of an object is an [*s3client.ObjectInfo],
// with its ETag, version, metadata and all else that the service says; that of a
// directory is nil.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	head, err := f.find(name, func() (bool, error) { return f.hasKeys(f.dir(name)) })
	switch {
	case err != nil:
		return nil, pathError("stat", name, err)
	case head == nil:
		return dirInfo(name), nil
	}
	return fileInfo(name, head), nil
}

// ReadFile implements [fs.ReadFileFS].
func (f *FS) ReadFile(name string) ([]byte, error) {
	key, err := f.key(name)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	if name == "." {
		return nil, pathError("read", name, errIsDirectory)
	}
	out, err := f.src.GetObject(f.ctx, s3client.GetObjectInput{Bucket: f.bucket, Key: key})
	if err != nil {
		err = f.directoryOr(name, err, func() (bool, error) { return f.hasKeys(f.dir(name)) })
		if err == nil {
			return nil, pathError("read", name, errIsDirectory)
		}
		return nil, pathError("open", name, err)
	}
	s := &stream{ctx: f.ctx, body: out.Body}
	defer s.close()
	if out.Status != http.StatusOK {
		return nil, pathError("read", name, fmt.Errorf("%w: the whole was asked for, and the answer has status %d", ErrIntegrity, out.Status))
	}
	if s.object, err = f.pin(key, out.ObjectInfo); err != nil {
		return nil, pathError("read", name, err)
	}
	s.end = s.object.size
	data, err := s.readAll()
	return data, pathError("read", name, err)
}

// ReadDir implements [fs.ReadDirFS]. Sys of an entry's Info is an
// [*s3client.Object], and nil for a directory; Info sends nothing. With an error
// come the entries before it. For a directory whose entries fill the memory, see
// [Dir.ReadDir].
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	key, err := f.key(name)
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	infos, found, err := f.list(name, "")
	if err == nil && !found && name != "." {
		err = f.noDirectory(key)
	}
	entries := make([]fs.DirEntry, len(infos))
	for i, info := range infos {
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, pathError("readdir", name, err)
}

// list gives the entries of a directory that begin with prefix, by name, and
// whether there is anything at all.
func (f *FS) list(dir, prefix string) (infos []*info, found bool, err error) {
	l := f.newListing(f.ctx, dir, prefix)
	defer l.close()
	for err = l.load(); err == nil && len(l.page) > 0; err = l.load() {
		infos = append(infos, l.page...)
		l.page = nil
	}
	// The keys had a slash behind directories.
	slices.SortFunc(infos, func(a, b *info) int { return strings.Compare(a.name, b.name) })
	return infos, l.found, err
}

// maxKey is the most bytes of a key (Amazon S3 User Guide, "Naming Amazon S3
// objects").
const maxKey = 1024

// key gives the key of a name, which for the root is none.
func (f *FS) key(name string) (string, error) {
	switch {
	case !fs.ValidPath(name):
		return "", fs.ErrInvalid
	case name == ".":
		return "", nil
	case len(f.prefix)+len(name) > maxKey:
		return "", fmt.Errorf("%w: the key has %d bytes, and S3 takes %d", fs.ErrInvalid, len(f.prefix)+len(name), maxKey)
	}
	return f.prefix + name, nil
}

// dir gives what the keys below a directory begin with.
func (f *FS) dir(name string) string {
	if name == "." {
		return f.prefix
	}
	return f.prefix + name + "/"
}

// find gives the object of a name, or nil for a directory, of which list says
// whether there are keys below it.
func (f *FS) find(name string, list func() (found bool, err error)) (*s3client.HeadObjectOutput, error) {
	key, err := f.key(name)
	if err != nil {
		return nil, err
	}
	if name == "." {
		_, err := list()
		return nil, err
	}
	out, err := f.src.HeadObject(f.ctx, s3client.HeadObjectInput{Bucket: f.bucket, Key: key})
	if err != nil {
		return nil, f.directoryOr(name, err, list)
	}
	if out.ContentLength < 0 {
		return nil, fmt.Errorf("%w: the answer to HEAD has no Content-Length", ErrIntegrity)
	}
	return &out, nil
}

// directoryOr decides about a name whose object the service does not give: nil if
// it is a directory, and else the error, which is err if nothing tells more.
func (f *FS) directoryOr(name string, err error, list func() (found bool, err error)) error {
	denied := refused(err)
	if !denied && !errors.Is(err, s3client.ErrNotFound) {
		return err
	}
	found, listErr := list()
	switch {
	case listErr == nil && found:
		return nil
	case listErr == nil && !denied, errors.Is(err, s3client.ErrRestricted) && refused(listErr):
		return err
	case listErr != nil && !refused(listErr):
		return listErr
	case listErr != nil && denied: // an answer to HEAD does not say why
		return fmt.Errorf("%w; the listing: %w", err, listErr)
	case listErr != nil:
		return fmt.Errorf("%w; whether it is a directory cannot be told: %v", err, listErr)
	}
	// To who may not list the whole bucket S3 denies what is not there (Amazon S3
	// API Reference, "HeadObject", "Permissions"). The listing tells it apart.
	if there, listErr := f.hasObject(f.prefix + name); listErr != nil || there {
		return err
	}
	return fmt.Errorf("%w: the listing has no such key: %w", fs.ErrNotExist, err)
}

// noDirectory says why there is nothing below a name.
func (f *FS) noDirectory(key string) error {
	there, err := f.hasObject(key)
	switch {
	case err != nil:
		return err
	case there:
		return errNotDirectory
	}
	return fs.ErrNotExist
}

// hasKeys reports whether there is a key that begins with prefix.
func (f *FS) hasKeys(prefix string) (bool, error) {
	key, err := f.firstKey(prefix)
	return key != "", err
}

// hasObject reports, by listing, whether there is an object: of all keys that
// begin with its own it is the first.
func (f *FS) hasObject(key string) (bool, error) {
	first, err := f.firstKey(key)
	return first == key, err
}

func (f *FS) firstKey(prefix string) (string, error) {
	for page, err := range f.pages(f.ctx, s3client.ListObjectsV2Input{Prefix: prefix, MaxKeys: 1}) {
		if err != nil {
			return "", err
		}
		if len(page.Contents) > 0 {
			return page.Contents[0].Key, nil
		}
	}
	return "", nil
}

// pages lists the bucket; what begins with more than a key can have is nothing.
func (f *FS) pages(ctx context.Context, in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
	if len(in.Prefix) > maxKey {
		return func(func(s3client.ListObjectsV2Output, error) bool) {}
	}
	in.Bucket = f.bucket
	return f.src.ListObjectsV2Pages(ctx, in)
}
