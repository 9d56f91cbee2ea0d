package s3test

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Making buckets (Amazon S3 API Reference, "CreateBucket").

func (s *Server) createBucket(w *answer, r *http.Request, q *request) error {
	if !validBucketName(q.bucket) {
		return standard("InvalidBucketName", field{"BucketName", q.bucket})
	}
	c, err := bucketConfiguration(q.body)
	if err != nil {
		return err
	}
	if isDirectory(q.bucket) != (c.Bucket.Type == "Directory") {
		return errorf("InvalidRequest", "A directory bucket has a name that ends in --ZONE--x-s3, and the type Directory in its configuration; other buckets have neither.")
	}
	set := &settings{Created: s.now(), ObjectLock: strings.EqualFold(r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true")}
	if set.Region, err = s.chooseRegion(c.LocationConstraint); err != nil {
		return err
	}
	if set.ObjectLock {
		set.Versioning = versioningEnabled
	}
	if set.Ownership, err = ownership(r.Header); err != nil {
		return err
	}
	if set.ACL, err = cannedACL(r.Header, set); err != nil {
		return standard("InvalidBucketAclWithObjectOwnership", field{"BucketName", q.bucket})
	}
	if c.Tags != nil {
		set.Tags = c.Tags.Tag
		if err := checkObjectTags(set.Tags, maxBucketTags); err != nil {
			return err
		}
	}
	if err := s.store.createBucket(q.bucket, set); err != nil {
		if s.owner(q.bucket) != accountOf(q.caller.arn()) {
			return standard("BucketAlreadyExists", field{"BucketName", q.bucket})
		}
		return q.storeError(err)
	}
	w.Header().Set("Location", "/"+q.bucket)
	w.WriteHeader(http.StatusOK)
	return nil
}

type createConfiguration struct {
	XMLName            xml.Name `xml:"CreateBucketConfiguration"`
	LocationConstraint string
	Bucket             struct{ Type string }
	Tags               *struct{ Tag []objectTag }
}

func bucketConfiguration(body []byte) (c createConfiguration, err error) {
	if len(body) > 0 {
		if err := xml.Unmarshal(body, &c); err != nil {
			return c, standard("MalformedXML")
		}
	}
	return c, nil
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)

// chooseRegion understands a constraint. Without one the region is us-east-1, which
// in turn is no value for a constraint. Every region's endpoint makes buckets of its
// own, that of us-east-1 those of all.
func (s *Server) chooseRegion(constraint string) (string, error) {
	here := s.cfg.Region
	switch {
	case constraint == "us-east-1":
		return "", standard("InvalidLocationConstraint", field{"LocationConstraint", constraint})
	case constraint == "" && here == "us-east-1", constraint == here:
		return here, nil
	case constraint == "EU": // as it was called when there was one
		return s.chooseRegion("eu-west-1")
	case constraint == "":
		constraint = "unspecified"
	case here == "us-east-1" && regionName.MatchString(constraint):
		return constraint, nil
	case here == "us-east-1":
		return "", standard("InvalidLocationConstraint", field{"LocationConstraint", constraint})
	}
	return "", errorf("IllegalLocationConstraintException", "The "+constraint+
		" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

// ownership reads who is to own the objects; "" is the default.
func ownership(h http.Header) (string, error) {
	o := h.Get("X-Amz-Object-Ownership")
	switch {
	case o == "" || o == ownerships[0]:
		return "", nil
	case !slices.Contains(ownerships, o):
		return "", invalidArgument("Invalid x-amz-object-ownership header: "+o, "x-amz-object-ownership", o)
	}
	return o, nil
}
