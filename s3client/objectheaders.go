package s3client

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// ObjectHeaders are what an object is stored with, beside its bytes. S3 gives them
// back with each GET and HEAD, but for those of access and tags.
type ObjectHeaders struct {
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	ContentType        string // the service's default: application/octet-stream
	Expires            time.Time
	// Metadata is the user's own: x-amz-meta-… and text of one line. Text that is not
	// ASCII is encoded as RFC 2047 says, and decoded by [Client.GetObject]. Blanks at
	// either end, and text that looks as if it were encoded, come back as they are from
	// servers that keep what they get; S3 may decode it, and give it back without.
	Metadata map[string]string
	// StorageClass is "STANDARD", "STANDARD_IA", "GLACIER", …; "" is STANDARD.
	StorageClass string
	// ACL is a canned one: "private", "public-read", "bucket-owner-full-control", ….
	ACL string
	// Tags are the object's, ten at most.
	Tags []Tag
	// WebsiteRedirectLocation is where a bucket that is a website sends who asks for it.
	WebsiteRedirectLocation string
	Encryption
	ObjectLock
}

func (o ObjectHeaders) set(k *call) {
	k.set("Cache-Control", o.CacheControl)
	k.set("Content-Disposition", o.ContentDisposition)
	k.set("Content-Encoding", o.ContentEncoding)
	k.set("Content-Language", o.ContentLanguage)
	k.set("Content-Type", o.ContentType)
	if !o.Expires.IsZero() {
		k.set("Expires", o.Expires.UTC().Format(http.TimeFormat))
	}
	k.setMetadata(o.Metadata)
	k.set("X-Amz-Storage-Class", o.StorageClass)
	if k.set("X-Amz-Acl", o.ACL); o.ACL != "" {
		k.needs |= MayRead // as PutObjectAcl does
	}
	k.setTags(o.Tags)
	k.set("X-Amz-Website-Redirect-Location", o.WebsiteRedirectLocation)
	o.Encryption.set(k)
	o.ObjectLock.set(k)
}

const metadataPrefix = "X-Amz-Meta-"

// setMetadata sets the user's own (Amazon S3 User Guide, "Working with object
// metadata", User-defined object metadata).
func (k *call) setMetadata(metadata map[string]string) {
	seen := map[string]string{}
	for name, value := range metadata {
		if !isToken(name) {
			k.fail(fmt.Errorf("the metadata's name %q is none of a header: letters, digits and hyphens are expected", name))
			continue
		}
		if strings.ContainsFunc(value, isControl) {
			// S3 may give it back decoded (Amazon S3 User Guide, "Working with object
			// metadata"), in a header that nobody can read, and no object with it.
			k.fail(fmt.Errorf("the value of the metadata's %q has control characters: text of one line is expected", name))
			continue
		}
		key := http.CanonicalHeaderKey(metadataPrefix + name)
		if other, twice := seen[key]; twice {
			k.fail(fmt.Errorf("the metadata has %q and %q, which S3 takes for one name", min(name, other), max(name, other)))
		}
		seen[key] = name
		if k.header == nil {
			k.header = http.Header{}
		}
		k.header[key] = []string{encodeMetadata(value)} // an empty one counts, too
	}
}

// isToken reports whether a name can be a header's (RFC 9110 section 5.6.2).
func isToken(s string) bool { return consists(s, lower+upper+digits+"!#$%&'*+-.^_`|~") }

// isControl tells what a header's value cannot have (RFC 9110 section 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// encodeMetadata encodes what would not come through a header as it is.
func encodeMetadata(value string) string {
	if strings.Contains(value, "=?") || strings.TrimSpace(value) != value ||
		strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
		return encodedWord(value)
	}
	return value
}

// encodedWord encodes a text as one or more words, also where package mime would
// leave it as it is.
func encodedWord(value string) string {
	if encoded := mime.BEncoding.Encode("UTF-8", value); encoded != value {
		return encoded
	}
	return "=?UTF-8?b?" + base64Of([]byte(value)) + "?="
}

func decodeMetadata(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value // it only looked so
	}
	return decoded
}
