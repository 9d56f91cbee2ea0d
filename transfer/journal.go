package transfer

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// A journal is a text of one or more records, each of which says all:
//
//	sigvier download journal 1
//	file "big.iso"
//	bucket "data"
//	key "images/big.iso"
//	version ""
//	etag "\"9b2cf535f27731c974343645a3985328\""
//	size 104857600
//	algorithm CRC64NVME
//	piece 0 8388608 y8/bk2bMYLQ=
//	piece 16777216 1048576 rosUhgp5mYg=
//	end 207da740
//
// Texts are quoted as Go does it. A piece has its first byte, its length and its
// checksum; the last line has the CRC-32C of the lines before it.
//
// The first record was synced, with the bytes that it names; those behind it were
// appended since. The last whole one counts. To append is one write of some hundred
// bytes, where to replace the file takes four system calls; and to write what was
// synced a second time at the same place would risk it in a power loss.

const (
	journalVersion = "sigvier download journal 1\n"

	// maxJournal bounds a journal, in bytes. One that would become longer is replaced.
	maxJournal = 8 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record is what one of them says.
type record struct {
	of     string // the final name, without its folder: for who reads it
	id     identity
	pieces []piece
}

// append appends the record's text.
func (r record) append(text []byte) []byte {
	text = slices.Grow(text, 512+48*len(r.pieces))
	begin := len(text)
	text = fmt.Appendf(text, journalVersion+"file %q\nbucket %q\nkey %q\nversion %q\netag %q\nsize %d\nalgorithm %s\n",
		r.of, r.id.Bucket, r.id.Key, r.id.VersionID, r.id.ETag, r.id.Size, r.id.Algorithm)
	for _, p := range r.pieces { // of which an object of parts may have 10,000
		text = strconv.AppendInt(append(text, "piece "...), p.first, 10)
		text = strconv.AppendInt(append(text, ' '), p.length, 10)
		text = append(append(append(text, ' '), p.sum.String()...), '\n')
	}
	return fmt.Appendf(text, "end %08x\n", crc32.Checksum(text[begin:], castagnoli))
}

// cutRecord takes the first record from a text; ok only if it is whole and just as
// append writes it.
func cutRecord(text string) (r record, rest string, ok bool) {
	const end = len("\nend 01234567\n")
	i := strings.Index(text, "\nend ") // not within quotes, where there are no line ends
	if i < 0 || len(text) < i+end {
		return record{}, "", false
	}
	text, rest = text[:i+end], text[i+end:]
	lines := strings.Split(text, "\n")
	if len(lines) < 10 { // the head's eight, the end, and what is behind the last line end
		return record{}, "", false
	}
	var err error
	field := func(line int, name string) string {
		value, found := strings.CutPrefix(lines[line], name+" ")
		if !found {
			err = errors.New("another line")
		}
		return value
	}
	quoted := func(line int, name string) string {
		value, e := strconv.Unquote(field(line, name))
		err = errors.Join(err, e)
		return value
	}
	number := func(text string) int64 {
		n, e := strconv.ParseInt(text, 10, 64)
		err = errors.Join(err, e)
		return n
	}
	r.of = quoted(1, "file")
	r.id = identity{Bucket: quoted(2, "bucket"), Key: quoted(3, "key"), VersionID: quoted(4, "version"), ETag: quoted(5, "etag"),
		Size: number(field(6, "size")), Algorithm: checksum.Algorithm(field(7, "algorithm"))}
	if !r.id.Algorithm.CanCombine() {
		return record{}, "", false
	}
	var next int64
	for i := 8; i < len(lines)-2; i++ {
		parts := strings.Split(field(i, "piece"), " ")
		if len(parts) != 3 {
			return record{}, "", false
		}
		sum, e := checksum.Parse(r.id.Algorithm, parts[2], checksum.FullObject)
		err = errors.Join(err, e)
		p := piece{number(parts[0]), number(parts[1]), sum}
		if p.first < next || p.length < 1 || p.length > r.id.Size-p.first {
			return record{}, "", false
		}
		next = p.first + p.length
		r.pieces = append(r.pieces, p)
	}
	if err != nil || string(r.append(nil)) != text {
		return record{}, "", false
	}
	return r, rest, true
}

// journalLog is what a journal says.
type journalLog struct {
	id     identity
	synced []piece // by the first record
	pieces []piece // by the last one
}

// parseJournal reads a journal. Behind the first record that is damaged, or of
// another object, nothing counts.
func parseJournal(text string) (log journalLog, err error) {
	r, rest, ok := cutRecord(text)
	if !ok {
		line, _, _ := strings.Cut(text, "\n")
		if version, ok := strings.CutPrefix(line, "sigvier download journal "); ok && version != "1" {
			return log, errors.New("it is of another version of this program")
		}
		return log, errors.New("it is damaged")
	}
	log = journalLog{r.id, r.pieces, r.pieces}
	for rest != "" {
		if r, rest, ok = cutRecord(rest); !ok || r.id != log.id {
			break
		}
		log.pieces = r.pieces
	}
	return log, nil
}

// journal is the file. Whoever has the lock of the partial file may write it; it is
// written through the open file only, so that nothing that others put under its name
// is.
type journal struct {
	name string
	of   string
	id   identity

	mu             sync.Mutex
	file           *os.File // nil until the first record is written
	size           int64
	synced, latest []byte // the records that count
	covered        int64  // bytes of the object, by the latest; they only become more
}

// read reads what an earlier download has left.
func (j *journal) read() (journalLog, error) {
	file, err := os.OpenFile(j.name, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return journalLog{}, bare(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !isAt(file, j.name) || !ours(info) {
		return journalLog{}, errors.New("under its name there is something that is no file of this user")
	}
	text, err := io.ReadAll(io.LimitReader(file, maxJournal+1))
	if err != nil {
		return journalLog{}, bare(err)
	}
	if len(text) > maxJournal {
		return journalLog{}, fmt.Errorf("it has more than %d bytes", maxJournal)
	}
	return parseJournal(string(text))
}

// append adds a record, if it says more than what is there.
func (j *journal) append(ctx context.Context, pieces []piece) error {
	covered := covered(pieces)
	text := record{j.of, j.id, pieces}.append(nil)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil && covered <= j.covered {
		return nil
	}
	j.latest, j.covered = text, covered
	if j.file == nil || j.size+int64(len(text)) > maxJournal {
		return j.write(ctx, j.synced, j.latest, j.synced != nil)
	}
	if _, err := j.file.Write(text); err != nil {
		j.close() // behind half a record nothing counts: the next one begins a new journal
		return err
	}
	j.size += int64(len(text))
	return nil
}

// replace makes a journal of the record of bytes that are on the disk, and of the
// latest one. It is on the disk itself when replace returns. If it fails, or ctx ends
// first, all is as before.
func (j *journal) replace(ctx context.Context, pieces []piece) error {
	covered := covered(pieces)
	text := record{j.of, j.id, pieces}.append(nil)
	j.mu.Lock()
	defer j.mu.Unlock()
	latest := j.latest
	if covered >= j.covered {
		latest = nil
	}
	if err := j.write(ctx, text, latest, true); err != nil {
		return err
	}
	j.synced, j.latest, j.covered = text, latest, max(j.covered, covered)
	return nil
}

// covered counts the bytes of pieces.
func covered(pieces []piece) (n int64) {
	for _, p := range pieces {
		n += p.length
	}
	return n
}

// write writes a new journal and renames it over the old one. No file has to be open
// for that, nor may be on Windows.
func (j *journal) write(ctx context.Context, synced, latest []byte, durable bool) (err error) {
	text := slices.Concat(synced, latest)
	temp := j.name + ".new"
	os.Remove(temp) // which a crash has left
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	info, e := file.Stat()
	if err = errors.Join(err, e); err == nil && durable {
		err = syncAndClose(ctx, file)
	} else {
		err = errors.Join(err, file.Close())
	}
	if err == nil {
		j.close()
		err = os.Rename(temp, j.name)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	if durable {
		syncDir(ctx, filepath.Dir(j.name))
	}
	if file, err = os.OpenFile(j.name, os.O_WRONLY|os.O_APPEND|noFollow, 0); err != nil {
		return err
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		file.Close()
		return &fs.PathError{Op: "open", Path: j.name, Err: errReplaced}
	}
	j.file, j.size = file, int64(len(text))
	return nil
}

// close ends the writing.
func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// remove removes the file that was written.
func (j *journal) remove() {
	if j.file == nil {
		return
	}
	ours := isAt(j.file, j.name)
	j.close()
	if ours {
		os.Remove(j.name)
	}
}

// drop removes what an earlier download has left.
func (j *journal) drop() error {
	err := os.Remove(j.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
