package sts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sts"
)

// constraint is what STS's own model says of one parameter.
type constraint struct {
	operation, parameter, kind string
	min, max                   int // characters, elements or seconds; max -1 is none
	pattern                    *regexp.Regexp
}

// constraints reads testdata/constraints.tsv.
func constraints(t *testing.T) []constraint {
	t.Helper()
	text, err := os.ReadFile("testdata/constraints.tsv")
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string, without int) int {
		if s == "" {
			return without
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var all []constraint
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		c := constraint{f[0], f[1], f[2], number(f[3], 0), number(f[4], -1), nil}
		if f[5] != "" {
			// Java's \uXXXX is Go's \x{XXXX}.
			java := regexp.MustCompile(`\\u([0-9A-F]{4,6})`).ReplaceAllString(f[5], `\x{$1}`)
			if c.pattern, err = regexp.Compile("^(" + java + ")$"); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, c)
	}
	return all
}

// stricter are the parameters of which less is taken here than the model says, and
// who has their tests.
var stricter = map[string]string{
	"RoleArn":                             "a role's ARN: TestChecksOfSingleFields",
	"PolicyArns":                          "the model has no bound, the text says 10: TestInputsAreChecked",
	"PolicyArns.member.arn":               "a policy's ARN: TestInputsAreChecked",
	"Policy":                              "a JSON object: TestInputsAreChecked",
	"TransitiveTagKeys.member":            "one of the tags: TestInputsAreChecked",
	"ProvidedContexts.member.ProviderArn": "an ARN: TestInputsAreChecked",
}

// inputs make a check of each parameter's value, with all else in order.
var inputs = map[string]func(t *testing.T, operation, value string) error{
	"RoleSessionName": func(t *testing.T, operation, value string) error {
		if operation == "AssumeRole" {
			in := role
			in.SessionName = value
			return in.Check()
		}
		in := webRole
		in.SessionName = value
		return in.Check()
	},
	"ExternalId": func(_ *testing.T, _, value string) error {
		if value == "" {
			return sts.CheckExternalID("") // as an input, it is none
		}
		in := role
		in.ExternalID = value
		return in.Check()
	},
	"SourceIdentity": func(_ *testing.T, _, value string) error {
		in := role
		in.SourceIdentity = value
		return in.Check()
	},
	"Tags.member.Key": func(_ *testing.T, _, value string) error {
		in := role
		in.Tags = []sts.Tag{{Key: value}}
		return in.Check()
	},
	"Tags.member.Value": func(_ *testing.T, _, value string) error {
		in := role
		in.Tags = []sts.Tag{{Key: "key", Value: value}}
		return in.Check()
	},
	"SerialNumber": func(_ *testing.T, operation, value string) error {
		if operation == "AssumeRole" {
			in := role
			in.MFASerial, in.MFACode = value, sts.Fixed("123456")
			return in.Check()
		}
		return sts.GetSessionTokenInput{MFASerial: value, MFACode: sts.Fixed("123456")}.Check()
	},
	"TokenCode": func(t *testing.T, operation, value string) error {
		if operation == "AssumeRole" {
			in := role
			in.MFASerial, in.MFACode = mfaSerial, sts.Fixed(value)
			return sends(t, func(ctx context.Context, c *sts.Client) error { _, err := c.AssumeRole(ctx, in); return err })
		}
		in := sts.GetSessionTokenInput{MFASerial: mfaSerial, MFACode: sts.Fixed(value)}
		return sends(t, func(ctx context.Context, c *sts.Client) error { _, err := c.GetSessionToken(ctx, in); return err })
	},
	"ProvidedContexts.member.ContextAssertion": func(t *testing.T, _, value string) error {
		in := role
		in.Contexts = []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: sts.Fixed(value)}}
		return sends(t, func(ctx context.Context, c *sts.Client) error { _, err := c.AssumeRole(ctx, in); return err })
	},
	"WebIdentityToken": func(t *testing.T, _, value string) error {
		in := webRole
		in.Token = sts.Fixed(value)
		return sends(t, func(ctx context.Context, c *sts.Client) error {
			_, err := c.AssumeRoleWithWebIdentity(ctx, in)
			return err
		})
	},
	"ProviderId": func(_ *testing.T, _, value string) error {
		in := webRole
		in.ProviderID = value
		return in.Check()
	},
	"AccessKeyId": func(t *testing.T, _, value string) error {
		return sends(t, func(ctx context.Context, c *sts.Client) error { _, err := c.GetAccessKeyInfo(ctx, value); return err })
	},
	"EncodedMessage": func(t *testing.T, _, value string) error {
		return sends(t, func(ctx context.Context, c *sts.Client) error {
			_, err := c.DecodeAuthorizationMessage(ctx, value)
			return err
		})
	},
}

// sends gives nil if the call comes to be sent, and else why not.
func sends(t *testing.T, call func(context.Context, *sts.Client) error) error {
	sent := false
	err := call(t.Context(), sendNothing(func() { sent = true }))
	switch {
	case sent:
		return nil
	case err == nil:
		return errors.New("nothing was sent, and that is no error")
	}
	return err
}

// Each parameter at its bounds, one below and one beyond, and with every character
// of a wide choice, against AWS's own patterns.
func TestInputsKeepToTheModelOfSTS(t *testing.T) {
	read, seen := constraints(t), 0
	for _, c := range read {
		name := c.operation + "." + c.parameter
		switch {
		case stricter[c.parameter] != "":
			seen++
			continue
		case c.parameter == "DurationSeconds":
			seen++
			t.Run(name, func(t *testing.T) { durationKeepsTo(t, c) })
			continue
		case c.kind == "list":
			seen++
			t.Run(name, func(t *testing.T) { listKeepsTo(t, c) })
			continue
		}
		check := inputs[c.parameter]
		if check == nil {
			t.Errorf("%s is not checked", name)
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) { textKeepsTo(t, c, check) })
	}
	if seen != len(read) || len(read) != 31 {
		t.Errorf("%d of %d parameters were tried, want 31 of 31", seen, len(read))
	}
}

func textKeepsTo(t *testing.T, c constraint, check func(*testing.T, string, string) error) {
	filler := "1" // in all patterns
	for _, length := range []int{c.min - 1, c.min, c.min + 1, c.max - 1, c.max, c.max + 1} {
		if length < 0 || length == 0 && c.parameter == "SerialNumber" { // none is no device
			continue
		}
		err := check(t, c.operation, strings.Repeat(filler, length))
		if want := length >= c.min && length <= c.max; (err == nil) != want {
			t.Errorf("of a length of %d: %v, want it taken: %v", length, err, want)
		}
		if err != nil && (len(fields(err)) != 1 || strings.ReplaceAll(fields(err)[0], "member.1", "member") != c.parameter) {
			t.Errorf("of a length of %d: %v, want an InputError of %s", length, err, c.parameter)
		}
	}
	if c.pattern == nil {
		return
	}
	tried, taken := 0, 0
	try := func(r string) {
		text := strings.Repeat(filler, max(c.min, 2)-1) + r
		tried++
		err := check(t, c.operation, text)
		want := c.pattern.MatchString(text) && utf8.ValidString(text)
		if want {
			taken++
		}
		if (err == nil) != want {
			t.Errorf("%q: %v, want it taken: %v", text, err, want)
		}
	}
	for r := range rune(0x250) {
		try(string(r))
	}
	for _, r := range "Ωжא٣ก०㊷一\u2028\u2029\u3000\u00a0\u0301\u200b\u200d\ufeff😀𝒜𐍈\ufffd\U0010ffff" {
		try(string(r))
	}
	for b := 0x80; b < 0x100; b++ { // no UTF-8
		try(string([]byte{byte(b)}))
	}
	t.Logf("%d characters tried, of which %d are taken", tried, taken)
	if taken < 10 {
		t.Errorf("only %d characters are taken: the pattern says nothing", taken)
	}
}

func durationKeepsTo(t *testing.T, c constraint) {
	check := map[string]func(time.Duration) error{
		"AssumeRole": func(d time.Duration) error { in := role; in.Duration = d; return in.Check() },
		"AssumeRoleWithWebIdentity": func(d time.Duration) error {
			in := webRole
			in.Duration = d
			return in.Check()
		},
		"GetSessionToken": func(d time.Duration) error { return sts.GetSessionTokenInput{Duration: d}.Check() },
	}[c.operation]
	for _, test := range []struct {
		d    time.Duration
		want bool
	}{
		{time.Duration(c.min-1) * time.Second, false},
		{time.Duration(c.min) * time.Second, true},
		{time.Duration(c.min+1) * time.Second, true},
		{time.Duration(c.max-1) * time.Second, true},
		{time.Duration(c.max) * time.Second, true},
		{time.Duration(c.max+1) * time.Second, false},
		{time.Duration(c.min)*time.Second + 1, false}, // it would be cut
		{-time.Duration(c.min) * time.Second, false},
		{1<<63 - 1, false},
		{-1 << 63, false},
	} {
		err := check(test.d)
		if (err == nil) != test.want || err != nil && fmt.Sprint(fields(err)) != "[DurationSeconds]" {
			t.Errorf("%v: %v, want it taken: %v", test.d, err, test.want)
		}
	}
}

func listKeepsTo(t *testing.T, c constraint) {
	for n := range c.max + 2 {
		in := role
		switch c.parameter {
		case "Tags":
			in.Tags = manyTags(n)
		case "TransitiveTagKeys":
			in.Tags = manyTags(1)
			for range n {
				in.TransitiveTagKeys = append(in.TransitiveTagKeys, in.Tags[0].Key)
			}
		case "ProvidedContexts":
			for range n {
				in.Contexts = append(in.Contexts, sts.ProvidedContext{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: sts.Fixed("an assertion")})
			}
		}
		err := in.Check()
		if want := n <= c.max; (err == nil) != want || err != nil && fmt.Sprint(fields(err)) != "["+c.parameter+"]" {
			t.Errorf("%d of them: %v, want it taken: %v", n, err, want)
		}
	}
}
