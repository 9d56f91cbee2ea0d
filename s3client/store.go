package s3client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// ErrUnsafeFile is the error for a file in which a connection's secrets, or the
// connection itself, would not be safe from other users of the machine.
var ErrUnsafeFile = errors.New("the file is not safe from other users")

// FileError says which file that is, and why. It is an [ErrUnsafeFile].
type FileError struct {
	Path    string
	Problem string // what is wrong
	Advice  string // what to do
	Exposed bool   // others may read a secret in it, and that is all: nobody may change it
}

func (e *FileError) Error() string {
	return fmt.Sprintf("s3client: connection %q %s: %s", e.Path, e.Problem, e.Advice)
}

// Is matches [ErrUnsafeFile].
func (e *FileError) Is(target error) bool { return target == ErrUnsafeFile }

// Save writes the connection to a file that only its owner may read (mode 0600),
// as JSON that [LoadConnection] reads. It is the one way by which secrets are
// written as they are; references to secrets stay references. Whether the form is
// filled in well is not looked at: [Connection.Validate] is for that.
//
// Under the file's name there is what was there before, or the whole new
// connection, never a part of it. Nothing is written, and the error is a
// [*FileError], through a symbolic link, over what is no regular file, or into a
// folder in which everybody may replace files.
//
// Windows has no such modes: there the file has the permissions of its folder.
func (c Connection) Save(path string) error {
	data, err := c.secretJSON()
	if err != nil {
		return err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("s3client: saving a connection: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return &FileError{path, "is a symbolic link, and whoever made it chose where the secrets would go", "save to the file itself", false}
	case !info.Mode().IsRegular():
		return &FileError{path, "is no regular file", "save to a file, or to a name that is not taken", false}
	}
	if err := checkFolder(path); err != nil {
		return err
	}
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("s3client: saving a connection: %w", err)
	}
	return nil
}

// secretJSON is the form with its secrets. What was read from a form that had
// been printed has lost them, and must not overwrite one that has not.
func (c Connection) secretJSON() ([]byte, error) {
	e := new(ConnectionError)
	c.validateNotRedacted(e)
	if len(e.Fields) > 0 {
		return nil, e
	}
	type form Connection
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// The outer fields hide those of the same name within.
	err := enc.Encode(struct {
		form
		SecretAccessKey string `json:"secret_access_key,omitempty"`
		SessionToken    string `json:"session_token,omitempty"`
	}{form(c), c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()})
	return data.Bytes(), err
}

// replaceFile brings the bytes to the disk and then to their name, in this order:
// after a power loss there is no name without its bytes.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".sigvier-*") // a new file, of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(0o600); err != nil && runtime.GOOS != "windows" { // whatever the umask took from it
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	// Not every system can sync a folder, and there the file is whole all the same.
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		dir.Sync()
		dir.Close()
	}
	return nil
}

// LoadConnection reads a connection from a file, as [ParseConnection] does, and
// refuses one that is not safe, with a [*FileError]:
//
//   - one that others may write, or replace because everybody may in its folder:
//     they could send the user's requests elsewhere;
//   - one that others may read, if there is a secret in it, and no reference to one.
//
// So a connection without secrets may be shared, and one with them must have mode
// 0600, as Save gives it. What is to be read all the same goes to ParseConnection:
// the command does so, with a warning, where a secret is [FileError.Exposed] and no
// more. What was there to be read has been so already, and a person reads the
// warning, where a program has an error only.
//
// On Windows, which has no such modes, none of this is looked at.
func LoadConnection(path string) (Connection, error) {
	info, err := os.Stat(path) // before opening: a pipe would wait for a writer
	if err != nil {
		return Connection{}, fmt.Errorf("s3client: reading a connection: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Connection{}, &FileError{path, "is no regular file", "name a file", false}
	}
	f, err := os.Open(path)
	if err != nil {
		return Connection{}, fmt.Errorf("s3client: reading a connection: %w", err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil { // of the file that is read
		return Connection{}, fmt.Errorf("s3client: reading a connection: %w", err)
	}
	for _, check := range [...]func(string) error{checkFolder, checkFolderBehind} {
		if err := check(path); err != nil {
			return Connection{}, err
		}
	}
	others := othersMay(info)
	if others&0o022 != 0 {
		return Connection{}, &FileError{path, fmt.Sprintf("may be written by others (mode %04o)", info.Mode().Perm()), "run chmod 600 on it", false}
	}
	c, err := ParseConnection(f)
	if err != nil {
		return Connection{}, fmt.Errorf("%s: %w", path, err)
	}
	if others&0o044 != 0 && c.holdsSecret() {
		return Connection{}, &FileError{path, fmt.Sprintf("has a secret in it and may be read by others (mode %04o)", info.Mode().Perm()),
			"run chmod 600 on it, or put env:NAME or file:PATH in the secret's place", true}
	}
	return c, nil
}

func (c Connection) holdsSecret() bool {
	for _, s := range [...]Secret{c.SecretAccessKey, c.SessionToken} {
		if !s.IsZero() && s.Reference() == "" {
			return true
		}
	}
	return false
}

// checkFolder refuses a folder in which everybody may replace everybody's files,
// which the sticky bit, as of /tmp, forbids.
func checkFolder(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("s3client: connection %q: %w", path, err)
	}
	if othersMay(info)&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &FileError{path, fmt.Sprintf("is in %s, where everybody may replace files (mode %04o)", dir, info.Mode().Perm()), "choose a folder of your own", false}
	}
	return nil
}

// checkFolderBehind checks the folder of what a link leads to.
func checkFolderBehind(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("s3client: reading a connection: %w", err)
	}
	return checkFolder(real)
}

// othersMay are the bits of a mode that are not the owner's.
func othersMay(info fs.FileInfo) fs.FileMode {
	if runtime.GOOS == "windows" {
		return 0
	}
	return info.Mode().Perm() & 0o077
}
