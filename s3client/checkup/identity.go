package checkup

import (
	"context"
	"errors"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sts"
)

// checkIdentity asks STS whose the access key is, or the base credentials.
func (r *run) checkIdentity(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	if r.own, err = r.sts.Provider.Credentials(ctx); err != nil {
		r.add(Check{Name: WhoAmI, Status: Failed, Cause: Denied, Found: "there are no credentials",
			Advice: []string{err.Error(), "fill in the access key, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"}})
		return "there are no credentials"
	}
	r.conceal(r.own.SecretAccessKey(), r.own.SessionToken())
	r.session = r.own      // for a role, until it is assumed
	r.sts.Provider = r.own // once and for all
	r.caller, err = r.sts.GetCallerIdentity(ctx)
	if err != nil {
		return r.unidentified(err)
	}
	c := Check{Name: WhoAmI, Status: OK, Found: r.caller.ARN}
	if strings.HasSuffix(r.caller.ARN, ":root") {
		c.Status = Warning
		c.Advice = []string{"this is the account's root user, which no policy restricts: make an access key of a user or a role for this"}
	}
	r.add(c)
	return ""
}

// unidentified judges why STS does not say who one is. Services other than AWS may
// have no such operation.
func (r *run) unidentified(err error) string {
	c := Check{Name: WhoAmI, Status: Failed}
	c.Found, c.Service = say(err)
	api := apiError(err)
	stop := ""
	switch {
	case api != nil && namesAnotherRegion(api):
		r.wrongRegion = true
		c.Found = "the service is not in region " + r.sts.Region
		c.Advice = []string{"set region to the one that the service is in"}
	case refusesCredentials(err):
		c.Cause = Denied
		c.Advice = credentialAdvice(api)
		stop = "the credentials are refused"
	case api == nil && !errors.Is(err, sts.ErrResponse) && r.isRole():
		stop = "STS cannot be reached"
	case api == nil && !errors.Is(err, sts.ErrResponse):
		c.Status = Warning // S3 alone may do for an access key
	default:
		c.Status, c.Found = Skipped, "the service does not say whose the credentials are"
	}
	r.add(c)
	return stop
}

// namesAnotherRegion reports whether a signature for one region came to another's
// STS, which says so in words only.
func namesAnotherRegion(e *s3client.APIError) bool {
	return strings.Contains(e.Message, "Credential should be scoped to")
}

func refusesCredentials(err error) bool {
	return errors.Is(err, sts.ErrCredentialsRefused) || errors.Is(err, sts.ErrExpiredToken) || errors.Is(err, sts.ErrClockSkewed)
}

func credentialAdvice(e *s3client.APIError) []string {
	switch {
	case e == nil:
		return nil
	case e.Code == "SignatureDoesNotMatch" || e.Code == "InvalidSignatureException":
		return []string{"the secret access key does not belong to this access key ID: fill in both again, from the same place"}
	case strings.HasPrefix(e.Code, "ExpiredToken"):
		return []string{"the session has ended: get new temporary credentials"}
	case e.Code == "InvalidAccessKeyId" || e.Code == "InvalidClientTokenId" || e.Code == "XAdminUserNotFound":
		return []string{"the service does not know this access key ID, or its session token is another's: check both, and that this is the service they belong to"}
	}
	return nil
}

// open gives a client of the connection with the session's credentials, after a
// change to it.
func (r *run) open(change func(*s3client.Connection)) (*s3client.Client, error) {
	c := r.form
	c.AuthorizationType = s3client.AccessKey
	c.AccessKeyID = r.session.AccessKeyID
	c.SecretAccessKey, c.SessionToken = s3client.NewSecret(r.session.SecretAccessKey()), s3client.NewSecret(r.session.SessionToken())
	c.IAMRoleARN, c.ExternalID, c.SessionName, c.DurationSeconds, c.NoSessionPolicy = "", "", "", 0, false
	change(&c)
	return c.Open(&s3client.Options{Base: r.base, Now: r.opts.Now, StayInRegion: true})
}

// partition is that of the names of buckets. Services other than AWS have "aws".
func (r *run) partition() string {
	for _, arn := range []string{r.caller.ARN, r.form.IAMRoleARN} {
		if p := strings.SplitN(arn, ":", 3); len(p) == 3 && strings.HasPrefix(p[1], "aws") {
			return p[1]
		}
	}
	return "aws"
}

func accountOf(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 {
		return p[4]
	}
	return ""
}
