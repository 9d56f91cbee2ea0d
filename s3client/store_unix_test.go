//go:build unix

package s3client_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

func TestSavedFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.json")
	for _, before := range []fs.FileMode{0, 0o644, 0o666, 0o400} {
		if before != 0 { // 0: no file
			chmod(t, path, before)
		}
		if err := whole(t).Save(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode(); got != 0o600 {
			t.Errorf("the mode is %v, was %v, want 0600", got, before)
		}
	}
}

// Not more, not less: a file that its own owner may not read is lost.
func TestSavedFileIsReadableWhateverTheUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	for _, mask := range []int{0, 0o022, 0o077, 0o277, 0o777} {
		syscall.Umask(mask)
		path := filepath.Join(t.TempDir(), "reports.json")
		chmod(t, filepath.Dir(path), 0o700)
		if err := whole(t).Save(path); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("umask %04o: the mode is %v, %v, want 0600", mask, info.Mode(), err)
		}
	}
}

// A reader who has the old file open sees the old connection to its end.
func TestSaveReplacesTheFileAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.json")
	if err := whole(t).Save(path); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := (s3client.Connection{Name: "new"}).Save(path); err != nil {
		t.Fatal(err)
	}
	if c, err := s3client.ParseConnection(old); err != nil || c.Name != "reports" {
		t.Errorf("the old file has become %v, %v", c, err)
	}
}

// A process that is killed at whatever moment leaves one of the connections that it
// saved, and what else it leaves is its owner's alone.
func TestSaveOfAProcessThatIsKilled(t *testing.T) {
	const variable = "SIGVIER_TEST_SAVES"
	if path := os.Getenv(variable); path != "" {
		for n := 1; ; n = n%100 + 1 {
			c := whole(t)
			c.DownloadThreads, c.Name = n, strings.Repeat("x", n)
			if err := c.Save(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "reports.json")
	for n := range 10 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSaveOfAProcessThatIsKilled$")
		cmd.Env = append(os.Environ(), variable+"="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(path); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(n) * 3 * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait() // an error, for it was killed
		c, err := s3client.LoadConnection(path)
		if err != nil || c.Name != strings.Repeat("x", c.DownloadThreads) || c.SecretAccessKey.Reveal() != secret {
			t.Fatalf("after the kill there is %+v, %v", c, err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has mode %v, %v, want 0600", entry.Name(), info.Mode(), err)
		}
	}
}

func TestSaveDoesNotFollowALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target"), filepath.Join(folder, "link")
	for _, to := range []string{target, filepath.Join(folder, "missing")} {
		if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		wantErr(t, whole(t).Save(link), s3client.ErrUnsafeFile)
		if data, err := os.ReadFile(target); err != nil || string(data) != "mine" {
			t.Errorf("behind the link there is %q, %v", data, err)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link has become %v, %v", info, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPipesAreNotWaitedFor(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wantErr(t, whole(t).Save(pipe), s3client.ErrUnsafeFile)
	_, err := s3client.LoadConnection(pipe)
	wantErr(t, err, s3client.ErrUnsafeFile)
	c := aws()
	c.SecretAccessKey = s3client.NewSecret("file:" + pipe)
	_, err = c.Open(nil)
	wantErr(t, err, s3client.ErrInvalidConnection)
	if !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("%v does not say why", err)
	}
}

func TestFoldersThatEverybodyMayWrite(t *testing.T) {
	for _, test := range []struct {
		mode   fs.FileMode
		unsafe bool
	}{
		{0o700, false}, {0o755, false}, {0o775, false}, {0o777 | fs.ModeSticky, false}, {0o777, true}, {0o702, true},
	} {
		folder := filepath.Join(t.TempDir(), "folder")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, "reports.json")
		if err := whole(t).Save(path); err != nil {
			t.Fatal(err)
		}
		chmod(t, folder, test.mode)
		_, loading := s3client.LoadConnection(path)
		for _, err := range []error{whole(t).Save(path), loading} {
			if got := errors.Is(err, s3client.ErrUnsafeFile); got != test.unsafe || !got && err != nil {
				t.Errorf("in a folder of mode %v: %v, want it to be unsafe: %v", test.mode, err, test.unsafe)
			}
		}
	}
}

// A name as long as they may be has room for a temporary one beside it.
func TestSaveUnderALongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 250)+".json")
	if err := whole(t).Save(path); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	path = filepath.Join(t.TempDir(), strings.Repeat("x", 300))
	wantErr(t, whole(t).Save(path))
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 0 {
		t.Errorf("something is left behind: %v, %v", entries, err)
	}
}

// A link leads to a file in a folder of its own.
func TestLinksIntoFoldersThatEverybodyMayWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	target, link := filepath.Join(folder, "reports.json"), filepath.Join(t.TempDir(), "link")
	if err := whole(t).Save(target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := s3client.LoadConnection(link); err != nil {
		t.Error(err)
	}
	chmod(t, folder, 0o777)
	_, err := s3client.LoadConnection(link)
	wantErr(t, err, s3client.ErrUnsafeFile)
}

// Who else may read the file matters where there is a secret in it, who else may
// write it always.
func TestFilesThatOthersMayReadOrWrite(t *testing.T) {
	referring := whole(t)
	referring.SecretAccessKey, referring.SessionToken = s3client.NewSecret("env:SECRET"), s3client.NewSecret("file:/run/secrets/token")
	keyed := referring
	keyed.SecretAccessKey = s3client.NewSecret(secret)
	tokened := referring
	tokened.SessionToken = s3client.NewSecret(token)
	malformed := referring
	malformed.SecretAccessKey = s3client.NewSecret("env:" + secret)
	none := s3client.Connection{Name: "reports"}
	for _, test := range []struct {
		name   string
		form   s3client.Connection
		modes  []fs.FileMode
		unsafe bool
	}{
		{"a secret", keyed, []fs.FileMode{0o600, 0o400, 0o700}, false},
		{"a secret", keyed, []fs.FileMode{0o640, 0o604, 0o644, 0o440, 0o660, 0o602, 0o666}, true},
		{"a token", tokened, []fs.FileMode{0o600}, false},
		{"a token", tokened, []fs.FileMode{0o640, 0o604}, true},
		{"a secret that looks like a reference", malformed, []fs.FileMode{0o640, 0o604}, true},
		{"references", referring, []fs.FileMode{0o600, 0o644, 0o444, 0o755}, false},
		{"references", referring, []fs.FileMode{0o664, 0o646, 0o620, 0o602}, true},
		{"no secret", none, []fs.FileMode{0o600, 0o644, 0o444}, false},
		{"no secret", none, []fs.FileMode{0o664, 0o646, 0o666}, true},
	} {
		for _, mode := range test.modes {
			t.Run(fmt.Sprintf("%s %04o", test.name, mode), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "reports.json")
				if err := test.form.Save(path); err != nil {
					t.Fatal(err)
				}
				chmod(t, path, mode)
				c, err := s3client.LoadConnection(path)
				if !test.unsafe {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantErr(t, err, s3client.ErrUnsafeFile)
				if !strings.Contains(err.Error(), "chmod 600") || !strings.Contains(err.Error(), fmt.Sprintf("%04o", mode)) {
					t.Errorf("%v does not say what is wrong and what to do", err)
				}
				if c != (s3client.Connection{}) {
					t.Error("beside the error there is a connection")
				}
			})
		}
	}
}

// Secrets that containers mount are links, and may have any mode.
func TestReferencesFollowLinks(t *testing.T) {
	target := write(t, secret+"\n")
	chmod(t, target, 0o444)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	c := aws()
	c.SecretAccessKey = s3client.NewSecret("file:" + link)
	if cred, err := open(t, c, nil).Credentials(t.Context()); err != nil || cred.SecretAccessKey() != secret {
		t.Errorf("the credentials are not those referred to: %v, %v", cred, err)
	}
}
