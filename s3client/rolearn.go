package s3client

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/sigvier/sigvier/sts"
)

// validateRoleARN checks the ARN by STS's own rules, and for AWS by its.
func (c Connection) validateRoleARN(e *ConnectionError) {
	const field = "iam_role_arn"
	arn := c.IAMRoleARN
	if arn != "" && strings.ContainsFunc(arn, unicode.IsSpace) {
		e.advise(field, strconv.Quote(arn)+" has a blank or a line end, as no ARN has", "leave it out, and see that nothing else was copied with it")
		return
	}
	var input *sts.InputError
	switch err := sts.CheckRoleARN(arn); {
	case errors.As(err, &input):
		e.advise(field, input.Problem, adviceOnRoleARN(arn))
	case err != nil:
		e.add(field, err.Error())
	case c.stsEndpoint() == "":
		c.validateRoleOfAWS(e)
	}
}

// adviceOnRoleARN is for what stands in the place of a role's ARN.
func adviceOnRoleARN(written string) string {
	const where = "the console shows the ARN in the role's summary"
	p := strings.SplitN(written, ":", 6)
	if len(p) < 6 {
		if consists(written, lower+upper+digits+"_+=,.@-") {
			return "this looks like the role's name alone: " + where
		}
		return where
	}
	kind, name, _ := strings.Cut(p[5], "/")
	switch role, _, _ := strings.Cut(name, "/"); {
	case kind == "assumed-role":
		return fmt.Sprintf("unless the role has a path, it is arn:%s:iam::%s:role/%s", p[1], p[4], role)
	case kind == "user":
		return "this is a user's, who has an access key; " + where
	case kind == "instance-profile":
		return "an instance profile holds a role, often of the same name; " + where
	case strings.Contains(p[4], "-"):
		return adviceOnAccount(p[4])
	}
	return where
}

func adviceOnAccount(written string) string {
	if account := strings.ReplaceAll(written, "-", ""); isAccountID(account) {
		return "leave out the hyphens that the console shows: " + account
	}
	return ""
}

// validateRoleOfAWS checks of a role's ARN what only AWS has: twelve digits for
// the account, names and paths of a certain length (IAM User Guide, "IAM and AWS
// STS quotas"), and a partition that is the region's, for no role reaches beyond it
// ("IAM identifiers", ARN format).
func (c Connection) validateRoleOfAWS(e *ConnectionError) {
	const field = "iam_role_arn"
	p := strings.SplitN(c.IAMRoleARN, ":", 6)
	e.addIf(!isAccountID(p[4]), field, strconv.Quote(c.IAMRoleARN)+" names no account: twelve digits are expected, arn:aws:iam::ACCOUNT:role/NAME")
	path := strings.TrimPrefix(p[5], "role") // with a slash at both ends
	name := path[strings.LastIndex(path, "/")+1:]
	e.addIf(len(name) > 64, field, fmt.Sprintf("has a role name of %d characters: 64 at most are expected", len(name)))
	e.addIf(len(path)-len(name) > 512, field, fmt.Sprintf("has a path of %d characters: 512 at most are expected", len(path)-len(name)))
	if !isNumberedRegion(c.region()) {
		return // which is wrong itself
	}
	want, _ := partitionOf(c.region())
	e.adviseIf(p[1] != want, field, fmt.Sprintf("is of the partition %s, and region %s is in %s: expecting arn:%s:iam::ACCOUNT:role/NAME", p[1], c.region(), want, want),
		"take a role of the account that has this region, or the region where the role is")
}
