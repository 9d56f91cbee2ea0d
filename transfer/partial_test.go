package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// open opens the partial file of an interrupted download, or of a new one.
func open(t testing.TB, path string) *partial {
	t.Helper()
	p, err := openPartial(path, true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin opens and starts.
func begin(t testing.TB, path string, id identity) (p *partial, found []piece, why string) {
	t.Helper()
	p = open(t, path)
	found, why, err := p.start(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p, found, why
}

// die ends a partial as the death of its process does: it says nothing any more.
func (p *partial) die() {
	p.file.Close()
	p.twin.Close()
	if p.journal != nil {
		p.journal.close()
	}
}

// write writes runs of the content.
func write(t testing.TB, p *partial, data []byte, runs ...int64) {
	t.Helper()
	for i := 0; i < len(runs); i += 2 {
		if _, err := p.WriteAt(data[runs[i]:runs[i]+runs[i+1]], runs[i]); err != nil {
			t.Fatal(err)
		}
	}
}

// interrupted leaves what a download of the content leaves that was killed with
// these runs in the journal.
func interrupted(t testing.TB, path string, runs ...int64) {
	t.Helper()
	p, _, _ := begin(t, path, anIdentity)
	write(t, p, content(1000), runs...)
	must(t, p.checkpoint(t.Context(), piecesOf(t, runs...), false))
	p.die()
}

// folder is what is in a folder, with the two names that are found again made short.
func folder(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".sigvier-") {
			name = filepath.Ext(name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func wantNames(t testing.TB, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, folder(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got)\n%s", diff)
	}
}

func wantPieces(t testing.TB, got, want []piece) {
	t.Helper()
	if diff := cmp.Diff(want, got, comparePieces); diff != "" {
		t.Errorf("the pieces (-want +got)\n%s", diff)
	}
}

func TestPartialIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	data := content(1000)
	interrupted(t, path, 0, 100, 500, 20)
	wantNames(t, dir, ".journal", ".part")

	p, found, why := begin(t, path, anIdentity)
	if why != "" {
		t.Errorf("it begins afresh: %s", why)
	}
	wantPieces(t, found, piecesOf(t, 0, 100, 500, 20))
	write(t, p, data, 100, 400, 520, 480)
	must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
	got := make([]byte, 1000)
	if _, err := p.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
		t.Errorf("it has other bytes, %v", err)
	}
	p.die()

	p, found, _ = begin(t, path, anIdentity) // when all was there but the name
	wantPieces(t, found, piecesOf(t, 0, 1000))
	must(t, p.commit(t.Context()))
	p.discard()
	wantNames(t, dir, "file")
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the file has other bytes, %v", err)
	}
}

// Without resume nothing is found again and nothing is kept.
func TestPartialWithoutResume(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	interrupted(t, path, 0, 100)
	p, err := openPartial(path, false)
	must(t, err)
	wantNames(t, dir, ".part")
	found, why, err := p.start(t.Context(), anIdentity)
	if len(found) > 0 || why != "" || err != nil {
		t.Errorf("got %v, %q, %v, want nothing", found, why, err)
	}
	write(t, p, content(1000), 0, 1000)
	must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
	p.discard()
	wantNames(t, dir)

	// One that is under way is not touched.
	first, _, _ := begin(t, path, anIdentity)
	write(t, first, content(1000), 0, 1000)
	must(t, first.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
	p, err = openPartial(path, false)
	must(t, err)
	wantNames(t, dir, ".journal", ".part", ".part")
	must(t, first.commit(t.Context()))
	p.discard()
	wantNames(t, dir, "file")
}

// What is left is kept until it is known to be of no use.
func TestDiscard(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, path string)
		left []string
	}{
		{"a new one that was not started", func(t *testing.T, path string) { open(t, path).discard() }, nil},
		{"an old one that was not started", func(t *testing.T, path string) {
			interrupted(t, path, 0, 100)
			open(t, path).discard()
		}, []string{".journal", ".part"}},
		{"one without a byte", func(t *testing.T, path string) {
			p, _, _ := begin(t, path, anIdentity)
			must(t, p.checkpoint(t.Context(), nil, true))
			p.discard()
		}, nil},
		{"one with bytes that are in no journal", func(t *testing.T, path string) {
			p, _, _ := begin(t, path, anIdentity)
			write(t, p, content(1000), 0, 10)
			p.discard()
		}, nil},
		{"one with bytes", func(t *testing.T, path string) {
			p, _, _ := begin(t, path, anIdentity)
			write(t, p, content(1000), 0, 10)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 10), false))
			p.discard()
		}, []string{".journal", ".part"}},
		{"one with bytes found again", func(t *testing.T, path string) {
			interrupted(t, path, 0, 100)
			p, _, _ := begin(t, path, anIdentity)
			p.discard()
		}, []string{".journal", ".part"}},
		{"one of another object", func(t *testing.T, path string) {
			interrupted(t, path, 0, 100)
			other := anIdentity
			other.ETag = `"e2"`
			p, _, _ := begin(t, path, other)
			p.discard()
		}, nil},
		{"one that must not be trusted", func(t *testing.T, path string) {
			interrupted(t, path, 0, 100)
			p, _, _ := begin(t, path, anIdentity)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 100), true))
			p.forget()
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 100), false))
			p.discard()
		}, nil},
		{"one whose start was cancelled", func(t *testing.T, path string) {
			interrupted(t, path, 0, 100)
			p := open(t, path)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if found, why, err := p.start(ctx, anIdentity); !errors.Is(err, context.Canceled) || found != nil || why != "" {
				t.Errorf("got %v, %q, %v, want %v", found, why, err, context.Canceled)
			}
			p.discard()
		}, []string{".journal", ".part"}},
		{"one whose name another file has now", func(t *testing.T, path string) {
			p, _, _ := begin(t, path, anIdentity)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 100), false))
			p.forget()
			must(t, os.Remove(p.file.Name()))
			must(t, os.WriteFile(p.file.Name(), []byte("theirs"), 0o600))
			p.discard()
		}, []string{".part"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.run(t, filepath.Join(dir, "file"))
			wantNames(t, dir, test.left...)
		})
	}
}

// What begins afresh says why; and begins afresh indeed, with no old byte.
func TestPartialBeginsAfresh(t *testing.T) {
	id := func(change func(*identity)) identity {
		id := anIdentity
		change(&id)
		return id
	}
	part := func(t *testing.T, dir string) string {
		names, err := filepath.Glob(filepath.Join(dir, ".sigvier-*.part"))
		if err != nil || len(names) != 1 {
			t.Fatalf("the partial files are %q, %v", names, err)
		}
		return names[0]
	}
	log := func(t *testing.T, dir string) string { return strings.TrimSuffix(part(t, dir), ".part") + ".journal" }
	for _, test := range []struct {
		name   string
		id     identity
		change func(t *testing.T, dir string)
		why    string
	}{
		{"another ETag", id(func(id *identity) { id.ETag = `"e2"` }), nil, `the object changed since: its ETag was "e1" and is "e2"`},
		{"another version", id(func(id *identity) { id.VersionID = "v2" }), nil, `the object changed since: its version was "v1" and is "v2"`},
		{"another size", id(func(id *identity) { id.Size = 999 }), nil, `the object changed since: it had 1000 bytes and has 999`},
		{"no bytes any more", id(func(id *identity) { id.Size = 0 }), nil, `it had 1000 bytes and has 0`},
		{"another key", id(func(id *identity) { id.Key = "k" }), nil, "the bytes that were there are of s3://data/a"},
		{"another bucket", id(func(id *identity) { id.Bucket = "b" }), nil, "the bytes that were there are of s3://data/a"},
		{"the journal is missing", anIdentity, func(t *testing.T, dir string) { must(t, os.Remove(log(t, dir))) }, "nothing says which"},
		{"the journal is torn", anIdentity, func(t *testing.T, dir string) { must(t, os.Truncate(log(t, dir), 100)) }, "it is damaged"},
		{"the journal is empty", anIdentity, func(t *testing.T, dir string) { must(t, os.Truncate(log(t, dir), 0)) }, "it is damaged"},
		{"the journal is another program's", anIdentity, func(t *testing.T, dir string) { must(t, os.WriteFile(log(t, dir), []byte("hello\n"), 0o600)) }, "it is damaged"},
		{"the journal is a folder", anIdentity, func(t *testing.T, dir string) {
			name := log(t, dir)
			must(t, os.Remove(name))
			must(t, os.Mkdir(name, 0o700))
		}, "its journal cannot be used"},
		{"the file is shorter", anIdentity, func(t *testing.T, dir string) { must(t, os.Truncate(part(t, dir), 999)) }, "999 bytes and not 1000"},
		{"the file is longer", anIdentity, func(t *testing.T, dir string) { must(t, os.Truncate(part(t, dir), 1001)) }, "1001 bytes and not 1000"},
		{"its bytes are others", anIdentity, func(t *testing.T, dir string) { must(t, os.WriteFile(part(t, dir), make([]byte, 1000), 0o600)) }, "none of the bytes"},
		{"the file is empty", anIdentity, func(t *testing.T, dir string) { must(t, os.Truncate(part(t, dir), 0)) }, ""},
		{"the file is missing", anIdentity, func(t *testing.T, dir string) { must(t, os.Remove(part(t, dir))) }, ""},
		{"the file was not there before", anIdentity, func(t *testing.T, dir string) {
			must(t, os.Remove(log(t, dir)))
			must(t, os.Remove(part(t, dir)))
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			interrupted(t, path, 0, 100, 500, 20)
			if test.change != nil {
				test.change(t, dir)
			}
			p, found, why := begin(t, path, test.id)
			if (why == "") != (test.why == "") || !strings.Contains(why, test.why) {
				t.Errorf("it says %q, want %q", why, test.why)
			}
			wantPieces(t, found, nil)
			wantNames(t, dir, ".part")
			got, err := os.ReadFile(part(t, dir))
			if err != nil || !bytes.Equal(got, make([]byte, test.id.Size)) {
				t.Errorf("it has old bytes, or not %d: %d, %v", test.id.Size, len(got), err)
			}
			must(t, p.commit(t.Context()))
			p.discard()
			wantNames(t, dir, "file")
		})
	}
}

// A piece whose bytes are wrong is dropped, and the others count.
func TestPiecesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, a := range []checksum.Algorithm{checksum.CRC32, checksum.CRC32C, checksum.CRC64NVME} { // HEAD may tell another one next time
		for wrong := -1; wrong < 3; wrong++ {
			t.Run(fmt.Sprint(a, wrong), func(t *testing.T) {
				interrupted(t, path, 0, 100, 500, 20, 900, 100)
				p := open(t, path)
				want := []piece{pieceOf(t, content(1000), a, 0, 100), pieceOf(t, content(1000), a, 500, 20), pieceOf(t, content(1000), a, 900, 100)}
				if wrong >= 0 {
					write(t, p, []byte("?"), 0, 0)
					_, err := p.WriteAt([]byte("?"), want[wrong].first+7)
					must(t, err)
					want = slices.Delete(want, wrong, wrong+1)
				}
				id := anIdentity
				id.Algorithm = a
				found, why, err := p.start(t.Context(), id)
				if err != nil || why != "" {
					t.Fatalf("got %q, %v, want some pieces", why, err)
				}
				wantPieces(t, found, want)
				if log := p.journal.mustRead(t); !slices.Equal(log.pieces, want) || log.id != id {
					t.Errorf("the journal has %+v, want %v", log, want)
				}
				p.forget()
				p.discard()
			})
		}
	}
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

// Pieces of several blocks, as they are read in parallel.
func TestLargePiecesAreReadAgain(t *testing.T) {
	sum := func(n int64) checksum.Value {
		h, err := checksum.CRC32C.New()
		must(t, err)
		for buf := make([]byte, 1<<20); n > 0; n -= int64(len(buf)) {
			h.Write(buf[:min(n, int64(len(buf)))])
		}
		return h.Value()
	}
	var pieces []piece
	first := int64(5)
	for _, n := range []int64{1, rereadBlock - 1, rereadBlock, rereadBlock + 1, 2*rereadBlock + 12345} {
		pieces = append(pieces, piece{first, n, sum(n)})
		first += n + 3
	}
	found, err := reread(t.Context(), zeros{}, pieces, checksum.CRC32C)
	must(t, err)
	wantPieces(t, found, pieces)

	wrong := slices.Clone(pieces)
	wrong[1].sum, wrong[4].length = wrong[0].sum, wrong[4].length-1
	found, err = reread(t.Context(), zeros{}, wrong, checksum.CRC32C)
	must(t, err)
	wantPieces(t, found, []piece{pieces[0], pieces[2], pieces[3]})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := reread(ctx, zeros{}, pieces, checksum.CRC32C); !errors.Is(err, context.Canceled) || found != nil {
		t.Errorf("got %v, %v, want %v", found, err, context.Canceled)
	}
}

// disk is what was on it at a moment.
type disk map[string][]byte

func snapshot(t testing.TB, dir string) disk {
	t.Helper()
	d := disk{}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if d[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// A whole download in small steps. After each of them the power may go, and of each
// file the disk may have any older state than the last, but for what was synced. No
// wrong byte counts then, and none that was synced is lost.
func TestCrashAtEachStep(t *testing.T) {
	data := content(1000)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	type moment struct {
		disk   disk
		pieces []piece // in the journal
		synced int     // the moment whose pieces are on the disk for sure
	}
	var moments []moment
	synced := -1
	note := func(pieces []piece) {
		moments = append(moments, moment{snapshot(t, dir), pieces, synced})
	}
	p := open(t, path)
	note(nil)
	_, _, err := p.start(t.Context(), anIdentity)
	must(t, err)
	note(nil)
	for i, runs := range [][]int64{
		{0, 50}, {0, 50, 400, 30}, {0, 200, 400, 30}, {0, 200, 400, 100, 900, 100}, {0, 500, 900, 100}, {0, 700, 900, 100}, {0, 1000},
	} {
		write(t, p, data, runs...)
		note(nil)
		must(t, p.checkpoint(t.Context(), piecesOf(t, runs...), i%3 == 1))
		if i%3 == 1 {
			synced = len(moments)
		}
		note(piecesOf(t, runs...))
	}
	must(t, p.commit(t.Context()))
	p.discard()
	wantNames(t, dir, "file")
	names := slices.Collect(maps.Keys(moments[len(moments)-1].disk))
	slices.Sort(names)
	if len(names) != 2 {
		t.Fatalf("the names are %q, want a journal and a partial file", names)
	}
	crashes, kept := 0, 0
	for last, m := range moments {
		for part := max(0, m.synced); part <= last; part++ {
			for log := max(0, m.synced); log <= last; log++ {
				crashes++
				dir := t.TempDir()
				for name, from := range map[string]int{names[0]: log, names[1]: part} {
					if b, ok := moments[from].disk[name]; ok {
						must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
					}
				}
				p, found, _ := begin(t, filepath.Join(dir, "file"), anIdentity)
				there, err := os.ReadFile(p.file.Name())
				must(t, err)
				var runs []int64
				for _, f := range found {
					if !bytes.Equal(there[f.first:f.first+f.length], data[f.first:f.first+f.length]) {
						t.Fatalf("crash at step %d with the file of %d and the journal of %d: wrong bytes count", last, part, log)
					}
					runs = append(runs, f.first, f.length)
				}
				wantPieces(t, found, piecesOf(t, runs...))
				if m.synced >= 0 {
					for _, s := range moments[m.synced].pieces {
						if !slices.ContainsFunc(found, func(f piece) bool { return f.first <= s.first && s.first+s.length <= f.first+f.length }) {
							t.Errorf("crash at step %d with the file of %d and the journal of %d: bytes %d-%d were synced and are lost", last, part, log, s.first, s.first+s.length-1)
						}
					}
				}
				if part == last && log == last { // the process was killed, and no more
					i := last
					for i > 0 && moments[i].pieces == nil {
						i--
					}
					wantPieces(t, found, moments[i].pieces)
				}
				kept += len(found)
				p.die()
			}
		}
	}
	t.Logf("%d crashes, %d pieces found again", crashes, kept)
}

// The process dies between two calls of the system within a step.
func TestCrashWithinAStep(t *testing.T) {
	data := content(1000)
	for _, test := range []struct {
		name  string
		leave func(t *testing.T, p *partial)
		found []piece
	}{
		{"a new journal half written", func(t *testing.T, p *partial) {
			must(t, os.WriteFile(p.journal.name+".new", []byte("sigvier down"), 0o600))
		}, piecesOf(t, 0, 100)},
		{"a new journal not yet renamed", func(t *testing.T, p *partial) {
			must(t, os.WriteFile(p.journal.name+".new", record{"file", anIdentity, piecesOf(t, 0, 200)}.append(nil), 0o600))
		}, piecesOf(t, 0, 100)},
		{"a record half appended", func(t *testing.T, p *partial) {
			r := record{"file", anIdentity, piecesOf(t, 0, 200)}.append(nil)
			_, err := p.journal.file.Write(r[:len(r)-3])
			must(t, err)
		}, piecesOf(t, 0, 100)},
		{"the file renamed, the journal not yet removed", func(t *testing.T, p *partial) {
			must(t, os.Rename(p.file.Name(), p.path))
		}, nil},
		{"the file cut to nothing, the journal not yet removed", func(t *testing.T, p *partial) {
			must(t, p.file.Truncate(0))
		}, nil},
		{"the journal removed, the file not yet", func(t *testing.T, p *partial) {
			must(t, os.Remove(p.journal.name))
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			p, _, _ := begin(t, path, anIdentity)
			write(t, p, data, 0, 200)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 100), false))
			test.leave(t, p)
			p.die()
			p, found, _ := begin(t, path, anIdentity)
			wantPieces(t, found, test.found)
			write(t, p, data, 0, 1000)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
			must(t, p.commit(t.Context()))
			p.discard()
			wantNames(t, dir, "file")
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
				t.Errorf("the file has other bytes, %v", err)
			}
		})
	}
}

// Two downloads to the same file in one process: the second does without what the
// first one has.
func TestPartialIsLocked(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	first, _, _ := begin(t, path, anIdentity)
	write(t, first, content(1000), 0, 1000)
	must(t, first.checkpoint(t.Context(), piecesOf(t, 0, 1000), false))
	second, found, why := begin(t, path, anIdentity)
	if found != nil || !strings.Contains(why, "another download to it is under way") {
		t.Errorf("got %v, %q, want that another one is under way", found, why)
	}
	write(t, second, bytes.Repeat([]byte("2"), 1000), 0, 1000)
	must(t, second.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
	wantNames(t, dir, ".journal", ".part", ".part")
	must(t, first.commit(t.Context()))
	first.discard()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content(1000)) {
		t.Errorf("the first has other bytes, %v", err)
	}
	third, found, why := begin(t, path, anIdentity) // the name is free again
	if found != nil || why != "" || third.journal == nil {
		t.Errorf("got %v, %q, want a new beginning", found, why)
	}
	must(t, second.commit(t.Context()))
	second.discard()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("2"), 1000)) {
		t.Errorf("the second has other bytes, %v", err)
	}
	third.discard()
	wantNames(t, dir, "file")
}

// Many at once, all to the same file, some of which fail: what is there is always
// one of them, whole.
func TestManyToTheSameFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 30 {
				p, err := openPartial(path, true)
				if err != nil {
					t.Error(err)
					return
				}
				id := anIdentity
				id.ETag = fmt.Sprint(i)
				if _, _, err := p.start(t.Context(), id); err != nil {
					t.Error(err)
				}
				data := bytes.Repeat([]byte{byte('a' + i)}, 1000)
				for off := 0; off < 1000; off += 100 {
					if _, err := p.WriteAt(data[off:off+100], int64(off)); err != nil {
						t.Error(err)
					}
					if err := p.checkpoint(t.Context(), []piece{pieceOf(t, data, checksum.CRC32C, 0, int64(off)+100)}, n%4 == 3 && off == 500); err != nil {
						t.Error(err)
					}
				}
				if n%3 > 0 {
					if err := p.commit(t.Context()); err != nil {
						t.Error(err)
					}
					if got, err := os.ReadFile(path); err != nil || len(got) != 1000 || !bytes.Equal(got, bytes.Repeat(got[:1], 1000)) {
						t.Errorf("the file has %d bytes that are not one download's, %v", len(got), err)
					}
				}
				p.discard()
			}
		})
	}
	all.Wait()
	p := open(t, path)
	p.forget()
	p.keep.Store(false)
	p.discard()
	for _, name := range folder(t, dir) {
		if name == ".part" || name == ".new" {
			t.Errorf("the folder has %q", folder(t, dir))
		}
	}
}

// The names fit beside the longest that a file can have.
func TestPartialOfALongName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, strings.Repeat("x", 255))
	interrupted(t, path, 0, 100)
	p, found, _ := begin(t, path, anIdentity)
	wantPieces(t, found, piecesOf(t, 0, 100))
	must(t, p.commit(t.Context()))
	wantNames(t, dir, filepath.Base(path))
}

// Each file has its own.
func TestPartialsOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range int64(5) {
		interrupted(t, filepath.Join(dir, fmt.Sprint(i)), i, 100)
	}
	for i := range int64(5) {
		p, found, _ := begin(t, filepath.Join(dir, fmt.Sprint(i)), anIdentity)
		wantPieces(t, found, piecesOf(t, i, 100))
		must(t, p.commit(t.Context()))
		p.discard()
	}
	wantNames(t, dir, "0", "1", "2", "3", "4")
}

// reopen gives a partial file that can do less.
func reopen(t *testing.T, p *partial, flag int) {
	t.Helper()
	p.file.Close()
	var err error
	if p.file, err = os.OpenFile(p.file.Name(), flag, 0); err != nil {
		t.Fatal(err)
	}
}

// Errors name the file that the user knows, and say what becomes of the bytes.
func TestPartialErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(t *testing.T, p *partial, dir string) error
		want error
		text string
		left []string // in the folder, if it is there
	}{
		{"a write that fails", func(t *testing.T, p *partial, dir string) error {
			reopen(t, p, os.O_RDONLY)
			_, err := p.WriteAt([]byte("x"), 0)
			return err
		}, nil, "what has come is kept, and the same download goes on from there", []string{".journal", ".part"}},
		{"a read that fails", func(t *testing.T, p *partial, dir string) error {
			reopen(t, p, os.O_WRONLY)
			_, err := p.ReadAt(make([]byte, 1), 0)
			return err
		}, nil, "read", []string{".journal", ".part"}},
		{"a journal that cannot be written", func(t *testing.T, p *partial, dir string) error {
			p.journal.file.Close()
			return p.checkpoint(t.Context(), piecesOf(t, 0, 200), false)
		}, fs.ErrClosed, "write the journal of", []string{".journal", ".part"}},
		{"a journal that cannot be replaced", func(t *testing.T, p *partial, dir string) error {
			must(t, os.MkdirAll(filepath.Join(p.journal.name+".new", "x"), 0o700))
			return p.checkpoint(t.Context(), piecesOf(t, 0, 200), true)
		}, fs.ErrExist, "write the journal of", []string{".journal", ".new", ".part"}},
		{"a sync that fails", func(t *testing.T, p *partial, dir string) error {
			p.twin.Close()
			return p.checkpoint(t.Context(), piecesOf(t, 0, 200), true)
		}, fs.ErrClosed, "sync", nil},
		{"a folder under the final name", func(t *testing.T, p *partial, dir string) error {
			must(t, os.Mkdir(p.path, 0o700))
			return p.commit(t.Context())
		}, nil, "what has come is kept", []string{".journal", ".part", "file"}},
		{"a partial file that is gone", func(t *testing.T, p *partial, dir string) error {
			must(t, os.Remove(p.file.Name()))
			return p.commit(t.Context())
		}, nil, "removed or replaced under way", nil},
		{"a partial file that is another one", func(t *testing.T, p *partial, dir string) error {
			must(t, os.Remove(p.file.Name()))
			must(t, os.WriteFile(p.file.Name(), []byte("theirs"), 0o600))
			return p.commit(t.Context())
		}, nil, "removed or replaced under way", []string{".part"}},
		{"a folder that is gone", func(t *testing.T, p *partial, dir string) error {
			must(t, os.RemoveAll(dir))
			return p.checkpoint(t.Context(), piecesOf(t, 0, 200), true)
		}, fs.ErrNotExist, "write the journal of", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			must(t, os.Mkdir(dir, 0o700))
			path := filepath.Join(dir, "file")
			p, _, _ := begin(t, path, anIdentity)
			write(t, p, content(1000), 0, 200)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 100), false))
			err := test.do(t, p, dir)
			if named := (*fs.PathError)(nil); !errors.As(err, &named) || named.Path != path || strings.Contains(err.Error(), ".sigvier-") {
				t.Errorf("the error is %v, want one of %s", err, path)
			}
			if err != nil && (!strings.Contains(err.Error(), test.text) || test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("the error is %v, want %v %q", err, test.want, test.text)
			}
			p.discard()
			if _, err := os.Stat(dir); err == nil {
				wantNames(t, dir, test.left...)
			}
		})
	}
}

// What is not kept is not said to be.
func TestPartialErrorWithoutAJournal(t *testing.T) {
	dir := t.TempDir()
	p, _, _ := begin(t, filepath.Join(dir, "file"), anIdentity)
	reopen(t, p, os.O_RDONLY)
	if _, err := p.WriteAt([]byte("x"), 0); err == nil || strings.Contains(err.Error(), "kept") {
		t.Errorf("got %v, want that it cannot be written", err)
	}
	p.discard()
	wantNames(t, dir)
}

// An object that no disk holds is refused before its first byte is written.
func TestReserveWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	p := open(t, filepath.Join(dir, "file"))
	id := anIdentity
	id.Size = 1<<63 - 1
	_, _, err := p.start(t.Context(), id)
	if named := (*fs.PathError)(nil); !errors.As(err, &named) || named.Path != p.path {
		t.Errorf("the error is %v, want one of %s", err, p.path)
	}
	p.discard()
	wantNames(t, dir)
}
