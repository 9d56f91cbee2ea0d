package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// tempDir makes the folder for temporary files one of the test's own.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	return dir
}

func TestDemoGoesAllTheWay(t *testing.T) {
	dir := tempDir(t)
	r := shell{}.run(t, "demo", "--size", "8", "--threads", "3")
	r.want(t, exitDone,
		"1. An S3 and STS server that checks every signature runs at http://127.0.0.1:",
		"2. The connection, as a user fills it in:\n", `"authorization_type": "iam_role"`, `"secret_access_key": "REDACTED"`, `"external_id": "`, `"download_threads": 3`,
		"3. Without the external ID, the role is denied\n",
		"4. With it, the role is assumed: ASIA",
		"5. Uploaded    8.0 MiB in ",
		"6. Downloaded  8.0 MiB in ",
		"7. Verified    SHA-256 of both files is ")
	if got := listDir(t, dir); len(got) > 0 {
		t.Errorf("the folder for temporary files has %q, want nothing", got)
	}
}

func TestDemoAsJSONIsOneLine(t *testing.T) {
	dir := tempDir(t)
	r := shell{}.run(t, "demo", "--size", "1", "--json")
	got := objects(t, r.stdout)
	want := []string{"download_seconds", "requests", "sha256", "size", "threads", "upload_seconds", "verified"}
	if r.code != exitDone || len(got) != 1 || !slices.Equal(keysOf(got[0]), want) || got[0]["size"] != float64(1<<20) || got[0]["verified"] != true || len(got[0]["sha256"].(string)) != 64 {
		t.Errorf("demo --json = %+v, want one object with %q", r, want)
	}
	if !strings.Contains(r.stderr, "3. Without the external ID") || !strings.Contains(r.stderr, "REDACTED") {
		t.Errorf("stderr is %q, want the steps", r.stderr)
	}
	if got := listDir(t, dir); len(got) > 0 {
		t.Errorf("the folder for temporary files has %q, want nothing", got)
	}
}

func TestDemoThatIsInterruptedLeavesNothing(t *testing.T) {
	dir := tempDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := (shell{}).runContext(t, ctx, "demo", "--size", "1"); r.code != exitInterrupted {
		t.Errorf("demo = %+v, want exit code %d", r, exitInterrupted)
	}
	if got := listDir(t, dir); len(got) > 0 {
		t.Errorf("the folder for temporary files has %q, want nothing", got)
	}
}

func TestDemoWithoutAPlaceForItsFiles(t *testing.T) {
	dir := tempDir(t)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	shell{}.run(t, "demo", "--size", "1").want(t, exitFailed, dir)
}
