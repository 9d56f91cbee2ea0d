package s3client

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

var at = time.Date(2009, 10, 12, 17, 50, 30, 0, time.UTC)

func readPage(doc string, read func(*awsxml.Decoder) error) error {
	d := awsxml.NewDecoder(strings.NewReader(doc), maxDocument)
	root, _, _ := strings.Cut(strings.TrimPrefix(doc, "<"), ">")
	d.Root(root)
	if err := read(d); err != nil {
		return err
	}
	return d.End()
}

func TestReadListBucketResult(t *testing.T) {
	const entries = `<Contents><Key>a%0A+b%2B</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;e&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>5368709121</Size><Owner><ID>Key</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>` +
		`<Contents><Key>c&amp;</Key><Size>0</Size><StorageClass>STANDARD</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus></Contents>` +
		`<CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes><CommonPrefixes><Prefix>e/</Prefix></CommonPrefixes>`
	const head = `<Name>n</Name><Prefix>p%2F</Prefix><KeyCount>4</KeyCount><MaxKeys>4</MaxKeys><IsTruncated>true</IsTruncated><NextContinuationToken>a%2Fb+c=</NextContinuationToken>`
	encoded := ListObjectsV2Output{
		Contents: []Object{
			{Key: "a\n b+", Size: 5<<30 + 1, ETag: `"e"`, LastModified: at, StorageClass: "STANDARD", Owner: "Key"},
			{Key: "c&", StorageClass: "STANDARD"},
		},
		CommonPrefixes: []string{"d/", "e/"}, KeyCount: 4, IsTruncated: true, NextContinuationToken: "a%2Fb+c=",
	}
	plain := encoded
	plain.Contents = append([]Object(nil), encoded.Contents...)
	plain.Contents[0].Key, plain.CommonPrefixes = "a%0A+b%2B", []string{"d%2F", "e/"}
	for _, test := range []struct {
		name, doc string
		want      ListObjectsV2Output
	}{
		{"encoded, said before the entries", head + `<EncodingType>url</EncodingType>` + entries, encoded},
		{"encoded, said behind them", head + entries + `<EncodingType>url</EncodingType>`, encoded},
		{"not encoded", head + entries, plain},
		{"nothing", "", ListObjectsV2Output{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got ListObjectsV2Output
			err := readPage("<ListBucketResult>"+test.doc+"</ListBucketResult>", got.read)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestReadListVersionsResult(t *testing.T) {
	const doc = `<ListVersionsResult><KeyMarker/><NextKeyMarker>b%26</NextKeyMarker><NextVersionIdMarker>v%32</NextVersionIdMarker><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>` +
		`<DeleteMarker><Key>a%0A</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest><LastModified>2009-10-12T17:50:30.000Z</LastModified><Owner><ID>o</ID></Owner></DeleteMarker>` +
		`<Version><Key>a%0A</Key><VersionId>null</VersionId><IsLatest>false</IsLatest><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>"e"</ETag><Size>3</Size><StorageClass>GLACIER</StorageClass></Version>` +
		`<Version><Key>b&amp;</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><Size>4</Size></Version>` +
		`<CommonPrefixes><Prefix>c%2F</Prefix></CommonPrefixes></ListVersionsResult>`
	want := ListObjectVersionsOutput{
		Versions: []ObjectVersion{
			{Object{Key: "a\n", Size: 3, ETag: `"e"`, LastModified: at, StorageClass: "GLACIER"}, "null", false},
			{Object{Key: "b&", Size: 4}, "null", true},
		},
		DeleteMarkers:  []DeleteMarker{{"a\n", "v3", true, at}},
		CommonPrefixes: []string{"c/"},
		IsTruncated:    true, NextKeyMarker: "b&", NextVersionIDMarker: "v%32",
	}
	var got ListObjectVersionsOutput
	err := readPage(doc, got.read)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestReadListMultipartUploadsResult(t *testing.T) {
	const doc = `<ListMultipartUploadsResult><Bucket>b</Bucket><UploadIdMarker/><NextKeyMarker>a%2B</NextKeyMarker><NextUploadIdMarker>u+1</NextUploadIdMarker><MaxUploads>1</MaxUploads><IsTruncated>true</IsTruncated>` +
		`<Upload><Key>a%2B</Key><UploadId>u+1</UploadId><Initiator><ID>Key</ID></Initiator><StorageClass>STANDARD</StorageClass><Initiated>2009-10-12T17:50:30.000Z</Initiated></Upload>` +
		`<CommonPrefixes><Prefix>c+d%2F</Prefix></CommonPrefixes><EncodingType>url</EncodingType></ListMultipartUploadsResult>`
	want := ListMultipartUploadsOutput{
		Uploads:        []MultipartUpload{{"a+", "u+1", at, "STANDARD"}},
		CommonPrefixes: []string{"c d/"},
		IsTruncated:    true, NextKeyMarker: "a+", NextUploadIDMarker: "u+1",
	}
	var got ListMultipartUploadsOutput
	err := readPage(doc, got.read)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestReadListPartsResult(t *testing.T) {
	const doc = `<ListPartsResult><Bucket>b</Bucket><Key>a</Key><UploadId>u</UploadId><StorageClass>STANDARD</StorageClass><PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>true</IsTruncated>` +
		`<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType>` +
		`<Part><PartNumber>1</PartNumber><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>"e"</ETag><Size>5242880</Size><ChecksumCRC32>nLeFaQ==</ChecksumCRC32></Part>` +
		`<Part><PartNumber>2</PartNumber><Size>1</Size><ChecksumNEWER>x</ChecksumNEWER></Part></ListPartsResult>`
	sum, err := checksum.Parse(checksum.CRC32, "nLeFaQ==", checksum.FullObject)
	if err != nil {
		t.Fatal(err)
	}
	want := ListPartsOutput{
		Parts:       []Part{{1, 5 << 20, `"e"`, at, sum}, {PartNumber: 2, Size: 1}},
		IsTruncated: true, NextPartNumberMarker: 2, StorageClass: "STANDARD",
		ChecksumAlgorithm: checksum.CRC32, ChecksumType: checksum.Composite,
	}
	var got ListPartsOutput
	err = readPage(doc, got.read)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b checksum.Value) bool { return a == b })); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	err = readPage(strings.Replace(doc, "nLeFaQ==", "nLeF", 1), got.read)
	if err == nil || !strings.Contains(err.Error(), "part 1") {
		t.Errorf("a checksum of three bytes: %v, want an error that names part 1", err)
	}
}

func TestReadListAllMyBucketsResult(t *testing.T) {
	const doc = `<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets>` +
		`<Bucket><BucketRegion>eu-west-1</BucketRegion><CreationDate>2009-10-12T17:50:30.000Z</CreationDate><Name>a</Name></Bucket>` +
		`<Bucket><Name>b</Name></Bucket></Buckets><ContinuationToken>c</ContinuationToken></ListAllMyBucketsResult>`
	want := ListBucketsOutput{Buckets: []Bucket{{"a", at, "eu-west-1"}, {Name: "b"}}, ContinuationToken: "c"}
	var got ListBucketsOutput
	err := readPage(doc, got.read)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// keysOnPage is the most that a page of S3 holds.
const keysOnPage = 1000

// pageOf makes a page in the order and form of S3's own, which is one line.
func pageOf(root, entry string, key func(i int) string) []byte {
	doc := []byte(awsxml.Header + "<" + root + ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>reports</Name><Prefix></Prefix>` +
		`<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>`)
	for i := range keysOnPage {
		doc = append(doc, "<"+entry+">"...)
		doc = awsxml.AppendElement(doc, "Key", strings.ReplaceAll(url.QueryEscape(key(i)), "%2F", "/"))
		if entry == "Version" {
			doc = awsxml.AppendElement(doc, "VersionId", fmt.Sprintf("3/L4kqtJlcpXroDTDmJ+rmSpXd3dIb%04d", i))
			doc = awsxml.AppendElement(doc, "IsLatest", fmt.Sprint(i%3 == 0))
		}
		doc = awsxml.AppendElement(doc, "LastModified", at.Add(time.Duration(i)*time.Minute).Format("2006-01-02T15:04:05.000Z"))
		doc = fmt.Appendf(doc, "<ETag>&quot;%032x&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>%d</Size><StorageClass>STANDARD</StorageClass></%s>", i, i*7919, entry)
	}
	return append(doc, "</"+root+">"...)
}

func shortKey(i int) string { return fmt.Sprintf("logs/2026/11/%02d/part-%05d.gz", i%30+1, i) }

// longKey has the 300 bytes, and what is to be encoded, of a tree of documents that
// people have named.
func longKey(i int) string {
	return fmt.Sprintf("Kunden & Partner/Müller GmbH/%sBericht %d (endgültig).pdf", strings.Repeat("Jahresabschluß 2026+2027/", 9), i)
}

func readAll[T any](read func(*T, *awsxml.Decoder) error, doc []byte) (out T, err error) {
	d := awsxml.NewDecoder(bytes.NewReader(doc), maxDocument)
	d.Root("ListBucketResult", "ListVersionsResult")
	if err := read(&out, d); err != nil {
		return out, err
	}
	return out, d.End()
}

func TestAKeyTakesTwoAllocations(t *testing.T) {
	doc := pageOf("ListBucketResult", "Contents", shortKey)
	allocs := testing.AllocsPerRun(5, func() {
		if out, err := readAll((*ListObjectsV2Output).read, doc); err != nil || len(out.Contents) != keysOnPage {
			t.Fatal(len(out.Contents), err)
		}
	})
	const page = 40 // the decoder, its buffers, the slice of keys while it grows
	if allocs > 2*keysOnPage+page {
		t.Errorf("%v allocations for %d keys, want at most 2 each and %d for the page", allocs, keysOnPage, page)
	}
}

// unmarshalled is what a client that uses encoding/xml makes of a page.
type unmarshalled struct {
	EncodingType          string
	Contents, Version     []ObjectVersionXML
	CommonPrefixes        []struct{ Prefix string }
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string
}

// ObjectVersionXML is exported for encoding/xml.
type ObjectVersionXML struct {
	Key, ETag, StorageClass string
	Size                    int64
	LastModified            time.Time
	VersionID               string `xml:"VersionId"`
	IsLatest                bool
}

// unmarshal reads a page with encoding/xml, and decodes its keys.
func unmarshal(doc []byte) (page unmarshalled, err error) {
	if err := xml.Unmarshal(doc, &page); err != nil {
		return page, err
	}
	for _, entries := range [][]ObjectVersionXML{page.Contents, page.Version} {
		for i := range entries {
			if entries[i].Key, err = url.QueryUnescape(entries[i].Key); err != nil {
				return page, err
			}
		}
	}
	return page, nil
}

// BenchmarkReadPage measures what a page of 1,000 keys costs, in turn with
// encoding/xml: x-faster is the ratio of the times. It reads as many pages at a time
// as pay for their garbage.
func BenchmarkReadPage(b *testing.B) {
	keys := func(doc []byte) error { _, err := readAll((*ListObjectsV2Output).read, doc); return err }
	versions := func(doc []byte) error { _, err := readAll((*ListObjectVersionsOutput).read, doc); return err }
	for _, bench := range []struct {
		name string
		doc  []byte
		ours func(doc []byte) error
	}{
		{"keys", pageOf("ListBucketResult", "Contents", shortKey), keys},
		{"long encoded keys", pageOf("ListBucketResult", "Contents", longKey), keys},
		{"versions", pageOf("ListVersionsResult", "Version", shortKey), versions},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const ourPages, theirPages = 40, 5
			var ours, theirs time.Duration // per page, of the fastest round
			for b.Loop() {
				start := time.Now()
				for range ourPages {
					if err := bench.ours(bench.doc); err != nil {
						b.Fatal(err)
					}
				}
				ours = faster(ours, time.Since(start)/ourPages)
				start = time.Now()
				for range theirPages {
					if _, err := unmarshal(bench.doc); err != nil {
						b.Fatal(err)
					}
				}
				theirs = faster(theirs, time.Since(start)/theirPages)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ours.Microseconds()), "µs/page")
			b.ReportMetric(float64(theirs.Microseconds()), "µs/page-encoding/xml")
			b.ReportMetric(float64(theirs)/float64(ours), "x-faster")
			b.ReportMetric(testing.AllocsPerRun(3, func() { bench.ours(bench.doc) })/keysOnPage, "allocs/key")
			b.ReportMetric(testing.AllocsPerRun(3, func() { unmarshal(bench.doc) })/keysOnPage, "allocs/key-encoding/xml")
		})
	}
}

func faster(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}
