package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// bucketDeviations are those of multipart uploads, versions, deletion of many, and
// what a bucket is configured with.
var bucketDeviations = []deviation{
	{"minio", "CompleteMultipartUpload: another size", "no error"},
	{"minio", "AbortMultipartUpload: twice", "no error"},
	{"minio", "ListMultipartUploads: pages of 0", "it lists []"}, // only those of a key that is the whole prefix
	{"minio", "ListMultipartUploads: pages of 1", "it lists []"},
	{"minio", "ListMultipartUploads: delimiter", "it lists []"},
	{"minio", "DeleteObjects: ETag of another", "no error of the object"},                  // it removes it
	{"minio", "PutBucketTagging", "MalformedXML: The TagKey you have provided is invalid"}, // beyond ASCII
	{"minio", "PutBucketCors", "NotImplemented"},
	{"minio", "DeleteBucketCors", "NotImplemented"},
	{"versitygw", "CompleteMultipartUpload: another upload", "no error"}, // an object of these parts is there
	{"versitygw", "UploadPartCopy: source's If-None-Match", "NotModified (HTTP 304"},
	{"versitygw", "ListMultipartUploads: pages of 0", "Key:list/ctl\uFFFD\uFFFD"}, // encoding-type is ignored
	{"versitygw", "ListMultipartUploads: pages of 1", "Invalid uploadId marker"},  // its own NextUploadIdMarker
	{"versitygw", "DeleteObjects: Quiet", "deleted are [{Key:delete/q"},
	{"versitygw", "DeleteObjects: ETag of another", "no error of the object"}, // it removes it
	{"versitygw", "GetBucketLifecycleConfiguration: none", "NotImplemented"},
	{"versitygw", "PutBucketLifecycleConfiguration", "NotImplemented"},
	{"versitygw", "DeleteBucketLifecycle", "NotImplemented"},
	{"versitygw", "PutBucketVersioning: Enabled", "VersioningNotConfigured"}, // without --versioning-dir
}

func TestBucketOperations(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		x := &bucketCases{t: t, s: s, c: open(t, s.connection()), ctx: context.Background()}
		x.bucket = makeBucket(t, x.c, "interop-bucket-operations")
		x.uploads()
		x.partCopies()
		x.listings()
		x.deletions()
		x.configurations()
		x.versions() // last: it makes the bucket keep versions
	})
	checkRows(t, bucketDeviations)
}

type bucketCases struct {
	t      *testing.T
	s      server
	c      *s3client.Client
	ctx    context.Context
	bucket string
}

func (x *bucketCases) agrees(what string, run func() error) bool {
	x.t.Helper()
	return agrees(x.t, x.s, bucketDeviations, what, run)
}

// partSize is that of all parts but the last.
const partSize = 5 << 20

var parts = []string{strings.Repeat("0123456789abcdef", partSize/16), "the end"}

// upload uploads the parts and completes them as edit wants it.
func (x *bucketCases) upload(in s3client.CreateMultipartUploadInput, edit func(*s3client.CompleteMultipartUploadInput)) (out s3client.CompleteMultipartUploadOutput, err error) {
	in.Bucket = x.bucket
	created, err := x.c.CreateMultipartUpload(x.ctx, in)
	if err != nil {
		return out, err
	}
	done := s3client.CompleteMultipartUploadInput{Bucket: x.bucket, Key: in.Key, UploadID: created.UploadID}
	for i, body := range parts {
		part, err := x.c.UploadPart(x.ctx, s3client.UploadPartInput{Bucket: x.bucket, Key: in.Key, UploadID: created.UploadID, PartNumber: i + 1,
			Body: strings.NewReader(body), ChecksumAlgorithm: in.ChecksumAlgorithm})
		if err != nil {
			return out, err
		}
		done.Parts = append(done.Parts, part.Part(i+1))
	}
	if edit != nil {
		edit(&done)
	}
	if out, err = x.c.CompleteMultipartUpload(x.ctx, done); err != nil {
		_, abort := x.c.AbortMultipartUpload(x.ctx, s3client.AbortMultipartUploadInput{Bucket: x.bucket, Key: in.Key, UploadID: created.UploadID})
		if abort != nil {
			x.t.Errorf("AbortMultipartUpload() = %v", abort)
		}
	}
	return out, err
}

func (x *bucketCases) holds(key, want string) error {
	out, err := x.c.GetObject(x.ctx, s3client.GetObjectInput{Bucket: x.bucket, Key: key, ChecksumMode: true})
	if err != nil {
		return err
	}
	defer out.Body.Close()
	got, err := io.ReadAll(out.Body)
	if err == nil && string(got) != want {
		err = fmt.Errorf("the object has %d bytes, and others than the %d that were uploaded", len(got), len(want))
	}
	return err
}

func (x *bucketCases) uploads() {
	whole := strings.Join(parts, "")
	for _, kind := range []struct {
		algorithm checksum.Algorithm
		of        checksum.Type
	}{
		{"", ""}, {checksum.CRC64NVME, checksum.FullObject}, {checksum.CRC32, checksum.FullObject}, {checksum.CRC32C, checksum.FullObject},
		{checksum.CRC32, checksum.Composite}, {checksum.CRC32C, checksum.Composite}, {checksum.SHA1, checksum.Composite}, {checksum.SHA256, checksum.Composite},
	} {
		name := "multipart upload"
		if kind.algorithm != "" {
			name += ": " + kind.algorithm.String() + " " + kind.of.String()
		}
		x.agrees(name, func() error {
			out, err := x.upload(s3client.CreateMultipartUploadInput{Key: "k", ChecksumAlgorithm: kind.algorithm, ChecksumType: kind.of}, func(in *s3client.CompleteMultipartUploadInput) {
				in.ChecksumType = kind.of
			})
			if err != nil {
				return err
			}
			if err := x.holds("k", whole); err != nil {
				return err
			}
			if kind.algorithm == "" {
				return nil
			}
			want, err := wholeSum(kind.algorithm, kind.of)
			if err == nil && !out.Checksum.Equal(want) {
				err = fmt.Errorf("the checksum is %v, want %v", out.Checksum, want)
			}
			return err
		})
	}
	x.agrees("CompleteMultipartUpload: the object's checksum", func() error {
		sum, err := wholeSum(checksum.CRC64NVME, checksum.FullObject)
		if err != nil {
			return err
		}
		_, err = x.upload(s3client.CreateMultipartUploadInput{Key: "k", ChecksumAlgorithm: checksum.CRC64NVME}, func(in *s3client.CompleteMultipartUploadInput) {
			in.Checksum, in.MpuObjectSize = sum, int64(len(whole))
		})
		return err
	})
	x.agrees("CompleteMultipartUpload: another object's checksum", func() error {
		sum, err := checksum.CRC64NVME.Sum([]byte("other"))
		if err != nil {
			return err
		}
		_, err = x.upload(s3client.CreateMultipartUploadInput{Key: "k", ChecksumAlgorithm: checksum.CRC64NVME}, func(in *s3client.CompleteMultipartUploadInput) { in.Checksum = sum })
		return wants(err, s3client.ErrBadDigest)
	})
	for _, c := range []struct {
		what string
		edit func(*s3client.CompleteMultipartUploadInput)
		want error
	}{
		{"another size", func(in *s3client.CompleteMultipartUploadInput) { in.MpuObjectSize = 1 }, s3client.ErrInvalidRequest},
		{"If-None-Match: * on a key that is there", func(in *s3client.CompleteMultipartUploadInput) { in.IfNoneMatch = "*" }, s3client.ErrPreconditionFailed},
		{"If-Match of another", func(in *s3client.CompleteMultipartUploadInput) { in.IfMatch = `"0123456789abcdef0123456789abcdef"` }, s3client.ErrPreconditionFailed},
		{"another ETag of a part", func(in *s3client.CompleteMultipartUploadInput) {
			in.Parts[0].ETag = `"0123456789abcdef0123456789abcdef"`
		}, s3client.ErrInvalidPart},
		{"a part that is not there", func(in *s3client.CompleteMultipartUploadInput) { in.Parts[1].PartNumber = 9 }, s3client.ErrInvalidPart},
		{"another upload", func(in *s3client.CompleteMultipartUploadInput) { in.UploadID = "0123456789abcdef" }, s3client.ErrNoSuchUpload},
	} {
		x.agrees("CompleteMultipartUpload: "+c.what, func() error {
			_, err := x.upload(s3client.CreateMultipartUploadInput{Key: "k"}, c.edit)
			return wants(err, c.want)
		})
	}
	x.agrees("CompleteMultipartUpload: small parts", func() error {
		created, err := x.c.CreateMultipartUpload(x.ctx, s3client.CreateMultipartUploadInput{Bucket: x.bucket, Key: "small"})
		if err != nil {
			return err
		}
		in := s3client.CompleteMultipartUploadInput{Bucket: x.bucket, Key: "small", UploadID: created.UploadID}
		for n := 1; n <= 2; n++ {
			part, err := x.c.UploadPart(x.ctx, s3client.UploadPartInput{Bucket: x.bucket, Key: "small", UploadID: created.UploadID, PartNumber: n, Body: strings.NewReader("x")})
			if err != nil {
				return err
			}
			in.Parts = append(in.Parts, part.Part(n))
		}
		_, err = x.c.CompleteMultipartUpload(x.ctx, in)
		x.c.AbortMultipartUpload(x.ctx, s3client.AbortMultipartUploadInput{Bucket: x.bucket, Key: "small", UploadID: created.UploadID})
		return wants(err, s3client.ErrEntityTooSmall)
	})
	x.agrees("AbortMultipartUpload: twice", func() error {
		created, err := x.c.CreateMultipartUpload(x.ctx, s3client.CreateMultipartUploadInput{Bucket: x.bucket, Key: "aborted"})
		if err != nil {
			return err
		}
		in := s3client.AbortMultipartUploadInput{Bucket: x.bucket, Key: "aborted", UploadID: created.UploadID}
		if _, err := x.c.AbortMultipartUpload(x.ctx, in); err != nil {
			return err
		}
		_, err = x.c.AbortMultipartUpload(x.ctx, in)
		return wants(err, s3client.ErrNoSuchUpload)
	})
}

// wholeSum is the checksum of the parts as one object.
func wholeSum(a checksum.Algorithm, of checksum.Type) (checksum.Value, error) {
	if of == checksum.FullObject {
		return a.Sum([]byte(strings.Join(parts, "")))
	}
	var sums []checksum.Value
	for _, p := range parts {
		v, err := a.Sum([]byte(p))
		if err != nil {
			return v, err
		}
		sums = append(sums, v)
	}
	return checksum.CompositeOf(sums...)
}

func (x *bucketCases) partCopies() {
	const source = "source/a b+é"
	stored, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: source, Body: strings.NewReader("0123456789")})
	if err != nil {
		x.t.Fatal(err)
	}
	created, err := x.c.CreateMultipartUpload(x.ctx, s3client.CreateMultipartUploadInput{Bucket: x.bucket, Key: "copied"})
	if err != nil {
		x.t.Fatal(err)
	}
	defer x.c.AbortMultipartUpload(x.ctx, s3client.AbortMultipartUploadInput{Bucket: x.bucket, Key: "copied", UploadID: created.UploadID})
	part := func(edit func(*s3client.UploadPartCopyInput)) (s3client.UploadPartCopyOutput, error) {
		in := s3client.UploadPartCopyInput{Bucket: x.bucket, Key: "copied", UploadID: created.UploadID, PartNumber: 1, CopySource: s3client.CopySource{Bucket: x.bucket, Key: source}}
		edit(&in)
		return x.c.UploadPartCopy(x.ctx, in)
	}
	for _, c := range []struct {
		what string
		edit func(*s3client.UploadPartCopyInput)
		want error
	}{
		{"source's If-Match of another", func(in *s3client.UploadPartCopyInput) { in.CopySource.IfMatch = `"0123456789abcdef0123456789abcdef"` }, s3client.ErrPreconditionFailed},
		{"source's If-None-Match", func(in *s3client.UploadPartCopyInput) { in.CopySource.IfNoneMatch = stored.ETag }, s3client.ErrPreconditionFailed},
		{"a missing source", func(in *s3client.UploadPartCopyInput) { in.CopySource.Key = "missing" }, s3client.ErrNoSuchKey},
		{"a range behind the end", func(in *s3client.UploadPartCopyInput) { in.CopySourceRange = "bytes=5-10" }, s3client.ErrInvalidArgument},
	} {
		x.agrees("UploadPartCopy: "+c.what, func() error {
			_, err := part(c.edit)
			return wants(err, c.want)
		})
	}
	x.agrees("UploadPartCopy: a range", func() error {
		out, err := part(func(in *s3client.UploadPartCopyInput) {
			in.CopySourceRange, in.CopySource.IfMatch = "bytes=2-4", stored.ETag
		})
		if err != nil {
			return err
		}
		_, err = x.c.CompleteMultipartUpload(x.ctx, s3client.CompleteMultipartUploadInput{Bucket: x.bucket, Key: "copied", UploadID: created.UploadID, Parts: []s3client.CompletedPart{out.Part(1)}})
		return errors.Join(err, x.holds("copied", "234"))
	})
}

func (x *bucketCases) listings() {
	wantKeys := []string{"list/1", "list/2 +%", "list/ctl\x01\x1f", "list/ünï"}
	ids := map[string]string{}
	for _, key := range wantKeys {
		x.agrees("CreateMultipartUpload: "+fmt.Sprintf("%q", key), func() error {
			out, err := x.c.CreateMultipartUpload(x.ctx, s3client.CreateMultipartUploadInput{Bucket: x.bucket, Key: key, ChecksumAlgorithm: checksum.CRC32C})
			if err == nil {
				ids[key] = out.UploadID
			}
			return err
		})
	}
	var made []string
	for _, key := range wantKeys {
		if ids[key] != "" {
			made = append(made, key)
		}
	}
	defer func() {
		for key, id := range ids {
			if _, err := x.c.AbortMultipartUpload(x.ctx, s3client.AbortMultipartUploadInput{Bucket: x.bucket, Key: key, UploadID: id}); err != nil {
				x.t.Errorf("AbortMultipartUpload(%q) = %v", key, err)
			}
		}
	}()
	for _, size := range []int{0, 1} {
		x.agrees(fmt.Sprintf("ListMultipartUploads: pages of %d", size), func() error {
			var got []string
			for page, err := range x.c.ListMultipartUploadsPages(x.ctx, s3client.ListMultipartUploadsInput{Bucket: x.bucket, Prefix: "list/", MaxUploads: size}) {
				if err != nil {
					return err
				}
				for _, u := range page.Uploads {
					if u.UploadID != ids[u.Key] || u.Initiated.IsZero() {
						return fmt.Errorf("it lists %+v", u)
					}
					got = append(got, u.Key)
				}
			}
			if !slices.Equal(got, made) {
				return fmt.Errorf("it lists %q, want %q", got, made)
			}
			return nil
		})
	}
	x.agrees("ListMultipartUploads: delimiter", func() error {
		page, err := x.c.ListMultipartUploads(x.ctx, s3client.ListMultipartUploadsInput{Bucket: x.bucket, Prefix: "list", Delimiter: "/"})
		if err == nil && (!slices.Equal(page.CommonPrefixes, []string{"list/"}) || len(page.Uploads) != 0) {
			err = fmt.Errorf("it lists %q and %d uploads", page.CommonPrefixes, len(page.Uploads))
		}
		return err
	})
	for _, key := range []string{"list/1", "list/ctl\x01\x1f"} {
		if ids[key] == "" {
			continue
		}
		x.agrees(fmt.Sprintf("ListParts: %q", key), func() error {
			var want []s3client.Part
			for _, n := range []int{1, 2, 10_000} {
				out, err := x.c.UploadPart(x.ctx, s3client.UploadPartInput{Bucket: x.bucket, Key: key, UploadID: ids[key], PartNumber: n, Body: strings.NewReader("part"), ChecksumAlgorithm: checksum.CRC32C})
				if err != nil {
					return err
				}
				want = append(want, s3client.Part{PartNumber: n, Size: 4, ETag: out.ETag, Checksum: out.Checksum})
			}
			var got []s3client.Part
			for page, err := range x.c.ListPartsPages(x.ctx, s3client.ListPartsInput{Bucket: x.bucket, Key: key, UploadID: ids[key], MaxParts: 2}) {
				if err != nil {
					return err
				}
				for _, p := range page.Parts {
					p.LastModified = want[0].LastModified
					got = append(got, p)
				}
			}
			if !slices.Equal(got, want) {
				return fmt.Errorf("it lists %+v, want %+v", got, want)
			}
			return nil
		})
	}
}

func (x *bucketCases) deletions() {
	put := func(keys ...string) error {
		for _, key := range keys {
			if _, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: key, Body: strings.NewReader("x")}); err != nil {
				return fmt.Errorf("%q: %w", key, err)
			}
		}
		return nil
	}
	left := func() (keys []string, err error) {
		page, err := x.c.ListObjectsV2(x.ctx, s3client.ListObjectsV2Input{Bucket: x.bucket, Prefix: "delete/"})
		for _, o := range page.Contents {
			keys = append(keys, o.Key)
		}
		return keys, err
	}
	ids := func(keys ...string) (all []s3client.ObjectIdentifier) {
		for _, key := range keys {
			all = append(all, s3client.ObjectIdentifier{Key: key})
		}
		return all
	}
	awkward := []string{"delete/a & <b>", "delete/\"c'", "delete/tab\tnl\ncr\r", "delete/ünï 🚀"}
	x.agrees("DeleteObjects", func() error {
		if err := put(awkward...); err != nil {
			return err
		}
		out, err := x.c.DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Objects: ids(append(slices.Clone(awkward), "delete/missing")...)})
		if err != nil {
			return err
		}
		keys, err := left()
		if err == nil && (len(out.Deleted) != 5 || len(out.Errors) != 0 || len(keys) != 0) {
			err = fmt.Errorf("deleted are %+v, errors %v; left is %q", out.Deleted, out.Errors, keys)
		}
		return err
	})
	x.agrees("DeleteObjects: Quiet", func() error {
		if err := put("delete/q"); err != nil {
			return err
		}
		out, err := x.c.DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Quiet: true, Objects: ids("delete/q")})
		if err == nil && (len(out.Deleted) != 0 || len(out.Errors) != 0) {
			err = fmt.Errorf("deleted are %+v, errors %v", out.Deleted, out.Errors)
		}
		return err
	})
	x.agrees("DeleteObjects: ETag of another", func() error {
		if err := put("delete/etag"); err != nil {
			return err
		}
		out, err := x.c.DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Objects: []s3client.ObjectIdentifier{{Key: "delete/etag", ETag: `"0123456789abcdef0123456789abcdef"`}}})
		if err != nil {
			return err
		}
		if len(out.Errors) != 1 {
			return fmt.Errorf("no error of the object")
		}
		return wants(out.Errors[0], s3client.ErrPreconditionFailed)
	})
	x.agrees("DeleteObjects: with Content-MD5", func() error {
		if err := put("delete/md5"); err != nil {
			return err
		}
		f := x.s.connection()
		f.Checksums = s3client.ChecksumsNever
		out, err := open(x.t, f).DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Objects: ids("delete/md5")})
		if err == nil && len(out.Deleted) != 1 {
			err = fmt.Errorf("deleted are %+v, errors %v", out.Deleted, out.Errors)
		}
		return err
	})
	x.agrees("DeleteObjects: a missing bucket", func() error {
		_, err := x.c.DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: "interop-missing", Objects: ids("k")})
		return wants(err, s3client.ErrNoSuchBucket)
	})
	x.agrees("DeleteObjectsBatches: 1,200 and control characters", func() error {
		all := []string{"delete/ctl\x01\x1f"}
		if err := put(all[0]); err != nil {
			return err
		}
		for i := range 1200 {
			all = append(all, fmt.Sprintf("delete/%04d", i))
		}
		if err := put(all[1], all[1200]); err != nil {
			return err
		}
		deleted := 0
		for out, err := range x.c.DeleteObjectsBatches(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Objects: ids(all...)}) {
			if err != nil {
				return err
			}
			deleted += len(out.Deleted)
		}
		keys, err := left()
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == "delete/etag" })
		if err == nil && (deleted != len(all) || len(keys) != 0) {
			err = fmt.Errorf("%d are deleted, left is %q", deleted, keys)
		}
		return err
	})
}

func (x *bucketCases) configurations() {
	x.agrees("GetBucketTagging: none", func() error {
		_, err := x.c.GetBucketTagging(x.ctx, s3client.GetBucketTaggingInput{Bucket: x.bucket})
		return wants(err, s3client.ErrNoSuchTagSet)
	})
	x.agrees("PutBucketTagging", func() error {
		want := []s3client.Tag{{Key: "team", Value: "R+D = 100"}, {Key: "größe", Value: "ü"}}
		if _, err := x.c.PutBucketTagging(x.ctx, s3client.PutBucketTaggingInput{Bucket: x.bucket, TagSet: want}); err != nil {
			return err
		}
		out, err := x.c.GetBucketTagging(x.ctx, s3client.GetBucketTaggingInput{Bucket: x.bucket})
		slices.SortFunc(out.TagSet, func(a, b s3client.Tag) int { return strings.Compare(b.Key, a.Key) })
		if err == nil && !slices.Equal(out.TagSet, want) {
			err = fmt.Errorf("the tags are %q", out.TagSet)
		}
		return err
	})
	x.agrees("DeleteBucketTagging", func() error {
		_, err := x.c.DeleteBucketTagging(x.ctx, s3client.DeleteBucketTaggingInput{Bucket: x.bucket})
		return err
	})

	const lifecycle = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>old</ID><Filter><Prefix>tmp/</Prefix></Filter>` +
		`<Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>`
	x.agrees("GetBucketLifecycleConfiguration: none", func() error {
		_, err := x.c.GetBucketLifecycleConfiguration(x.ctx, s3client.GetBucketLifecycleConfigurationInput{Bucket: x.bucket})
		return wants(err, s3client.ErrNoSuchLifecycleConfiguration)
	})
	x.agrees("PutBucketLifecycleConfiguration", func() error {
		if _, err := x.c.PutBucketLifecycleConfiguration(x.ctx, s3client.PutBucketLifecycleConfigurationInput{Bucket: x.bucket, LifecycleConfiguration: []byte(lifecycle)}); err != nil {
			return err
		}
		out, err := x.c.GetBucketLifecycleConfiguration(x.ctx, s3client.GetBucketLifecycleConfigurationInput{Bucket: x.bucket})
		if err == nil && !bytes.Contains(out.LifecycleConfiguration, []byte("<Prefix>tmp/</Prefix>")) {
			err = fmt.Errorf("the document is %s", out.LifecycleConfiguration)
		}
		return err
	})
	x.agrees("DeleteBucketLifecycle", func() error {
		_, err := x.c.DeleteBucketLifecycle(x.ctx, s3client.DeleteBucketLifecycleInput{Bucket: x.bucket})
		return err
	})

	const cors = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><AllowedOrigin>https://example.com</AllowedOrigin>` +
		`<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`
	x.agrees("GetBucketCors: none", func() error {
		_, err := x.c.GetBucketCors(x.ctx, s3client.GetBucketCorsInput{Bucket: x.bucket})
		return wants(err, s3client.ErrNoSuchCORSConfiguration)
	})
	x.agrees("PutBucketCors", func() error {
		if _, err := x.c.PutBucketCors(x.ctx, s3client.PutBucketCorsInput{Bucket: x.bucket, CORSConfiguration: []byte(cors)}); err != nil {
			return err
		}
		out, err := x.c.GetBucketCors(x.ctx, s3client.GetBucketCorsInput{Bucket: x.bucket})
		if err == nil && !bytes.Contains(out.CORSConfiguration, []byte("<AllowedOrigin>https://example.com</AllowedOrigin>")) {
			err = fmt.Errorf("the document is %s", out.CORSConfiguration)
		}
		return err
	})
	x.agrees("DeleteBucketCors", func() error {
		_, err := x.c.DeleteBucketCors(x.ctx, s3client.DeleteBucketCorsInput{Bucket: x.bucket})
		return err
	})

	x.agrees("GetObjectLockConfiguration: none", func() error {
		_, err := x.c.GetObjectLockConfiguration(x.ctx, s3client.GetObjectLockConfigurationInput{Bucket: x.bucket})
		return wants(err, s3client.ErrObjectLockNotConfigured)
	})
	x.agrees("PutObjectLockConfiguration", func() error {
		const locked = "interop-bucket-locked"
		if _, err := x.c.CreateBucket(x.ctx, s3client.CreateBucketInput{Bucket: locked, ObjectLockEnabledForBucket: true}); err != nil {
			return err
		}
		defer x.c.DeleteBucket(x.ctx, s3client.DeleteBucketInput{Bucket: locked})
		_, err := x.c.PutObjectLockConfiguration(x.ctx, s3client.PutObjectLockConfigurationInput{Bucket: locked, ObjectLockConfiguration: []byte(
			`<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>` +
				`<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>`)})
		if err != nil {
			return err
		}
		out, err := x.c.GetObjectLockConfiguration(x.ctx, s3client.GetObjectLockConfigurationInput{Bucket: locked})
		if err == nil && !bytes.Contains(out.ObjectLockConfiguration, []byte("<Days>1</Days>")) {
			err = fmt.Errorf("the document is %s", out.ObjectLockConfiguration)
		}
		return err
	})
}

func (x *bucketCases) versions() {
	x.agrees("GetBucketVersioning: never", func() error {
		out, err := x.c.GetBucketVersioning(x.ctx, s3client.GetBucketVersioningInput{Bucket: x.bucket})
		if err == nil && out.Status != "" {
			err = fmt.Errorf("it is %+v", out)
		}
		return err
	})
	if !x.agrees("PutBucketVersioning: Enabled", func() error {
		if _, err := x.c.PutBucketVersioning(x.ctx, s3client.PutBucketVersioningInput{Bucket: x.bucket, Status: "Enabled"}); err != nil {
			return err
		}
		out, err := x.c.GetBucketVersioning(x.ctx, s3client.GetBucketVersioningInput{Bucket: x.bucket})
		if err == nil && out.Status != "Enabled" {
			err = fmt.Errorf("it is %+v", out)
		}
		return err
	}) {
		return
	}
	defer x.removeVersions()
	var want []string // of the versions, newest first within a key
	keys := []string{"v/1", "v/2 +%", "v/ctl\x01\x1f", "v/ünï"}
	for _, key := range keys {
		for n := range 3 {
			out, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: key, Body: strings.NewReader(strings.Repeat("x", n))})
			if err != nil {
				x.t.Fatal(err)
			}
			want = slices.Insert(want, len(want)-n, key+" "+out.VersionID)
		}
	}
	marker, err := x.c.DeleteObject(x.ctx, s3client.DeleteObjectInput{Bucket: x.bucket, Key: "v/1"})
	if err != nil || !marker.DeleteMarker {
		x.t.Fatalf("DeleteObject() = %+v, %v", marker, err)
	}
	for _, size := range []int{0, 1, 2} {
		x.agrees(fmt.Sprintf("ListObjectVersions: pages of %d", size), func() error {
			var got, markers []string
			for page, err := range x.c.ListObjectVersionsPages(x.ctx, s3client.ListObjectVersionsInput{Bucket: x.bucket, Prefix: "v/", MaxKeys: size}) {
				if err != nil {
					return err
				}
				for _, v := range page.Versions {
					got = append(got, v.Key+" "+v.VersionID)
				}
				for _, m := range page.DeleteMarkers {
					markers = append(markers, m.Key+" "+m.VersionID)
				}
			}
			if !slices.Equal(got, want) || !slices.Equal(markers, []string{"v/1 " + marker.VersionID}) {
				return fmt.Errorf("it lists %q and the markers %q, want %q", got, markers, want)
			}
			return nil
		})
	}
	x.agrees("DeleteObjects: a version, and a marker", func() error {
		_, version, _ := strings.Cut(want[0], " ")
		out, err := x.c.DeleteObjects(x.ctx, s3client.DeleteObjectsInput{Bucket: x.bucket, Objects: []s3client.ObjectIdentifier{{Key: "v/1", VersionID: version}, {Key: "v/ünï"}}})
		if err != nil {
			return err
		}
		if len(out.Deleted) != 2 || out.Deleted[0].VersionID != version || !out.Deleted[1].DeleteMarker || out.Deleted[1].DeleteMarkerVersionID == "" {
			return fmt.Errorf("deleted are %+v, errors %v", out.Deleted, out.Errors)
		}
		return nil
	})
	x.agrees("PutBucketVersioning: Suspended", func() error {
		_, err := x.c.PutBucketVersioning(x.ctx, s3client.PutBucketVersioningInput{Bucket: x.bucket, Status: "Suspended"})
		return err
	})
}

// removeVersions leaves an empty bucket.
func (x *bucketCases) removeVersions() {
	for page, err := range x.c.ListObjectVersionsPages(x.ctx, s3client.ListObjectVersionsInput{Bucket: x.bucket}) {
		if err != nil {
			x.t.Errorf("ListObjectVersions() = %v", err)
			return
		}
		for _, v := range page.Versions {
			x.removeVersion(v.Key, v.VersionID)
		}
		for _, m := range page.DeleteMarkers {
			x.removeVersion(m.Key, m.VersionID)
		}
	}
}

func (x *bucketCases) removeVersion(key, id string) {
	if _, err := x.c.DeleteObject(x.ctx, s3client.DeleteObjectInput{Bucket: x.bucket, Key: key, VersionID: id}); err != nil {
		x.t.Errorf("DeleteObject(%q, %s) = %v", key, id, err)
	}
}
