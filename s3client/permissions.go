package s3client

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Permissions are what a connection may be used for, a sum of MayList, MayRead,
// MayWrite and MayDelete. Zero is no restriction: whatever the service allows. In
// JSON it is a list of words: ["list", "read"].
type Permissions uint8

// The four permissions. A presigned URL needs those of its operation, and a form
// MayWrite. A bucket's lifecycle, which may remove objects, needs MayWrite and
// MayDelete, and an object's ACL, which may open it to others, MayRead and MayWrite.
const (
	MayList   Permissions = 1 << iota // the names of buckets and keys, versions and uploads
	MayRead                           // objects, what is known of them, and what a bucket is configured with
	MayWrite                          // objects, uploads in parts, also to abort them, new buckets, and what they are configured with
	MayDelete                         // objects, versions and empty buckets

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

// allows reports whether all that is needed is among them, as it is in zero.
func (p Permissions) allows(needed Permissions) bool { return p == 0 || p&needed == needed }

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
	all, unknown := permissionsOf(words)
	if all == 0 {
		return fmt.Errorf("permissions has %q: %s", unknown, expected)
	}
	*p = all
	return nil
}

// ParsePermissions reads them as people write them: "list, read".
func ParsePermissions(list string) (Permissions, error) {
	words := strings.Split(list, ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	all, unknown := permissionsOf(words)
	if all == 0 {
		return 0, fmt.Errorf("permissions has %q: expecting list, read, write and delete, with commas between them", unknown)
	}
	return all, nil
}

// permissionsOf adds up the words. It is 0 if it does not know one.
func permissionsOf(words []string) (all Permissions, unknown string) {
	for _, word := range words {
		i := slices.Index(permissionWords[:], word)
		if i < 0 {
			return 0, word
		}
		all |= 1 << i
	}
	return all, ""
}
