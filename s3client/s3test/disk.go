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
	"strings"
	"time"
)

// disk keeps objects in files:
//
//	DIR/bucket-NAME/bucket.json         when the bucket was made
//	DIR/bucket-NAME/HASH.json           an object: its key, headers, ETag, data file
//	DIR/bucket-NAME/HASH.RANDOM.data    its bytes
//	DIR/bucket-NAME/RANDOM.tmp          an upload under way
//
// HASH is the SHA-256 of the key, so that no key is a path. Renaming the JSON
// file into place is what makes an object: its data file has a new name each
// time, so readers of the old one are not disturbed, and whatever no JSON file
// names is swept away at the next start.
type disk struct{ dir string }

const bucketPrefix = "bucket-"

type bucketFile struct {
	Created time.Time `json:"created"`
}

func openDisk(dir string) (*disk, map[string]*bucket, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, nil, err
	}
	d := &disk{dir}
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

func (d *disk) load(name string) (*bucket, error) {
	var meta bucketFile
	if err := readJSON(d.path(name, "bucket.json"), &meta); err != nil {
		return nil, err
	}
	b := newBucket(meta.Created)
	files, err := os.ReadDir(d.path(name))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{"bucket.json": true}
	for _, f := range files {
		if known[f.Name()] || filepath.Ext(f.Name()) != ".json" {
			continue
		}
		o := new(object)
		if err := readJSON(d.path(name, f.Name()), o); err != nil {
			return nil, err
		}
		if info, err := os.Stat(d.path(name, o.File)); err != nil {
			return nil, err
		} else if f.Name() != objectFile(o.Key) || info.Size() != o.Size {
			return nil, fmt.Errorf("%s does not describe %s", f.Name(), o.File)
		}
		known[f.Name()], known[o.File] = true, true
		b.objects[o.Key] = o
		b.keys = append(b.keys, o.Key)
	}
	slices.Sort(b.keys)
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); !known[f.Name()] && (ext == ".tmp" || ext == ".data") {
			if err := os.Remove(d.path(name, f.Name())); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func (d *disk) path(bucket string, file ...string) string {
	return filepath.Join(append([]string{d.dir, bucketPrefix + bucket}, file...)...)
}

func objectHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func objectFile(key string) string { return objectHash(key) + ".json" }

func (d *disk) createBucket(name string, created time.Time) error {
	if err := os.MkdirAll(d.path(name), 0o777); err != nil {
		return err
	}
	return d.writeJSON(name, "bucket.json", bucketFile{created})
}

// deleteBucket removes bucket.json first: a folder without it is no bucket.
func (d *disk) deleteBucket(name string) error {
	if err := os.Remove(d.path(name, "bucket.json")); err != nil {
		return err
	}
	_ = os.RemoveAll(d.path(name)) // see replaced
	return nil
}

func (d *disk) remove(bucket string, o *object) error {
	if err := os.Remove(d.path(bucket, objectFile(o.Key))); err != nil {
		return err
	}
	d.replaced(bucket, o)
	return nil
}

// replaced does its best: where a file that is being read cannot be removed, the
// next start does it.
func (d *disk) replaced(bucket string, o *object) { _ = os.Remove(d.path(bucket, o.File)) }

func (d *disk) section(bucket string, o *object, offset, length int64) (*part, error) {
	f, err := os.Open(d.path(bucket, o.File))
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return &part{io.LimitReader(f, length), f}, nil
}

func (d *disk) stage(bucket string, _ int64) (staged, error) {
	f, err := os.Create(d.path(bucket, rand.Text()+".tmp"))
	if err != nil {
		return nil, err
	}
	return &diskUpload{File: f, disk: d, bucket: bucket}, nil
}

type diskUpload struct {
	*os.File
	disk   *disk
	bucket string
	ended  bool
}

func (u *diskUpload) commit(o *object) error {
	if err := u.Close(); err != nil {
		return err
	}
	o.File = objectHash(o.Key) + "." + rand.Text() + ".data"
	data := u.disk.path(u.bucket, o.File)
	if err := os.Rename(u.Name(), data); err != nil {
		return err
	}
	u.ended = true
	if err := u.disk.writeJSON(u.bucket, objectFile(o.Key), o); err != nil {
		os.Remove(data)
		return err
	}
	return nil
}

func (u *diskUpload) discard() {
	if !u.ended {
		u.ended = true
		u.Close()
		os.Remove(u.Name())
	}
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
