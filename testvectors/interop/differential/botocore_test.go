package differential

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

var record = flag.Bool("record", false, "record botocore's answers in "+recording+" anew")

const (
	recording = "testdata/botocore.jsonl"
	recorded  = 340 // generated requests in the recording; the rows' requests come on top
)

// versions is the first line of a run and of the recording.
type versions struct {
	Botocore string `json:"botocore"`
	Python   string `json:"python"`
}

// botoAnswer is one line.
type botoAnswer struct {
	Of         string `json:"of,omitempty"` // id of the request, in the recording
	Canonical  string `json:"canonical_request,omitempty"`
	Signature  string `json:"signature,omitempty"`
	Error      string `json:"error,omitempty"`
	NotOffered bool   `json:"not_offered,omitempty"`
}

// toRecord is what the recording answers: each row's request and the first
// generated ones.
func toRecord() (requests []request) {
	for _, row := range rows {
		if slices.Contains(row.peers, python) {
			requests = append(requests, row.request)
		}
	}
	return append(requests, generated()[:recorded]...)
}

// TestBotocoreRecording compares with what botocore answered once, so on every
// machine.
func TestBotocoreRecording(t *testing.T) {
	if *record {
		writeRecording(t)
	}
	of, answers := readRecording(t)
	requests := toRecord()
	if len(answers) != len(requests) {
		t.Fatalf("%s has %d answers, want %d: record anew", recording, len(answers), len(requests))
	}
	p := botocorePeer(t, requests, answers)
	run(t, p, requests[len(rowsOf(p)):])
	for _, row := range rowsOf(p) {
		checkRow(t, p, row)
	}
	t.Logf("the recording is of botocore %s with Python %s", of.Botocore, of.Python)
}

// TestBotocore has all requests answered by the botocore that is here, if it is
// the one of the recording, and holds the recording against it.
func TestBotocore(t *testing.T) {
	of, old := readRecording(t)
	here, answers, err := askBotocore(append(toRecord(), generated()...))
	if err != nil {
		t.Logf("botocore: not here (%v); the recording of botocore %s was compared", err, of.Botocore)
		return
	}
	if here.Botocore != of.Botocore {
		t.Logf("botocore: %s is here, but the rows are of %s: only the recording was compared", here.Botocore, of.Botocore)
		return
	}
	requests := append(toRecord(), generated()...)
	for i := range old {
		answers[i].Of = requests[i].id()
		if answers[i] != old[i] {
			t.Errorf("%s, line %d = %+v, botocore %s answers %+v", recording, i+2, old[i], here.Botocore, answers[i])
		}
	}
	p := botocorePeer(t, requests[len(old):], answers[len(old):])
	for _, row := range run(t, p, requests[len(old):]) {
		t.Errorf("row %q: no generated request met it", row.name)
	}
}

// botocorePeer makes a peer of answers.
func botocorePeer(t *testing.T, requests []request, answers []botoAnswer) peer {
	t.Helper()
	byID := map[string]botoAnswer{}
	for i, r := range requests {
		if of := answers[i].Of; of != "" && of != r.id() {
			t.Fatalf("%s, line %d is of another request: the generator or a row has changed, record anew", recording, i+2)
		}
		byID[r.id()] = answers[i]
	}
	return peer{python, func(r request) (answer, error) {
		a, ok := byID[r.id()]
		switch {
		case !ok:
			return answer{}, errors.New("no answer of botocore's to this request")
		case a.NotOffered:
			return answer{}, errNotOffered
		case a.Error != "":
			return answer{}, errors.New(a.Error)
		}
		lines := strings.Split(a.Canonical, "\n")
		return answer{canonical: a.Canonical, signature: a.Signature, list: strings.Split(lines[len(lines)-2], ";")}, nil
	}}
}

// askBotocore runs botocore over requests.
func askBotocore(requests []request) (of versions, answers []botoAnswer, err error) {
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, r := range requests {
		r.Path = r.wirePath()
		if err := enc.Encode(r); err != nil {
			return of, nil, err
		}
	}
	var failed bytes.Buffer
	cmd := exec.Command("python3", "testdata/sign_with_botocore.py")
	cmd.Stdin, cmd.Stderr = &in, &failed
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(failed.String()), "\n")
		return of, nil, fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	of, answers, err = parseAnswers(out)
	if err == nil && len(answers) != len(requests) {
		err = fmt.Errorf("%d answers to %d requests", len(answers), len(requests))
	}
	return of, answers, err
}

func parseAnswers(text []byte) (of versions, answers []botoAnswer, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		return of, nil, errors.New("no first line with the versions")
	}
	if err := json.Unmarshal(lines.Bytes(), &of); err != nil {
		return of, nil, err
	}
	for lines.Scan() {
		var a botoAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return of, nil, err
		}
		answers = append(answers, a)
	}
	return of, answers, lines.Err()
}

func readRecording(t *testing.T) (versions, []botoAnswer) {
	t.Helper()
	text, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	of, answers, err := parseAnswers(text)
	if err != nil {
		t.Fatalf("%s: %v", recording, err)
	}
	return of, answers
}

func writeRecording(t *testing.T) {
	t.Helper()
	requests := toRecord()
	of, answers, err := askBotocore(requests)
	if err != nil {
		t.Fatalf("botocore, which is to be recorded: %v", err)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(of); err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		a.Of = requests[i].id()
		if err := enc.Encode(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(recording, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
