package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// A byte that a proxy, a disk or a cable turned over is found out by nothing but
// the checksum.
func TestAFlippedByteIsFoundOut(t *testing.T) {
	for _, threads := range []int{1, 2, 8} {
		for _, fault := range []string{"flip=0,op=GetObject,times=1", "flip=999,op=GetObject,skip=0", "flip=1,op=GetObject"} {
			t.Run(fmt.Sprintf("%s, %d threads", fault, threads), func(t *testing.T) {
				srv, client := serve(t, s3test.Config{Faults: faults(t, fault)})
				put(t, client, "k", random(20_000))
				dir := t.TempDir()
				report, err := transfer.Download(t.Context(), client,
					transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 1000}, filepath.Join(dir, "file"))
				wantFailure(t, dir, report, err, transfer.ErrIntegrity)
				if errors.Is(err, transfer.ErrChanged) {
					t.Errorf("%v is ErrChanged, and the object did not change", err)
				}
				if srv.Requests()["HeadObject"] != 1 {
					t.Errorf("requests: %v, want one HEAD", srv.Requests())
				}
			})
		}
	}
}

// sums are the checksums of an object, as a service tells them.
func sums(data []byte, algorithms ...checksum.Algorithm) map[string]string {
	m := map[string]string{}
	for _, a := range algorithms {
		sum, err := a.Sum(data)
		if err != nil {
			panic(err)
		}
		m[strings.ToLower(a.String())] = sum.String()
	}
	return m
}

func TestWhatIsVerified(t *testing.T) {
	data := newObject(10_000).data
	wrong := map[string]string{"crc32": "AAAAAA==", "crc32c": "AAAAAA==", "crc64nvme": "AAAAAAAAAAA=", "sha256": "AAAA"}
	honest := func(change func(*s3client.ObjectInfo)) func() (s3client.HeadObjectOutput, error) {
		return func() (s3client.HeadObjectOutput, error) {
			info := s3client.ObjectInfo{ContentLength: 10_000, ETag: `"e1"`, ChecksumType: "FULL_OBJECT"}
			change(&info)
			return s3client.HeadObjectOutput{ObjectInfo: info}, nil
		}
	}
	for _, test := range []struct {
		name    string
		threads int
		head    func() (s3client.HeadObjectOutput, error)
		want    transfer.Verified // "" is an integrity error
	}{
		{"CRC32", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.CRC32) }), transfer.FullObject},
		{"CRC32C", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.CRC32C) }), transfer.FullObject},
		{"CRC64NVME", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.CRC64NVME) }), transfer.FullObject},
		{"CRC64NVME, one thread", 1, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.CRC64NVME) }), transfer.FullObject},
		{"SHA-256, one thread", 1, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.SHA256) }), transfer.FullObject},
		{"SHA-256, which is not made of parts, but read back", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = sums(data, checksum.SHA256) }), transfer.FullObject},
		{"no type, as older servers", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums, i.ChecksumType = sums(data, checksum.CRC32), "" }), transfer.FullObject},
		{"wrong CRC32", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = map[string]string{"crc32": wrong["crc32"]} }), ""},
		{"wrong CRC32C", 1, honest(func(i *s3client.ObjectInfo) { i.Checksums = map[string]string{"crc32c": wrong["crc32c"]} }), ""},
		{"wrong CRC64NVME", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = map[string]string{"crc64nvme": wrong["crc64nvme"]} }), ""},
		{"wrong SHA-256", 1, honest(func(i *s3client.ObjectInfo) { i.Checksums = map[string]string{"sha256": wrong["sha256"]} }), ""},
		{"composite", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums, i.ChecksumType = wrong, "COMPOSITE" }), transfer.ETagOnly},
		{"composite without its type", 4, honest(func(i *s3client.ObjectInfo) {
			i.Checksums, i.ChecksumType = map[string]string{"crc32": "AAAAAA==-3"}, ""
		}), transfer.ETagOnly},
		{"unknown algorithm", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums = map[string]string{"crc16": "AAA="} }), transfer.ETagOnly},
		{"no checksum", 4, honest(func(i *s3client.ObjectInfo) {}), transfer.ETagOnly},
		{"of another ETag", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums, i.ETag = wrong, `"e2"` }), transfer.ETagOnly},
		{"of another version", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums, i.VersionID = wrong, "v2" }), transfer.ETagOnly},
		{"of another length", 4, honest(func(i *s3client.ObjectInfo) { i.Checksums, i.ContentLength = wrong, 1 }), transfer.ETagOnly},
		{"HEAD that is refused", 4, nil, transfer.ETagOnly},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newObject(10_000)
			o.head = test.head
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: test.threads, PartSize: 1000}, path)
			if test.want == "" {
				wantFailure(t, dir, report, err, transfer.ErrIntegrity)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, data)
			if report.Verified != test.want {
				t.Errorf("Verified = %s, want %s", report.Verified, test.want)
			}
		})
	}
}

// slowHead is a Source whose HEAD does not answer in time.
type slowHead struct{ *object }

func (slowHead) HeadObject(ctx context.Context, _ s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	<-ctx.Done()
	return s3client.HeadObjectOutput{}, ctx.Err()
}

func TestTheBytesDoNotWaitLongForTheHEAD(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		o := newObject(1000)
		start := time.Now()
		report, err := transfer.DownloadTo(t.Context(), slowHead{o}, transfer.DownloadInput{Bucket: "data", Key: "k"}, &out)
		if err != nil {
			t.Fatal(err)
		}
		if out.String() != string(o.data) || report.Verified != transfer.ETagOnly {
			t.Errorf("%d bytes, verified %s; want 1000, etag-only", out.Len(), report.Verified)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("waited %v for the HEAD, want 2s", waited)
		}
	})
}
