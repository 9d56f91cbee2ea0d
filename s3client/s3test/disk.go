package s3test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// disk keeps objects in files:
//
//	DIR/bucket-NAME/bucket.json       the bucket's settings
//	DIR/bucket-NAME/HASH.json         a key: its versions, their headers, ETags and data files
//	DIR/bucket-NAME/ID.upload.json    a multipart upload
//	DIR/bucket-NAME/ID.N.part.json    its part N
//	DIR/bucket-NAME/RANDOM.data       bytes of an object, or of a part
//	DIR/bucket-NAME/RANDOM.tmp        a JSON file under way
//
// HASH is the SHA-256 of the key, so that no key is a path. Renaming the JSON
// file into place is what makes an object: bytes have a file with a new name each
// time, so readers of the old one are not disturbed, and whatever no JSON file
// names is swept away at the next start.
type disk struct {
	dir string

	mu      sync.Mutex
	readers map[string]int  // by data file: how many read it
	doomed  map[string]bool // goes with its last reader
}

const bucketPrefix = "bucket-"

// keyFile is what HASH.json holds.
type keyFile struct {
	Key      string    `json:"key"`
	Versions []*object `json:"versions"`
}

func openDisk(dir string) (*disk, map[string]*bucket, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, nil, err
	}
	d := &disk{dir: dir, readers: make(map[string]int), doomed: make(map[string]bool)}
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	buckets := make(map[string]*bucket)
	for _, f := range folders {
		name, ok := strings.CutPrefix(f.Name(), bucketPrefix)
		if !ok || !f.IsDir() {
			continue
		}
		b, err := d.load(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // broken off while it was made or removed
		}
		if err != nil {
			return nil, nil, fmt.Errorf("bucket %s: %w", name, err)
		}
		buckets[name] = b
	}
	return d, buckets, nil
}

// load reads a bucket's index, and removes what is in none of its files.
func (d *disk) load(name string) (*bucket, error) {
	set := new(settings)
	if err := readJSON(d.path(name, "bucket.json"), set); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(d.path(name))
	if err != nil {
		return nil, err
	}
	l := loading{disk: d, name: name, bucket: newBucket(set), known: map[string]bool{"bucket.json": true}}
	// The keys first: a file that an object has is no part's any more.
	for _, load := range []struct {
		suffix string
		file   func(file string) error
	}{{".json", l.key}, {".upload.json", l.upload}, {".part.json", l.part}} {
		for _, f := range files {
			if kind := recordKind(f.Name()); kind == load.suffix && !l.known[f.Name()] {
				if err := load.file(f.Name()); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.Sort(l.bucket.keys)
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); !l.known[f.Name()] && (ext == ".tmp" || ext == ".data" || recordKind(f.Name()) != "") {
			if err := os.Remove(d.path(name, f.Name())); err != nil {
				return nil, err
			}
		}
	}
	return l.bucket, nil
}

func recordKind(file string) string {
	for _, suffix := range []string{".upload.json", ".part.json", ".json"} {
		if strings.HasSuffix(file, suffix) {
			return suffix
		}
	}
	return ""
}

// loading is a bucket that is being read, and the files that belong to it.
type loading struct {
	disk   *disk
	name   string
	bucket *bucket
	known  map[string]bool
}

func (l *loading) key(file string) error {
	var k keyFile
	if err := readJSON(l.disk.path(l.name, file), &k); err != nil {
		return err
	}
	if file != objectFile(k.Key) || len(k.Versions) == 0 {
		return fmt.Errorf("%s does not describe %q", file, k.Key)
	}
	for _, o := range k.Versions {
		for _, p := range o.Pieces {
			if err := l.piece(file, p); err != nil {
				return err
			}
		}
	}
	l.known[file] = true
	l.bucket.versions[k.Key] = k.Versions
	l.bucket.keys = append(l.bucket.keys, k.Key)
	return nil
}

func (l *loading) piece(file string, p piece) error {
	if filepath.Base(p.File) != p.File || filepath.Ext(p.File) != ".data" {
		return fmt.Errorf("%s names %q, which is no data file of the bucket", file, p.File)
	}
	info, err := os.Stat(l.disk.path(l.name, p.File))
	if err != nil {
		return err
	}
	if info.Size() != p.Size {
		return fmt.Errorf("%s does not describe %s", file, p.File)
	}
	l.known[p.File] = true
	return nil
}

func (l *loading) upload(file string) error {
	u := &multipartUpload{parts: make(map[int]*uploadedPart)}
	if err := readJSON(l.disk.path(l.name, file), u); err != nil {
		return err
	}
	if file != u.ID+".upload.json" {
		return fmt.Errorf("%s does not describe upload %q", file, u.ID)
	}
	l.known[file] = true
	l.bucket.uploads[u.ID] = u
	return nil
}

// part reads a part, unless its upload has ended and only its record remains.
func (l *loading) part(file string) error {
	id, _, _ := strings.Cut(file, ".")
	u := l.bucket.uploads[id]
	if u == nil {
		return nil
	}
	p := new(uploadedPart)
	if err := readJSON(l.disk.path(l.name, file), p); err != nil {
		return err
	}
	if l.known[p.Piece.File] { // completed, but not ended
		delete(l.bucket.uploads, id)
		delete(l.known, id+".upload.json")
		for _, p := range u.parts {
			delete(l.known, partFile(u, p))
			delete(l.known, p.Piece.File)
		}
		return nil
	}
	if err := l.piece(file, p.Piece); err != nil {
		return err
	}
	l.known[file] = true
	u.parts[p.Number] = p
	return nil
}

func (d *disk) path(bucket string, file ...string) string {
	return filepath.Join(append([]string{d.dir, bucketPrefix + bucket}, file...)...)
}

func objectFile(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]) + ".json"
}

func partFile(u *multipartUpload, p *uploadedPart) string {
	return u.ID + "." + strconv.Itoa(p.Number) + ".part.json"
}

func (d *disk) saveBucket(name string, set *settings) error {
	if err := os.MkdirAll(d.path(name), 0o777); err != nil {
		return err
	}
	return d.writeJSON(name, "bucket.json", set)
}

// removeBucket removes bucket.json first: a folder without it is no bucket.
func (d *disk) removeBucket(name string) error {
	if err := os.Remove(d.path(name, "bucket.json")); err != nil {
		return err
	}
	_ = os.RemoveAll(d.path(name)) // see drop
	return nil
}

func (d *disk) saveKey(bucket, key string, versions []*object) error {
	if len(versions) > 0 {
		return d.writeJSON(bucket, objectFile(key), keyFile{key, versions})
	}
	if err := os.Remove(d.path(bucket, objectFile(key))); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *disk) saveUpload(bucket string, u *multipartUpload) error {
	return d.writeJSON(bucket, u.ID+".upload.json", u)
}

func (d *disk) savePart(bucket string, u *multipartUpload, p *uploadedPart) error {
	return d.writeJSON(bucket, partFile(u, p), p)
}

// removeUpload removes the upload's own record first: parts without it are none.
func (d *disk) removeUpload(bucket string, u *multipartUpload) error {
	if err := os.Remove(d.path(bucket, u.ID+".upload.json")); err != nil {
		return err
	}
	for _, p := range u.parts {
		_ = os.Remove(d.path(bucket, partFile(u, p)))
	}
	return nil
}

// drop does its best: a file that cannot be removed now is at the next start.
func (d *disk) drop(bucket string, pieces []piece) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range pieces {
		if path := d.path(bucket, p.File); d.readers[path] > 0 {
			d.doomed[path] = true
		} else {
			_ = os.Remove(path)
		}
	}
}

func (d *disk) open(bucket string, pieces []piece, offset, length int64) (*part, error) {
	r := &diskReader{disk: d}
	d.mu.Lock()
	for _, p := range pieces {
		if offset >= p.Size {
			offset -= p.Size
			continue
		}
		if length == 0 {
			break
		}
		n := min(length, p.Size-offset)
		run := fileRun{d.path(bucket, p.File), offset, n}
		r.pinned, r.rest = append(r.pinned, run.path), append(r.rest, run)
		d.readers[run.path]++
		offset, length = 0, length-n
	}
	d.mu.Unlock()
	if err := r.next(); err != nil && err != io.EOF {
		r.Close()
		return nil, err
	}
	return &part{r, r}, nil
}

// release is the end of a reader.
func (d *disk) release(paths []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, path := range paths {
		if d.readers[path]--; d.readers[path] > 0 {
			continue
		}
		delete(d.readers, path)
		if d.doomed[path] {
			delete(d.doomed, path)
			_ = os.Remove(path)
		}
	}
}

// fileRun is a run of bytes in a file.
type fileRun struct {
	path           string
	offset, length int64
}

// diskReader reads one file after the other, of which one is open at a time.
type diskReader struct {
	disk   *disk
	pinned []string
	rest   []fileRun
	file   *os.File
	left   io.LimitedReader // of file
}

// next opens the next file; io.EOF says that there is none.
func (r *diskReader) next() error {
	r.closeFile()
	if len(r.rest) == 0 {
		return io.EOF
	}
	run := r.rest[0]
	r.rest = r.rest[1:]
	f, err := os.Open(run.path)
	if err != nil {
		return err
	}
	r.file, r.left = f, io.LimitedReader{R: f, N: run.length}
	_, err = f.Seek(run.offset, io.SeekStart)
	return err
}

func (r *diskReader) closeFile() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
}

func (r *diskReader) Read(p []byte) (int, error) {
	for {
		if r.file != nil {
			if n, err := r.left.Read(p); n > 0 || err != io.EOF {
				return n, err
			}
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
}

// WriteTo lets the kernel copy.
func (r *diskReader) WriteTo(w io.Writer) (n int64, err error) {
	for err == nil {
		if r.file != nil {
			var m int64
			m, err = io.Copy(w, &r.left)
			if n += m; err != nil {
				return n, err
			}
		}
		err = r.next()
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func (r *diskReader) Close() error {
	r.closeFile()
	r.disk.release(r.pinned)
	r.pinned = nil
	return nil
}

func (d *disk) stage(bucket string, _ int64) (staged, error) {
	name := rand.Text() + ".data"
	f, err := os.Create(d.path(bucket, name))
	if err != nil {
		return nil, err
	}
	return &diskUpload{file: f, name: name}, nil
}

type diskUpload struct {
	file *os.File
	name string
	size int64
}

func (u *diskUpload) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	u.size += int64(n)
	return n, err
}

func (u *diskUpload) finish() (piece, error) {
	if err := u.file.Close(); err != nil {
		os.Remove(u.file.Name())
		return piece{}, err
	}
	return piece{Size: u.size, File: u.name}, nil
}

func (u *diskUpload) discard() {
	u.file.Close()
	os.Remove(u.file.Name())
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (d *disk) writeJSON(bucket, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := d.path(bucket, rand.Text()+".tmp")
	if err := os.WriteFile(tmp, b, 0o666); err != nil {
		return err
	}
	if err := os.Rename(tmp, d.path(bucket, name)); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}
