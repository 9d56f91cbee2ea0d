package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// explained is what "sigvier explain --json" prints.
type explained struct {
	Found bool `json:"found"` // a cause
	oracle.Explanation
	Client *texts `json:"client,omitempty"` // as the request gives them
	Server *texts `json:"server,omitempty"` // as the server says that it computed them
}

type texts struct {
	CanonicalRequest string `json:"canonical_request,omitempty"`
	StringToSign     string `json:"string_to_sign,omitempty"`
}

func (a *app) explain(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var scope scopeFlags
	fs.StringVar(&scope.service, "service", "", "the `SERVICE` that is signed for, if the request is not signed yet and does not say")
	fs.StringVar(&scope.region, "region", "", "the `REGION` that is signed for, likewise")
	answer := fs.String("error", "", "the `FILE` with the server's answer, its error document or all of the HTTP answer; - is the standard input.\n"+
		"Without it, it is looked for where the request is: what \"curl -v\" prints has both")
	text := fs.Bool("text", false, "print text, even if the output is no terminal")
	fs.BoolVar(&a.json, "json", false, "print one JSON object, even on a terminal")
	args, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	name := append(args, "-")[0]
	r, refusal, err := a.readRefused(ctx, name, cmp.Or(*answer, name))
	if err != nil {
		return err
	}
	scope.apply(&r)
	r = a.withSecret(r.FilledFrom(refusal))
	x, err := oracle.Explain(r, refusal)
	if err != nil {
		return err
	}
	out := explained{Found: found(x), Explanation: x}
	if shown, err := r.Shown(); err == nil { // else the explanation says what is wrong with it
		out.Client = &texts{shown.CanonicalRequest, shown.StringToSign}
	}
	if refusal.CanonicalRequest != "" || refusal.StringToSign != "" {
		out.Server = &texts{refusal.CanonicalRequest, refusal.StringToSign}
	}
	if terminal := isTerminal(a.stdout); a.json || !terminal && !*text {
		err = writeJSON(a, out)
	} else {
		colours := terminal && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
		_, err = fmt.Fprint(a.stdout, painter{colours}.explanation(out))
	}
	if err == nil && !out.Found {
		return reported(exitFailed)
	}
	return err
}

// found reports whether an explanation names a cause.
func found(x oracle.Explanation) bool {
	return slices.ContainsFunc(x.Causes, func(c oracle.Cause) bool {
		return c.ID != "unexplained" && c.ID != "answer-without-document"
	})
}

// readRefused reads the request and the answer to it, which may be in one file.
func (a *app) readRefused(ctx context.Context, request, answer string) (oracle.Request, oracle.Refusal, error) {
	data, err := a.readRequest(ctx, request)
	if err != nil {
		return oracle.Request{}, oracle.Refusal{}, err
	}
	r, err := oracle.Parse(data)
	if err != nil {
		return oracle.Request{}, oracle.Refusal{}, err
	}
	if answer != request {
		if data, err = a.readRequest(ctx, answer); err != nil {
			return oracle.Request{}, oracle.Refusal{}, err
		}
	} else if !bytes.Contains(data, []byte("\n< HTTP/")) {
		return oracle.Request{}, oracle.Refusal{}, usageError("the server's answer is missing: name its file with --error, or give what \"curl -v\" prints, which has both")
	}
	refusal, err := oracle.ParseRefusal(data)
	return r, refusal, err
}

// withSecret adds the secret of the environment, if it belongs to the request's
// access key, and its session token to a request that is not signed yet.
func (a *app) withSecret(r oracle.Request) oracle.Request {
	id, secret := a.getenv("AWS_ACCESS_KEY_ID"), a.getenv("AWS_SECRET_ACCESS_KEY")
	own := r.Credentials
	switch {
	case own.SecretAccessKey() != "" || secret == "":
		return r
	case id != "" && own.AccessKeyID != "" && id != own.AccessKeyID:
		fmt.Fprintf(a.stderr, "the request is signed by %s and AWS_ACCESS_KEY_ID is %s: it is explained without a secret\n", printable(own.AccessKeyID), printable(id))
		return r
	}
	token := own.SessionToken()
	if r.Claim == nil {
		token = cmp.Or(token, a.getenv("AWS_SESSION_TOKEN"))
	}
	r.Credentials = sigv4.NewCredentials(cmp.Or(own.AccessKeyID, id), secret, token)
	return r
}
