package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// stocked is a bucket of 10 keys: 0, 1, …
func stocked(t *testing.T, faults ...s3test.Fault) (*s3test.Server, *s3client.Client) {
	t.Helper()
	srv := serve(t, s3test.Config{Faults: faults})
	c := open(t, form(srv), nil)
	for i := range 10 {
		put(t, c, "data", fmt.Sprint(i), "x")
	}
	return srv, c
}

// walk goes through pages and gives the keys on each.
func walk(t *testing.T, c *s3client.Client, in s3client.ListObjectsV2Input) (pages []string, err error) {
	t.Helper()
	for page, err := range c.ListObjectsV2Pages(t.Context(), in) {
		if err != nil {
			if !cmp.Equal(page, s3client.ListObjectsV2Output{}) {
				t.Errorf("beside the error there is a page: %+v", page)
			}
			return pages, err
		}
		pages = append(pages, keysOf(page))
	}
	return pages, nil
}

func keysOf(page s3client.ListObjectsV2Output) string {
	var keys []string
	for _, o := range page.Contents {
		keys = append(keys, o.Key)
	}
	return strings.Join(keys, "")
}

func TestPages(t *testing.T) {
	srv, c := stocked(t)
	for _, test := range []struct {
		name string
		in   s3client.ListObjectsV2Input
		want []string
	}{
		{"four", s3client.ListObjectsV2Input{MaxKeys: 3}, []string{"012", "345", "678", "9"}},
		{"the last is full", s3client.ListObjectsV2Input{MaxKeys: 5}, []string{"01234", "56789"}},
		{"one", s3client.ListObjectsV2Input{}, []string{"0123456789"}},
		{"behind a key", s3client.ListObjectsV2Input{MaxKeys: 3, StartAfter: "4"}, []string{"567", "89"}},
		{"of a prefix", s3client.ListObjectsV2Input{MaxKeys: 3, Prefix: "4"}, []string{"4"}},
		{"nothing", s3client.ListObjectsV2Input{Prefix: "x"}, []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.Bucket = "data"
			before := srv.Requests()["ListObjectsV2"]
			got, err := walk(t, c, test.in)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("pages are %q, %v, want %q", got, err, test.want)
			}
			if n := srv.Requests()["ListObjectsV2"] - before; n != len(test.want) {
				t.Errorf("%d requests, want %d", n, len(test.want))
			}
		})
	}
}

func TestPagesFromTheMiddle(t *testing.T) {
	_, c := stocked(t)
	first, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 4})
	if err != nil || !first.IsTruncated || first.NextContinuationToken == "" {
		t.Fatalf("ListObjectsV2 = %+v, %v, want one that is truncated", first, err)
	}
	got, err := walk(t, c, s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 4, ContinuationToken: first.NextContinuationToken})
	if want := []string{"4567", "89"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("pages are %q, %v, want %q", got, err, want)
	}
}

func TestPagesCanBeLeft(t *testing.T) {
	srv, c := stocked(t)
	n := 0
	for _, err := range c.ListObjectsV2Pages(t.Context(), s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break
		}
	}
	if got := srv.Requests()["ListObjectsV2"]; got != 2 {
		t.Errorf("%d requests for two pages, want 2", got)
	}
}

// A sequence begins anew each time that it is ranged over, as sequences do.
func TestPagesCanBeWalkedTwice(t *testing.T) {
	_, c := stocked(t)
	seq := c.ListObjectsV2Pages(t.Context(), s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 4})
	for i := range 2 {
		var got []string
		for page, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, keysOf(page))
		}
		if want := []string{"0123", "4567", "89"}; !slices.Equal(got, want) {
			t.Errorf("walk %d: pages are %q, want %q", i+1, got, want)
		}
	}
}

func TestPagesEndAtAnError(t *testing.T) {
	srv, c := stocked(t, s3test.Fault{Kind: s3test.FaultError, Code: "AccessDenied", Op: "ListObjectsV2", Skip: 2})
	got, err := walk(t, c, s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 2})
	wantErr(t, err, s3client.ErrAccessDenied, s3client.ErrDenied)
	if want := []string{"01", "23"}; !slices.Equal(got, want) {
		t.Errorf("pages before the error are %q, want %q", got, want)
	}
	if got := srv.Requests()["ListObjectsV2"]; got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
	// Also for one who goes on regardless.
	yields := 0
	for range c.ListObjectsV2Pages(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"}) {
		yields++
	}
	if yields != 1 {
		t.Errorf("%d pages with an error, want 1", yields)
	}
}

func TestPagesEndWhenCancelled(t *testing.T) {
	_, c := stocked(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pages := 0
	for _, err := range c.ListObjectsV2Pages(ctx, s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 1}) {
		if err != nil {
			wantErr(t, err, context.Canceled)
			break
		}
		if pages++; pages == 3 {
			cancel()
		}
	}
	if pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
}

// A server that says that there is more, but leads nowhere, must not keep us.
func TestPagesThatGoInCircles(t *testing.T) {
	page := func(key, next string) answer {
		if next != "" {
			next = "<NextContinuationToken>" + next + "</NextContinuationToken>"
		}
		return says(200, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>`+
			next+`<Contents><Key>`+key+`</Key></Contents></ListBucketResult>`)
	}
	for _, test := range []struct {
		name    string
		answers []answer
		want    []string
		sent    int
	}{
		{"no token", []answer{page("a", "")}, nil, 1},
		{"no token later", []answer{page("a", "1"), page("b", "")}, []string{"a"}, 2},
		{"the same token", []answer{page("a", "1"), page("b", "1")}, []string{"a"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &recorder{answers: test.answers}
			c := open(t, aws(), &s3client.Options{Base: net})
			got, err := walk(t, c, s3client.ListObjectsV2Input{Bucket: "data"})
			wantErr(t, err)
			if !slices.Equal(got, test.want) {
				t.Errorf("pages before the error are %q, want %q", got, test.want)
			}
			if len(net.requests) != test.sent {
				t.Errorf("%d requests, want %d", len(net.requests), test.sent)
			}
			var e *s3client.Error
			if !errors.As(err, &e) || e.Op != "ListObjectsV2" || e.Bucket != "data" {
				t.Errorf("%v does not say which operation it was", err)
			}
		})
	}
	net := &recorder{answers: []answer{says(200, "<ListAllMyBucketsResult><ContinuationToken>1</ContinuationToken></ListAllMyBucketsResult>")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	n := 0
	for _, err := range c.ListBucketsPages(t.Context(), s3client.ListBucketsInput{}) {
		if n++; err != nil {
			break
		}
	}
	if n != 2 || len(net.requests) != 2 {
		t.Errorf("ListBucketsPages: %d pages, %d requests, want 2 and 2", n, len(net.requests))
	}
}

// After some pages the tokens of a circle come round: that ends too, though not
// at the first of them that comes again.
func TestPagesThatGoInLargeCircles(t *testing.T) {
	for before := range 6 {
		for circle := 1; circle <= 8; circle++ {
			n := 0
			net := &recorder{answers: []answer{func(req *http.Request) (*http.Response, error) {
				next := n
				if n++; next >= before {
					next = before + (next-before)%circle
				}
				return says(200, fmt.Sprintf("<ListBucketResult><IsTruncated>true</IsTruncated>"+
					"<NextContinuationToken>%d</NextContinuationToken></ListBucketResult>", next))(req)
			}}}
			c := open(t, aws(), &s3client.Options{Base: net})
			_, err := walk(t, c, s3client.ListObjectsV2Input{Bucket: "data"})
			wantErr(t, err)
			if limit := 3 * (before + circle + 1); n > limit {
				t.Errorf("%d tokens and then a circle of %d: %d requests, want at most %d", before, circle, n, limit)
			}
		}
	}
}

func TestListBucketsPages(t *testing.T) {
	page := func(name, next string) answer {
		return says(200, "<ListAllMyBucketsResult><Buckets><Bucket><Name>"+name+"</Name><CreationDate>2026-03-01T12:00:00.000Z</CreationDate></Bucket></Buckets>"+
			next+"</ListAllMyBucketsResult>")
	}
	net := &recorder{answers: []answer{page("a", "<ContinuationToken>1+/=</ContinuationToken>"), page("b", "<ContinuationToken>2</ContinuationToken>"), page("c", "")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	var names []string
	for page, err := range c.ListBucketsPages(t.Context(), s3client.ListBucketsInput{Prefix: "p q", MaxBuckets: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Buckets {
			if !b.CreationDate.Equal(moment) {
				t.Errorf("%s was made at %v, want %v", b.Name, b.CreationDate, moment)
			}
			names = append(names, b.Name)
		}
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(names, want) {
		t.Errorf("the buckets are %q, want %q", names, want)
	}
	for i, want := range []string{"max-buckets=1&prefix=p%20q", "continuation-token=1%2B%2F%3D&max-buckets=1&prefix=p%20q", "continuation-token=2&max-buckets=1&prefix=p%20q"} {
		if got := net.requests[i].URL.RawQuery; got != want {
			t.Errorf("the query of request %d is %q, want %q", i+1, got, want)
		}
	}
}

func TestDelimiter(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for _, key := range []string{"a", "folder 1/x", "folder 1/y", "földer+2/x", "z"} {
		put(t, c, "data", key, "x")
	}
	out, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data", Delimiter: "/"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"folder 1/", "földer+2/"}; !slices.Equal(out.CommonPrefixes, want) || keysOf(out) != "az" || out.KeyCount != 4 {
		t.Errorf("got %q, %q, %d, want %q, az, 4", out.CommonPrefixes, keysOf(out), out.KeyCount, want)
	}
}

// Not all servers encode, and some encode wrongly.
func TestEncodingOfKeys(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"not encoded", "<Contents><Key>a+b%20c</Key></Contents>", "a+b%20c"},
		{"encoded", "<EncodingType>url</EncodingType><Contents><Key>a%2Bb+c%01</Key></Contents>", "a+b c\x01"},
		{"malformed key", "<EncodingType>url</EncodingType><Contents><Key>100%</Key></Contents>", ""},
		{"malformed prefix", "<EncodingType>url</EncodingType><CommonPrefixes><Prefix>%zz</Prefix></CommonPrefixes>", ""},
	} {
		net := &recorder{answers: []answer{says(http.StatusOK, "<ListBucketResult>"+test.doc+"</ListBucketResult>")}}
		out, err := open(t, aws(), &s3client.Options{Base: net}).ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
		if test.want == "" {
			if wantErr(t, err); !strings.Contains(err.Error(), "malformed") || !cmp.Equal(out, s3client.ListObjectsV2Output{}) {
				t.Errorf("%s: %+v, %v", test.name, out, err)
			}
		} else if err != nil || keysOf(out) != test.want {
			t.Errorf("%s: %q, %v, want %q", test.name, keysOf(out), err, test.want)
		}
	}
}
