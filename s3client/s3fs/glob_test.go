package s3fs_test

import (
	"context"
	"io/fs"
	"iter"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// Glob is fs.Glob, which knows nothing of prefixes. In one thing they differ: to
// fs.Glob alone the pattern ./* is the pattern *.
func TestGlobAgreesWithTheStandardLibrary(t *testing.T) {
	_, client := serve(t, s3test.Config{}, append([]string{"logs/2026-01/a.gz", "logs/2026-01/b.gz", "logs/2026-02/a.gz", "logs/2025-12/a.gz", "logs/2026-x",
		"a[b]c/d", "a*/b", "☃/é", ".x/.y", "..z"}, tree...)...)
	fsys := s3fs.New(t.Context(), client, "data", "")
	for _, pattern := range []string{"", ".", "*", "*/*", "*/*/*", "logs", "logs/", "/logs", "/*", "logs//*", "*/", "../*", "logs/../*", "logs/./*",
		"logs/2026-*/a*.gz", "logs/2026-01/*", "logs/20??-??/b.gz", "logs/*/a.gz", "logs/2026-01/a.gz", "logs/2026-01/a.gz/*", "logs/nothing/*", "*s/2026-01/?.gz",
		`a\[b\]c/*`, `a\**`, "a[[]*/?", "[a-c]*", "[^a]*", "☃/*", "\xe2*", "[☃]/?", "?", ".*", ".*/.*", "..*", ".?/*", "dir/sub/*", "dir*/[0-9]", "\\", "[", "a/[", "[a/b]", "*/]", "/["} {
		want, wantErr := fs.Glob(struct{ fs.FS }{fsys}, pattern)
		got, err := fsys.Glob(pattern)
		slices.Sort(want)
		slices.Sort(got)
		if err != wantErr || !slices.Equal(got, want) {
			t.Errorf("Glob(%q) = %q, %v, want %q, %v", pattern, got, err, want, wantErr)
		}
	}
}

// recording notes which prefixes are listed.
type recording struct {
	s3fs.Source
	prefixes []string
}

func (r *recording) ListObjectsV2Pages(ctx context.Context, in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
	r.prefixes = append(r.prefixes, in.Prefix)
	return r.Source.ListObjectsV2Pages(ctx, in)
}

// Only what may match is listed.
func TestGlobListsLittle(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "p/logs/2026-01/a.gz", "p/logs/2026-02/b.gz", "p/logs/2025-12/a.gz", "p/logs/2026-file", "p/x/y")
	for pattern, want := range map[string][]string{
		"logs/2026-*/a*.gz":  {"p/logs/2026-", "p/logs/2026-01/a", "p/logs/2026-02/a"},
		"logs/*-01/a.gz":     {"p/logs/"},
		"*/y":                {"p/", "p/logs/y/"}, // which might be a directory
		"x/y":                nil,
		".*":                 {"p/"},
		path.Join("..", "*"): nil,
	} {
		src := &recording{Source: client}
		if _, err := s3fs.New(t.Context(), src, "data", "p").Glob(pattern); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, src.prefixes); diff != "" {
			t.Errorf("Glob(%q) lists (-want +got)\n%s", pattern, diff)
		}
	}
}
