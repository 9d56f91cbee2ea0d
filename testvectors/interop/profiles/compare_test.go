package profiles

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
)

// answer is what a tool made of a row, without what differs from run to run.
type answer struct {
	Who     string `json:"who,omitempty"`     // the ARN of the caller
	Objects string `json:"objects,omitempty"` // what it lists, or why not
	Refusal string `json:"refusal,omitempty"` // in place of all that
}

func (a answer) String() string {
	switch {
	case a.Refusal != "":
		return "refuses: " + a.Refusal
	case strings.HasPrefix(a.Objects, "refuses: "):
		return a.Who + ", lists nothing: " + strings.TrimPrefix(a.Objects, "refuses: ")
	}
	return a.Who + ", lists " + a.Objects
}

// defaultSession is the name of a session that nobody has named.
var defaultSession = regexp.MustCompile(`/(botocore-session-[0-9]+|sigvier)$`)

// served makes an answer of a caller's ARN.
func served(arn string) answer { return answer{Who: defaultSession.ReplaceAllString(arn, "/DEFAULT")} }

// TestRecording compares with what aws-cli answered once, so on every machine.
func TestRecording(t *testing.T) {
	w := newWorld(t)
	if *record {
		writeRecording(t, w)
	}
	head, theirs := readRecording(t)
	var answers []answer
	for _, a := range theirs {
		answers = append(answers, a.Answer)
	}
	compare(t, w, "recording of aws-cli "+head.AWSCLI, answers, true)
}

// TestAWSCLI compares with the aws-cli that is here.
func TestAWSCLI(t *testing.T) {
	head, old := readRecording(t)
	here, err := awsVersion(t.Context())
	if err != nil {
		t.Logf("aws-cli: not here (%v); the recording of %s was compared", err, head.AWSCLI)
		return
	}
	w := newWorld(t)
	answers := w.askAWSCLI(t)
	same := here == head.AWSCLI
	for i, a := range answers {
		if same && a != old[i].Answer {
			t.Errorf("%s, line %d = %v, aws-cli %s answers %v", recording, i+2, old[i].Answer, here, a)
		}
	}
	compare(t, w, "aws-cli "+here+", run here", answers, same)
}

// compare has sigvier answer each row, and holds the answers together. Without
// words, a refusal is as good as another.
func compare(t *testing.T, w *world, tool string, theirs []answer, words bool) {
	t.Helper()
	var table strings.Builder
	tab := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tab, "PROFILE\t%s\tSIGVIER\n", strings.ToUpper(tool))
	agree := 0
	for i, r := range rows {
		ours := w.askSigvier(t, r)
		same := ours == theirs[i] || !words && ours.Refusal != "" && theirs[i].Refusal != ""
		shown := "the same"
		switch {
		case r.why == "" && same:
			agree++
		case r.why == "":
			t.Errorf("row %q: %s: %v\nsigvier: %v", r, tool, theirs[i], ours)
			shown = ours.String() + "  <-- NOT EXPLAINED"
		case same && words:
			t.Errorf("row %q: both answer %v: the row says that they do not", r, ours)
		case ours.String() != r.sigvier:
			t.Errorf("row %q: sigvier: %v, want %s", r, ours, r.sigvier)
		}
		if r.why != "" {
			shown = ours.String() + "  (" + r.why + ")"
		}
		fmt.Fprintf(tab, "%s\t%v\t%s\n", r, theirs[i], shown)
	}
	if err := tab.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d profiles, compared with %s: %d answers are the same, %d differ as their rows say\n%s", len(rows), tool, agree, len(rows)-agree, &table)
}
