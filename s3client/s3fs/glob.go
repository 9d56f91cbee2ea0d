package s3fs

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// Glob implements [fs.GlobFS]. Of each directory that may match, only the names
// that begin as the pattern does are listed: logs/2026-*/a*.gz asks for logs/2026-,
// and then for the names with a in each directory among these. Unlike [fs.Glob] it
// does not hide what goes wrong: names that could not be listed are an error.
func (f *FS) Glob(pattern string) (names []string, err error) {
	if !hasMeta(pattern) {
		return f.existing(pattern)
	}
	segments := strings.Split(pattern, "/")
	for _, segment := range segments {
		if _, err := path.Match(segment, ""); err != nil {
			return nil, err
		}
	}
	names = []string{"."}
	for i, segment := range segments {
		dirs, last := names, i == len(segments)-1
		names = nil
		for _, dir := range dirs {
			var some []string
			switch {
			case hasMeta(segment):
				some, err = f.matching(dir, segment, !last)
			case !fs.ValidPath(segment) || segment == ".": // no name has it
			case last:
				some, err = f.existing(path.Join(dir, segment))
			default: // if it is no directory, nothing is found in it
				some = []string{path.Join(dir, segment)}
			}
			if err != nil {
				return nil, err
			}
			names = append(names, some...)
		}
	}
	return names, nil
}

// matching gives the names in a directory that match one segment.
func (f *FS) matching(dir, segment string, onlyDirs bool) (names []string, err error) {
	// What all of them begin with. A prefix is no half of a character, and no dot
	// segment, which a restricted connection refuses.
	prefix := segment[:strings.IndexAny(segment, meta)]
	if !utf8.ValidString(prefix) || prefix == "." || prefix == ".." {
		prefix = ""
	}
	infos, _, err := f.list(dir, prefix)
	if err != nil {
		return nil, pathError("glob", dir, err)
	}
	for _, info := range infos {
		if ok, _ := path.Match(segment, info.name); ok && (info.IsDir() || !onlyDirs) {
			names = append(names, path.Join(dir, info.name))
		}
	}
	return names, nil
}

// existing gives the name if it is there.
func (f *FS) existing(name string) ([]string, error) {
	_, err := f.Stat(name)
	switch {
	case err == nil:
		return []string{name}, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return nil, nil
	}
	return nil, err
}

// meta are the characters that path.Match does not take as they are.
const meta = `*?[\`

func hasMeta(s string) bool { return strings.ContainsAny(s, meta) }
