package s3client_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

const directory = "fast--use1-az4--x-s3"

// express stands in the place of S3 Express One Zone: it opens sessions, which it
// numbers, and answers what is asked in them.
type express struct {
	lasts  time.Duration // 0: the sessions say no end
	within answer        // nil: an empty object
	delay  time.Duration

	mu      sync.Mutex
	opened  int
	modes   []string
	inside  []*http.Request
	outside []*http.Request // the requests for sessions
}

func (e *express) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(e.delay)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !req.URL.Query().Has("session") {
		e.inside = append(e.inside, req)
		if e.within != nil {
			return e.within(req)
		}
		return says(200, "")(req)
	}
	e.opened++
	e.outside = append(e.outside, req)
	e.modes = append(e.modes, req.Header.Get("X-Amz-Create-Session-Mode"))
	expires := ""
	if e.lasts != 0 {
		expires = "<Expiration>" + time.Now().Add(e.lasts).UTC().Format("2006-01-02T15:04:05Z") + "</Expiration>"
	}
	return says(200, fmt.Sprintf(`<CreateSessionResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Credentials><SessionToken>token-%d</SessionToken>`+
		`<SecretAccessKey>the/secret/of/session</SecretAccessKey><AccessKeyId>ASIASESSION%d</AccessKeyId>%s</Credentials></CreateSessionResult>`,
		e.opened, e.opened, expires))(req)
}

func (e *express) head(t *testing.T, c *s3client.Client) error {
	_, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: directory, Key: "k"})
	return err
}

// The caller's own token goes with CreateSession, the session's in a header of its own
// with all else.
func TestDirectoryBucketsAreUsedInASession(t *testing.T) {
	net := &express{}
	f := awsForm("us-east-1")
	f.SessionToken = s3client.NewSecret(token)
	c := open(t, f, &s3client.Options{Base: net})
	if err := net.head(t, c); err != nil {
		t.Fatal(err)
	}
	outer, inner := net.outside[0], net.inside[0]
	if outer.Header.Get("X-Amz-Security-Token") != token || outer.Header.Get("X-Amz-S3session-Token") != "" ||
		!strings.Contains(outer.Header.Get("Authorization"), keyID+"/") || signedFor(outer) != "s3express us-east-1" {
		t.Errorf("CreateSession is not signed with the caller's credentials: %v", outer.Header)
	}
	if want := "https://" + directory + ".s3express-use1-az4.us-east-1.amazonaws.com/?session="; outer.URL.String() != want {
		t.Errorf("CreateSession goes to %s, want %s", outer.URL, want)
	}
	if inner.Header.Get("X-Amz-S3session-Token") != "token-1" || inner.Header.Get("X-Amz-Security-Token") != "" ||
		!strings.Contains(inner.Header.Get("Authorization"), "ASIASESSION1/") {
		t.Errorf("the request is not signed with the session's credentials: %v", inner.Header)
	}
	if _, signed, _ := strings.Cut(inner.Header.Get("Authorization"), "SignedHeaders="); !strings.Contains(signed, "x-amz-s3session-token") {
		t.Errorf("the session's token is not signed: %s", signed)
	}
}

func TestSessionIsOpenedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &express{lasts: 5 * time.Minute, delay: time.Second}
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if err := net.head(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if net.opened != 1 || len(net.inside) != 32 {
			t.Errorf("%d sessions, %d requests, want 1 and 32", net.opened, len(net.inside))
		}
		// Another bucket has another session.
		if _, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "other--use1-az4--x-s3", Key: "k"}); err != nil || net.opened != 2 {
			t.Errorf("%d sessions, %v, want one for each bucket", net.opened, err)
		}
	})
}

// Whoever asks every ten seconds for an hour never does so in a session that has ended.
func TestSessionIsRenewedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &express{lasts: 5 * time.Minute}
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
		opened := map[string]time.Time{}
		for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(10 * time.Second) {
			if err := net.head(t, c); err != nil {
				t.Fatal(err)
			}
			used := net.inside[len(net.inside)-1].Header.Get("X-Amz-S3session-Token")
			if _, known := opened[used]; !known {
				opened[used] = time.Now()
			}
			if age := time.Since(opened[used]); age >= 5*time.Minute {
				t.Fatalf("%s is used for %v", used, age)
			}
		}
		synctest.Wait()
		// A third of five minutes before the end at the earliest: every 200 s, or less often.
		if net.opened < 12 || net.opened > 19 {
			t.Errorf("%d sessions in an hour, want 12 to 19", net.opened)
		}
	})
}

// The clock that the sessions' ends are compared with is that of the options.
func TestSessionsEndByTheOptionsClock(t *testing.T) {
	now := &clock{t: time.Now().Add(-24 * time.Hour)}
	net := &express{}
	net.lasts = 5*time.Minute - 24*time.Hour
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net, Now: now.now})
	for range 3 {
		if err := net.head(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if net.opened != 1 {
		t.Errorf("%d sessions are opened, want 1", net.opened)
	}
	now.advance(10 * time.Minute)
	if err := net.head(t, c); err != nil || net.opened != 2 {
		t.Errorf("%d sessions, %v, want another after its end", net.opened, err)
	}
}

// A session is no more than the connection may be used for.
func TestSessionMode(t *testing.T) {
	for _, test := range []struct {
		permissions s3client.Permissions
		want        string
	}{
		{0, "ReadWrite"},
		{s3client.MayRead, "ReadOnly"},
		{s3client.MayRead | s3client.MayList, "ReadOnly"},
		{s3client.MayRead | s3client.MayWrite, "ReadWrite"},
		{s3client.MayRead | s3client.MayDelete, "ReadWrite"},
	} {
		net := &express{}
		f := awsForm("us-east-1")
		f.RestrictToBucket, f.Permissions = directory, test.permissions
		if err := net.head(t, open(t, f, &s3client.Options{Base: net})); err != nil {
			t.Fatal(err)
		}
		if net.modes[0] != test.want {
			t.Errorf("with %v the session's mode is %q, want %q", test.permissions, net.modes[0], test.want)
		}
	}
}

// A session that has ended, whatever its own date says, is opened anew, once.
func TestEndedSessionIsHealed(t *testing.T) {
	net := &express{lasts: 5 * time.Minute}
	refuse := 1
	net.within = func(req *http.Request) (*http.Response, error) {
		if refuse--; refuse >= 0 {
			return says(400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>")(req)
		}
		return says(200, "")(req)
	}
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
	get := func() error {
		_, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: directory, Key: "k"})
		return err
	}
	if err := get(); err != nil || net.opened != 2 || len(net.inside) != 2 {
		t.Fatalf("%v, with %d sessions and %d requests, want 2 and 2", err, net.opened, len(net.inside))
	}
	if got := net.inside[1].Header.Get("X-Amz-S3session-Token"); got != "token-2" {
		t.Errorf("the second attempt has %s, want token-2", got)
	}
	refuse = 100
	err := get()
	wantErr(t, err, s3client.ErrDenied, s3client.ErrExpiredToken)
}

func TestSessionThatIsRefused(t *testing.T) {
	net := &recorder{answers: []answer{says(403, "<Error><Code>AccessDenied</Code><Message>no s3express:CreateSession</Message></Error>")}}
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
	_, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: directory, Key: "k"})
	wantErr(t, err, s3client.ErrDenied, s3client.ErrAccessDenied)
	if !strings.HasPrefix(err.Error(), "GetObject s3://"+directory+"/k: ") || !strings.Contains(err.Error(), "CreateSession") {
		t.Errorf("%q does not say which operation failed and that it was for want of a session", err)
	}
	net.answers[0] = says(404, "<Error><Code>NoSuchBucket</Code></Error>")
	_, err = c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: directory, Key: "k"})
	wantErr(t, err, s3client.ErrNotFound, s3client.ErrNoSuchBucket)
	if strings.Count(err.Error(), "check the bucket's name") != 1 {
		t.Errorf("%q does not give its hint once", err)
	}
}

// Without Options.Endpoints a small program is told what it lacks.
func TestOpenWithHasNoSessionsOfItself(t *testing.T) {
	net := &express{}
	own := sigv4.NewCredentials(keyID, secret, "")
	for _, test := range []struct {
		opts s3client.Options
		want bool
	}{{s3client.Options{}, false}, {s3client.Options{Endpoints: s3client.AllEndpoints}, true}} {
		test.opts.Base = net
		c, err := awsForm("us-east-1").OpenWith(own, &test.opts)
		if err != nil {
			t.Fatal(err)
		}
		switch err := net.head(t, c); {
		case test.want && err != nil:
			t.Error(err)
		case !test.want && (err == nil || !strings.Contains(err.Error(), "AllEndpoints")):
			t.Errorf("%v does not say to set AllEndpoints", err)
		}
	}
}

// Nor has it what is about access points: nothing is sent, and no URL given.
func TestOpenWithHasGeneralPurposeBucketsOnly(t *testing.T) {
	own := sigv4.NewCredentials(keyID, secret, "")
	for _, test := range []struct{ name, bucket, host string }{
		{"an access point", "arn:aws:s3:us-west-2:123456789012:accesspoint/orders", "orders-123456789012.s3-accesspoint.us-west-2.amazonaws.com"},
		{"a multi-Region access point", "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com"},
		{"an Object Lambda access point", "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/thumbs", "thumbs-123456789012.s3-object-lambda.us-west-2.amazonaws.com"},
		{"an Outposts access point", "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/rack",
			"rack-123456789012.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com"},
		{"an alias of an Outposts access point", "rack-o01000000000000a0000a0000000000000000000000000000000000000000--op-s3", ""},
		{"no access point at all", "arn:aws:s3:::data", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			call := func(opts s3client.Options) (sent []*http.Request, failures []error) {
				net := &recorder{answers: []answer{says(200, "")}}
				opts.Base = net
				c, err := awsForm("us-west-2").OpenWith(own, &opts)
				if err != nil {
					t.Fatal(err)
				}
				in := s3client.GetObjectInput{Bucket: test.bucket, Key: "k"}
				_, getting := c.GetObject(t.Context(), in)
				_, presigning := c.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
				return net.requests, []error{getting, presigning}
			}
			sent, failures := call(s3client.Options{})
			for _, err := range failures {
				if wantErr(t, err); !strings.Contains(err.Error(), "is no general purpose bucket: for access points and directory buckets set Options.Endpoints to s3client.AllEndpoints") {
					t.Errorf("%v does not say what to set", err)
				}
			}
			if len(sent) != 0 {
				t.Errorf("a request was sent to %s", sent[0].URL.Host)
			}
			if test.host == "" {
				return
			}
			sent, failures = call(s3client.Options{Endpoints: s3client.AllEndpoints})
			if failures[0] != nil || failures[1] != nil || len(sent) != 1 || sent[0].URL.Host != test.host {
				t.Errorf("with AllEndpoints: %v, sent %v, want one to %s", failures, sent, test.host)
			}
		})
	}
}

// In a presigned URL the session's token is a parameter.
func TestPresignForADirectoryBucket(t *testing.T) {
	net := &express{}
	f := awsForm("us-east-1")
	f.SessionToken = s3client.NewSecret(token)
	c := open(t, f, &s3client.Options{Base: net})
	for _, op := range []s3client.Operation{s3client.GetObjectInput{Bucket: directory, Key: "k"}, s3client.PutObjectInput{Bucket: directory, Key: "k"}} {
		p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: op, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(p.URL, "https://"+directory+".s3express-use1-az4.us-east-1.amazonaws.com/k?") ||
			!strings.Contains(p.URL, "X-Amz-S3session-Token=token-1") || strings.Contains(p.URL, "X-Amz-Security-Token") ||
			!strings.Contains(p.URL, "%2Fs3express%2F") {
			t.Errorf("the URL is %s", p.URL)
		}
	}
	// What is about the bucket itself goes to the control endpoint, without a session.
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.DeleteBucketInput{Bucket: directory}, Expires: time.Minute})
	if err != nil || !strings.HasPrefix(p.URL, "https://s3express-control.us-east-1.amazonaws.com/"+directory+"?") ||
		strings.Contains(p.URL, "S3session") || !strings.Contains(p.URL, "X-Amz-Security-Token") {
		t.Errorf("the URL of DeleteBucket is %s, %v", p.URL, err)
	}
	if net.opened != 1 {
		t.Errorf("%d sessions are opened, want 1", net.opened)
	}
}

// All of it against a server that verifies the signatures.
func TestDirectoryBucketOfTheEmbeddedServer(t *testing.T) {
	srv := serve(t, s3test.Config{Buckets: []string{directory}})
	c := open(t, form(srv), nil)
	put(t, c, directory, "a/b c", text)
	if got := get(t, c, directory, "a/b c"); got != text {
		t.Errorf("the object is %q, want %q", got, text)
	}
	if _, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: directory, Key: "piped", Body: ioPipe(text), ContentLength: int64(len(text))}); err != nil {
		t.Error(err)
	}
	if _, err := c.CopyObject(t.Context(), s3client.CopyObjectInput{Bucket: directory, Key: "copy", CopySource: s3client.CopySource{Bucket: directory, Key: "piped"}}); err != nil {
		t.Error(err)
	}
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: directory, Key: "a/b c"}, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := anyone(t, http.DefaultTransport, http.MethodGet, p, ""); status != 200 || body != text {
		t.Errorf("the presigned URL gives %d %s", status, body)
	}
	want := map[string]int{"CreateSession": 1, "PutObject": 2, "GetObject": 2, "CopyObject": 1}
	if diff := cmp.Diff(want, srv.Requests()); diff != "" {
		t.Errorf("requests (-want +got)\n%s", diff)
	}

	readOnly := form(srv)
	readOnly.RestrictToBucket, readOnly.Permissions = directory, s3client.MayRead
	reader := open(t, readOnly, nil)
	if got := get(t, reader, directory, "copy"); got != text {
		t.Errorf("in a ReadOnly session the object is %q", got)
	}
}

func TestNoDirectoryBucket(t *testing.T) {
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: &recorder{}})
	for _, bucket := range []string{"--use1-az4--x-s3", "a.b--use1-az4--x-s3", "Fast--use1-az4--x-s3", "fast--x-s3", "--x-s3", "--xa-s3"} {
		_, err := c.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: bucket})
		if err == nil || !strings.Contains(err.Error(), "is no name of a directory bucket") {
			t.Errorf("%s: %v, want that it is no name of a directory bucket", bucket, err)
		}
	}
}
