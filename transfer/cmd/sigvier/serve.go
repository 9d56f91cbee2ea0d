package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

func (a *app) serve(ctx context.Context, flags *flag.FlagSet, args []string) error {
	var cfg s3test.Config
	flags.StringVar(&cfg.Addr, "addr", "127.0.0.1:0", "listen at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&cfg.Region, "region", "us-east-1", "the server's `REGION`")
	flags.StringVar(&cfg.Dir, "dir", "", "keep the objects in `DIR`; without, in memory")
	flags.DurationVar(&cfg.Latency, "latency", 0, "wait before each answer, such as 30ms")
	flags.Int64Var(&cfg.Bandwidth, "bandwidth", 0, "`BYTES_PER_S` of each connection; 0 is unlimited")
	var users []string
	flags.Func("user", "`AKID:SECRET` of a user (repeatable); without, one is made up", func(s string) error {
		users = append(users, s) // read below, for package flag repeats what it refuses
		return nil
	})
	flags.Func("bucket", "make the bucket `NAME` (repeatable)", func(s string) error {
		cfg.Buckets = append(cfg.Buckets, s)
		return nil
	})
	flags.Func("role", "`ARN[,trust=FILE][,policy=FILE][,external-id=ID]` of a role (repeatable). Who may assume it is in the trust policy, as \"sigvier role\" writes one;\nwithout, everybody, with the external ID if there is one. What it may do is in the policies; without, everything", func(s string) error {
		r, err := parseRole(s)
		cfg.Roles = append(cfg.Roles, r)
		return err
	})
	var faults []string
	flags.Func("fault", "misbehave: `SPEC` is one of these, and then any number of what begins with a comma (repeatable). N is a number, P 0.05 or 5%, DURATION 30ms\n"+
		strings.TrimSuffix(s3test.FaultUsage(), "\n"), func(s string) error {
		faults = append(faults, s)
		return nil
	})
	flags.Uint64Var(&cfg.Seed, "seed", 0, "what faults draw by chance begins with `N`, so that they can be had again; 0 is a random one, which is told")
	flags.BoolVar(&cfg.TLS, "tls", false, "listen for HTTP/1.1 and HTTP/2 over TLS, with a certificate made for this run")
	var certificate string
	flags.StringVar(&certificate, "tls-cert", "", "the same, and write the certificate to `FILE`, for the clients that have to trust it: SSL_CERT_FILE, AWS_CA_BUNDLE, curl --cacert")
	if _, err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	for _, s := range users {
		u, err := parseUser(s)
		if err != nil {
			return err
		}
		cfg.Users = append(cfg.Users, u)
	}
	for _, s := range faults {
		f, err := s3test.ParseFault(s)
		if err != nil {
			return usageError("--" + err.Error())
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	cfg.TLS = cfg.TLS || certificate != ""
	madeUp := len(cfg.Users) == 0
	if madeUp {
		cfg.Users = []s3test.User{{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}}
	}
	server, err := s3test.Start(cfg)
	if err != nil && !isSystem(err) {
		return usageError(err.Error())
	}
	if err != nil {
		return err
	}
	defer server.Close()
	if certificate != "" {
		if certificate, err = filepath.Abs(certificate); err != nil {
			return err
		}
		if err := os.WriteFile(certificate, server.CertificatePEM(), 0o666); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(a.stdout, server.URL); err != nil {
		return err
	}
	if madeUp {
		fmt.Fprintf(a.stderr, "a user made up for this run:\nexport AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s AWS_ENDPOINT_URL=%s\n",
			cfg.Users[0].AccessKeyID, cfg.Users[0].SecretAccessKey, cfg.Region, server.URL)
	}
	if certificate != "" {
		fmt.Fprintf(a.stderr, "for clients to trust it:\nexport SSL_CERT_FILE=%s AWS_CA_BUNDLE=%[1]s\n", certificate)
	}
	if len(cfg.Faults) > 0 {
		fmt.Fprintf(a.stderr, "the faults draw from seed %d: --seed has them again\n", server.Seed())
	}
	started := time.Now()
	<-ctx.Done()
	fmt.Fprintf(a.stderr, "stopped after %s\n", time.Since(started).Round(time.Second))
	return nil
}

// isSystem tells what the system refuses from what was said wrong.
func isSystem(err error) bool {
	var call *os.SyscallError
	var path *fs.PathError
	var name *net.DNSError
	return errors.As(err, &call) || errors.As(err, &path) || errors.As(err, &name)
}

func parseUser(s string) (s3test.User, error) {
	id, secret, ok := strings.Cut(s, ":")
	if !ok || id == "" || secret == "" {
		return s3test.User{}, usageError("--user: AKID:SECRET is expected: see sigvier serve -h") // and s may hold a secret
	}
	return s3test.User{AccessKeyID: id, SecretAccessKey: secret}, nil
}

// parseRole reads a role, and the policies in the files that it names.
func parseRole(s string) (r s3test.Role, err error) {
	expected := errors.New("ARN or ARN,external-id=ID is expected, with ,trust=FILE and ,policy=FILE behind the ARN if policies are to decide")
	s, id, hasID := strings.Cut(s, ",external-id=") // behind the rest, for it may have commas
	if hasID && id == "" {
		return r, expected
	}
	arn, files, more := strings.Cut(s, ",")
	r.ARN, r.ExternalID = arn, id
	for more {
		var file string
		file, files, more = strings.Cut(files, ",")
		switch kind, name, _ := strings.Cut(file, "="); {
		case kind == "trust" && name != "" && r.Trust == nil:
			r.Trust = new(policy.Document)
			*r.Trust, err = readPolicy(name)
		case kind == "policy" && name != "":
			var d policy.Document
			d, err = readPolicy(name)
			r.Policies = append(r.Policies, d)
		default:
			err = expected
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

func readPolicy(name string) (policy.Document, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return policy.Document{}, err
	}
	d, err := policy.Parse(text)
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}
