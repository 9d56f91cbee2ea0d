package s3client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Directory buckets, of S3 Express One Zone (Amazon S3 User Guide, "Working with
// directory buckets"): they lie in one zone, which their names say, NAME--ZONE--x-s3,
// and their objects are reached with the credentials of a session.

// isDirectoryBucket tells a directory bucket, or an access point of one.
func isDirectoryBucket(bucket string) bool { return directoryZone(bucket) != "" }

// directoryZone is the zone in the name of a directory bucket, "" if it is none.
func directoryZone(bucket string) string {
	rest, found := strings.CutSuffix(bucket, "--x-s3")
	if !found {
		rest, found = strings.CutSuffix(bucket, "--xa-s3")
	}
	i := strings.LastIndex(rest, "--")
	if !found || i < 1 || !isHostLabel(rest[i+2:]) || !isHostLabel(bucket) {
		return ""
	}
	return rest[i+2:]
}

// looksLikeDirectoryBucket tells the endings that S3 keeps for them.
func looksLikeDirectoryBucket(bucket string) bool {
	return strings.HasSuffix(bucket, "--x-s3") || strings.HasSuffix(bucket, "--xa-s3")
}

// directoryBucket finds where a directory bucket's requests go (Amazon S3 User Guide,
// "Regional and Zonal endpoints for directory buckets"): those about the bucket itself
// to the region's control endpoint, with the caller's own credentials, all others to
// its zone.
func (n network) directoryBucket(k *call, region string) (place, error) {
	if n.accelerate {
		return place{}, fmt.Errorf("transfer acceleration takes no directory buckets, as %q is one: leave accelerate out", k.bucket)
	}
	control := strings.Contains(k.op, "Bucket") && k.op != "HeadBucket"
	p := place{scheme: n.scheme, host: n.host, path: n.basePath, service: serviceExpress, region: region,
		session: !control && k.op != "CreateSession" && k.source == nil} // of copies: Amazon S3 API Reference, "CopyObject"
	inHost := !n.pathStyle && !control
	if p.host == "" {
		inHost = !control // the only style there is
		p.host = "s3express"
		if control {
			p.host += "-control"
		}
		if n.fips {
			p.host += "-fips"
		}
		if !control {
			p.host += "-" + directoryZone(k.bucket)
		}
		if n.dualStack {
			p.host += ".dualstack"
		}
		_, dnsSuffix := partitionOf(region)
		p.host += "." + region + "." + dnsSuffix
	}
	if inHost {
		p.host = k.bucket + "." + p.host
	} else {
		p.path += "/" + k.bucket
		p.bucketInPath = true
	}
	return p, nil
}

// sessionToken is where a directory bucket looks for the token of its session.
const sessionToken = "X-Amz-S3session-Token"

// prepareSession puts it there, and leaves the access key to sign with.
func prepareSession(req *http.Request, cred sigv4.Credentials) sigv4.Credentials {
	req.Header[sessionToken] = []string{cred.SessionToken()}
	return withoutToken(cred)
}

func withoutToken(cred sigv4.Credentials) sigv4.Credentials {
	bare := sigv4.NewCredentials(cred.AccessKeyID, cred.SecretAccessKey(), "")
	bare.Expires = cred.Expires
	return bare
}

// newSession makes a provider of a directory bucket's sessions, which are renewed before
// they end, after five minutes.
func newSession(c *Client, bucket string) sigv4.Provider {
	p := sts.NewProvider(func(ctx context.Context) (sigv4.Credentials, error) {
		// Not by CreateSession, which is the guard's to admit: the credentials stay here,
		// and what they sign is admitted by itself.
		in := CreateSessionInput{Bucket: bucket, SessionMode: c.sessionMode()}
		k := in.call(c)
		out, err := c.createSession(ctx, &k)
		return out.Credentials, err
	})
	p.Now = c.now
	return p
}

// sessionMode asks for no more than the connection may be used for.
func (c *Client) sessionMode() string {
	if c.guard.permissions.allows(MayWrite) || c.guard.permissions.allows(MayDelete) {
		return "ReadWrite"
	}
	return "ReadOnly"
}
