package chain_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
)

// source is a source of a test's own.
type source func() (sigv4.Credentials, error)

func (s source) Fetch(context.Context) (sigv4.Credentials, error) { return s() }

func TestSourcesAreTriedInTurn(t *testing.T) {
	var asked string
	absent := func(name string) chain.Source {
		return source(func() (sigv4.Credentials, error) {
			asked += name
			return sigv4.Credentials{}, &chain.NoCredentialsError{Tried: []chain.Attempt{{Source: name, Reason: "is not set up"}}}
		})
	}
	good := source(func() (sigv4.Credentials, error) {
		asked += "good "
		return sigv4.NewCredentials("AKID", secret, ""), nil
	})
	broken := errors.New("broken")
	failing := source(func() (sigv4.Credentials, error) { return sigv4.Credentials{}, broken })
	// A failure within which credentials are lacking is a failure all the same.
	role := source(func() (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &chain.SourceError{Source: "role", Problem: "failed", Err: &chain.NoCredentialsError{}}
	})
	for _, test := range []struct {
		name    string
		sources []chain.Source
		asked   string
		err     error
		tried   []string
	}{
		{"the first that has", []chain.Source{absent("a "), good, absent("b ")}, "a good ", nil, nil},
		{"one that fails ends it", []chain.Source{absent("a "), failing, good}, "a ", broken, []string{"a "}},
		{"one that fails among others", []chain.Source{absent("a "), chain.Sources{absent("b "), failing, good}, good}, "a b ", broken, []string{"a ", "b "}},
		{"a role that fails ends it", []chain.Source{role, good}, "", chain.ErrNoCredentials, nil},
		{"none", []chain.Source{absent("a "), chain.Sources{absent("b "), absent("c ")}}, "a b c ", chain.ErrNoCredentials, []string{"a ", "b ", "c "}},
		{"no sources", nil, "", chain.ErrNoCredentials, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked = ""
			p := chain.New(test.sources...)
			if asked != "" {
				t.Errorf("%s was asked before anybody asked", asked)
			}
			_, err := p.Credentials(t.Context())
			if asked != test.asked || !errors.Is(err, test.err) {
				t.Errorf("asked %q, %v, want %q, %v", asked, err, test.asked, test.err)
			}
			var none *chain.NoCredentialsError
			var search *chain.SearchError
			var attempts []chain.Attempt
			switch {
			case errors.As(err, &search):
				attempts = search.Before
			case errors.As(err, &none):
				attempts = none.Tried
			}
			var tried []string
			for _, a := range attempts {
				tried = append(tried, a.Source)
			}
			if diff := cmp.Diff(test.tried, tried); diff != "" {
				t.Errorf("tried (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewKeepsCredentialsUntilTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		p := chain.New(source(func() (sigv4.Credentials, error) {
			fetched++
			cred := sigv4.NewCredentials("AKID", secret, token)
			cred.Expires = time.Now().Add(time.Hour)
			return cred, nil
		}))
		for range 600 { // ten hours
			if cred, err := p.Credentials(t.Context()); err != nil || !cred.Expires.After(time.Now()) {
				t.Fatalf("got credentials until %v at %v, %v", cred.Expires, time.Now(), err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if fetched < 10 || fetched > 14 {
			t.Errorf("fetched %d times in ten hours, want each time once before an hour ends", fetched)
		}
	})
}

// A program that names one source does not have the others in it.
func TestProgramLinksOnlyTheSourcesItNames(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "main.go")
	write(t, main, `package main

import (
	"context"

	"github.com/sigvier/sigvier/sts/chain"
)

func main() {
	_, err := chain.New(chain.Environment{}).Credentials(context.Background())
	println(err == nil)
}
`)
	program := filepath.Join(dir, "program")
	goTool(t, "build", "-o", program, main)
	symbols := goTool(t, "tool", "nm", program)
	if !strings.Contains(symbols, "sts/chain.Environment.Fetch") {
		t.Error("the program has not got the source that it names")
	}
	for _, other := range []string{
		"sts/chain.(*Chain)", "sts/chain.(*Profile)", "sts/chain.(*Process)", "sts/chain.(*SSO)", "sts/chain.(*Container)",
		"sts/chain.(*InstanceMetadata)", "sts/chain.(*WebIdentity)", "sts/chain.parse", "sts.(*Client).AssumeRole",
		"os/exec.(*Cmd).Start", "net/http.(*Transport).RoundTrip",
	} {
		if strings.Contains(symbols, other) {
			t.Errorf("the program has %s in it", other)
		}
	}
}

func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	for _, v := range os.Environ() {
		// How the tests run is none of its business.
		if name, _, _ := strings.Cut(v, "="); name != "GODEBUG" && name != "GOFLAGS" && name != "GOOS" && name != "GOARCH" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}
