package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// An upload in parts (Amazon S3 User Guide, "Uploading and copying objects using
// multipart upload in Amazon S3"): begin, send the parts, complete; or abort.

// multipart is one under way, of an upload or of a copy.
type multipart struct {
	*upload
	id        string
	algorithm checksum.Algorithm // of the parts' checksums and the one of all; "" if there are none
	signed    bool               // parts are signed with their SHA-256

	kept   map[int]s3client.Part // of an earlier run, by their numbers
	found  atomic.Int64          // bytes of those that are used
	afresh string                // why an earlier run is not gone on with

	mu   sync.Mutex
	done []donePart // by number, from 1
}

// donePart is a part that is with the service.
type donePart struct {
	s3client.CompletedPart
	length int64
	proven bool // the service has held its bytes against a hash
}

// multipart uploads the parts of a source.
func (u *upload) multipart(ctx context.Context, src source) (Report, error) {
	if err := u.mayCreate(ctx); err != nil {
		return Report{}, err
	}
	m := &multipart{upload: u}
	state, err := m.begin(ctx, src)
	if err != nil {
		return Report{}, err
	}
	report, err := m.finish(ctx, src)
	if err == nil {
		state.remove()
		return report, nil
	}
	err = u.explain(err)
	if state != nil && resumable(err) {
		state.keep()
		return Report{}, &ResumableError{UploadID: m.id, Done: m.length(), Err: err}
	}
	m.abort(ctx)
	state.remove()
	return Report{}, err
}

// mayCreate spares the bytes of an upload whose key is taken. The condition itself is
// the completion's, and who may not look there learns it then.
func (u *upload) mayCreate(ctx context.Context) error {
	if u.in.IfNoneMatch == "" {
		return nil
	}
	_, err := u.dst.HeadObject(ctx, s3client.HeadObjectInput{Bucket: u.in.Bucket, Key: u.in.Key, Common: u.in.Common})
	if err != nil {
		return ctx.Err()
	}
	return u.explain(&s3client.Error{Op: "HeadObject", Bucket: u.in.Bucket, Key: u.in.Key, Err: s3client.ErrPreconditionFailed})
}

// begin finds the upload of an earlier run, or creates one.
func (m *multipart) begin(ctx context.Context, src source) (*uploadState, error) {
	var state *uploadState
	if file, ok := src.(*fileSource); ok && m.in.Resume {
		state = m.newState(file)
	}
	if state != nil {
		found, err := m.find(ctx, state)
		if err != nil {
			state.keep()
			return nil, err
		}
		if found {
			return state, nil
		}
	}
	if m.afresh != "" {
		m.in.Events.emit(Event{Kind: Afresh, Why: m.afresh})
	}
	if err := m.create(ctx, m.in.ObjectHeaders, checksum.CRC64NVME); err != nil {
		state.remove()
		return nil, err
	}
	if state != nil && state.save(m) != nil {
		state.remove() // there is no room for it: the upload cannot be resumed
		state = nil
	}
	return state, nil
}

// create begins an upload whose checksum is of the full object.
func (m *multipart) create(ctx context.Context, headers s3client.ObjectHeaders, a checksum.Algorithm) error {
	in := s3client.CreateMultipartUploadInput{Bucket: m.in.Bucket, Key: m.in.Key, ObjectHeaders: headers, Common: m.in.Common}
	if m.checksums != s3client.ChecksumsNever && a != "" {
		in.ChecksumAlgorithm, in.ChecksumType = a, checksum.FullObject
	}
	var out s3client.CreateMultipartUploadOutput
	err := m.persist(ctx, nil, func(ctx context.Context) (err error) {
		out, err = m.dst.CreateMultipartUpload(ctx, in)
		if in.ChecksumAlgorithm != "" && m.checksums != s3client.ChecksumsAlways && unknownChecksum(err) {
			in.ChecksumAlgorithm, in.ChecksumType = "", ""
			out, err = m.dst.CreateMultipartUpload(ctx, in)
		}
		return err
	})
	if err != nil {
		return m.explain(err)
	}
	m.id, m.algorithm = out.UploadID, in.ChecksumAlgorithm
	// A checksum is enough where nobody can change the bytes on the way, if it is clear
	// that the service compares it.
	m.signed = !m.protected || m.algorithm == "" || out.ChecksumAlgorithm != m.algorithm
	return nil
}

// finish sends the parts and makes the object of them.
func (m *multipart) finish(ctx context.Context, src source) (Report, error) {
	err := m.sendAll(ctx, src)
	if n := m.found.Load(); n > 0 {
		m.in.Events.emit(Event{Kind: Resumed, Bytes: n})
	}
	if err != nil {
		return Report{}, err
	}
	if err := src.unchanged(); err != nil {
		return Report{}, err
	}
	report, err := m.complete(ctx)
	if err != nil {
		return Report{}, err
	}
	report.Threads = min(m.in.Threads, len(m.done))
	report.Kept, report.Afresh = m.found.Load(), m.afresh
	return report, nil
}

// sendAll sends the parts. While the workers send some, others are read and hashed, so
// that a connection does not wait for a hash.
func (m *multipart) sendAll(ctx context.Context, src source) error {
	group, ctx := errgroup.WithContext(ctx)
	ready := make(chan *uploadPart)
	var hashing sync.WaitGroup
	for range min(m.in.Threads, runtime.GOMAXPROCS(0)) {
		hashing.Add(1)
		group.Go(func() error {
			defer hashing.Done()
			return m.hashParts(ctx, src, ready)
		})
	}
	group.Go(func() error {
		hashing.Wait()
		close(ready)
		return nil
	})
	for range m.in.Threads {
		group.Go(func() error {
			for p := range ready {
				if err := m.send(ctx, p); err != nil {
					return err
				}
				if p.release != nil {
					p.release()
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (m *multipart) hashParts(ctx context.Context, src source, ready chan<- *uploadPart) error {
	for {
		p, err := src.next(ctx)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = p.hash(ctx, m.algorithm != "", m.signed)
		}
		if err != nil {
			return err
		}
		if m.isKept(p) {
			continue
		}
		select {
		case ready <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send sends a part.
func (m *multipart) send(ctx context.Context, p *uploadPart) error {
	var out s3client.UploadPartOutput
	err := m.persist(ctx, p, func(ctx context.Context) (err error) {
		out, err = m.dst.UploadPart(ctx, s3client.UploadPartInput{
			Bucket: m.in.Bucket, Key: m.in.Key, UploadID: m.id, PartNumber: p.number,
			Body: p.body(ctx, m.upload), Payload: p.payload, Checksum: p.sum, CustomerKey: m.in.CustomerKey, Common: m.in.Common,
		})
		return err
	})
	if err != nil {
		return err
	}
	if out.ETag == "" {
		return &IntegrityError{Bucket: m.in.Bucket, Key: m.in.Key, Problem: fmt.Sprintf("the answer to part %d has no ETag: nothing says that it is stored", p.number)}
	}
	if err := m.compare(out.Checksum, p.sum, fmt.Sprintf("part %d", p.number)); err != nil {
		return err
	}
	m.took(p.number, donePart{s3client.CompletedPart{PartNumber: p.number, ETag: out.ETag, Checksum: p.sum}, p.length,
		p.payload.IsDigest() || out.Checksum == p.sum && !p.sum.IsZero()})
	return nil
}

// took notes a part that is with the service.
func (m *multipart) took(number int, d donePart) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if missing := number - len(m.done); missing > 0 {
		m.done = append(m.done, make([]donePart, missing)...)
	}
	m.done[number-1] = d
}

// length is the number of bytes that are with the service.
func (m *multipart) length() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.done {
		n += d.length
	}
	return n
}

// complete makes the object of the parts.
func (m *multipart) complete(ctx context.Context) (Report, error) {
	in := s3client.CompleteMultipartUploadInput{Bucket: m.in.Bucket, Key: m.in.Key, UploadID: m.id,
		MpuObjectSize: m.length(), IfMatch: m.in.IfMatch, IfNoneMatch: m.in.IfNoneMatch, CustomerKey: m.in.CustomerKey, Common: m.in.Common}
	proven := true
	for _, d := range m.done {
		in.Parts = append(in.Parts, d.CompletedPart)
		proven = proven && d.proven
	}
	if m.algorithm != "" {
		var err error
		if in.Checksum, err = m.whole(); err != nil {
			return Report{}, err
		}
		in.ChecksumType = checksum.FullObject
	}
	m.in.Progress.total.Store(in.MpuObjectSize)
	var out s3client.CompleteMultipartUploadOutput
	err := m.persist(ctx, nil, func(ctx context.Context) (err error) {
		out, err = m.dst.CompleteMultipartUpload(ctx, in)
		return err
	})
	if err != nil {
		if out, err = m.completedAlready(ctx, in, err); err != nil {
			return Report{}, err
		}
	}
	if !sameKind(out.Checksum, in.Checksum) {
		out.Checksum = m.keptChecksum(ctx, out.ETag, in.Checksum)
	}
	if err := m.compare(out.Checksum, in.Checksum, "the object"); err != nil {
		return Report{}, err
	}
	report := Report{Size: in.MpuObjectSize, ETag: out.ETag, VersionID: out.VersionID, Verified: ETagOnly}
	switch {
	case sameKind(out.Checksum, in.Checksum):
		report.Verified = FullObject
	case proven:
		report.Verified = PerPart
	}
	return report, nil
}

// whole is the checksum of all parts; zero if there is not one of each.
func (m *multipart) whole() (checksum.Value, error) {
	c, err := checksum.NewCombiner(m.algorithm)
	if err != nil {
		return checksum.Value{}, err
	}
	for _, d := range m.done {
		if d.Checksum.IsZero() {
			return checksum.Value{}, nil
		}
		if err := c.Add(d.Checksum, d.length); err != nil {
			return checksum.Value{}, err
		}
	}
	return c.Value(), nil
}

// completedAlready looks whether a completion that failed has come to its end all the
// same, as one does whose answer was lost, and which the client has then asked for
// again: the upload is no longer there, and the object is what was sent. What cannot be
// found out is what it was: the error.
func (m *multipart) completedAlready(ctx context.Context, in s3client.CompleteMultipartUploadInput, failure error) (out s3client.CompleteMultipartUploadOutput, err error) {
	if ctx.Err() != nil {
		return out, failure
	}
	if !errors.Is(failure, s3client.ErrNoSuchUpload) {
		// After a refusal the upload is still there.
		for _, err := range m.dst.ListPartsPages(ctx, s3client.ListPartsInput{Bucket: in.Bucket, Key: in.Key, UploadID: in.UploadID, MaxParts: 1, CustomerKey: in.CustomerKey}) {
			if !errors.Is(err, s3client.ErrNoSuchUpload) {
				return out, failure
			}
			break
		}
	}
	head, err := m.dst.HeadObject(ctx, s3client.HeadObjectInput{Bucket: in.Bucket, Key: in.Key, ChecksumMode: true, CustomerKey: in.CustomerKey})
	if err != nil || head.ContentLength != in.MpuObjectSize {
		return out, failure
	}
	out = s3client.CompleteMultipartUploadOutput{ETag: head.ETag, VersionID: head.VersionID, Checksum: fullChecksum(head.ObjectInfo, m.algorithm)}
	if !in.Checksum.IsZero() && out.Checksum == in.Checksum || head.ETag == multipartETag(in.Parts) {
		return out, nil
	}
	return s3client.CompleteMultipartUploadOutput{}, failure
}

// keptChecksum asks for the checksum of an object, which the answer to its making did
// not have; zero if there is none to compare, or that is not for us to know.
func (u *upload) keptChecksum(ctx context.Context, etag string, want checksum.Value) checksum.Value {
	if want.IsZero() {
		return checksum.Value{}
	}
	head, err := u.dst.HeadObject(ctx, s3client.HeadObjectInput{Bucket: u.in.Bucket, Key: u.in.Key, ChecksumMode: true, CustomerKey: u.in.CustomerKey, Common: u.in.Common})
	if err != nil || head.ETag != etag {
		return checksum.Value{}
	}
	return fullChecksum(head.ObjectInfo, want.Algorithm())
}

// fullChecksum is the checksum of all bytes that the service keeps, if it keeps that.
func fullChecksum(info s3client.ObjectInfo, a checksum.Algorithm) checksum.Value {
	t, err := checksum.ParseType(info.ChecksumType)
	if err != nil {
		return checksum.Value{}
	}
	v, err := checksum.Parse(a, info.Checksums[strings.ToLower(a.String())], t)
	if err != nil || v.Type() != checksum.FullObject {
		return checksum.Value{}
	}
	return v
}

// abortTime bounds the end of an upload whose own context may have ended.
const abortTime = 5 * time.Second

// abort has the service remove the parts: twice, for one that was on its way may come
// to be stored behind the first (Amazon S3 API Reference, "AbortMultipartUpload").
func (m *multipart) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	for range 2 {
		in := s3client.AbortMultipartUploadInput{Bucket: m.in.Bucket, Key: m.in.Key, UploadID: m.id, Common: m.in.Common}
		if _, err := m.dst.AbortMultipartUpload(ctx, in); err != nil {
			return // ErrNoSuchUpload is as it should be
		}
	}
}
