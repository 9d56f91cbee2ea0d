package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sts/chain"
)

// The program that prints credentials is the test itself, told so by a variable:
// it prints what its first argument says.
const processVariable = "SIGVIER_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(processVariable) == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, "SECRETIVE")
	switch os.Args[1] {
	case "print":
		fmt.Println(os.Args[2])
	case "mark": // that it was started
		if err := os.WriteFile(os.Args[2], nil, 0o600); err != nil {
			os.Exit(1)
		}
		fmt.Println(printed)
	case "fail":
		fmt.Print(os.Args[2])
		os.Exit(3)
	case "flood":
		for {
			if _, err := fmt.Println(strings.Repeat("SECRETIVE", 1000)); err != nil {
				os.Exit(1)
			}
		}
	case "leave": // a child that keeps the output open
		child := exec.Command(os.Args[0], "hang")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			os.Exit(1)
		}
		fmt.Println(strings.Replace(printed, "PROC", strconv.Itoa(child.Process.Pid), 1))
	case "sso":
		_, err := (&chain.SSO{Session: "my-sso", Region: "eu-central-1", AccountID: "123456789012", RoleName: "Reader", Home: os.Args[2]}).Fetch(context.Background())
		fmt.Println(err)
	case "hang":
		time.Sleep(time.Hour) // until it is killed
	}
	os.Exit(0)
}

// command is the test as a command, in quotation marks for its path.
func command(t *testing.T, args ...string) string {
	t.Helper()
	t.Setenv(processVariable, "1")
	t.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector programs end a second late
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := `"` + name + `"`
	for _, a := range args {
		line += ` '` + a + `'`
	}
	return line
}

const printed = `{"Version":1,"AccessKeyId":"AKIDPROC","SecretAccessKey":"` + secret + `","SessionToken":"` + token + `","Expiration":"2126-01-02T15:04:05Z"}`

func TestProcess(t *testing.T) {
	for _, test := range []struct{ name, output, want, expires string }{
		{"a session", printed, "AKIDPROC|" + secret + "|" + token, "2126-01-02T15:04:05Z"},
		{"a key", `{"Version":1,"AccessKeyId":"AKIDPROC","SecretAccessKey":"` + secret + `"}`, "AKIDPROC|" + secret + "|", "0001-01-01T00:00:00Z"},
		{"with a zone and more", strings.Replace(printed, `15:04:05Z"`, `15:04:05+02:00","AccountId":"123456789012"`, 1), "AKIDPROC|" + secret + "|" + token, "2126-01-02T13:04:05Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := command(t, "print", test.output)
			c, _ := setup{config: "[default]\ncredential_process = " + run + "\n"}.chain(t)
			for _, source := range []chain.Source{&chain.Process{Command: run}, chainSource{c}} {
				cred, err := source.Fetch(t.Context())
				if err != nil || show(cred) != test.want || cred.Expires.UTC().Format(time.RFC3339) != test.expires {
					t.Errorf("got %v until %v, %v", show(cred), cred.Expires, err)
				}
			}
		})
	}
}

func TestProcessStandsBetweenTheFilesKeys(t *testing.T) {
	run := "credential_process = " + command(t, "print", printed) + "\n"
	for _, test := range []struct {
		name string
		setup
		want string
	}{
		{"after the credentials file's", setup{credentials: "[default]\n" + key("AKIDCRED", secret), config: "[default]\n" + run}, "AKIDCRED"},
		{"before the config file's", setup{config: "[default]\n" + run + key("AKIDCONF", secret)}, "AKIDPROC"},
		{"in the credentials file", setup{credentials: "[default]\n" + run}, "AKIDPROC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := test.chain(t)
			if cred, err := c.Credentials(t.Context()); err != nil || cred.AccessKeyID != test.want {
				t.Errorf("got %v, %v, want %s", cred, err, test.want)
			}
		})
	}
}

func TestProcessThatFailsEndsTheSearch(t *testing.T) {
	for _, test := range []struct{ name, command, part string }{
		{"it fails", command(t, "fail", printed), "failed; run its command by hand to see why: exit status 3"},
		{"it prints nothing", command(t, "print", ""), "printed no JSON"},
		{"it prints no JSON", command(t, "print", secret), "printed no JSON"},
		{"it prints another version", command(t, "print", strings.Replace(printed, ":1", ":2", 1)), "whose Version is not 1"},
		{"it prints the version as a text", command(t, "print", strings.Replace(printed, `:1`, `:"1"`, 1)), "whose Version is not 1"},
		{"it prints no version", command(t, "print", strings.Replace(printed, `"Version":1,`, "", 1)), "whose Version is not 1"},
		{"it prints no key", command(t, "print", `{"Version":1,"SecretAccessKey":"`+secret+`"}`), "lacks AccessKeyId"},
		{"it prints no secret", command(t, "print", `{"Version":1,"AccessKeyId":"AKID"}`), "lacks SecretAccessKey"},
		{"it prints an end that is none", command(t, "print", strings.Replace(printed, "2126", "SECRETIVE", 1)), "has an Expiration that is no time of ISO 8601"},
		{"it prints what has ended", command(t, "print", strings.Replace(printed, "2126", "2001", 1)), "printed credentials that ended at 2001-01-02T15:04:05Z"},
		{"it prints too much", command(t, "flood"), "printed too much: more than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{config: "[default]\ncredential_process = " + test.command + "\n" + key("AKIDCONF", secret)}.chain(t)
			cred, err := c.Credentials(t.Context())
			want := "chain: credential_process of profile default (" + filepath.Join(home, ".aws", "config") + ":2) "
			var source *chain.SourceError
			if show(cred) != "" || !errors.As(err, &source) || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), test.part) {
				t.Errorf("got %v, %v, want %s… %s", cred, err, want, test.part)
			}
			noSecret(t, err)
		})
	}
}

func TestCommandThatCannotBeRunIsASetting(t *testing.T) {
	for _, test := range []struct{ command, part string }{
		{"/nowhere/SECRETIVE SECRETIVE", "names a program that is not there: expecting its full path, without ~ and variables"},
		{"SECRETIVE-program", "names a program that is not there"},
		{`"/bin/SECRETIVE`, "has a quotation mark that is not closed"},
	} {
		c, home := setup{config: "[default]\ncredential_process = " + test.command + "\n" + key("AKIDCONF", secret)}.chain(t)
		for want, source := range map[string]chain.Source{
			filepath.Join(home, ".aws", "config") + ":2": chainSource{c}, "program": &chain.Process{Command: test.command},
		} {
			_, err := source.Fetch(t.Context())
			if !errors.Is(err, chain.ErrMalformed) || !strings.HasPrefix(err.Error(), "chain: "+want+": malformed: credential_process ") || !strings.Contains(err.Error(), test.part) {
				t.Errorf("got %v, want %s… %s", err, want, test.part)
			}
			noSecret(t, err)
		}
	}
}

func TestProcessMayLeaveAChild(t *testing.T) {
	cred, err := (&chain.Process{Command: command(t, "leave")}).Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimPrefix(cred.AccessKeyID, "AKID"))
	if err != nil {
		t.Fatalf("got %v, want what the program printed", cred)
	}
	child, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Kill(); err != nil {
		t.Error(err)
	}
}

func TestProcessThatMayNotRun(t *testing.T) {
	name := filepath.Join(t.TempDir(), "SECRETIVE")
	write(t, name, "#!/bin/sh\n")
	_, err := (&chain.Process{Command: name}).Fetch(t.Context())
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) { // the latter on Windows, which goes by the name
		t.Errorf("got %v, want %v", err, fs.ErrPermission)
	}
	noSecret(t, err)
}

// A program of the directory that somebody happens to be in is not meant.
func TestProcessIsNotThatOfTheWorkingDirectory(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(name))
	t.Setenv("PATH", ".")
	_, err = (&chain.Process{Command: filepath.Base(name) + " SECRETIVE"}).Fetch(t.Context())
	if !errors.Is(err, exec.ErrDot) {
		t.Errorf("got %v, want %v", err, exec.ErrDot)
	}
	noSecret(t, err)
}

func TestProcessHasItsTime(t *testing.T) {
	run := command(t, "hang")
	_, err := (&chain.Process{Command: run, Timeout: 100 * time.Millisecond}).Fetch(t.Context())
	if want := "chain: credential_process did not end within 100ms"; !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("never mind")
	cancel(reason)
	if _, err := (&chain.Process{Command: run}).Fetch(ctx); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}

func TestProcessWithoutACommandIsNotSetUp(t *testing.T) {
	if _, err := new(chain.Process).Fetch(t.Context()); !errors.Is(err, chain.ErrNoCredentials) {
		t.Errorf("got %v, want %v", err, chain.ErrNoCredentials)
	}
}
