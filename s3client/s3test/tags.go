package s3test

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Tags of objects and buckets (Amazon S3 User Guide, "Categorizing your objects
// using tags").

type objectTag struct {
	Key   string `json:"key" xml:"Key"`
	Value string `json:"value" xml:"Value"`
}

const (
	maxObjectTags = 10
	maxBucketTags = 50
)

// taggingHeader reads x-amz-tagging, which is encoded like a URL's query.
func taggingHeader(header string) ([]objectTag, error) {
	var tags []objectTag
	bad := invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", header)
	for pair := range strings.SplitSeq(header, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		k, errKey := url.QueryUnescape(key)
		v, errValue := url.QueryUnescape(value)
		if errKey != nil || errValue != nil {
			return nil, bad
		}
		for _, t := range tags {
			if t.Key == k {
				return nil, bad
			}
		}
		tags = append(tags, objectTag{k, v})
	}
	return tags, checkObjectTags(tags, maxObjectTags)
}

func checkObjectTags(tags []objectTag, most int) error {
	switch {
	case len(tags) <= most:
	case most == maxObjectTags:
		return errorf("BadRequest", "Object tags cannot be greater than 10")
	default:
		return errorf("BadRequest", "Bucket tag count cannot be greater than 50")
	}
	seen := make(map[string]bool)
	for _, t := range tags {
		switch {
		case seen[t.Key]:
			return errorf("InvalidTag", "Cannot provide multiple Tags with the same key", field{"TagKey", t.Key})
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || !utf8.ValidString(t.Key):
			return errorf("InvalidTag", "The TagKey you have provided is invalid", field{"TagKey", t.Key})
		case utf8.RuneCountInString(t.Value) > 256 || !utf8.ValidString(t.Value):
			return errorf("InvalidTag", "The TagValue you have provided is invalid", field{"TagKey", t.Key}, field{"TagValue", t.Value})
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return errorf("InvalidTag", "System tags cannot be added/updated by requester", field{"TagKey", t.Key})
		}
		seen[t.Key] = true
	}
	return nil
}

// parseTagging reads the document of PutObjectTagging and PutBucketTagging.
func parseTagging(body []byte, most int) ([]objectTag, error) {
	var t struct {
		XMLName xml.Name `xml:"Tagging"`
		TagSet  *struct{ Tag []objectTag }
	}
	if err := xml.Unmarshal(body, &t); err != nil || t.TagSet == nil {
		return nil, standard("MalformedXML")
	}
	return t.TagSet.Tag, checkObjectTags(t.TagSet.Tag, most)
}

func writeTags(w *answer, r *http.Request, tags []objectTag) {
	var x xmlDoc
	x.start("Tagging", s3Namespace)
	x.start("TagSet", "")
	for _, t := range tags {
		x.start("Tag", "")
		x.element("Key", t.Key)
		x.element("Value", t.Value)
		x.end("Tag")
	}
	x.end("TagSet")
	x.end("Tagging")
	x.write(w, r, http.StatusOK)
}
