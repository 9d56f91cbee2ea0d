package s3client_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
)

func TestGetObjectAttributesAsSent(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "<GetObjectAttributesResponse/>")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	for i, test := range []struct {
		in                       s3client.GetObjectAttributesInput
		query, attributes, limit string
	}{
		{s3client.GetObjectAttributesInput{}, "attributes=", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize", ""},
		{s3client.GetObjectAttributesInput{VersionID: "v/1", ObjectAttributes: []string{"ETag", "ObjectSize"}, MaxParts: 7, PartNumberMarker: 3}, "attributes=&versionId=v%2F1", "ETag,ObjectSize", "7 3"},
	} {
		test.in.Bucket, test.in.Key = "data", "k"
		if _, err := c.GetObjectAttributes(t.Context(), test.in); err != nil {
			t.Fatal(err)
		}
		r := net.requests[i]
		limit := strings.TrimSpace(r.Header.Get("X-Amz-Max-Parts") + " " + r.Header.Get("X-Amz-Part-Number-Marker"))
		if got := r.Header.Get("X-Amz-Object-Attributes"); r.URL.RawQuery != test.query || got != test.attributes || limit != test.limit {
			t.Errorf("sent %s, %s, %q; want %s, %s, %q", r.URL.RawQuery, got, limit, test.query, test.attributes, test.limit)
		}
	}
}

func TestGetObjectAttributesOutput(t *testing.T) {
	parse := func(a checksum.Algorithm, text string, kind checksum.Type) checksum.Value {
		v, err := checksum.Parse(a, text, kind)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const doc = `<?xml version="1.0" encoding="UTF-8"?><GetObjectAttributesResponse xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>d41d8c-2</ETag>
<Checksum><ChecksumCRC32C>KAwGng==</ChecksumCRC32C><ChecksumType>COMPOSITE</ChecksumType></Checksum>
<ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>true</IsTruncated>
<Part><PartNumber>2</PartNumber><Size>5242880</Size><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C><New>x</New></Part></ObjectParts>
<StorageClass>GLACIER_IR</StorageClass><ObjectSize>9007199254740993</ObjectSize></GetObjectAttributesResponse>`
	net := &recorder{answers: []answer{says(200, doc, "Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT", "X-Amz-Version-Id", "v")}}
	got, err := open(t, aws(), &s3client.Options{Base: net}).GetObjectAttributes(t.Context(), s3client.GetObjectAttributesInput{Bucket: "data", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	want := s3client.GetObjectAttributesOutput{ETag: `"d41d8c-2"`, Checksum: parse(checksum.CRC32C, "KAwGng==", checksum.Composite), StorageClass: "GLACIER_IR", ObjectSize: 9007199254740993,
		ObjectParts: s3client.ObjectParts{TotalPartsCount: 3, PartNumberMarker: 1, NextPartNumberMarker: 2, MaxParts: 1, IsTruncated: true,
			Parts: []s3client.ObjectPart{{PartNumber: 2, Size: 5242880, Checksum: parse(checksum.CRC32C, "AAAAAA==", "")}}},
		LastModified: moment, VersionID: "v"}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b checksum.Value) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMalformedAttributes(t *testing.T) {
	for _, doc := range []string{
		"", "<html/>", "<GetObjectAttributesResponse><ETag>", "<GetObjectAttributesResponse><ObjectSize>much</ObjectSize></GetObjectAttributesResponse>",
		"<GetObjectAttributesResponse><Checksum><ChecksumCRC32C>short</ChecksumCRC32C></Checksum></GetObjectAttributesResponse>",
		"<GetObjectAttributesResponse><ObjectParts><Part><ChecksumSHA1>short</ChecksumSHA1></Part></ObjectParts></GetObjectAttributesResponse>",
	} {
		net := &recorder{answers: []answer{says(200, doc)}}
		got, err := open(t, aws(), &s3client.Options{Base: net}).GetObjectAttributes(t.Context(), s3client.GetObjectAttributesInput{Bucket: "data", Key: "k"})
		if wantErr(t, err); !cmp.Equal(got, s3client.GetObjectAttributesOutput{}) {
			t.Errorf("beside the error of %q there is %+v", doc, got)
		}
	}
}

// All parts come, page by page, and a service that does not go on is no endless loop.
func TestGetObjectAttributesPages(t *testing.T) {
	page := func(next int, truncated bool) answer {
		return says(200, "<GetObjectAttributesResponse><ObjectParts><NextPartNumberMarker>"+strconv.Itoa(next)+"</NextPartNumberMarker><IsTruncated>"+strconv.FormatBool(truncated)+
			"</IsTruncated><Part><PartNumber>"+strconv.Itoa(next)+"</PartNumber></Part></ObjectParts></GetObjectAttributesResponse>")
	}
	for _, test := range []struct {
		name    string
		answers []answer
		parts   []int
		fails   bool
	}{
		{"three", []answer{page(1, true), page(2, true), page(3, false)}, []int{1, 2, 3}, false},
		{"one", []answer{page(1, false)}, []int{1}, false},
		{"again and again", []answer{page(1, true)}, []int{1}, true},
		{"backwards", []answer{page(5, true), page(3, true)}, []int{5}, true},
		{"from nowhere", []answer{page(0, true)}, nil, true},
	} {
		c := open(t, aws(), &s3client.Options{Base: &recorder{answers: test.answers}})
		var parts []int
		var failed error
		for out, err := range c.GetObjectAttributesPages(t.Context(), s3client.GetObjectAttributesInput{Bucket: "data", Key: "k"}) {
			if failed = err; err != nil {
				break
			}
			for _, p := range out.ObjectParts.Parts {
				parts = append(parts, p.PartNumber)
			}
		}
		if !cmp.Equal(parts, test.parts) || (failed != nil) != test.fails {
			t.Errorf("%s: %v, %v; want %v", test.name, parts, failed, test.parts)
		}
		var e *s3client.Error
		if failed != nil && !errors.As(failed, &e) {
			t.Errorf("%s: %v is no *Error", test.name, failed)
		}
	}
}

func TestAttributesOfAnArchive(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: strings.NewReader(text), ObjectHeaders: s3client.ObjectHeaders{StorageClass: "GLACIER"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.GetObjectAttributes(t.Context(), s3client.GetObjectAttributesInput{Bucket: "data", Key: "k"})
	if err != nil || out.StorageClass != "GLACIER" || out.ObjectSize != int64(len(text)) {
		t.Errorf("GetObjectAttributes() = %+v, %v", out, err)
	}

	_, err = c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
	if wantErr(t, err, s3client.ErrInvalidObjectState); errors.Is(err, s3client.ErrDenied) || !strings.Contains(err.Error(), "must be restored before it is read") {
		t.Errorf("%v: is it denied, is there a hint?", err)
	}
	for _, already := range []bool{false, true} {
		out, err := c.RestoreObject(t.Context(), s3client.RestoreObjectInput{Bucket: "data", Key: "k", Days: 2, Tier: "Expedited"})
		if err != nil || out.AlreadyRestored != already {
			t.Errorf("RestoreObject() = %+v, %v; want already there: %v", out, err, already)
		}
	}
	if got := get(t, c, "data", "k"); got != text {
		t.Errorf("the restored object is %q", got)
	}
	head, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k"})
	if err != nil || !strings.HasPrefix(head.Restore, `ongoing-request="false"`) {
		t.Errorf("HEAD says %q, %v", head.Restore, err)
	}
}

func TestRestoreObjectAsSent(t *testing.T) {
	const head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + `<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	for _, test := range []struct {
		name string
		in   s3client.RestoreObjectInput
		want string // "": refused
	}{
		{"days and tier", s3client.RestoreObjectInput{Days: 7, Tier: "Bulk"}, head + "<Days>7</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>"},
		{"days", s3client.RestoreObjectInput{Days: 1, VersionID: "v"}, head + "<Days>1</Days></RestoreRequest>"},
		{"of INTELLIGENT_TIERING", s3client.RestoreObjectInput{Tier: "Standard"}, head + "<GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>"},
		{"days before now", s3client.RestoreObjectInput{Days: -1}, ""},
	} {
		net := &recorder{answers: []answer{says(202, "")}}
		test.in.Bucket, test.in.Key = "data", "k"
		out, err := open(t, aws(), &s3client.Options{Base: net}).RestoreObject(t.Context(), test.in)
		if test.want == "" {
			if wantErr(t, err); len(net.requests) != 0 {
				t.Errorf("%s: a request was sent", test.name)
			}
			continue
		}
		if err != nil || out.AlreadyRestored || net.bodies[0] != test.want || !net.requests[0].URL.Query().Has("restore") || net.requests[0].URL.Query().Get("versionId") != test.in.VersionID {
			t.Errorf("%s: %+v, %v, sent %s %s, want %s", test.name, out, err, net.requests[0].URL, net.bodies[0], test.want)
		}
	}
	net := &recorder{answers: []answer{says(409, "<Error><Code>RestoreAlreadyInProgress</Code></Error>")}}
	_, err := open(t, aws(), &s3client.Options{Base: net}).RestoreObject(t.Context(), s3client.RestoreObjectInput{Bucket: "data", Key: "k", Days: 1})
	wantErr(t, err, s3client.ErrRestoreAlreadyInProgress)
}

// The same against a server that pages: each part once, in order, whatever the pages'
// size and wherever they begin.
func TestPartsOfAnObjectPageByPage(t *testing.T) {
	srv := serve(t, s3test.Config{MinPartSize: 1})
	c := open(t, form(srv), nil)
	const parts = 7
	up, err := c.CreateMultipartUpload(t.Context(), s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.CRC32C, ChecksumType: checksum.Composite})
	if err != nil {
		t.Fatal(err)
	}
	done := s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: up.UploadID, ChecksumType: checksum.Composite}
	var all []s3client.ObjectPart
	for n := 1; n <= parts; n++ {
		out, err := c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: up.UploadID, PartNumber: n,
			Body: strings.NewReader(strings.Repeat("x", n)), ChecksumAlgorithm: checksum.CRC32C})
		if err != nil {
			t.Fatal(err)
		}
		done.Parts = append(done.Parts, out.Part(n))
		all = append(all, s3client.ObjectPart{PartNumber: n, Size: int64(n), Checksum: out.Checksum})
	}
	if _, err := c.CompleteMultipartUpload(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ size, behind, pages int }{
		{1, 0, 7}, {2, 0, 4}, {3, 0, 3}, {6, 0, 2}, {7, 0, 1}, {8, 0, 1}, {0, 0, 1}, {2, 3, 2}, {2, 6, 1}, {2, 7, 1}, {2, 100, 1},
	} {
		var got []s3client.ObjectPart
		pages := 0
		for out, err := range c.GetObjectAttributesPages(t.Context(), s3client.GetObjectAttributesInput{Bucket: "data", Key: "k",
			ObjectAttributes: []string{"ObjectParts"}, MaxParts: test.size, PartNumberMarker: test.behind}) {
			if err != nil {
				t.Fatalf("%+v: %v", test, err)
			}
			if out.ObjectParts.TotalPartsCount != parts {
				t.Errorf("%+v: the object has %d parts, want %d", test, out.ObjectParts.TotalPartsCount, parts)
			}
			pages++
			got = append(got, out.ObjectParts.Parts...)
		}
		want := all[min(test.behind, parts):]
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b checksum.Value) bool { return a == b }), cmpopts.EquateEmpty()); diff != "" || pages != test.pages {
			t.Errorf("%+v: %d pages (-want +got)\n%s", test, pages, diff)
		}
	}
}
