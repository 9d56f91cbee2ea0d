package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile is a file to be written.
type newFile struct{ name, text string }

// writeFiles writes files into a folder, which it makes if it is not there: all of
// them or none, each whole, for nobody else to read. What is there already is
// replaced only by force.
func writeFiles(dir string, files []newFile, force bool) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var made []string // to be removed if the rest fails
	defer func() {
		for _, name := range made {
			if err != nil {
				os.Remove(name)
			}
		}
	}()
	temps := make([]string, len(files))
	for i, f := range files {
		final := filepath.Join(dir, f.name)
		if _, err := os.Lstat(final); err == nil && !force {
			return isThere(final)
		}
		temp := filepath.Join(dir, ".sigvier-"+rand.Text()+".part")
		made = append(made, temp)
		if err := writeSynced(temp, f.text); err != nil {
			return err
		}
		temps[i] = temp
	}
	for i, f := range files {
		final := filepath.Join(dir, f.name)
		if force {
			if err := os.Rename(temps[i], final); err != nil {
				return err
			}
			continue
		}
		if err := put(temps[i], final); err != nil {
			return err
		}
		made = append(made, final)
	}
	return nil
}

func writeSynced(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// put brings a file to its final name, unless something has it. A link does both at
// once; where there are no links, the name is looked at first.
func put(temp, final string) error {
	err := os.Link(temp, final)
	if err == nil {
		return os.Remove(temp)
	}
	if _, statErr := os.Lstat(final); statErr == nil || errors.Is(err, fs.ErrExist) {
		return isThere(final)
	}
	return os.Rename(temp, final)
}

func isThere(name string) error {
	return fmt.Errorf("%s is there already, and nothing was written: --force replaces it", name)
}
