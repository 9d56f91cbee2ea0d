package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

// partLength is that of the objects' parts, and of what is asked for by those who
// ask for parts: transfermanager's default, which spares manager, whose own is
// 5 MiB, some requests.
const partLength = 8 << 20

// object is one that the origin has.
type object struct {
	key    string
	size   int64
	crc32c checksum.Value // of all bytes, whatever the origin keeps
}

// makeObject uploads an object in parts, with a checksum of the whole.
func makeObject(url string, size int64, a checksum.Algorithm) (object, error) {
	o := object{key: fmt.Sprintf("%s-%d", strings.ToLower(a.String()), size), size: size}
	c, err := connect(url, 2)
	if err != nil {
		return o, err
	}
	ctx := context.Background()
	upload, err := c.CreateMultipartUpload(ctx, s3client.CreateMultipartUploadInput{
		Bucket: bucket, Key: o.key, ChecksumAlgorithm: a, ChecksumType: checksum.FullObject})
	if err != nil {
		return o, err
	}
	parts := make([]s3client.CompletedPart, o.parts())
	crcs := make([]checksum.Value, len(parts))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i := range parts {
		group.Go(func() error {
			body := o.content(i)
			sum, err := a.Sum(body)
			if err != nil {
				return err
			}
			if crcs[i], err = checksum.CRC32C.Sum(body); err != nil {
				return err
			}
			out, err := c.UploadPart(groupCtx, s3client.UploadPartInput{
				Bucket: bucket, Key: o.key, UploadID: upload.UploadID, PartNumber: i + 1,
				Body: bytes.NewReader(body), Payload: sigv4.UnsignedPayload(), Checksum: sum})
			parts[i] = out.Part(i + 1)
			parts[i].Checksum = sum
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return o, err
	}
	whole, err := checksum.NewCombiner(a)
	if err != nil {
		return o, err
	}
	crc, err := checksum.NewCombiner(checksum.CRC32C)
	if err != nil {
		return o, err
	}
	for i, p := range parts {
		length := o.length(i)
		if err := errors.Join(whole.Add(p.Checksum, length), crc.Add(crcs[i], length)); err != nil {
			return o, err
		}
	}
	_, err = c.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{
		Bucket: bucket, Key: o.key, UploadID: upload.UploadID, Parts: parts, Checksum: whole.Value(), ChecksumType: checksum.FullObject})
	o.crc32c = crc.Value()
	return o, err
}

func (o object) parts() int { return int((o.size + partLength - 1) / partLength) }

func (o object) length(part int) int64 { return min(partLength, o.size-int64(part)*partLength) }

// content are the bytes of a part: other ones in each.
func (o object) content(part int) []byte {
	var seed [32]byte
	copy(seed[:], strconv.Itoa(part))
	p := make([]byte, o.length(part))
	rand.NewChaCha8(seed).Read(p)
	return p
}

// check reads a file that is to have an object's bytes.
func (o object) check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := checksum.CRC32C.New()
	if err != nil {
		return err
	}
	n, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<20))
	if err != nil {
		return err
	}
	if h.Value() != o.crc32c {
		return fmt.Errorf("%s has %d bytes, which are not the %d of %s", path, n, o.size, o.key)
	}
	return nil
}
