package differential

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

var goPeers = []peer{
	{"aws-sdk-go-v2", signSDK},
	{"smithy-go", signSmithy},
}

// TestGeneratedRequests runs all requests through the peers that Go can call.
func TestGeneratedRequests(t *testing.T) {
	for _, p := range goPeers {
		t.Run(p.name, func(t *testing.T) {
			for _, row := range run(t, p, generated()) {
				t.Errorf("row %q: no generated request met it", row.name)
			}
		})
	}
}

// TestVerdicts holds each row against its own request: it must disagree still,
// and for no other reason than the row's.
func TestVerdicts(t *testing.T) {
	for _, p := range goPeers {
		for _, row := range rowsOf(p) {
			checkRow(t, p, row)
		}
	}
	for _, row := range rows {
		if len(row.peers) == 0 || slices.Contains([]string{row.sigvier, row.theirs, row.verdict}, "") ||
			!slices.Contains([]string{"sigvier", "both", "neither"}, row.right) {
			t.Errorf("row %q is not filled in", row.name)
		}
	}
}

func checkRow(t *testing.T, p peer, row *row) {
	t.Helper()
	used, err := compare(p, row.request)
	if err != nil {
		t.Errorf("%s, row %q: %v", p.name, row.name, err)
		return
	}
	if !slices.Equal(used, row.alone()) {
		t.Errorf("%s, row %q: its request is explained by %v, want this row alone (none: the row is stale)", p.name, row.name, names(used))
	}
}

// alone is the list of this row.
func (r *row) alone() []*row { return []*row{r} }

func names(rows []*row) (names []string) {
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}

// run compares all requests with one peer, tells how it went, and returns the
// peer's rows that were not needed.
func run(t *testing.T, p peer, requests []request) (unused []*row) {
	t.Helper()
	var agreed, notOffered, failed int
	met := map[*row]int{}
	for i, r := range requests {
		used, err := compare(p, r)
		switch {
		case errors.Is(err, errNotOffered):
			notOffered++
		case err != nil:
			if failed++; failed <= 3 {
				t.Errorf("request %d, %s: no row explains this\n%+v\n%v", i, p.name, r, err)
			}
		case len(used) == 0:
			agreed++
		}
		for _, row := range used {
			met[row]++
		}
	}
	if failed > 3 {
		t.Errorf("%s: %d disagreements that no row explains", p.name, failed)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%s: %d requests, %d agree, %d disagree by these rows", p.name, len(requests), agreed, len(requests)-agreed-notOffered-failed)
	if notOffered > 0 {
		fmt.Fprintf(&table, ", %d ask for what it does not offer", notOffered)
	}
	for _, row := range rowsOf(p) {
		fmt.Fprintf(&table, "\n  %4d  %-60s right: %s", met[row], row.name, row.right)
		if met[row] == 0 {
			unused = append(unused, row)
		}
	}
	t.Log(table.String())
	return unused
}

// compare signs with sigvier and with the peer and returns the rows that it takes
// to explain the peer's answer, none if both agree. An error is a disagreement
// that the rows do not explain, or [errNotOffered].
func compare(p peer, r request) (used []*row, err error) {
	theirs, theirErr := p.sign(r)
	if errors.Is(theirErr, errNotOffered) {
		return nil, theirErr
	}
	ours, ourErr := signSigvier(r, nil)
	if ourErr != nil && theirErr != nil {
		return nil, nil
	}
	if theirErr != nil {
		return nil, fmt.Errorf("only the peer refuses: %w", theirErr)
	}
	if ourErr != nil {
		return refusal(p, r, ourErr)
	}
	if m := newModel(&r, nil); !m.is(ours) {
		return nil, fmt.Errorf("sigvier is not as the model:\n%s\nmodel:\n%s", ours.canonical, m.canonical())
	}
	used, err = explainList(p, r, ours.list, theirs.list)
	if err != nil {
		return nil, err
	}
	m := newModel(&r, theirs.list)
	// With the peer's list of headers sigvier still is as the model, unless the
	// list has what sigvier never signs.
	ours, ourErr = signSigvier(r, theirs.list)
	if ourErr != nil && len(used) == 0 {
		return nil, ourErr
	}
	if ourErr == nil && !m.is(ours) {
		return nil, fmt.Errorf("sigvier with an exact list is not as the model:\n%s\nmodel:\n%s", ours.canonical, m.canonical())
	}
	if m.is(theirs) {
		return used, nil
	}
	for _, row := range rowsOf(p) {
		if row.as == nil {
			continue
		}
		before := m.signature()
		if row.as(m); m.signature() != before && !slices.Contains(used, row) {
			used = append(used, row)
		}
	}
	if !m.is(theirs) {
		return nil, fmt.Errorf("peer:\n%s\nsigvier, with the rows %v:\n%s", theirs.canonical, names(used), m.canonical())
	}
	return used, nil
}

// is says whether a signer's answer is the model's.
func (m *model) is(a answer) bool {
	return m.signature() == a.signature && (a.canonical == "" || a.canonical == m.canonical())
}

// refusal finds the row for what sigvier alone refuses.
func refusal(p peer, r request, refused error) ([]*row, error) {
	for _, row := range rowsOf(p) {
		if row.refuses != nil && row.refuses(&r) && errors.Is(refused, row.kind) {
			return row.alone(), nil
		}
	}
	return nil, fmt.Errorf("only sigvier refuses: %w", refused)
}

// explainList finds the rows for headers that only one of both signs.
func explainList(p peer, r request, ours, theirs []string) (used []*row, err error) {
	for _, name := range slices.Concat(ours, theirs) {
		if slices.Contains(ours, name) && slices.Contains(theirs, name) {
			continue
		}
		i := slices.IndexFunc(rowsOf(p), func(row *row) bool { return row.header != nil && row.header(&r, name) })
		if i < 0 {
			return nil, fmt.Errorf("sigvier signs %v, the peer %v", ours, theirs)
		}
		if row := rowsOf(p)[i]; !slices.Contains(used, row) {
			used = append(used, row)
		}
	}
	return used, nil
}

// TestVerifierTakesTheSame writes what was signed as net/http's client does and
// verifies what its server reads: all that sigvier signs, and all that a peer
// signs without a disagreement.
func TestVerifierTakesTheSame(t *testing.T) {
	signers := append([]peer{{"sigvier", func(r request) (answer, error) { return signSigvier(r, nil) }}}, goPeers...)
	for _, p := range signers {
		taken := 0
		for i, r := range generated() {
			if _, err := signSigvier(r, nil); err != nil {
				continue
			}
			if p.name != "sigvier" {
				if used, err := compare(p, r); err != nil || len(used) > 0 {
					continue // TestGeneratedRequests tells
				}
			}
			a, err := p.sign(r)
			if err != nil {
				t.Errorf("request %d: %s signs no more: %v", i, p.name, err)
				continue
			}
			if err := verify(r, a.signed); err != nil {
				t.Errorf("request %d of %s: Verify() = %v\n%+v", i, p.name, err, r)
			}
			taken++
		}
		if taken < generatedRequests/4 {
			t.Errorf("%s: only %d requests were verified", p.name, taken)
		}
		t.Logf("%s: %d requests verified", p.name, taken)
	}
}

func verify(r request, signed *http.Request) error {
	var wire bytes.Buffer
	if err := signed.Write(&wire); err != nil {
		return err
	}
	received, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return err
	}
	payload, err := sigv4.ParsePayloadHash(r.Payload)
	if err != nil {
		return err
	}
	signer, err := sigv4.NewSigner(r.Service, r.Region, nil)
	if err != nil {
		return err
	}
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) {
		return sigv4.NewCredentials(accessKeyID, r.Secret, r.Token), nil
	}
	_, err = signer.Verify(received, lookup, payload, signingTime)
	return err
}
