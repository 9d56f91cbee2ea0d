package s3client

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// network is how requests go out: to AWS by one of its kinds of endpoints, or to one
// of the user's own.
type network struct {
	region     string
	scheme     string
	host       string // of an endpoint of the user's own, "" on AWS
	basePath   string
	pathStyle  bool
	dualStack  bool
	fips       bool
	accelerate bool
	endpoints  Endpoints // for all else than general purpose buckets
}

func (c Connection) network() (network, error) {
	n := network{region: c.region(), scheme: "https", pathStyle: c.PathStyle, dualStack: c.DualStack, fips: c.FIPS, accelerate: c.Accelerate}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil {
			return network{}, err
		}
		n.scheme, n.host, n.basePath = u.Scheme, u.Host, strings.TrimSuffix(u.Path, "/")
		n.pathStyle = n.pathStyle || !takesBucketLabel(u.Hostname())
	}
	return n, nil
}

// ProtectedInTransit reports whether nobody on the way can change what is sent: requests
// go over TLS, or stay on this machine. A body that has a checksum, against accidents,
// need not be signed then.
func (c *Client) ProtectedInTransit() bool {
	return c.network.scheme == "https" || isLoopback(c.network.host)
}

// isLoopback reports whether what is sent to a host, with or without port, stays on
// this machine.
func isLoopback(host string) bool {
	host = (&url.URL{Host: host}).Hostname()
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// place is where a request goes, and what it is signed for there.
type place struct {
	scheme, host string
	path         string // before the slash and the key
	bucketInPath bool
	service      string // in the credential scope
	region       string // in it, too; "*" for the set of all, signed with SigV4a
	session      bool   // signed with the credentials of a directory bucket's session
}

// The services that a request about a bucket may be signed for.
const (
	serviceS3           = "s3"
	serviceExpress      = "s3express"
	serviceObjectLambda = "s3-object-lambda"
	serviceOutposts     = "s3-outposts"
)

// place finds where a call goes, in the region that the bucket is known to be in, or
// "" for the connection's.
func (n network) place(k *call, region string) (place, error) {
	if region == "" {
		region = n.region
	}
	if k.customerKey && n.scheme == "http" && !isLoopback(n.host) {
		// Amazon S3 User Guide, "Using server-side encryption with customer-provided keys
		// (SSE-C)": a key that was sent over HTTP is to be taken for compromised.
		return place{}, fmt.Errorf("the customer key of SSE-C would go over HTTP, which is not encrypted, to %s: use an endpoint with https", n.host)
	}
	if strings.HasPrefix(k.bucket, "arn:") || strings.HasSuffix(k.bucket, "-s3") && strings.Contains(k.bucket, "--") {
		if n.endpoints == nil {
			return place{}, fmt.Errorf("%q is no general purpose bucket: for access points and directory buckets set Options.Endpoints to s3client.AllEndpoints", k.bucket)
		}
		return n.endpoints.place(n, k, region)
	}
	return n.generalPurpose(k, region)
}

// generalPurpose finds where requests about a general purpose bucket go, or about what
// goes by such a name, and those about none.
func (n network) generalPurpose(k *call, region string) (place, error) {
	p := place{scheme: n.scheme, host: n.host, path: n.basePath, service: serviceS3, region: region}
	inHost := k.bucket != "" && !n.pathStyle && fitsHost(k.bucket, n.scheme)
	if p.host == "" {
		switch {
		case n.accelerate && k.subject != service && k.subject != wholeBucket:
			if !inHost {
				return place{}, fmt.Errorf("transfer acceleration takes buckets in the host name alone, and %q does not fit into one", k.bucket)
			}
			p.host = accelerated(n.dualStack)
		default:
			p.host = n.regional(serviceS3, region)
		}
	}
	if inHost {
		p.host = k.bucket + "." + p.host
	} else if k.bucket != "" {
		p.path += "/" + k.bucket
		p.bucketInPath = true
	}
	return p, nil
}

// regional is the host of a service in a region (AWS General Reference, "Amazon S3
// endpoints and quotas").
func (n network) regional(service, region string) string {
	host := service
	if n.fips {
		host += "-fips"
	}
	if n.dualStack {
		host += ".dualstack"
	}
	_, dnsSuffix := partitionOf(region)
	return host + "." + region + "." + dnsSuffix
}

// accelerated is the host of transfer acceleration (Amazon S3 User Guide,
// "Configuring fast, secure file transfers using Amazon S3 Transfer Acceleration").
func accelerated(dualStack bool) string {
	if dualStack {
		return "s3-accelerate.dualstack.amazonaws.com"
	}
	return "s3-accelerate.amazonaws.com"
}

// url makes the URL of a key of the place or, with "", of the place. RawPath is set
// so that the path goes out as S3 wants it signed, a plus as %2B too.
func (p place) url(key, rawQuery string) *url.URL {
	path := p.path
	if key != "" || !p.bucketInPath {
		path += "/" + key
	}
	return &url.URL{Scheme: p.scheme, Host: p.host, Path: path, RawPath: escapePath(path), RawQuery: rawQuery}
}
