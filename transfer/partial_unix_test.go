//go:build unix

package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Links, owners, modes and processes, as Unix has them.

// namesOf gives the names of a path's partial file and journal.
func namesOf(t *testing.T, path string) (part, log string) {
	t.Helper()
	p := open(t, path)
	part, log = p.file.Name(), p.journal.name
	p.discard()
	return part, log
}

// What others have put under the names is not written to, and the download goes on
// under another.
func TestPartialFollowsNoLink(t *testing.T) {
	for _, test := range []struct {
		name  string
		plant func(part, log, victim string) error
		why   string // that it cannot be resumed
		left  []string
	}{
		{"a link for the partial file", func(part, log, victim string) error { return os.Symlink(victim, part) }, "no file of this user", []string{".part"}},
		{"a loose link for the partial file", func(part, log, victim string) error { return os.Symlink(victim+"2", part) }, "no file of this user", []string{".part"}},
		{"another name of a file", func(part, log, victim string) error { return os.Link(victim, part) }, "no file of this user", []string{".part"}},
		{"a pipe", func(part, log, victim string) error { return syscall.Mkfifo(part, 0o600) }, "no file of this user", []string{".part"}},
		{"a folder", func(part, log, victim string) error { return os.Mkdir(part, 0o700) }, "no file of this user", []string{".part"}},
		{"a link for the journal", func(part, log, victim string) error {
			return errors.Join(os.WriteFile(part, make([]byte, 1000), 0o600), os.Symlink(victim, log))
		}, "its journal cannot be used", nil},
		{"another name of a file for the journal", func(part, log, victim string) error {
			return errors.Join(os.WriteFile(part, make([]byte, 1000), 0o600), os.Link(victim, log))
		}, "its journal cannot be used", nil},
		{"a pipe for the journal", func(part, log, victim string) error {
			return errors.Join(os.WriteFile(part, make([]byte, 1000), 0o600), syscall.Mkfifo(log, 0o600))
		}, "its journal cannot be used", nil},
		{"a link for the new journal", func(part, log, victim string) error { return os.Symlink(victim, log+".new") }, "", nil},
		{"a link for the journal of a new file", func(part, log, victim string) error { return os.Symlink(victim, log) }, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			victim := filepath.Join(t.TempDir(), "victim")
			// It would even be a good journal.
			precious := record{"file", anIdentity, piecesOf(t, 0, 100)}.append(nil)
			must(t, os.WriteFile(victim, precious, 0o600))
			part, log := namesOf(t, path)
			must(t, test.plant(part, log, victim))
			if test.why != "" && len(test.left) > 0 { // it is no partial file that could be removed either
				p, err := openPartial(path, false)
				must(t, err)
				p.discard()
				wantNames(t, dir, test.left...)
			}
			p, found, why := begin(t, path, anIdentity)
			if (why == "") != (test.why == "") || !strings.Contains(why, test.why) || strings.Contains(why, ".sigvier") {
				t.Errorf("it says %q, want %q", why, test.why)
			}
			wantPieces(t, found, nil)
			write(t, p, content(1000), 0, 1000)
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 500), false))
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 1000), true))
			must(t, p.checkpoint(t.Context(), piecesOf(t, 0, 1000), false))
			must(t, p.commit(t.Context()))
			p.discard()
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content(1000)) {
				t.Errorf("the file has other bytes, %v", err)
			}
			if got, err := os.ReadFile(victim); err != nil || !bytes.Equal(got, precious) {
				t.Errorf("the other file has %q, %v", got, err)
			}
			wantNames(t, dir, append(test.left, "file")...)
		})
	}
}

// A partial file of another user may be changed by him at any time.
func TestPartialOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root can give files away
	}
	for _, name := range []string{"part", "journal"} {
		path := filepath.Join(t.TempDir(), "file")
		part, log := namesOf(t, path)
		interrupted(t, path, 0, 100)
		must(t, os.Lchown(map[string]string{"part": part, "journal": log}[name], 12345, -1))
		_, found, why := begin(t, path, anIdentity)
		wantPieces(t, found, nil)
		if !strings.Contains(why, "no file of this user") {
			t.Errorf("with a %s of another user it says %q", name, why)
		}
	}
}

// The mode of the file that is replaced is that of the new one, and nobody but the
// owner can ever read more.
func TestPartialKeepsTheMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o600, 0o755, 0o400, 0o200, 0o000, 0o666} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		interrupted(t, path, 0, 100) // when it had any mode
		must(t, os.WriteFile(path, []byte("old"), 0o600))
		must(t, os.Chmod(path, mode))
		for range 2 {
			p, found, _ := begin(t, path, anIdentity)
			wantPieces(t, found, piecesOf(t, 0, 100))
			for _, name := range []string{p.file.Name(), p.journal.name} {
				info, err := os.Lstat(name)
				must(t, err)
				if got := info.Mode(); got&^(mode|0o600) != 0 {
					t.Errorf("during the download %s has the mode %v, and the file has %v", filepath.Ext(name), got, mode)
				}
			}
			p.die()
		}
		// The rename fails: the owner can go on with it still.
		p, _, _ := begin(t, path, anIdentity)
		p.path = filepath.Join(dir, "missing", "file")
		if err := p.commit(t.Context()); err == nil {
			t.Error("no error")
		}
		p.discard()
		info, err := os.Lstat(p.file.Name())
		must(t, err)
		if got := info.Mode().Perm(); got != mode|0o600 {
			t.Errorf("the mode of the partial file is %v, want %v", got, mode|0o600)
		}
		p, found, _ := begin(t, path, anIdentity)
		wantPieces(t, found, piecesOf(t, 0, 100))
		must(t, p.commit(t.Context()))
		p.discard()
		if info, err := os.Lstat(path); err != nil || info.Mode() != mode || info.Size() != 1000 {
			t.Errorf("the file is %v, %v, want 1000 bytes and mode %v", info, err, mode)
		}
	}
}

// A disk that is full, where the system has one to try.
func TestPartialOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return // Linux and NetBSD have it
	}
	defer full.Close()
	path := filepath.Join(t.TempDir(), "file")
	interrupted(t, path, 0, 100)
	p, _, _ := begin(t, path, anIdentity)
	real := p.file
	p.file = full
	n, err := p.WriteAt([]byte("x"), 200)
	p.file = real
	p.discard()
	want := "write " + path + ": no space left on device: what has come is kept, and the same download goes on from there"
	if n != 0 || !errors.Is(err, syscall.ENOSPC) || err.Error() != want {
		t.Errorf("got %d, %v, want %s", n, err, want)
	}
	_, found, _ := begin(t, path, anIdentity)
	wantPieces(t, found, piecesOf(t, 0, 100))
}

// holdPath is the variable that makes of TestAnotherProcess another process, which
// downloads to that path for ever.
const holdPath = "SIGVIER_TEST_HOLD"

func TestAnotherProcess(t *testing.T) {
	path := os.Getenv(holdPath)
	if path == "" {
		return // it is TestPartialIsKilled that wants it
	}
	data := content(1000)
	p, found, why := begin(t, path, anIdentity)
	fmt.Printf("has %d %s\n", covered(found), why)
	for n := int64(1); ; n++ {
		size := min(n, 1000)
		write(t, p, data, 0, size)
		must(t, p.checkpoint(t.Context(), piecesOf(t, 0, size), n%10 == 0))
	}
}

// another starts another process and waits until it works on the file.
func another(t *testing.T, path string) (kill func(), says string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAnotherProcess$")
	cmd.Env = append(os.Environ(), holdPath+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kill = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(kill)
	says, err = bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return kill, says
}

// Between processes: who is second does without; and who comes after the death of
// the first goes on where that was.
func TestPartialIsKilled(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for range 10 {
		kill, _ := another(t, path)
		p, found, why := begin(t, path, anIdentity)
		if found != nil || !strings.Contains(why, "another download to it is under way") {
			t.Errorf("got %v, %q, want that another one is under way", found, why)
		}
		p.discard()
		for deadline := time.Now().Add(10 * time.Second); !slices.Contains(folder(t, dir), ".journal") && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(rand.N(20 * time.Millisecond))
		kill()
		p, found, why = begin(t, path, anIdentity)
		for _, f := range found {
			got := make([]byte, f.length)
			if _, err := p.ReadAt(got, f.first); err != nil || !bytes.Equal(got, content(1000)[f.first:f.first+f.length]) {
				t.Errorf("wrong bytes count, or %v", err)
			}
		}
		if len(found) == 0 || why != "" {
			t.Errorf("it begins afresh: %s", why)
		}
		p.discard()
	}
	_, says := another(t, path) // it finds what this process has left
	if !strings.HasPrefix(says, "has ") || strings.HasPrefix(says, "has 0") {
		t.Errorf("the other one %q, want some bytes", says)
	}
}
