package s3client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
)

// elsewhere is a service whose bucket is in eu-west-1: who signs for another region
// gets its answer.
type elsewhere struct {
	answer   answer
	location answer // to GetBucketLocation, from wherever it comes; nil: the answer

	mu   sync.Mutex
	sent []string // "METHOD HOST REGION"
}

func (e *elsewhere) RoundTrip(req *http.Request) (*http.Response, error) {
	_, region, _ := strings.Cut(signedFor(req), " ")
	what := req.Method + " " + req.URL.Host + " " + region
	asks := req.URL.Query().Has("location")
	if asks {
		what += " ?location"
	}
	e.mu.Lock()
	e.sent = append(e.sent, what)
	e.mu.Unlock()
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
	}
	var resp *http.Response
	var err error
	switch {
	case asks && e.location != nil:
		resp, err = e.location(req)
	case region == "eu-west-1":
		resp, err = says(200, "<ListBucketResult/>")(req)
	default:
		resp, err = e.answer(req)
	}
	if req.Method == http.MethodHead && resp != nil { // which has no body
		resp.Body = http.NoBody
	}
	resp.Request = req
	return resp, err
}

const (
	permanentRedirect = `<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint.</Message>` +
		`<Endpoint>data.s3-eu-west-1.amazonaws.com</Endpoint><Bucket>data</Bucket></Error>`
	malformed = `<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'us-east-1' is wrong; ` +
		`expecting 'eu-west-1'</Message><Region>eu-west-1</Region></Error>`
	illegal = `<Error><Code>IllegalLocationConstraintException</Code><Message>The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.</Message></Error>`

	home  = "data.s3.us-east-1.amazonaws.com us-east-1"
	there = "data.s3.eu-west-1.amazonaws.com eu-west-1"
)

func getKey(ctx context.Context, c *s3client.Client) error {
	_, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "k"})
	return err
}

func headKey(ctx context.Context, c *s3client.Client) error {
	_, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "k"})
	return err
}

func putKey(ctx context.Context, c *s3client.Client) error {
	_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "k", Body: strings.NewReader(text)})
	return err
}

func listKeys(ctx context.Context, c *s3client.Client) error {
	_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "data"})
	return err
}

// The region is learnt from whatever S3 says of it, by one more request, and
// remembered: the next request goes there at once.
func TestRegionOfABucketIsLearntOnce(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   answer
		location answer
		call     func(context.Context, *s3client.Client) error
		want     []string // requests of the first call
	}{
		{"301 with the region in a header", says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), nil, getKey,
			[]string{"GET " + home, "GET " + there}},
		{"301 of an upload", says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), nil, putKey,
			[]string{"PUT " + home, "PUT " + there}},
		{"301 of a listing", says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), nil, listKeys,
			[]string{"GET " + home, "GET " + there}},
		{"301 of HEAD", says(301, "", "X-Amz-Bucket-Region", "eu-west-1"), nil, headKey,
			[]string{"HEAD " + home, "HEAD " + there}},
		{"307 with a location alone", says(307, "", "Location", "https://data.s3.eu-west-1.amazonaws.com/k"), nil, getKey,
			[]string{"GET " + home, "GET " + there}},
		{"307 with a location of the old form", says(307, "", "Location", "https://data.s3-eu-west-1.amazonaws.com/k"), nil, putKey,
			[]string{"PUT " + home, "PUT " + there}},
		{"400 that expects another scope", says(400, malformed), nil, getKey,
			[]string{"GET " + home, "GET " + there}},
		{"400 that expects another scope, by a header too", says(400, malformed, "X-Amz-Bucket-Region", "eu-west-1"), nil, putKey,
			[]string{"PUT " + home, "PUT " + there}},
		{"400 of HEAD with a header", says(400, "", "X-Amz-Bucket-Region", "eu-west-1"), nil, headKey,
			[]string{"HEAD " + home, "HEAD " + there}},
		{"400 of HEAD without anything; ?location is refused with the region", says(400, ""), says(400, malformed), headKey,
			[]string{"HEAD " + home, "GET " + home + " ?location", "HEAD " + there}},
		{"400 of HEAD without anything; ?location is answered", says(400, ""), says(200, "<LocationConstraint>eu-west-1</LocationConstraint>"), headKey,
			[]string{"HEAD " + home, "GET " + home + " ?location", "HEAD " + there}},
		{"400 of HEAD without anything; the location is EU", says(400, ""), says(200, "<LocationConstraint>EU</LocationConstraint>"), headKey,
			[]string{"HEAD " + home, "GET " + home + " ?location", "HEAD " + there}},
		{"301 of HEAD without anything", says(301, ""), says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), headKey,
			[]string{"HEAD " + home, "GET " + home + " ?location", "HEAD " + there}},
		{"400 of a region to opt in to", says(400, illegal), says(200, "<LocationConstraint>eu-west-1</LocationConstraint>"), getKey,
			[]string{"GET " + home, "GET " + home + " ?location", "GET " + there}},
		{"the same with a header", says(400, illegal, "X-Amz-Bucket-Region", "eu-west-1"), nil, getKey,
			[]string{"GET " + home, "GET " + there}},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &elsewhere{answer: test.answer, location: test.location}
			c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
			if err := test.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, net.sent); diff != "" {
				t.Fatalf("the first call's requests (-want +got)\n%s", diff)
			}
			for _, call := range []func(context.Context, *s3client.Client) error{test.call, getKey, putKey, headKey, listKeys} {
				net.sent = nil
				if err := call(t.Context(), c); err != nil {
					t.Error(err)
				}
				if len(net.sent) != 1 || !strings.HasSuffix(net.sent[0], there) {
					t.Errorf("once it is known, the requests are %q, want one to %s", net.sent, there)
				}
			}
			p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: "k"}, Expires: time.Minute})
			if err != nil || !strings.HasPrefix(p.URL, "https://data.s3.eu-west-1.amazonaws.com/k?") || !strings.Contains(p.URL, "%2Feu-west-1%2Fs3%2F") {
				t.Errorf("the presigned URL is %s, %v, want one of eu-west-1", p.URL, err)
			}
			// Another bucket's region is another's.
			net.sent = nil
			c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "other", Key: "k"})
			if net.sent[0] != "HEAD other.s3.us-east-1.amazonaws.com us-east-1" {
				t.Errorf("another bucket is looked for at %s", net.sent[0])
			}
		})
	}
}

// What is no region of the bucket's is not followed, and the answer is the error.
func TestRegionThatIsNotFollowed(t *testing.T) {
	stay := func(o *s3client.Options) { o.StayInRegion = true }
	for _, test := range []struct {
		name   string
		region string
		edit   func(*s3client.Options)
		answer answer
		hint   string
	}{
		{"a foreign host", "us-east-1", nil, says(307, "", "Location", "https://evil.example/data/k"), "check region and endpoint"},
		{"a host that begins like S3's", "us-east-1", nil, says(307, "", "Location", "https://data.s3.eu-west-1.amazonaws.com.evil.example/k"), "check region and endpoint"},
		{"a host in the user's place", "us-east-1", nil, says(301, "", "Location", "https://data.s3.eu-west-1.amazonaws.com@evil.example/"), "check region and endpoint"},
		{"a location that is none", "us-east-1", nil, says(301, "", "Location", "https://%zz"), "check region and endpoint"},
		{"no location", "us-east-1", nil, says(307, ""), "check region and endpoint"},
		{"the region that was used", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", "us-east-1"), "PermanentRedirect"},
		{"another partition", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", "cn-north-1"), "PermanentRedirect"},
		{"another partition by its host", "us-east-1", nil, says(307, "", "Location", "https://data.s3.cn-north-1.amazonaws.com.cn/k"), "check region and endpoint"},
		{"another partition, the other way", "cn-north-1", nil, says(400, malformed), "AuthorizationHeaderMalformed"},
		{"GovCloud", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", "us-gov-west-1"), "PermanentRedirect"},
		{"a region with a host in it", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", "evil.example/"), "PermanentRedirect"},
		{"a region with a slash", "us-east-1", nil, says(400, strings.ReplaceAll(malformed, "<Region>eu-west-1", "<Region>eu-west-1/s3")), "AuthorizationHeaderMalformed"},
		{"a region of no number", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", "evil"), "PermanentRedirect"},
		{"an empty region", "us-east-1", nil, says(301, permanentRedirect, "X-Amz-Bucket-Region", ""), "check region and endpoint"},
		{"403 with a region", "us-east-1", nil, says(403, "<Error><Code>AccessDenied</Code></Error>", "X-Amz-Bucket-Region", "eu-west-1"), "AccessDenied"},
		{"404 with a region", "us-east-1", nil, says(404, "<Error><Code>NoSuchKey</Code></Error>", "X-Amz-Bucket-Region", "eu-west-1"), "NoSuchKey"},
		{"400 of another kind with a region", "us-east-1", nil, says(400, "<Error><Code>InvalidArgument</Code></Error>", "X-Amz-Bucket-Region", "eu-west-1"), "InvalidArgument"},
		{"StayInRegion", "us-east-1", stay, says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), "the bucket is in region eu-west-1: set the region to that"},
		{"StayInRegion and a scope", "us-east-1", stay, says(400, malformed), "the bucket is in region eu-west-1: set the region to that"},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &recorder{answers: []answer{test.answer}}
			opts := s3client.Options{Base: net}
			if test.edit != nil {
				test.edit(&opts)
			}
			c := open(t, awsForm(test.region), &opts)
			for range 2 {
				err := getKey(t.Context(), c)
				wantErr(t, err)
				if !strings.Contains(err.Error(), test.hint) {
					t.Errorf("%q does not say %q", err, test.hint)
				}
			}
			if len(net.requests) != 2 {
				t.Errorf("two calls send %d requests, want 2", len(net.requests))
			}
			for _, req := range net.requests {
				if want := "data.s3." + test.region + ".amazonaws.com"; !strings.HasPrefix(req.URL.Host, want) || !strings.HasSuffix(signedFor(req), test.region) {
					t.Errorf("a request goes to %s, signed for %s", req.URL.Host, signedFor(req))
				}
			}
		})
	}
	// StayInRegion asks for no region either.
	net := &recorder{answers: []answer{says(400, "")}}
	wantErr(t, headKey(t.Context(), open(t, awsForm("us-east-1"), &s3client.Options{Base: net, StayInRegion: true})))
	if len(net.requests) != 1 {
		t.Errorf("HEAD sends %d requests, want 1", len(net.requests))
	}
}

// Two answers that contradict each other are no loop, and the later one counts.
func TestRegionsThatContradictEachOther(t *testing.T) {
	net := &recorder{answers: []answer{func(req *http.Request) (*http.Response, error) {
		other := "eu-west-1"
		if strings.HasSuffix(signedFor(req), other) {
			other = "eu-west-2"
		}
		return says(301, permanentRedirect, "X-Amz-Bucket-Region", other)(req)
	}}}
	err := getKey(t.Context(), open(t, awsForm("us-east-1"), &s3client.Options{Base: net}))
	wantErr(t, err, &s3client.APIError{Code: "PermanentRedirect"})
	if len(net.requests) != 2 || !strings.Contains(err.Error(), "region eu-west-2") {
		t.Errorf("%d requests, %v, want 2 and the last region that was named", len(net.requests), err)
	}
}

// A bucket that was removed and made anew at home is found there again.
func TestBucketThatComesHome(t *testing.T) {
	bucketIn := "eu-west-1"
	net := &recorder{answers: []answer{func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(signedFor(req), bucketIn) {
			return says(200, "")(req)
		}
		return says(301, permanentRedirect, "X-Amz-Bucket-Region", bucketIn)(req)
	}}}
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
	for _, test := range []struct {
		in   string
		want int
	}{{"eu-west-1", 2}, {"eu-west-1", 1}, {"us-east-1", 2}, {"us-east-1", 1}, {"ap-south-1", 2}} {
		bucketIn, net.requests = test.in, nil
		if err := getKey(t.Context(), c); err != nil || len(net.requests) != test.want {
			t.Errorf("in %s: %v with %d requests, want %d", test.in, err, len(net.requests), test.want)
		}
	}
}

// However many begin at once, each is redirected once at most, and later none.
func TestRegionIsLearntByManyAtOnce(t *testing.T) {
	net := &elsewhere{answer: says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1")}
	c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
	const workers = 32
	all := func() {
		var wg sync.WaitGroup
		for i := range workers {
			call := []func(context.Context, *s3client.Client) error{getKey, putKey, headKey, listKeys}[i%4]
			wg.Go(func() {
				if err := call(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	all()
	if n := len(net.sent); n < workers+1 || n > 2*workers {
		t.Errorf("%d requests, want at least %d and at most %d", n, workers+1, 2*workers)
	}
	net.sent = nil
	if all(); len(net.sent) != workers {
		t.Errorf("%d requests once it is known, want %d", len(net.sent), workers)
	}
}

// A bucket is made in the region that was asked for, or not at all.
func TestCreateBucketIsNotRedirected(t *testing.T) {
	for _, answer := range []answer{says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"), says(400, malformed), says(400, illegal)} {
		net := &elsewhere{answer: answer}
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
		_, err := c.CreateBucket(t.Context(), s3client.CreateBucketInput{Bucket: "data"})
		wantErr(t, err)
		if len(net.sent) != 1 {
			t.Errorf("%q are sent, want one", net.sent)
		}
	}
}

// A multi-Region access point, and one whose ARN says its region, are where they are.
func TestAccessPointsAreNotRedirected(t *testing.T) {
	for _, arn := range []string{"arn:aws:s3:us-west-2:123456789012:accesspoint/orders", "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"} {
		net := &recorder{answers: []answer{says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1")}}
		_, err := open(t, awsForm("us-east-1"), &s3client.Options{Base: net}).HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: arn, Key: "k"})
		wantErr(t, err)
		if len(net.requests) != 1 {
			t.Errorf("%s: %d requests, want 1", arn, len(net.requests))
		}
	}
}

// With an endpoint of one's own only the scope changes, and with one that names its
// region nothing else than that can be meant.
func TestRegionBehindAnEndpoint(t *testing.T) {
	for _, test := range []struct {
		name, endpoint, region string
		answer                 answer
		want                   []string
	}{
		{"a scope", "http://127.0.0.1:9000", "", says(400, malformed), []string{"GET 127.0.0.1:9000 us-east-1", "GET 127.0.0.1:9000 eu-west-1"}},
		{"a name that is none of AWS's", "http://127.0.0.1:9000", "", says(400, strings.ReplaceAll(malformed, "<Region>eu-west-1", "<Region>garage")),
			[]string{"GET 127.0.0.1:9000 us-east-1", "GET 127.0.0.1:9000 garage"}},
		{"AWS's own", "https://s3.us-east-1.amazonaws.com", "us-east-1", says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"),
			[]string{"GET data.s3.us-east-1.amazonaws.com us-east-1"}},
		{"an interface endpoint", "https://bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "us-east-1", says(400, malformed),
			[]string{"GET data.bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com us-east-1"}},
		{"the region in its name", "https://s3.eu-west-1.example.com", "", says(400, malformed),
			[]string{"GET data.s3.eu-west-1.example.com us-east-1", "GET data.s3.eu-west-1.example.com eu-west-1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &elsewhere{answer: test.answer}
			f := awsForm(test.region)
			f.Endpoint = test.endpoint
			getKey(t.Context(), open(t, f, &s3client.Options{Base: net}))
			if diff := cmp.Diff(test.want, net.sent); diff != "" {
				t.Errorf("requests (-want +got)\n%s", diff)
			}
		})
	}
}

// redirecting is a server that redirects what is signed for us-east-1, and counts the
// bytes that came before it did.
func redirecting(t *testing.T, atOnce bool) (url string, received *atomic.Int64, stored func() string) {
	var count atomic.Int64
	var body atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/us-east-1/") {
			if !atOnce {
				n, _ := io.Copy(io.Discard, r.Body)
				count.Add(n)
			}
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.WriteHeader(http.StatusMovedPermanently)
			io.WriteString(w, permanentRedirect)
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body.Store(string(b))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, &count, func() string { s, _ := body.Load().(string); return s }
}

// A body that can be rewound is, and nobody notices.
func TestUploadIsRewoundForAnotherRegion(t *testing.T) {
	for _, size := range []int{0, 10, 3 << 20} {
		url, _, stored := redirecting(t, false)
		c := open(t, s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID, SecretAccessKey: s3client.NewSecret(secret), Endpoint: url}, nil)
		content := strings.Repeat("x", size)
		if _, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
		if got := stored(); got != content {
			t.Errorf("%d bytes are stored, want %d", len(got), size)
		}
	}
}

// One that cannot says so, and where the bucket is; the next one goes there.
func TestUploadThatCannotBeRewoundSaysTheRegion(t *testing.T) {
	for name, answer := range map[string]answer{
		"301":                   says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"),
		"307 with its location": says(307, "", "Location", "https://data.s3.eu-west-1.amazonaws.com/k"),
		"400":                   says(400, malformed),
	} {
		t.Run(name, func(t *testing.T) {
			net := &elsewhere{answer: answer}
			c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
			upload := func() error {
				_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: ioPipe(text), ContentLength: int64(len(text))})
				return err
			}
			err := upload()
			wantErr(t, err, s3client.ErrBodyUsed)
			var api *s3client.APIError
			if !errors.As(err, &api) || api.Region != "eu-west-1" || !strings.Contains(err.Error(), "eu-west-1") {
				t.Errorf("%v does not say the region", err)
			}
			if err := upload(); err != nil {
				t.Errorf("the next one: %v", err)
			}
			if diff := cmp.Diff([]string{"PUT " + home, "PUT " + there}, net.sent); diff != "" {
				t.Errorf("requests (-want +got)\n%s", diff)
			}
		})
	}
}

// A large body is not sent before it is welcome, so that it can go where it belongs
// though it can be read only once.
func TestLargeUploadIsRedirectedUnread(t *testing.T) {
	url, received, stored := redirecting(t, true)
	c := open(t, s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID, SecretAccessKey: s3client.NewSecret(secret), Endpoint: url}, nil)
	content := strings.Repeat("0123456789", 200_000)
	in := s3client.PutObjectInput{Bucket: "data", Key: "k", Body: ioPipe(content), ContentLength: int64(len(content))}
	if _, err := c.PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if received.Load() != 0 {
		t.Errorf("%d bytes were sent to the wrong region", received.Load())
	}
	if got := strings.Count(stored(), "0123456789"); got < 199_000 { // it is in chunks
		t.Errorf("what arrives has %d of 200000 pieces", got)
	}
}
