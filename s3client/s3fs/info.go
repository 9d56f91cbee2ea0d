package s3fs

import (
	"io/fs"
	"path"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// info is what there is to say of a file or a directory.
type info struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
	sys     any
}

const (
	fileMode = 0o444
	dirMode  = fs.ModeDir | 0o555
)

func fileInfo(name string, head *s3client.HeadObjectOutput) *info {
	return &info{name: path.Base(name), size: head.ContentLength, mode: fileMode, modTime: wholeSeconds(head.LastModified), sys: &head.ObjectInfo}
}

func listedInfo(name string, o *s3client.Object) *info {
	return &info{name: name, size: o.Size, mode: fileMode, modTime: wholeSeconds(o.LastModified), sys: o}
}

func dirInfo(name string) *info { return &info{name: path.Base(name), mode: dirMode} }

// wholeSeconds is a time as the header Last-Modified has it. Some services list
// it with its fraction.
func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func (i *info) Name() string       { return i.name }
func (i *info) Size() int64        { return i.size }
func (i *info) Mode() fs.FileMode  { return i.mode }
func (i *info) ModTime() time.Time { return i.modTime }
func (i *info) IsDir() bool        { return i.mode.IsDir() }
func (i *info) Sys() any           { return i.sys }
func (i *info) String() string     { return fs.FormatFileInfo(i) }
