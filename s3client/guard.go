package s3client

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// ErrRestricted is the error for what the connection is restricted from. Nothing
// has been sent then, and nothing signed.
var ErrRestricted = errors.New("the connection is restricted")

// guard keeps a client to one bucket, to one path in it, and to what it may be
// used for. It is the first of three: the session policy of a role and the bucket
// owner condition are the service's to enforce.
type guard struct {
	bucket, path string
	permissions  Permissions
}

// maxKey is the most bytes of a key (Amazon S3 User Guide, "Naming Amazon S3
// objects").
const maxKey = 1024

// checkKey admits a key of a bucket.
func (g guard) checkKey(bucket, key string, needed Permissions) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	switch {
	case key == "":
		return errors.New("the key is empty")
	case len(key) > maxKey:
		return fmt.Errorf("the key has %d bytes, and S3 takes %d", len(key), maxKey)
	case g.bucket != "" && leavesBucket(key):
		// In the path of a URL it comes behind the bucket, which a proxy might drop.
		return fmt.Errorf("%w to the bucket %q, and the key %q has .. segments that lead out of it", ErrRestricted, g.bucket, key)
	case g.path != "" && hasDotSegment(key):
		// A server that keeps keys as files might follow it out of the path.
		return fmt.Errorf("%w to the path %q, and the key %q has a . or .. segment", ErrRestricted, g.path, key)
	case g.path != "" && !g.within(key):
		return fmt.Errorf("%w to the path %q, and the key is %q", ErrRestricted, g.path, key)
	}
	return g.checkPermission(needed)
}

// checkKeys admits several keys of a bucket: all, or none.
func (g guard) checkKeys(bucket string, keys iter.Seq[string], needed Permissions) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	n := 0
	for key := range keys {
		if err := g.checkKey(bucket, key, needed); err != nil {
			return fmt.Errorf("key %d: %w", n, err)
		}
		n++
	}
	return g.checkPermission(needed)
}

// checkPrefix admits what the keys of a listing, or of a form, begin with.
func (g guard) checkPrefix(bucket, prefix string, needed Permissions) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	switch {
	case len(prefix) > maxKey:
		return fmt.Errorf("the prefix has %d bytes, and keys have %d at most", len(prefix), maxKey)
	// Not the path itself without its slash: "reports" would list "reports2/x" too.
	case g.path != "" && (!strings.HasPrefix(prefix, g.folder()) || hasDotSegment(prefix)):
		return fmt.Errorf("%w to the path %q, and the prefix is %q: list with a prefix in that path", ErrRestricted, g.path, prefix)
	}
	return g.checkPermission(needed)
}

// checkBucket admits an operation on a bucket that tells nothing of its keys.
func (g guard) checkBucket(bucket string) error {
	switch {
	case bucket == "":
		return errors.New("the bucket is empty")
	case strings.HasPrefix(bucket, "arn:"): // which is taken apart where it goes to
	case strings.ContainsAny(bucket, "/?#\\") || bucket == "." || bucket == "..":
		return fmt.Errorf("the bucket %q is malformed", bucket)
	}
	if g.bucket != "" && bucket != g.bucket {
		return fmt.Errorf("%w to the bucket %q, and the bucket is %q", ErrRestricted, g.bucket, bucket)
	}
	return nil
}

// checkWholeBucket admits an operation that makes or removes a bucket.
func (g guard) checkWholeBucket(bucket string, needed Permissions) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	if g.path != "" {
		return fmt.Errorf("%w to the path %q, and this is about the whole bucket", ErrRestricted, g.path)
	}
	return g.checkPermission(needed)
}

// checkService admits an operation that looks at all buckets.
func (g guard) checkService() error {
	if g.bucket != "" {
		return fmt.Errorf("%w to the bucket %q, and this is about all buckets", ErrRestricted, g.bucket)
	}
	return g.checkPermission(MayList)
}

func (g guard) checkPermission(needed Permissions) error {
	if g.permissions.allows(needed) {
		return nil
	}
	missing := needed &^ g.permissions
	missing &= -missing // one at a time
	return fmt.Errorf("%w to %v, and this needs the permission %v", ErrRestricted, g.permissions, missing)
}

// within reports whether a key is the path, or lies in its folder.
func (g guard) within(key string) bool {
	return key == g.path || strings.HasPrefix(key, g.folder())
}

func (g guard) folder() string { return strings.TrimSuffix(g.path, "/") + "/" }

// hasDotSegment reports whether a . or .. is a segment of a key.
func hasDotSegment(key string) bool {
	for segment := range segments(key) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// leavesBucket reports whether a key has more .. segments than stand before them.
func leavesBucket(key string) bool {
	depth := 0
	for segment := range segments(key) {
		switch segment {
		case ".":
		case "..":
			depth--
		default:
			depth++
		}
		if depth < 0 {
			return true
		}
	}
	return false
}

// segments are those that are not empty, for a server that takes a backslash for a
// slash too, or decodes the key once more than S3 does, or more often. Decoding
// leaves dots and slashes alone, so that what is a segment after any of the steps
// still is one after the last.
func segments(key string) iter.Seq[string] {
	return strings.FieldsFuncSeq(decodeWholly(key), func(r rune) bool { return r == '/' || r == '\\' })
}

// decodeWholly decodes what is percent-encoded until nothing is, in one pass: what
// comes out of a step may complete what stands before it, as in %25%32e.
func decodeWholly(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		b = append(b, s[i])
		for n := len(b); n >= 3 && b[n-3] == '%'; n = len(b) {
			c, err := strconv.ParseUint(string(b[n-2:]), 16, 8)
			if err != nil {
				break
			}
			b = append(b[:n-3], byte(c))
		}
	}
	return string(b)
}
