package s3client

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Permissions are what a connection may be used for, a sum of MayList, MayRead,
// MayWrite and MayDelete. Zero is no restriction: whatever the service allows. In
// JSON it is a list of words: ["list", "read"].
type Permissions uint8

// The four permissions.
const (
	MayList   Permissions = 1 << iota // the names of buckets and keys
	MayRead                           // objects, what is known of them, and GET and HEAD URLs
	MayWrite                          // objects, new buckets, PUT URLs and forms
	MayDelete                         // objects, empty buckets and DELETE URLs

	mayAll = MayList | MayRead | MayWrite | MayDelete
)

var permissionWords = [...]string{"list", "read", "write", "delete"}

// String lists the words: "list, read".
func (p Permissions) String() string { return strings.Join(p.words(), ", ") }

func (p Permissions) words() []string {
	words := []string{}
	for i, word := range permissionWords {
		if p&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// allows reports whether one permission is among them, as all are in zero.
func (p Permissions) allows(one Permissions) bool { return p == 0 || p&one != 0 }

// effective says zero as what it means.
func (p Permissions) effective() Permissions {
	if p == 0 {
		return mayAll
	}
	return p
}

// MarshalJSON writes the list.
func (p Permissions) MarshalJSON() ([]byte, error) { return json.Marshal(p.words()) }

// UnmarshalJSON reads the list, in any order. An empty one is refused: it would
// read like nothing, and mean everything.
func (p *Permissions) UnmarshalJSON(data []byte) error {
	const expected = `expecting a list of "list", "read", "write" and "delete", or no permissions field for all of them`
	var words []string
	if err := json.Unmarshal(data, &words); err != nil {
		return errors.New("permissions is no list of strings: " + expected)
	}
	if len(words) == 0 {
		return errors.New("permissions is empty: " + expected)
	}
	var all Permissions
next:
	for _, word := range words {
		for i, known := range permissionWords {
			if word == known {
				all |= 1 << i
				continue next
			}
		}
		return fmt.Errorf("permissions has %q: %s", word, expected)
	}
	*p = all
	return nil
}
