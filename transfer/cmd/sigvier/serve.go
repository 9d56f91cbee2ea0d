package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
)

func (a *app) serve(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var cfg s3test.Config
	fs.StringVar(&cfg.Addr, "addr", "127.0.0.1:0", "listen at `HOST:PORT`; port 0 is any free one")
	fs.StringVar(&cfg.Region, "region", "us-east-1", "the server's `REGION`")
	fs.StringVar(&cfg.Dir, "dir", "", "keep the objects in `DIR`; without, in memory")
	fs.DurationVar(&cfg.Latency, "latency", 0, "wait before each answer, such as 30ms")
	fs.Int64Var(&cfg.Bandwidth, "bandwidth", 0, "`BYTES_PER_S` of each connection; 0 is unlimited")
	fs.Func("user", "`AKID:SECRET` of a user (repeatable); without, one is made up", func(s string) error {
		u, err := parseUser(s)
		cfg.Users = append(cfg.Users, u)
		return err
	})
	fs.Func("bucket", "make the bucket `NAME` (repeatable)", func(s string) error {
		cfg.Buckets = append(cfg.Buckets, s)
		return nil
	})
	fs.Func("role", "`ARN[,external-id=ID]` of a role that may be assumed (repeatable)", func(s string) error {
		r, err := parseRole(s)
		cfg.Roles = append(cfg.Roles, r)
		return err
	})
	fs.Func("fault", "misbehave: `SPEC` is kind[=value][,op=OPERATION][,skip=N][,times=N] (repeatable)", func(s string) error {
		f, err := s3test.ParseFault(s)
		cfg.Faults = append(cfg.Faults, f)
		return err
	})
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	madeUp := len(cfg.Users) == 0
	if madeUp {
		cfg.Users = []s3test.User{{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}}
	}
	server, err := s3test.Start(cfg)
	if err != nil {
		return err
	}
	defer server.Close()
	if _, err := fmt.Fprintln(a.stdout, server.URL); err != nil {
		return err
	}
	if madeUp {
		fmt.Fprintf(a.stderr, "a user made up for this run:\nexport AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s AWS_ENDPOINT_URL=%s\n",
			cfg.Users[0].AccessKeyID, cfg.Users[0].SecretAccessKey, cfg.Region, server.URL)
	}
	started := time.Now()
	<-ctx.Done()
	fmt.Fprintf(a.stderr, "stopped after %s\n", time.Since(started).Round(time.Second))
	return nil
}

func parseUser(s string) (s3test.User, error) {
	id, secret, ok := strings.Cut(s, ":")
	if !ok || id == "" || secret == "" {
		return s3test.User{}, errors.New("AKID:SECRET is expected") // and s may hold a secret
	}
	return s3test.User{AccessKeyID: id, SecretAccessKey: secret}, nil
}

func parseRole(s string) (s3test.Role, error) {
	arn, id, hasID := strings.Cut(s, ",external-id=")
	if strings.Contains(arn, ",") && !hasID || hasID && id == "" {
		return s3test.Role{}, errors.New("ARN or ARN,external-id=ID is expected")
	}
	return s3test.Role{ARN: arn, ExternalID: id}, nil
}
