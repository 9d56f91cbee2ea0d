//go:build unix

package transfer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

// Modes, links and devices, as Unix has them.

func TestDownloadKeepsTheMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o600, 0o755, 0o400, 0o200, 0o000, 0o666} {
		o := newObject(30)
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			temporary, err := filepath.Glob(filepath.Join(dir, ".*"))
			if err != nil || len(temporary) != 1 {
				t.Fatalf("temporary files are %q, %v, want one", temporary, err)
			}
			if got := modeOf(t, temporary[0]); got&^mode != 0 {
				t.Errorf("during the download the mode is %v, and the file's is %v", got, mode)
			}
			return nil
		}
		if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, path); err != nil {
			t.Fatal(err)
		}
		if got := modeOf(t, path); got != mode {
			t.Errorf("the mode was %v and is %v", mode, got)
		}
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// A new file has the mode that the umask leaves.
func TestDownloadObeysTheUmask(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "file")
	if _, err := transfer.Download(t.Context(), newObject(30), transfer.DownloadInput{Bucket: "data", Key: "k"}, path); err != nil {
		t.Fatal(err)
	}
	if got := modeOf(t, path); got != 0o640 {
		t.Errorf("the mode is %v, want -rw-r-----", got)
	}
}

// Through a link, the file is replaced that the link points to.
func TestDownloadFollowsALink(t *testing.T) {
	base := t.TempDir()
	links, files := filepath.Join(base, "links"), filepath.Join(base, "files")
	for _, dir := range []string{links, files} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(files, "file")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"absolute": path, "relative": filepath.Join("..", "files", "file"), "link to a link": "absolute"} {
		if err := os.Symlink(target, filepath.Join(links, link)); err != nil {
			t.Fatal(err)
		}
	}
	for i, link := range []string{"absolute", "relative", "link to a link"} {
		o := newObject(30 + i)
		o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			wantFolder(t, links, "absolute", "link to a link", "relative")
			return nil
		}
		if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(links, link)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, o.data)
		wantFolder(t, files, "file")
		if got := modeOf(t, filepath.Join(links, link)); got&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", link, got)
		}
	}
}

func TestDownloadRefusesDevicesAndLooseLinks(t *testing.T) {
	dir := t.TempDir()
	pipe, loose, circle, device := filepath.Join(dir, "pipe"), filepath.Join(dir, "loose"), filepath.Join(dir, "circle"), filepath.Join(dir, "device")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{loose: "missing", circle: "circle", device: os.DevNull} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{os.DevNull, device, pipe, loose, circle} {
		// It gives nothing: were the check missing, root would replace the device.
		o := newObject(30)
		o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			return errors.New("this must not be asked")
		}
		report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, path)
		if err == nil || !strings.Contains(err.Error(), "no regular file") || report != (transfer.Report{}) || len(o.asked) != 0 {
			t.Errorf("%s: got %+v, %v after %d requests, want an error and nothing else", path, report, err, len(o.asked))
		}
	}
	wantFolder(t, dir, "circle", "device", "loose", "pipe")
}

// A disk that is full, where the system has one to try.
func TestDownloadToAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return // Linux and NetBSD have it
	}
	defer full.Close()
	o := newObject(30)
	report, err := transfer.DownloadTo(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, full)
	wantFailure(t, t.TempDir(), report, err, syscall.ENOSPC)
}
