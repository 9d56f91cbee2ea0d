package transfer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// What a download keeps on the disk, and in which order.
//
// The bytes go to a partial file beside the final one, and what is known of them to
// a journal beside that. Both have names that follow from the final one, so that
// they are found again:
//
//	.sigvier-HASH.part     the bytes, each at its offset; as long as the object
//	.sigvier-HASH.journal  which object it is, and which runs of bytes are there,
//	                       each with its CRC
//
// The order is
//
//  1. write bytes to the partial file, and add them to the CRC of their run;
//  2. several times a second: append to the journal which runs there are;
//  3. every few seconds: note which runs there are, sync the partial file, write a
//     new journal with what was noted, sync it, rename it over the old one, sync the
//     folder;
//  4. when all is there and verified: sync the partial file, rename it to the final
//     name, sync the folder, remove the journal.
//
// A sync takes as long as the disk needs, and who is cancelled does not wait for it:
// what would come behind it in step 3 or 4 is not done then. A sync of step 3 that is
// under way when all is there is waited for in step 4, and if it has failed, there is
// no step 4.
//
// A killed process leaves what it wrote in the system's hands: lost is what came
// after the last step 2. A power loss takes what was not synced, in any order: what
// the journal got in step 3 is on the disk, and its bytes are; what was appended
// since may be torn, or name bytes that are not there.
//
// No order can make a wrong byte count, because nothing is believed that a journal
// says. It says where to look: a run counts when it has been read again and has its
// CRC. A journal that does not have its own says nothing, and one of another object
// (another ETag, version or size) nothing about this one. The order decides only how
// much has to come again.
//
// A download that is not to be resumed has a random name and no journal, and removes
// what an earlier one has left.
//
// The partial file is locked while a download works on it. Another one to the same
// file goes on under a random name and without a journal, so that each is whole and
// the last one stays.

// identity is the object that the bytes of a partial file are of.
type identity struct {
	Bucket, Key, VersionID, ETag string
	Size                         int64
	Algorithm                    checksum.Algorithm // of the pieces' sums: one of those that combine
}

// partial is a file under a temporary name beside its final one. WriteAt, ReadAt and
// checkpoint may be called by any goroutine; the others when no call is under way.
type partial struct {
	file    *os.File
	twin    *os.File     // the same file, opened once more to be synced; nil where that cannot be
	path    string       // the final name
	mode    *fs.FileMode // of the file that is replaced, if there is one
	journal *journal     // nil: after an error nothing is kept
	why     string       // that is so, though it was wanted otherwise

	writing sync.Mutex
	durable sync.Mutex   // one durable checkpoint at a time
	syncing <-chan error // the sync of the twin that is under way, if one is
	keep    atomic.Bool  // there is something to go on with
	lost    atomic.Bool  // and it must not be
	done    bool
}

// openPartial checks the final name before anything is downloaded, and creates the
// temporary file; with resume it is the one that an earlier download has left, if
// there is one.
func openPartial(path string, resume bool) (*partial, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // replace what a link points to, not the link
	}
	p := &partial{path: path}
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "download to", Path: path, Err: fmt.Errorf("it is a folder: name a file in it")}
	case err == nil && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "download to", Path: path, Err: fmt.Errorf("it is there and no regular file, and will not be replaced")}
	case err == nil:
		mode := info.Mode().Perm()
		p.mode = &mode
	case !os.IsNotExist(err):
		return nil, err
	}
	if err := p.create(resume); err != nil {
		return nil, p.named("create", err)
	}
	if info, err = p.file.Stat(); err == nil {
		p.keep.Store(info.Size() > 0)
		if p.mode != nil && info.Mode().Perm() != p.perm() {
			err = p.file.Chmod(p.perm())
		}
	}
	if err != nil {
		p.discard()
		return nil, p.named("create", err)
	}
	p.twin = again(p.file)
	return p, nil
}

// again opens a file once more. A duplicate (dup(2)) would have the lock, too, and keep
// it while it is being synced; and of an error of the disk only one of the two would be
// told.
func again(file *os.File) *os.File {
	twin, err := os.OpenFile(file.Name(), os.O_WRONLY|noFollow, 0)
	if err != nil {
		return nil
	}
	is, err1 := file.Stat()
	opened, err2 := twin.Stat()
	if err1 != nil || err2 != nil || !os.SameFile(is, opened) {
		twin.Close()
		return nil
	}
	return twin
}

// create opens the temporary file under the name that is found again, and where that
// is not to be had, or not wanted, under a random one.
func (p *partial) create(resume bool) (err error) {
	// The hash has one length, while the final name may have all that the system allows.
	dir, hash := filepath.Dir(p.path), sha256.Sum256([]byte(filepath.Base(p.path)))
	name := filepath.Join(dir, ".sigvier-"+hex.EncodeToString(hash[:8]))
	if resume {
		p.journal = &journal{name: name + ".journal", of: filepath.Base(p.path)}
		if p.file, err = lockFile(name+".part", p.perm()); err == nil {
			return nil
		}
		p.why = "it cannot be resumed: " + err.Error()
		p.journal = nil
	} else {
		clearPartial(name, nil)
	}
	p.file, err = os.OpenFile(filepath.Join(dir, ".sigvier-"+rand.Text()+".part"), os.O_CREATE|os.O_EXCL|os.O_RDWR, p.perm())
	return err
}

// clearPartial removes what an earlier download has left that is not to be gone on
// with, unless it is under way; only that file, if it is not nil.
func clearPartial(name string, only fs.FileInfo) {
	file, err := openLocked(name+".part", false, 0)
	if err != nil {
		return // there is none, mostly
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && ours(info) && isAt(file, file.Name()) && (only == nil || os.SameFile(info, only)) {
		os.Remove(name + ".journal")
		removeLocked(file)
	}
}

// perm is the mode of the temporary file. Nobody may read what is on its way who may
// not read it then; but what is gone on with, its owner must be able to open.
func (p *partial) perm() fs.FileMode {
	switch {
	case p.mode == nil:
		return 0o666
	case p.journal != nil:
		return *p.mode | 0o600
	}
	return *p.mode
}

// start makes the file ready for the bytes of an object. It gives the pieces that an
// earlier download has left, in order, each of them read again and found to have its
// sum; or says why there are none, if there might have been.
func (p *partial) start(ctx context.Context, id identity) (found []piece, why string, err error) {
	if p.journal == nil {
		return nil, p.why, p.reserve(id.Size)
	}
	p.journal.id = id
	found, why, err = p.find(ctx, id)
	if err != nil {
		return nil, "", p.named("resume", err)
	}
	if len(found) == 0 {
		p.keep.Store(false)
		if err = p.journal.drop(); err == nil {
			err = p.empty()
		}
	} else {
		err = p.journal.replace(ctx, found)
	}
	if err != nil {
		return nil, "", p.named("resume", err)
	}
	return found, why, p.reserve(id.Size)
}

// empty takes what is there away. A file that has been cut to nothing is written to the
// disk by ext4 when it is closed, which one that was never longer is not (mount option
// auto_da_alloc); and who cancels waits for that.
func (p *partial) empty() error {
	info, err := p.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	return p.file.Truncate(0)
}

// find looks for what an earlier download has left of an object.
func (p *partial) find(ctx context.Context, id identity) (found []piece, why string, err error) {
	info, err := p.file.Stat()
	if err != nil || info.Size() == 0 {
		return nil, "", err
	}
	log, err := p.journal.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "nothing says which of the bytes that were there are right", nil
	}
	if err != nil {
		return nil, "its journal cannot be used: " + err.Error(), nil
	}
	if why := log.id.differs(id); why != "" {
		return nil, why, nil
	}
	if info.Size() != id.Size {
		return nil, fmt.Sprintf("the partial file has %d bytes and not %d", info.Size(), id.Size), nil
	}
	found, err = reread(ctx, p.file, log.pieces, id.Algorithm)
	if err != nil {
		return nil, "", err
	}
	if len(found) < len(log.pieces) { // of what was appended, not all has reached the disk
		synced, err := reread(ctx, p.file, apart(log.synced, found), id.Algorithm)
		if err != nil {
			return nil, "", err
		}
		found = append(found, synced...)
		slices.SortFunc(found, func(a, b piece) int { return cmp.Compare(a.first, b.first) })
	}
	if len(found) == 0 {
		why = "none of the bytes that were there have their checksum"
	}
	return found, why, nil
}

// differs says in what the object is another one.
func (was identity) differs(is identity) string {
	switch {
	case was.Bucket != is.Bucket || was.Key != is.Key:
		return fmt.Sprintf("the bytes that were there are of s3://%s/%s", was.Bucket, was.Key)
	case was.VersionID != is.VersionID:
		return fmt.Sprintf("the object changed since: its version was %q and is %q", was.VersionID, is.VersionID)
	case was.ETag != is.ETag:
		return fmt.Sprintf("the object changed since: its ETag was %s and is %s", was.ETag, is.ETag)
	case was.Size != is.Size:
		return fmt.Sprintf("the object changed since: it had %d bytes and has %d", was.Size, is.Size)
	}
	return ""
}

// reserve makes the file as long as it will be, and sparse where the file system can.
func (p *partial) reserve(size int64) error {
	info, err := p.file.Stat()
	if err == nil {
		err = reserve(p.file, info, size)
	}
	return p.named("reserve room for", err)
}

// WriteAt writes to the temporary file, one after the other: Linux has one writer in a
// file at a time, too, and lets the others turn on their cores meanwhile.
func (p *partial) WriteAt(b []byte, off int64) (int, error) {
	p.writing.Lock()
	n, err := p.file.WriteAt(b, off)
	p.writing.Unlock()
	if err != nil {
		err = p.kept(p.named("write", err))
	}
	return n, err
}

// ReadAt reads what was written.
func (p *partial) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.file.ReadAt(b, off)
	return n, p.named("read", err)
}

// checkpoint writes to the journal which pieces are there: all of them, in order.
// Those of a durable checkpoint outlast a power loss; it takes as long as the disk
// needs for the bytes, if ctx does not end first, and others may be made meanwhile.
func (p *partial) checkpoint(ctx context.Context, done []piece, durable bool) error {
	if p.journal == nil || len(done) == 0 {
		return nil
	}
	if !durable {
		if err := p.journal.append(ctx, done); err != nil {
			return p.named("write the journal of", err)
		}
		p.keep.Store(true)
		return nil
	}
	p.durable.Lock()
	defer p.durable.Unlock()
	if err := p.sync(ctx); err != nil {
		return err
	}
	if err := p.journal.replace(ctx, done); err != nil {
		return p.named("write the journal of", err)
	}
	p.keep.Store(true)
	return nil
}

// sync brings the bytes to the disk, and does not wait for that when ctx ends.
func (p *partial) sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.twin == nil {
		return p.synced(fsync(p.file))
	}
	if p.syncing != nil { // which nobody has waited for
		if err := p.await(ctx); err != nil {
			return err
		}
	}
	p.syncing = beginSync(p.twin)
	return p.await(ctx)
}

// await waits for the sync that is under way.
func (p *partial) await(ctx context.Context) error {
	over, err := await(ctx, p.syncing)
	if !over {
		return err
	}
	p.syncing = nil
	return p.synced(err)
}

// synced judges how a sync came out. When it has failed, nobody knows which bytes are
// there, whatever reading them gives: Linux takes the pages that it could not write
// for written.
func (p *partial) synced(err error) error {
	if err != nil {
		p.forget()
	}
	return p.named("sync", err)
}

// commit brings the bytes to the disk and then the file to its final name, in
// this order: after a power loss there is no name without its bytes. When ctx ends
// before it has the name, it does not get it.
func (p *partial) commit(ctx context.Context) error {
	if err := p.sync(ctx); err != nil {
		return err
	}
	if p.mode != nil && *p.mode != p.perm() {
		if err := p.file.Chmod(*p.mode); err != nil {
			return p.kept(p.named("set the mode of", err))
		}
		if err := p.sync(ctx); err != nil {
			return err
		}
	}
	p.closeTwin()
	// It may have been removed by hand, and another download's have taken its name.
	if !isAt(p.file, p.file.Name()) {
		return &fs.PathError{Op: "rename to", Path: p.path, Err: errors.New("the partial file was removed or replaced under way")}
	}
	if err := renameLocked(p.file, p.path); err != nil {
		return p.kept(p.named("rename to", err))
	}
	p.done = true
	syncDir(ctx, filepath.Dir(p.path)) // it has the name, whether this is waited for or not
	if p.journal != nil {
		p.journal.remove()
	}
	return nil
}

// discard ends the work on a file that has not become the final one. It removes what
// cannot be gone on with.
func (p *partial) discard() {
	if p.done {
		return
	}
	there := isAt(p.file, p.file.Name()) // and not removed by hand
	p.closeTwin()
	switch {
	case there && p.goesOn():
		if p.mode != nil {
			p.file.Chmod(p.perm()) // which commit may have changed
		}
		p.file.Close()
		p.journal.close()
	default:
		if p.journal != nil {
			p.journal.remove()
		}
		if there {
			removeLocked(p.file)
		}
		go p.file.Close() // the system takes its time to give up what a large file has
	}
}

// closeTwin closes the twin, once it is not being synced any more. If that has failed
// then, what is kept is removed: who goes on with it would be told of no error. Who
// does so already is.
func (p *partial) closeTwin() {
	if p.syncing == nil {
		p.twin.Close() // nil, too
		return
	}
	twin, done, name := p.twin, p.syncing, strings.TrimSuffix(p.file.Name(), ".part")
	go func() {
		if <-done != nil {
			if info, err := twin.Stat(); err == nil {
				clearPartial(name, info)
			}
		}
		twin.Close()
	}()
}

// goesOn reports whether there is something to go on with, for this download or the
// next one.
func (p *partial) goesOn() bool { return p.journal != nil && p.keep.Load() && !p.lost.Load() }

// failed is the error of a disk that has lost bytes.
func (p *partial) failed() error {
	if !p.lost.Load() {
		return nil
	}
	return &fs.PathError{Op: "write", Path: p.path, Err: errors.New("the disk has lost bytes that it had taken")}
}

// forget makes discard remove all: the bytes are not to be trusted.
func (p *partial) forget() { p.lost.Store(true) }

// named gives an error the final name, which the user knows, in place of the
// temporary one.
func (p *partial) named(op string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return &fs.PathError{Op: op, Path: p.path, Err: e.Err}
	}
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		return &fs.PathError{Op: op, Path: p.path, Err: e.Err}
	}
	return err
}

// kept says in an error what becomes of the bytes. Without a journal, which a full disk
// may have no room for, nothing does.
func (p *partial) kept(err error) error {
	if e := (*fs.PathError)(nil); p.goesOn() && errors.As(err, &e) {
		return &fs.PathError{Op: e.Op, Path: e.Path, Err: fmt.Errorf("%w: what has come is kept, and the same download goes on from there", e.Err)}
	}
	return err
}
