package profiles

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var record = flag.Bool("record", false, "record aws-cli's answers in "+recording+" anew")

const recording = "testdata/awscli.jsonl"

// recordingHead is the first line of the recording.
type recordingHead struct {
	AWSCLI string `json:"aws_cli"`
}

// recorded is each further line.
type recorded struct {
	Row    string `json:"row"`
	Of     string `json:"of"` // the row's digest
	Answer answer `json:"answer"`
}

// awsVersion is that of the aws-cli which is here.
func awsVersion(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "aws", "--version").Output()
	if err != nil {
		return "", err
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	return strings.TrimPrefix(version, "aws-cli/"), nil
}

// askAWSCLI has aws-cli answer all rows, two at a time.
func (w *world) askAWSCLI(t *testing.T) []answer {
	t.Helper()
	answers := make([]answer, len(rows))
	var all sync.WaitGroup
	turns := make(chan struct{}, 2)
	for i, r := range rows {
		home, env := w.home(t, r)
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			answers[i] = askRow(t.Context(), r, home, env)
		})
	}
	all.Wait()
	return answers
}

func askRow(ctx context.Context, r row, home string, env map[string]string) answer {
	aws := func(doc any, args ...string) (refused string) {
		if r.profile != "" {
			args = append([]string{"--profile", r.profile}, args...)
		}
		cmd := exec.CommandContext(ctx, "aws", args...)
		for _, v := range os.Environ() {
			name, _, _ := strings.Cut(v, "=")
			if !strings.HasPrefix(name, "AWS_") && !strings.HasSuffix(strings.ToLower(name), "_proxy") && name != "HOME" {
				cmd.Env = append(cmd.Env, v)
			}
		}
		cmd.Env = append(cmd.Env, "AWS_PAGER=")
		for name, value := range env {
			if value != "" { // which is set for aws-cli, and for sigvier it is not
				cmd.Env = append(cmd.Env, name+"="+value)
			}
		}
		cmd.Dir = home
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // without a terminal there is nobody to ask
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return refusalOfAWSCLI(stderr.String())
		}
		if len(bytes.TrimSpace(out)) == 0 {
			out = []byte("{}") // an empty list
		}
		if err := json.Unmarshal(out, doc); err != nil {
			return fmt.Sprintf("%v in %q", err, out)
		}
		return ""
	}
	var who struct{ Arn string }
	if refused := aws(&who, "sts", "get-caller-identity", "--output", "json"); refused != "" {
		return answer{Refusal: refused}
	}
	a := served(who.Arn)
	var list struct{ Contents []struct{ Key string } }
	if refused := aws(&list, "s3api", "list-objects-v2", "--bucket", bucket, "--output", "json"); refused != "" {
		a.Objects = "refuses: " + refused
		return a
	}
	var keys []string
	for _, o := range list.Contents {
		keys = append(keys, o.Key)
	}
	a.Objects = strings.Join(keys, " ")
	return a
}

// refusals are words for what aws-cli says when it refuses; the first that fits
// counts.
var refusals = []struct {
	says *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`An error occurred \((\w+)\) when calling the`), "$1"},
	{regexp.MustCompile(`The config profile \(.*\) could not be found`), "no such profile"},
	{regexp.MustCompile(`The source_profile ".*" referenced in the profile ".*" does not exist`), "no such profile"},
	{regexp.MustCompile(`Infinite loop in credential configuration`), "circle"},
	{regexp.MustCompile(`must have credentials|No credentials found in credential_source`), "source without credentials"},
	{regexp.MustCompile(`Partial credentials found|missing required configuration|has no role ARN configured`), "incomplete"},
	{regexp.MustCompile(`Unable to parse config file|contains both|is not valid|not a legal header value|Unsupported host|does not exist: "|Invalid endpoint|services configuration does not exist|doesn't match a supported format`), "malformed"},
	{regexp.MustCompile(`custom-process|Expecting value: line 1`), "process"},
	{regexp.MustCompile(`container-role`), "container"},
	{regexp.MustCompile(`SSO session associated with this profile|Error loading SSO Token|Token for .* does not exist|Token has expired`), "sign-in"},
	{regexp.MustCompile(`refreshed credentials are still expired`), "ended"},
	{regexp.MustCompile(`Unknown string format: tomorrow`), "malformed"},
	{regexp.MustCompile(`No such file or directory`), "no such file"},
	{regexp.MustCompile(`Parameter validation failed`), "parameter"},
	{regexp.MustCompile(`Enter MFA code`), "no terminal"},
	{regexp.MustCompile(`Unable to locate credentials`), "no credentials"},
}

func refusalOfAWSCLI(text string) string {
	for _, r := range refusals {
		if m := r.says.FindStringSubmatchIndex(text); m != nil {
			return string(r.says.ExpandString(nil, r.word, text, m))
		}
	}
	return "other words: " + strings.TrimSpace(text)
}

func readRecording(t *testing.T) (head recordingHead, answers []recorded) {
	t.Helper()
	text, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	if !lines.Scan() {
		t.Fatalf("%s: no first line", recording)
	}
	err = json.Unmarshal(lines.Bytes(), &head)
	for lines.Scan() && err == nil {
		var a recorded
		err = json.Unmarshal(lines.Bytes(), &a)
		answers = append(answers, a)
	}
	if err = errors.Join(err, lines.Err()); err != nil {
		t.Fatalf("%s: %v", recording, err)
	}
	if len(answers) != len(rows) {
		t.Fatalf("%s has %d answers, want %d: record anew", recording, len(answers), len(rows))
	}
	for i, r := range rows {
		if answers[i].Row != r.String() || answers[i].Of != r.digest(t) {
			t.Fatalf("%s, line %d is not of row %q as it is: record anew", recording, i+2, r)
		}
	}
	return head, answers
}

func writeRecording(t *testing.T, w *world) {
	t.Helper()
	version, err := awsVersion(t.Context())
	if err != nil {
		t.Fatalf("aws-cli, which is to be recorded: %v", err)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(recordingHead{version}); err != nil {
		t.Fatal(err)
	}
	for i, a := range w.askAWSCLI(t) {
		if err := enc.Encode(recorded{rows[i].String(), rows[i].digest(t), a}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(recording, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
