package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
	"github.com/sigvier/sigvier/transfer"
)

// connectionFlags are the flags of every command that talks to a service.
type connectionFlags struct {
	file    string
	form    s3client.Connection
	threads string
	base    http.RoundTripper // that sends all requests; nil is the packages' own
}

func (f *connectionFlags) register(a *app, fs *flag.FlagSet) {
	fs.StringVar(&f.file, "connection", "", "`FILE` with the connection, as JSON")
	fs.StringVar(&f.form.Region, "region", "", "the bucket's `REGION`")
	fs.StringVar(&f.form.Endpoint, "endpoint", "", "`URL` of a service other than AWS's own")
	fs.StringVar(&f.form.STSEndpoint, "sts-endpoint", "", "`URL` where the role is assumed")
	fs.BoolVar(&f.form.PathStyle, "path-style", false, "the bucket in the path, not in the host name")
	fs.StringVar(&f.form.IAMRoleARN, "role-arn", "", "`ARN` of the IAM role to assume")
	fs.StringVar(&f.form.ExternalID, "external-id", "", "external `ID` that the role asks for")
	fs.StringVar(&f.form.RestrictToBucket, "restrict-to-bucket", "", "refuse every other `BUCKET`")
	fs.StringVar(&f.form.RestrictToPath, "restrict-to-path", "", "refuse every other `PATH`")
	fs.Func("permissions", "refuse all but these: `WORDS` of list,read,write,delete", func(s string) (err error) {
		f.form.Permissions, err = s3client.ParsePermissions(s)
		return err
	})
	fs.StringVar(&f.form.BucketOwner, "bucket-owner", "", "have the service refuse a bucket that is not this account's, an `ID` of twelve digits")
	fs.StringVar(&f.threads, "threads", "", "download threads: `N`, 1 to 256, or auto (default 1)")
	fs.BoolVar(&a.json, "json", false, "results as JSON, one object a line")
}

// open opens the connection, and has credentials before anything is done with it.
func (f *connectionFlags) open(ctx context.Context, a *app) (client *s3client.Client, threads int, err error) {
	c, provider, threads, err := f.connection(a)
	if err != nil {
		return nil, 0, err
	}
	client, err = c.Open(&s3client.Options{Credentials: provider, Base: f.base})
	if err != nil && !lacksRegion(err) {
		return nil, 0, err
	}
	if provider != nil {
		if _, err := provider.Credentials(ctx); err != nil {
			return nil, 0, err
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w (--region, AWS_REGION or the profile may give it)", err)
	}
	if threads != transfer.Auto {
		threads = client.DownloadThreads()
	}
	return client, threads, nil
}

// lacksRegion reports whether that is all that is wrong with the form.
func lacksRegion(err error) bool {
	var form *s3client.ConnectionError
	return errors.As(err, &form) && len(form.Fields) == 1 && form.Fields[0].Field == "region" && strings.HasPrefix(form.Fields[0].Problem, "is empty")
}

// connection puts the connection together, from the file, then the flags, then the
// environment and shared files, field by field. Where the keys come from there,
// too, the provider has them, and renews them when they end; else it is nil.
func (f *connectionFlags) connection(a *app) (c s3client.Connection, provider sigv4.Provider, threads int, err error) {
	if f.file != "" {
		if c, err = a.readConnection(f.file); err != nil {
			return c, nil, 0, err
		}
	}
	if threads, err = f.parseThreads(); err != nil {
		return c, nil, 0, err
	}
	f.fill(a, &c)
	switch {
	case c.DownloadThreads == 0:
		c.DownloadThreads = max(threads, 0) // auto is the engine's to decide
	case threads != 0 && threads != c.DownloadThreads:
		f.overruled(a, "threads")
		threads = 0
	}
	if f.base, err = a.trusting(); err != nil {
		return c, nil, 0, err
	}
	aws := &chain.Chain{Env: a.getenv, Base: f.base}
	if err := fillFromEnvironment(&c, aws); err != nil {
		return c, nil, 0, err
	}
	if c.AccessKeyID == "" && c.SecretAccessKey.IsZero() {
		provider = aws
	}
	return c, provider, threads, nil
}

// readConnection takes a file that others may read, with a warning, for the
// person who runs the command; not one that others may change.
func (a *app) readConnection(name string) (s3client.Connection, error) {
	c, err := s3client.LoadConnection(name)
	var file *s3client.FileError
	if errors.As(err, &file) && file.Exposed {
		if c, err = parseConnection(name); err == nil {
			fmt.Fprintln(a.stderr, "sigvier: warning:", message(exitUsage, file))
		}
	}
	if err != nil {
		return c, usageError(err.Error())
	}
	return c, nil
}

func parseConnection(name string) (s3client.Connection, error) {
	file, err := os.Open(name)
	if err != nil {
		return s3client.Connection{}, err
	}
	defer file.Close()
	c, err := s3client.ParseConnection(file)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return c, err
}

func (f *connectionFlags) parseThreads() (int, error) {
	switch f.threads {
	case "":
		return 0, nil
	case "auto":
		return transfer.Auto, nil
	}
	n, err := strconv.Atoi(f.threads)
	if err != nil || n < 1 || n > 256 {
		return 0, usageError(fmt.Sprintf("--threads %s: 1 to 256, or auto, is expected", f.threads))
	}
	return n, nil
}

// fill takes from the flags what the file left open, and says which flags the
// file overrules.
func (f *connectionFlags) fill(a *app, c *s3client.Connection) {
	for _, field := range []struct {
		flag string
		dst  *string
		src  string
	}{
		{"region", &c.Region, f.form.Region},
		{"endpoint", &c.Endpoint, f.form.Endpoint},
		{"sts-endpoint", &c.STSEndpoint, f.form.STSEndpoint},
		{"role-arn", &c.IAMRoleARN, f.form.IAMRoleARN},
		{"external-id", &c.ExternalID, f.form.ExternalID},
		{"restrict-to-bucket", &c.RestrictToBucket, f.form.RestrictToBucket},
		{"restrict-to-path", &c.RestrictToPath, f.form.RestrictToPath},
		{"bucket-owner", &c.BucketOwner, f.form.BucketOwner},
	} {
		switch {
		case *field.dst == "":
			*field.dst = field.src
		case field.src != "" && field.src != *field.dst:
			f.overruled(a, field.flag)
		}
	}
	if c.Permissions == 0 {
		c.Permissions = f.form.Permissions
	} else if f.form.Permissions != 0 && f.form.Permissions != c.Permissions {
		f.overruled(a, "permissions")
	}
	c.PathStyle = c.PathStyle || f.form.PathStyle
	if c.AuthorizationType == "" {
		c.AuthorizationType = s3client.AccessKey
		if c.IAMRoleARN != "" {
			c.AuthorizationType = s3client.IAMRole
		}
	}
}

func (f *connectionFlags) overruled(a *app, flag string) {
	fmt.Fprintf(a.stderr, "sigvier: --%s is not used, for %s says otherwise\n", flag, f.file)
}

// fillFromEnvironment takes the rest, but for keys, from where the AWS tools look.
func fillFromEnvironment(c *s3client.Connection, aws *chain.Chain) (err error) {
	if c.Region == "" {
		if c.Region, err = aws.Region(); err != nil {
			return err
		}
	}
	given := c.Endpoint != ""
	if !given {
		if c.Endpoint, err = aws.Endpoint("s3"); err != nil {
			return err
		}
	}
	switch {
	case c.STSEndpoint != "" || c.AuthorizationType != s3client.IAMRole:
	case given: // which says where the role is assumed, too, unless the environment names STS
		c.STSEndpoint = aws.Env("AWS_ENDPOINT_URL_STS")
	default:
		c.STSEndpoint, err = aws.Endpoint("sts")
	}
	return err
}

// location is an s3:// argument.
type location struct{ bucket, key string }

func parseLocation(s string) (location, error) {
	rest, ok := strings.CutPrefix(s, "s3://")
	if !ok {
		return location{}, usageError(fmt.Sprintf("%q: s3:// is expected at the beginning, such as s3://bucket/folder/key", s))
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return location{bucket, key}, nil
}

// parseObject takes an s3:// argument that must name a key.
func parseObject(s string) (location, error) {
	l, err := parseLocation(s)
	if err == nil && (l.bucket == "" || l.key == "") {
		err = usageError(fmt.Sprintf("%q: a bucket and a key are expected, such as s3://bucket/folder/key", s))
	}
	return l, err
}

// parseBucket takes an s3:// argument that must name a bucket and no key.
func parseBucket(s string) (location, error) {
	l, err := parseLocation(s)
	if err == nil && (l.bucket == "" || l.key != "") {
		err = usageError(fmt.Sprintf("%q: a bucket and no key is expected, such as s3://bucket", s))
	}
	return l, err
}

// parseBucketOrObject takes one that must name a bucket.
func parseBucketOrObject(s string) (location, error) {
	l, err := parseLocation(s)
	if err == nil && l.bucket == "" {
		err = usageError(fmt.Sprintf("%q: a bucket, or a bucket and a key, is expected, such as s3://bucket/folder/key", s))
	}
	return l, err
}

// openOne does what commands with one s3:// argument begin with.
func (a *app) openOne(ctx context.Context, fs *flag.FlagSet, args []string, parseAt func(string) (location, error)) (*s3client.Client, location, error) {
	var conn connectionFlags
	conn.register(a, fs)
	args, err := parse(fs, args, 1, 1)
	if err != nil {
		return nil, location{}, err
	}
	at, err := parseAt(args[0])
	if err != nil {
		return nil, at, err
	}
	client, _, err := conn.open(ctx, a)
	return client, at, err
}
