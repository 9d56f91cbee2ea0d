package s3client

import (
	"errors"
	"fmt"
	"strings"
)

// Access points stand in a bucket's place by their ARN, or by an alias, which is a
// bucket's name like any other, but for that of one on Outposts.

// accessPoint finds where the requests of the access point of an ARN go (Amazon S3
// User Guide, "Referencing access points with ARNs, access point aliases, or
// virtual-hosted–style URIs").
func (n network) accessPoint(k *call) (place, error) {
	arn, err := parseAccessPoint(k.bucket)
	if err != nil {
		return place{}, err
	}
	mine, dnsSuffix := partitionOf(n.region)
	its := mine // a multi-Region access point's ARN has no region
	if arn.region != "" {
		its, _ = partitionOf(arn.region)
	}
	switch {
	case k.subject == wholeBucket:
		return place{}, fmt.Errorf("%s takes a bucket's name, and not the ARN %s", k.op, k.bucket)
	case arn.partition != its:
		return place{}, fmt.Errorf("the ARN %s is in the partition %s, and its region in %s", k.bucket, arn.partition, its)
	case arn.partition != mine:
		return place{}, fmt.Errorf("the access point %s is in the partition %s, and the connection's region %s in %s", k.bucket, arn.partition, n.region, mine)
	case n.accelerate:
		return place{}, errAccelerated
	case n.pathStyle:
		return place{}, errors.New("access points are in the host name: leave path_style out, and give an endpoint whose host can have a label before it")
	case arn.region == "" && (n.fips || n.dualStack || n.host != ""):
		return place{}, errors.New("multi-Region access points have one endpoint, which is neither FIPS nor dual-stack nor the user's own")
	case arn.service == serviceObjectLambda && n.dualStack:
		return place{}, errors.New("Object Lambda access points have no dual-stack endpoint: leave dualstack out")
	case arn.service == serviceOutposts && (n.fips || n.dualStack):
		return place{}, errOutpostsEndpoints
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

var (
	errAccelerated       = errors.New("transfer acceleration takes buckets, and no access points: leave accelerate out")
	errOutpostsEndpoints = errors.New("access points on Outposts have neither FIPS nor dual-stack endpoints: leave fips and dualstack out")
)

// allRegions is the region set of a multi-Region access point.
const allRegions = "*"

// accessPointARN is one taken apart.
type accessPointARN struct{ partition, service, region, account, outpost, name string }

func parseAccessPoint(s string) (accessPointARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return accessPointARN{}, badAccessPoint(s)
	}
	a := accessPointARN{partition: parts[1], service: parts[2], region: parts[3], account: parts[4]}
	resource := strings.Split(strings.ReplaceAll(parts[5], ":", "/"), "/") // both are in use
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

// outpostsAlias ends the aliases of access points on Outposts. Before it they say
// where the Outpost is (botocore, data/s3/2006-03-01/endpoint-rule-set-1.json): o and
// the 17 characters of its ID, or e where it is reached by EC2's addresses, then what
// makes the alias unique.
const (
	outpostsAlias  = "--op-s3"
	outpostID      = 17
	behindOutpost  = 25 // of the unique part
	shortestOfThem = 1 + outpostID + behindOutpost + len(outpostsAlias)
)

// outpostsAlias finds where the requests of the access point of an alias go.
func (n network) outpostsAlias(k *call, region string) (place, error) {
	i := len(k.bucket) - shortestOfThem
	switch {
	case n.accelerate:
		return place{}, errAccelerated
	case n.fips || n.dualStack:
		return place{}, errOutpostsEndpoints
	case i < 1 || !isHostLabel(k.bucket) || k.bucket[i] != 'o' && k.bucket[i] != 'e':
		return place{}, fmt.Errorf("%q is no alias of an access point on Outposts: give it as the console shows it", k.bucket)
	}
	where := "ec2"
	if k.bucket[i] == 'o' {
		where = "op-" + k.bucket[i+1:i+1+outpostID]
	}
	return place{scheme: n.scheme, host: k.bucket + "." + where + "." + n.regional(serviceOutposts, region), service: serviceOutposts, region: region}, nil
}
