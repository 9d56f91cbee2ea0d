package s3client

import (
	"errors"
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
	switch {
	case strings.HasPrefix(k.bucket, "arn:"):
		return n.accessPoint(k, region)
	case isDirectoryBucket(k.bucket):
		return n.directoryBucket(k, region)
	}
	p := place{scheme: n.scheme, host: n.host, path: n.basePath, service: serviceS3, region: region}
	inHost := k.bucket != "" && !n.pathStyle && fitsHost(k.bucket, n.scheme)
	if p.host == "" {
		switch {
		case strings.HasSuffix(k.bucket, "--ol-s3"): // Amazon S3 User Guide, "Using an alias for your S3 bucket Object Lambda Access Point"
			p.service = serviceObjectLambda
			p.host = n.regional(serviceObjectLambda, region)
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

// accessPoint finds where an access point's requests go, from the ARN that stands in
// the bucket's place (Amazon S3 User Guide, "Referencing access points with ARNs,
// access point aliases, or virtual-hosted–style URIs").
func (n network) accessPoint(k *call, region string) (place, error) {
	arn, err := parseAccessPoint(k.bucket)
	if err != nil {
		return place{}, err
	}
	partition, dnsSuffix := partitionOf(n.region)
	switch {
	case k.subject == wholeBucket:
		return place{}, fmt.Errorf("%s makes and removes buckets by their names, not by the ARN %s", k.op, k.bucket)
	case arn.partition != partition:
		return place{}, fmt.Errorf("the access point %s is in the partition %s, and the connection's region %s in %s", k.bucket, arn.partition, n.region, partition)
	case n.accelerate:
		return place{}, errors.New("transfer acceleration takes buckets, and no access points: leave accelerate out")
	case n.pathStyle:
		return place{}, errors.New("access points are in the host name: leave path_style out, and give an endpoint whose host can have a label before it")
	case arn.region == "" && (n.fips || n.dualStack || n.host != ""):
		return place{}, errors.New("multi-Region access points have one endpoint, which is neither FIPS nor dual-stack nor the user's own")
	}
	p := place{scheme: n.scheme, path: n.basePath, service: arn.service, region: arn.region}
	if arn.region == "" { // Amazon S3 User Guide, "Making requests through a Multi-Region Access Point"
		p.host, p.region = arn.name+".accesspoint.s3-global."+dnsSuffix, allRegions
		return p, nil
	}
	p.host = n.host
	if p.host == "" {
		host := arn.service
		if arn.service == serviceS3 {
			host = "s3-accesspoint"
		}
		p.host = n.regional(host, arn.region)
	}
	if arn.outpost != "" {
		p.host = arn.outpost + "." + p.host
	}
	p.host = arn.name + "-" + arn.account + "." + p.host
	return p, nil
}

// allRegions is the region set of a multi-Region access point.
const allRegions = "*"

// accessPointARN is one taken apart.
type accessPointARN struct{ partition, service, region, account, outpost, name string }

func parseAccessPoint(s string) (accessPointARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 {
		return accessPointARN{}, badAccessPoint(s)
	}
	a := accessPointARN{partition: parts[1], service: parts[2], region: parts[3], account: parts[4]}
	resource := strings.FieldsFunc(parts[5], func(r rune) bool { return r == '/' || r == ':' })
	if a.service == serviceOutposts && len(resource) == 4 && resource[0] == "outpost" {
		a.outpost, resource = resource[1], resource[2:]
	}
	if len(resource) != 2 || resource[0] != "accesspoint" {
		return accessPointARN{}, badAccessPoint(s)
	}
	a.name = resource[1]
	known := a.service == serviceS3 || a.service == serviceObjectLambda || a.service == serviceOutposts && isHostLabel(a.outpost)
	switch {
	case !known, !isAccountID(a.account):
		return accessPointARN{}, badAccessPoint(s)
	case a.region == "":
		alias, isAlias := strings.CutSuffix(a.name, ".mrap")
		if a.service != serviceS3 || !isAlias || !isHostLabel(alias) {
			return accessPointARN{}, badAccessPoint(s)
		}
	case !isNumberedRegion(a.region), !isHostLabel(a.name):
		return accessPointARN{}, badAccessPoint(s)
	}
	return a, nil
}

func badAccessPoint(s string) error {
	return fmt.Errorf("the ARN %q is that of no access point: expecting arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME, "+
		"arn:aws:s3::ACCOUNT:accesspoint/ALIAS.mrap, arn:aws:s3-object-lambda:REGION:ACCOUNT:accesspoint/NAME "+
		"or arn:aws:s3-outposts:REGION:ACCOUNT:outpost/OUTPOST/accesspoint/NAME", s)
}
