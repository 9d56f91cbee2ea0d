package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestCommandOnRealInput is the main job: an executable of about 150 MB goes up
// and comes back with 1 and with 8 threads, byte for byte the same.
func TestCommandOnRealInput(t *testing.T) {
	dir := t.TempDir()
	sigvier := filepath.Join(dir, "sigvier")
	build := exec.Command("go", "build", "-o", sigvier, "github.com/sigvier/sigvier/transfer/cmd/sigvier")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the command: %v\n%s", err, out)
	}
	want := digest(t, minioPath)
	each(t, func(t *testing.T, s server) {
		bucket := makeBucket(t, open(t, s.connection()), "interop-command")
		run := func(want int, args ...string) string {
			t.Helper()
			var stdout, stderr bytes.Buffer
			cmd := exec.CommandContext(context.Background(), sigvier, append(args, "--endpoint", s.url, "--region", "us-east-1")...)
			cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+rootID, "AWS_SECRET_ACCESS_KEY="+rootSecret)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the exit code says it
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Fatalf("sigvier %q = exit %d, want %d\n%s%s", args, got, want, &stdout, &stderr)
			}
			return stdout.String()
		}
		object := "s3://" + bucket + "/folder/minio executable+1"
		t.Logf("%s", run(0, "put", minioPath, object))
		for _, threads := range []string{"1", "8"} {
			file := filepath.Join(t.TempDir(), "back")
			t.Logf("%s", run(0, "get", object, file, "--threads", threads))
			if got := digest(t, file); got != want {
				t.Errorf("get with %s threads has SHA-256 %x, want %x", threads, got, want)
			}
		}
		run(4, "get", "s3://"+bucket+"/missing", filepath.Join(t.TempDir(), "none"))
		run(4, "ls", "s3://interop-missing")
		run(3, "get", object, filepath.Join(t.TempDir(), "none"), "--restrict-to-bucket", "another-bucket")
		run(0, "rm", object)
		run(4, "head", object)
	})
}

func digest(t *testing.T, name string) (sum [sha256.Size]byte) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
