package s3client

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

func (c Connection) validateRegion(e *ConnectionError) {
	const field = "region"
	switch region := c.region(); {
	case region == "":
		e.advise(field, "is empty: the bucket's region, such as us-east-1, is expected", "the console shows it among the bucket's properties")
	case isZone(region):
		e.add(field, "is an Availability Zone: its region is expected, "+region[:len(region)-1])
	case strings.HasPrefix(region, "fips-"), strings.HasSuffix(region, "-fips"):
		e.advise(field, "is the name of an endpoint: "+strings.TrimSuffix(strings.TrimPrefix(region, "fips-"), "-fips")+" is expected", "and fips to be set")
	case c.onAWS() && !isNumberedRegion(region), !isRegion(region):
		if code, name := regionMeant(region); code != "" {
			e.add(field, "is no region's code: that of "+name+" is "+code)
			return
		}
		e.advise(field, "is no region's code: lower-case words and a number are expected, as in us-east-1", "the console shows it among the bucket's properties")
	}
}

func errRegion(region string) error {
	return errors.New("the region " + strconv.Quote(region) + " is no region's code: lower-case words and a number are expected, as in us-east-1")
}

// Partition is that of the connection's region: "aws", "aws-cn", "aws-us-gov".
func (c Connection) Partition() string {
	name, _ := partitionOf(c.region())
	return name
}

// regions are AWS's, by their names in the console, and what of it somebody might
// write in the code's place (AWS General Reference, "AWS Regions"; botocore,
// data/partitions.json). They serve for advice alone: what is not among them may
// be newer than this list.
var regions = [...]struct{ code, name, word string }{
	{"us-east-1", "US East (N. Virginia)", "virginia"},
	{"us-east-2", "US East (Ohio)", "ohio"},
	{"us-west-1", "US West (N. California)", "california"},
	{"us-west-2", "US West (Oregon)", "oregon"},
	{"af-south-1", "Africa (Cape Town)", "capetown"},
	{"ap-east-1", "Asia Pacific (Hong Kong)", "hongkong"},
	{"ap-east-2", "Asia Pacific (Taipei)", "taipei"},
	{"ap-northeast-1", "Asia Pacific (Tokyo)", "tokyo"},
	{"ap-northeast-2", "Asia Pacific (Seoul)", "seoul"},
	{"ap-northeast-3", "Asia Pacific (Osaka)", "osaka"},
	{"ap-south-1", "Asia Pacific (Mumbai)", "mumbai"},
	{"ap-south-2", "Asia Pacific (Hyderabad)", "hyderabad"},
	{"ap-southeast-1", "Asia Pacific (Singapore)", "singapore"},
	{"ap-southeast-2", "Asia Pacific (Sydney)", "sydney"},
	{"ap-southeast-3", "Asia Pacific (Jakarta)", "jakarta"},
	{"ap-southeast-4", "Asia Pacific (Melbourne)", "melbourne"},
	{"ap-southeast-5", "Asia Pacific (Malaysia)", "malaysia"},
	{"ap-southeast-6", "Asia Pacific (New Zealand)", "newzealand"},
	{"ap-southeast-7", "Asia Pacific (Thailand)", "thailand"},
	{"ca-west-1", "Canada West (Calgary)", "calgary"},
	{"ca-central-1", "Canada (Central)", "canada"},
	{"eu-central-1", "Europe (Frankfurt)", "frankfurt"},
	{"eu-central-2", "Europe (Zurich)", "zurich"},
	{"eu-north-1", "Europe (Stockholm)", "stockholm"},
	{"eu-south-1", "Europe (Milan)", "milan"},
	{"eu-south-2", "Europe (Spain)", "spain"},
	{"eu-west-1", "Europe (Ireland)", "ireland"},
	{"eu-west-2", "Europe (London)", "london"},
	{"eu-west-3", "Europe (Paris)", "paris"},
	{"il-central-1", "Israel (Tel Aviv)", "telaviv"},
	{"me-central-1", "Middle East (UAE)", "uae"},
	{"me-south-1", "Middle East (Bahrain)", "bahrain"},
	{"mx-central-1", "Mexico (Central)", "mexico"},
	{"sa-east-1", "South America (Sao Paulo)", "paulo"},
	{"cn-northwest-1", "China (Ningxia)", "ningxia"},
	{"cn-north-1", "China (Beijing)", "beijing"},
	{"us-gov-east-1", "AWS GovCloud (US-East)", "govclouduseast"},
	{"us-gov-west-1", "AWS GovCloud (US-West)", "govclouduswest"},
	{"eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", "sovereign"},
}

// regionMeant guesses which region somebody has in mind who wrote "Frankfurt",
// "EU_CENTRAL_1" or "Europe (Frankfurt) eu-central-1". It is "" where there is no
// telling.
func regionMeant(written string) (code, name string) {
	written = letters(written)
	if written == "eu" { // Amazon S3 API Reference, "GetBucketLocation", LocationConstraint
		return "eu-west-1", "the location constraint EU"
	}
	for _, r := range regions {
		if strings.Contains(written, letters(r.code)) {
			return r.code, r.name
		}
	}
	for _, r := range regions {
		if strings.Contains(written, r.word) {
			return r.code, r.name
		}
	}
	return "", ""
}

// letters are what is left of a text without case, blanks and punctuation.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
