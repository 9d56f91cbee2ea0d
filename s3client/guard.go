package s3client

import (
	"errors"
	"fmt"
	"strings"
)

// ErrRestricted is the error for what the connection is restricted from. Nothing
// has been sent then.
var ErrRestricted = errors.New("the connection is restricted")

// guard keeps a client to one bucket, and to one path in it.
type guard struct{ bucket, path string }

// checkKey admits a key of a bucket.
func (g guard) checkKey(bucket, key string) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	switch {
	case key == "":
		return errors.New("the key is empty")
	case len(key) > 1024:
		return fmt.Errorf("the key has %d bytes, and S3 takes 1024", len(key))
	case g.path == "":
		return nil
	case hasDotSegment(key):
		// A server that keeps keys as files might follow it out of the path.
		return fmt.Errorf("%w to the path %q, and the key %q has a . or .. segment", ErrRestricted, g.path, key)
	case !g.within(key):
		return fmt.Errorf("%w to the path %q, and the key is %q", ErrRestricted, g.path, key)
	}
	return nil
}

// checkPrefix admits the prefix of a listing.
func (g guard) checkPrefix(bucket, prefix string) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	// Not the path itself without its slash: "reports" would list "reports2/x" too.
	if g.path != "" && (!strings.HasPrefix(prefix, g.folder()) || hasDotSegment(prefix)) {
		return fmt.Errorf("%w to the path %q, and the prefix is %q: list with a prefix in that path", ErrRestricted, g.path, prefix)
	}
	return nil
}

// checkBucket admits an operation on a bucket that tells nothing of its keys.
func (g guard) checkBucket(bucket string) error {
	switch {
	case bucket == "":
		return errors.New("the bucket is empty")
	case strings.ContainsAny(bucket, "/?#\\") || bucket == "." || bucket == "..":
		return fmt.Errorf("the bucket %q is malformed", bucket)
	case g.bucket != "" && bucket != g.bucket:
		return fmt.Errorf("%w to the bucket %q, and the bucket is %q", ErrRestricted, g.bucket, bucket)
	}
	return nil
}

// checkWholeBucket admits an operation that makes or removes a bucket.
func (g guard) checkWholeBucket(bucket string) error {
	if err := g.checkBucket(bucket); err != nil {
		return err
	}
	if g.path != "" {
		return fmt.Errorf("%w to the path %q, and this is about the whole bucket", ErrRestricted, g.path)
	}
	return nil
}

// checkService admits an operation that looks at all buckets.
func (g guard) checkService() error {
	if g.bucket != "" {
		return fmt.Errorf("%w to the bucket %q, and this is about all buckets", ErrRestricted, g.bucket)
	}
	return nil
}

// within reports whether a key is the path, or lies in its folder.
func (g guard) within(key string) bool {
	return key == g.path || strings.HasPrefix(key, g.folder())
}

func (g guard) folder() string { return strings.TrimSuffix(g.path, "/") + "/" }

func hasDotSegment(key string) bool {
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}
