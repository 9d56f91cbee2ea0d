package transfer

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sigvier/sigvier/s3client/checksum"
)

var (
	comparePieces = cmp.Options{cmp.AllowUnexported(piece{}, record{}, journalLog{}), cmp.Comparer(checksum.Value.Equal), cmpopts.EquateEmpty()}

	anIdentity = identity{Bucket: "data", Key: "a \"key\"\nof two lines \xff", VersionID: "v1", ETag: `"e1"`, Size: 1000, Algorithm: checksum.CRC32C}
)

// content is what an object of n bytes has; no two runs of it are the same.
func content(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%d,", i)
	}
	return b[:n]
}

// pieceOf is the piece of the content with its right sum.
func pieceOf(t testing.TB, data []byte, a checksum.Algorithm, first, length int64) piece {
	t.Helper()
	sum, err := a.Sum(data[first : first+length])
	if err != nil {
		t.Fatal(err)
	}
	return piece{first, length, sum}
}

func piecesOf(t testing.TB, runs ...int64) (pieces []piece) {
	t.Helper()
	data := content(1000)
	for i := 0; i < len(runs); i += 2 {
		pieces = append(pieces, pieceOf(t, data, checksum.CRC32C, runs[i], runs[i+1]))
	}
	return pieces
}

// The text is a promise: what one release writes, the next one reads.
func TestJournalText(t *testing.T) {
	const want = `sigvier download journal 1
file "big.iso"
bucket "data"
key "a \"key\"\nof two lines \xff"
version "v1"
etag "\"e1\""
size 1000
algorithm CRC32C
piece 0 100 ImVgew==
piece 900 100 meH78Q==
end 2c7ea886
`
	got := string(record{"big.iso", anIdentity, piecesOf(t, 0, 100, 900, 100)}.append(nil))
	if got != want {
		t.Errorf("the record (-want +got)\n%s", cmp.Diff(want, got))
	}
}

func TestJournalIsReadAsWritten(t *testing.T) {
	for _, test := range []struct {
		name string
		r    record
	}{
		{"no piece", record{"f", anIdentity, nil}},
		{"one", record{"f", anIdentity, piecesOf(t, 0, 1000)}},
		{"neighbours", record{"f", anIdentity, piecesOf(t, 0, 10, 10, 1, 11, 5)}},
		{"an empty object", record{"f", identity{Bucket: "b", Key: "k", ETag: `"e"`, Algorithm: checksum.CRC64NVME}, nil}},
		{"the largest", record{"f", identity{Bucket: "b", Key: "k", ETag: `"e"`, Size: 1<<63 - 1, Algorithm: checksum.CRC32},
			[]piece{{0, 1<<63 - 1, pieceOf(t, content(9), checksum.CRC32, 0, 9).sum}}}},
		{"a file with a strange name", record{"\nend 00000000\n\xff\u2028\"", anIdentity, nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseJournal(string(test.r.append(nil)))
			if err != nil {
				t.Fatal(err)
			}
			want := journalLog{test.r.id, test.r.pieces, test.r.pieces}
			if diff := cmp.Diff(want, got, comparePieces); diff != "" {
				t.Errorf("the log (-want +got)\n%s", diff)
			}
		})
	}
}

func TestJournalThatIsRefused(t *testing.T) {
	r := record{"f", anIdentity, piecesOf(t, 10, 20, 50, 10)}
	id := func(change func(*identity)) record {
		r := r
		change(&r.id)
		return r
	}
	good := string(r.append(nil))
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "damaged"},
		{"another file", "PK\x03\x04", "damaged"},
		{"zeros, as after a power loss", strings.Repeat("\x00", len(good)), "damaged"},
		{"only a record's end", "\nend 00000000\n", "damaged"},
		{"another version", strings.Replace(good, "journal 1", "journal 2", 1), "another version"},
		{"other line ends", strings.ReplaceAll(good, "\n", "\r\n"), "version"},
		{"something before it", "\n" + good, "damaged"},
		{"pieces out of order", string(record{"f", anIdentity, piecesOf(t, 50, 10, 10, 20)}.append(nil)), "damaged"},
		{"pieces that overlap", string(record{"f", anIdentity, piecesOf(t, 10, 20, 29, 20)}.append(nil)), "damaged"},
		{"a piece behind the end", string(id(func(id *identity) { id.Size = 59 }).append(nil)), "damaged"},
		{"a negative size", string(id(func(id *identity) { id.Size = -1 }).append(nil)), "damaged"},
		{"an empty piece", string(record{"f", anIdentity, []piece{{5, 0, r.pieces[0].sum}}}.append(nil)), "damaged"},
		{"a negative piece", string(record{"f", anIdentity, []piece{{-5, 10, r.pieces[0].sum}}}.append(nil)), "damaged"},
		{"a length that overflows", string(record{"f", anIdentity, []piece{{5, 1<<63 - 1, r.pieces[0].sum}}}.append(nil)), "damaged"},
		{"another algorithm than its sums'", string(id(func(id *identity) { id.Algorithm = checksum.CRC64NVME }).append(nil)), "damaged"},
		{"an algorithm that does not combine", string(id(func(id *identity) { id.Algorithm = checksum.SHA256 }).append(nil)), "damaged"},
		{"no algorithm", string(id(func(id *identity) { id.Algorithm = "" }).append(nil)), "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log, err := parseJournal(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if log.pieces != nil || log.synced != nil {
				t.Errorf("beside the error there are pieces: %+v", log)
			}
		})
	}
}

// twoRecords is a journal, and the length of its first record.
func twoRecords(t testing.TB) (text string, first int, before, after []piece) {
	before, after = piecesOf(t, 0, 100, 500, 20), piecesOf(t, 0, 150, 500, 400)
	b := record{"f", anIdentity, before}.append(nil)
	return string(record{"f", anIdentity, after}.append(b)), len(b), before, after
}

// Wherever it was cut off, its last whole record counts.
func TestJournalTornAtEachByte(t *testing.T) {
	text, first, before, after := twoRecords(t)
	for _, tail := range []string{"", "\x00", strings.Repeat("\x00", 300), "sigvier"} {
		for n := range len(text) + 1 {
			log, err := parseJournal(text[:n] + tail)
			switch {
			case n < first:
				if err == nil {
					t.Fatalf("cut at byte %d, before %q: no error", n, tail)
				}
			case err != nil:
				t.Fatalf("cut at byte %d, before %q: %v", n, tail, err)
			case n < len(text):
				if diff := cmp.Diff(journalLog{anIdentity, before, before}, log, comparePieces); diff != "" {
					t.Fatalf("cut at byte %d, before %q (-want +got)\n%s", n, tail, diff)
				}
			default:
				if diff := cmp.Diff(journalLog{anIdentity, before, after}, log, comparePieces); diff != "" {
					t.Fatalf("whole, before %q (-want +got)\n%s", tail, diff)
				}
			}
		}
	}
}

// One wrong bit, wherever it is, is noticed.
func TestJournalFlippedAtEachBit(t *testing.T) {
	text, first, before, _ := twoRecords(t)
	for i := range len(text) {
		for bit := range 8 {
			wrong := []byte(text)
			wrong[i] ^= 1 << bit
			log, err := parseJournal(string(wrong))
			if i < first {
				if err == nil {
					t.Fatalf("bit %d of byte %d: no error", bit, i)
				}
				continue
			}
			if diff := cmp.Diff(journalLog{anIdentity, before, before}, log, comparePieces); err != nil || diff != "" {
				t.Fatalf("bit %d of byte %d: %v (-want +got)\n%s", bit, i, err, diff)
			}
		}
	}
}

// Whatever a text is: what is read from it is in order and within the object, and
// writing it gives the text again.
func FuzzJournal(f *testing.F) {
	text, _, _, _ := twoRecords(f)
	f.Add(text)
	f.Add(string(record{"f", identity{Bucket: "b", Algorithm: checksum.CRC64NVME}, nil}.append(nil)))
	f.Fuzz(func(t *testing.T, text string) {
		// The sum at the end would keep almost all out that is worth trying.
		if head, _, ok := strings.Cut(text, "\nend "); ok {
			text = resum(head + "\n")
		}
		log, err := parseJournal(text)
		if err != nil {
			return
		}
		for _, pieces := range [][]piece{log.synced, log.pieces} {
			next := int64(0)
			for _, p := range pieces {
				if p.first < next || p.length < 1 || p.first > log.id.Size-p.length || p.sum.Algorithm() != log.id.Algorithm {
					t.Fatalf("a piece %+v, where the next may begin at %d, of %+v", p, next, log.id)
				}
				next = p.first + p.length
			}
		}
		if r, rest, ok := cutRecord(text); !ok || string(r.append(nil))+rest != text {
			t.Fatalf("%q is read, and written otherwise", text)
		}
	})
}

func newJournal(t *testing.T) *journal {
	return &journal{name: filepath.Join(t.TempDir(), "j"), of: "f", id: anIdentity}
}

func (j *journal) mustRead(t *testing.T) journalLog {
	t.Helper()
	log, err := j.read()
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestJournalAppendsAndReplaces(t *testing.T) {
	j := newJournal(t)
	a, b, c := piecesOf(t, 0, 10), piecesOf(t, 0, 20), piecesOf(t, 0, 30)
	want := func(synced, pieces []piece) {
		t.Helper()
		if diff := cmp.Diff(journalLog{anIdentity, synced, pieces}, j.mustRead(t), comparePieces); diff != "" {
			t.Errorf("the log (-want +got)\n%s", diff)
		}
	}
	must(t, j.append(t.Context(), a))
	want(a, a)
	must(t, j.append(t.Context(), b))
	want(a, b)
	must(t, j.replace(t.Context(), b))
	want(b, b)
	must(t, j.append(t.Context(), a)) // which is late
	want(b, b)
	must(t, j.append(t.Context(), c))
	want(b, c)
	must(t, j.replace(t.Context(), b)) // the bytes of c came while those of b were being synced
	want(b, c)
	size := j.size
	must(t, j.append(t.Context(), c)) // nothing has come
	if j.size != size {
		t.Errorf("the same again is written again")
	}
	must(t, j.replace(t.Context(), c))
	want(c, c)
	if entries, err := os.ReadDir(filepath.Dir(j.name)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v, want the journal alone", entries, err)
	}
	j.remove()
	if entries, err := os.ReadDir(filepath.Dir(j.name)); err != nil || len(entries) != 0 {
		t.Errorf("the folder has %v, %v, want nothing", entries, err)
	}
}

// A journal that is seldom synced stays short all the same, and what was synced stays
// in it.
func TestJournalIsBounded(t *testing.T) {
	j := newJournal(t)
	synced := piecesOf(t, 0, 1)
	j.id.Key = strings.Repeat("k", maxJournal/4)
	must(t, j.replace(t.Context(), synced))
	for n := int64(1); n <= 4; n++ {
		must(t, j.append(t.Context(), piecesOf(t, 0, n+1)))
		if info, err := os.Stat(j.name); err != nil || info.Size() > maxJournal {
			t.Fatalf("after %d records: %v, %v, want at most %d bytes", n+1, info, err, maxJournal)
		}
		if log := j.mustRead(t); !slices.Equal(log.pieces, piecesOf(t, 0, n+1)) || !slices.Equal(log.synced, synced) {
			t.Fatalf("after %d records it has %v and synced %v", n+1, log.pieces, log.synced)
		}
	}
	must(t, os.WriteFile(j.name, bytes.Repeat([]byte("x"), maxJournal+1), 0o600))
	if _, err := j.read(); err == nil || !strings.Contains(err.Error(), "more than 8388608 bytes") {
		t.Errorf("got %v, want that it is too long", err)
	}
}

// Half a record does not stand before the next ones.
func TestJournalGoesOnAfterAFailure(t *testing.T) {
	j := newJournal(t)
	a, b := piecesOf(t, 0, 10), piecesOf(t, 0, 20)
	must(t, j.append(t.Context(), a))
	half := record{"f", anIdentity, b}.append(nil)
	_, err := j.file.Write(half[:len(half)/2])
	must(t, err)
	j.file.Close()
	if err := j.append(t.Context(), b); err == nil {
		t.Fatal("no error")
	}
	if got := j.mustRead(t).pieces; !slices.Equal(got, a) {
		t.Errorf("after the failure it has %v, want %v", got, a)
	}
	must(t, j.append(t.Context(), b))
	if got := j.mustRead(t).pieces; !slices.Equal(got, b) {
		t.Errorf("got %v, want %v", got, b)
	}
}

func TestJournalIsWrittenByManyAtOnce(t *testing.T) {
	j := newJournal(t)
	var all sync.WaitGroup
	for i := range int64(8) {
		all.Go(func() {
			for n := range int64(20) {
				pieces := piecesOf(t, 0, 1+i*20+n)
				if n%5 == 0 {
					if err := j.replace(t.Context(), pieces); err != nil {
						t.Error(err)
					}
				} else if err := j.append(t.Context(), pieces); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(j.name)
	must(t, err)
	for rest := string(text); rest != ""; {
		var ok bool
		if _, rest, ok = cutRecord(rest); !ok {
			t.Fatal("a record is not whole")
		}
	}
}

// Another process's file under the journal's name is neither read nor written.
func TestJournalOfSomeoneElse(t *testing.T) {
	j := newJournal(t)
	must(t, j.append(t.Context(), piecesOf(t, 0, 10)))
	before, err := os.ReadFile(j.name)
	must(t, err)
	must(t, os.Rename(j.name, j.name+".old"))
	must(t, os.WriteFile(j.name, []byte("theirs"), 0o600))
	must(t, j.append(t.Context(), piecesOf(t, 0, 20)))
	j.remove()
	if theirs, err := os.ReadFile(j.name); err != nil || string(theirs) != "theirs" {
		t.Errorf("the other file has %q, %v", theirs, err)
	}
	if old, err := os.ReadFile(j.name + ".old"); err != nil || len(old) <= len(before) {
		t.Errorf("the record went elsewhere: %v", err)
	}
}

// resum gives a text the last line that it would have as a record.
func resum(head string) string {
	return head + fmt.Sprintf("end %08x\n", crc32.Checksum([]byte(head), castagnoli))
}
