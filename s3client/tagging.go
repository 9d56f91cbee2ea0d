package s3client

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// Tag is a label of a bucket or an object (Amazon S3 User Guide, "Categorizing your
// objects using tags"). An object has ten at most, a bucket fifty.
type Tag struct {
	Key   string // 1 to 128 characters
	Value string // 0 to 256 characters
}

// setTags sets them as a header has them, like the query of a URL.
func (k *call) setTags(tags []Tag) {
	if err := checkTags(tags); err != nil {
		k.fail(err)
	}
	var b strings.Builder
	for i, t := range tags {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(t.Key) + "=" + url.QueryEscape(t.Value))
	}
	k.set("X-Amz-Tagging", b.String())
}

// taggingDocument writes them as a document has them (Amazon S3 API Reference,
// "PutObjectTagging" and "PutBucketTagging").
func taggingDocument(tags []Tag) ([]byte, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	doc := append([]byte(awsxml.Header), `<Tagging xmlns="`+namespace+`"><TagSet>`...)
	for _, t := range tags {
		doc = append(doc, "<Tag>"...)
		doc = awsxml.AppendElement(doc, "Key", t.Key)
		doc = awsxml.AppendElement(doc, "Value", t.Value)
		doc = append(doc, "</Tag>"...)
	}
	return append(doc, "</TagSet></Tagging>"...), nil
}

// checkTags refuses what would not arrive as it is. How many tags there may be, how
// long and of which characters, the service says.
func checkTags(tags []Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		switch {
		case t.Key == "":
			return errors.New("a tag has no key: 1 to 128 characters are expected")
		case !awsxml.ValidText(t.Key) || !awsxml.ValidText(t.Value):
			return fmt.Errorf("the tag %q=%q has characters that S3 does not take: UTF-8 without control characters is expected", t.Key, t.Value)
		case seen[t.Key]:
			return fmt.Errorf("there are two tags with the key %q: each key once is expected", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// readTagging reads a Tagging document.
func readTagging(d *awsxml.Decoder) (tags []Tag) {
	for name := range d.Children {
		if string(name) != "TagSet" {
			continue
		}
		for range d.Children {
			tags = append(tags, readTag(d))
		}
	}
	return tags
}

func readTag(d *awsxml.Decoder) (t Tag) {
	for name := range d.Children {
		switch string(name) {
		case "Key":
			t.Key = d.Text()
		case "Value":
			t.Value = d.Text()
		}
	}
	return t
}
