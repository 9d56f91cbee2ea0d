package s3client

import (
	"fmt"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
)

// Endpoints are those of what is no general purpose bucket: where its requests go, and
// who signs them. There is one, [AllEndpoints]; it is an interface so that programs that
// do not need it do not link it.
type Endpoints interface {
	// place is where a call about such a thing goes.
	place(n network, k *call, region string) (place, error)
	// session gives the credentials for a directory bucket.
	session(c *Client, bucket string) sigv4.Provider
	// multiRegion makes the signer for all regions.
	multiRegion(service string) (*sigv4.Signer, error)
}

// AllEndpoints are those of access points, of one Region or several, of Object Lambda
// and Outposts, and of directory buckets.
var AllEndpoints Endpoints = allEndpoints{}

type allEndpoints struct{}

func (allEndpoints) place(n network, k *call, region string) (place, error) {
	switch {
	case strings.HasPrefix(k.bucket, "arn:"):
		return n.accessPoint(k)
	case isDirectoryBucket(k.bucket):
		return n.directoryBucket(k, region)
	case n.host == "" && looksLikeDirectoryBucket(k.bucket):
		return place{}, fmt.Errorf("%q is no name of a directory bucket, NAME--ZONE--x-s3 with lower-case letters, digits and hyphens: give the name as the console shows it", k.bucket)
	case n.host == "" && strings.HasSuffix(k.bucket, outpostsAlias):
		return n.outpostsAlias(k, region)
	}
	return n.generalPurpose(k, region)
}

func (allEndpoints) session(c *Client, bucket string) sigv4.Provider { return newSession(c, bucket) }

func (allEndpoints) multiRegion(service string) (*sigv4.Signer, error) {
	return sigv4a.NewSigner(service, allRegions, nil)
}
