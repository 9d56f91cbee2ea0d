package s3test

import (
	"net/http"
	"strings"
)

// Conditional requests (Amazon S3 User Guide, "Add preconditions to S3 operations
// with conditional requests").

// putCondition is S3's conditional write: If-None-Match: * and If-Match.
func putCondition(h http.Header) (func(old *object) error, error) {
	ifMatch, ifNoneMatch := h.Get("If-Match"), h.Get("If-None-Match")
	if ifNoneMatch != "" && ifNoneMatch != "*" {
		return nil, standard("NotImplemented", field{"Header", "If-None-Match"},
			field{"additionalMessage", "We don't accept the provided value of If-None-Match header for this API"})
	}
	return func(old *object) error {
		switch {
		case ifNoneMatch != "" && old != nil:
			return preconditionFailed("If-None-Match")
		case ifMatch != "" && old == nil:
			return standard("NoSuchKey")
		case ifMatch != "" && !matches(ifMatch, old.ETag):
			return preconditionFailed("If-Match")
		}
		return nil
	}, nil
}

func preconditionFailed(condition string) error {
	return standard("PreconditionFailed", field{"Condition", condition})
}

// preconditions are the four headers, which a copy has with a prefix for its source.
type preconditions struct {
	ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince string
	prefix                                                   string
}

func conditionsOf(h http.Header) preconditions { return prefixedConditions(h, "") }

func prefixedConditions(h http.Header, prefix string) preconditions {
	return preconditions{
		h.Get(prefix + "If-Match"), h.Get(prefix + "If-None-Match"),
		h.Get(prefix + "If-Modified-Since"), h.Get(prefix + "If-Unmodified-Since"), prefix,
	}
}

// getCondition follows RFC 9110, section 13.2.2, and so the table in the Amazon
// S3 API Reference, "GetObject".
func getCondition(c preconditions, o *object) *apiError {
	since := func(header string) (modified, ok bool) {
		t, err := http.ParseTime(header)
		return o.Modified.After(t), err == nil
	}
	failed := func(name string) *apiError {
		return standard("PreconditionFailed", field{"Condition", strings.ToLower(c.prefix) + name})
	}
	if c.ifMatch != "" {
		if !matches(c.ifMatch, o.ETag) {
			return failed("If-Match")
		}
	} else if modified, ok := since(c.ifUnmodifiedSince); ok && modified {
		return failed("If-Unmodified-Since")
	}
	if c.ifNoneMatch != "" {
		if matches(c.ifNoneMatch, o.ETag) {
			return notModified()
		}
	} else if modified, ok := since(c.ifModifiedSince); ok && !modified {
		return notModified()
	}
	return nil
}

func notModified() *apiError { return &apiError{Code: "NotModified", Status: http.StatusNotModified} }

// copyCondition is getCondition for the source of a copy: what would be not
// modified is a precondition that failed (Amazon S3 API Reference, "CopyObject",
// x-amz-copy-source-if-none-match).
func copyCondition(h http.Header, o *object) error {
	c := prefixedConditions(h, copySourceHeader+"-")
	err := getCondition(c, o)
	switch {
	case err == nil:
		return nil
	case err.Code != "NotModified":
		return err
	case c.ifNoneMatch != "":
		return preconditionFailed(strings.ToLower(c.prefix) + "If-None-Match")
	}
	return preconditionFailed(strings.ToLower(c.prefix) + "If-Modified-Since")
}

// matches looks for an ETag in the value of If-Match or If-None-Match. S3 takes
// it without quotes too.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || strings.Trim(one, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}
