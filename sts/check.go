package sts

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// What STS would refuse by its form (AWS Security Token Service API Reference,
// "AssumeRole", Request Parameters). The external ID is never repeated in an
// error: it is no secret to AWS, but many treat it as one.

const (
	minDuration     = 15 * time.Minute
	maxDuration     = 12 * time.Hour
	maxUserDuration = 36 * time.Hour // "GetSessionToken", DurationSeconds
	defaultDuration = time.Hour
)

// CheckRoleARN checks the ARN of an IAM role:
// arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME, 20 to 2048 characters. An account
// may be missing or be a tenant of Ceph's; the operations of a [Client] that calls
// AWS want an account's ID of twelve digits. The error is an [*InputError].
func CheckRoleARN(arn string) error {
	bad := func(problem string) error { return &InputError{Field: "RoleArn", Problem: problem} }
	if arn == "" {
		return bad("is empty: expecting arn:aws:iam::ACCOUNT:role/NAME")
	}
	if problem := lengthOfARN(arn, "arn:aws:iam::ACCOUNT:role/NAME"); problem != "" {
		return bad(problem)
	}
	// 6 parts: arn, partition, service, region (none), account, resource. In place
	// of an account's ID, Ceph has a tenant's name or nothing, and MinIO nothing, but
	// the region of its site where IAM has none.
	p := strings.SplitN(arn, ":", 6)
	if len(p) < 6 || p[0] != "arn" || !isPartition(p[1]) {
		return bad(fmt.Sprintf("%q is no ARN: expecting arn:aws:iam::ACCOUNT:role/NAME", arn))
	}
	kind, name, _ := strings.Cut(p[5], "/")
	switch {
	case p[2] == "sts" && kind == "assumed-role":
		return bad(fmt.Sprintf("%q is the ARN of a session: expecting the role's own, arn:aws:iam::ACCOUNT:role/NAME", arn))
	case p[2] != "iam" || p[3] != "" && p[1] != "minio" || kind != "role":
		return bad(fmt.Sprintf("%q is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME", arn))
	case !isAccountID(p[4]) && !isTenant(p[4]):
		return bad(fmt.Sprintf("%q has an account ID that is not twelve digits", arn))
	case !isPathAndName(name):
		return bad(fmt.Sprintf("%q has no role name of letters, digits and _+=,.@-", arn))
	}
	return nil
}

// lengthOfARN says what is wrong with the length of an ARN, "" if nothing is:
// 20 to 2048 characters for all of them.
func lengthOfARN(arn, example string) string {
	if n := utf8.RuneCountInString(arn); n < 20 || n > 2048 {
		return fmt.Sprintf("has %d characters, not 20 to 2048: expecting %s", n, example)
	}
	return ""
}

// CheckExternalID checks an external ID: [\w+=,.@:\/-]{2,1224}. The error is an
// [*InputError].
func CheckExternalID(id string) error {
	return checkText("ExternalId", id, 2, 1224, "_+=,.@:/-")
}

// CheckSessionName checks the name of a role session: [\w+=,.@-]{2,64}. The
// error is an [*InputError].
func CheckSessionName(name string) error {
	return checkText("RoleSessionName", name, 2, 64, "_+=,.@-")
}

// CheckSourceIdentity checks a source identity: [\w+=,.@-]{2,64}, which keeps
// aws: out, the prefix that is AWS's own. The error is an [*InputError].
func CheckSourceIdentity(identity string) error {
	return checkText("SourceIdentity", identity, 2, 64, "_+=,.@-")
}

// CheckMFASerial checks the serial number of a hardware MFA device or the ARN of
// a virtual one: [\w+=/:,.@-]{9,256}. The error is an [*InputError].
func CheckMFASerial(serial string) error {
	return checkText("SerialNumber", serial, 9, 256, "_+=/:,.@-")
}

// CheckDuration checks how long a role session is to last: 0, which is one hour,
// or whole seconds from 15 minutes to 12 hours. The error is an [*InputError].
func CheckDuration(d time.Duration) error { return checkDuration(d, maxDuration) }

func checkDuration(d, max time.Duration) error {
	if d == 0 || d >= minDuration && d <= max && d%time.Second == 0 {
		return nil
	}
	return &InputError{Field: "DurationSeconds", Problem: fmt.Sprintf("is %v: expecting whole seconds, 900 (15 minutes) to %d (%d hours)", d, max/time.Second, max/time.Hour)}
}

// optional leaves out the check of what is not there.
func optional(check func(string) error, value string) error {
	if value == "" {
		return nil
	}
	return check(value)
}

// checkLength checks for min to max characters, which it does not repeat.
func checkLength(field, s string, min, max int) error {
	if n := utf8.RuneCountInString(s); n < min || n > max {
		return &InputError{Field: field, Problem: fmt.Sprintf("has a length of %d: expecting %d to %d", n, min, max)}
	}
	return nil
}

// checkText checks for min to max ASCII letters, digits and the others.
func checkText(field, s string, min, max int, others string) error {
	if len(s) < min || len(s) > max {
		return &InputError{Field: field, Problem: fmt.Sprintf("has a length of %d: expecting %d to %d", len(s), min, max)}
	}
	for i, r := range s {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(others, r) {
			continue
		}
		return &InputError{Field: field, Problem: fmt.Sprintf("has %q at position %d: expecting letters, digits and %s", r, i+1, others)}
	}
	return nil
}
