package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// Source is what a download reads from; an [*s3client.Client] is one. If it also has
// GetObjectAttributesPages, as that has, objects with composite checksums are verified
// part by part.
type Source interface {
	GetObject(context.Context, s3client.GetObjectInput) (s3client.GetObjectOutput, error)
	HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error)
}

// DownloadInput says what to download and how.
type DownloadInput struct {
	Bucket, Key, VersionID string
	Threads                int // workers, 1 to 256; 0 means 1; [Auto]
	// PartSize is the number of bytes of a range when there are several workers. 0 lets
	// each take a long range of its own, and help the others when it is done.
	PartSize int64
	// Window is the number of bytes that an ordered [Reader] keeps in memory; 0 is one
	// range for each worker and one more.
	Window int64
	// Resume keeps what has come of an object when a [Download] into a file fails, is
	// cancelled or killed, and goes on from there the next time, if the object is the same
	// and the bytes have their checksums. [Report] says so in Kept and Afresh. Without it,
	// what an earlier one has kept of the file is removed.
	Resume bool
	// RequireChecksum makes it an error, [ErrUnverified], if there is no checksum of the
	// content to compare; where that can be known it comes before the bytes.
	RequireChecksum bool
	// VerifyMD5 also compares the MD5 of the bytes with the ETag, where that is one.
	VerifyMD5 bool

	CustomerKey s3client.CustomerKey // of an object that is encrypted with SSE-C
	s3client.Common

	Progress   *Progress               // counts, if not nil
	OnProgress func(done, total int64) // is told of the counts, from one goroutine, at most ten times a second
	Events     *Events                 // tells what happens, if not nil
	Bandwidth  *Bandwidth              // limits the bytes per second; nil does not
	Budget     *Budget                 // bounds requests and memory of all that share it; nil is the process's own
}

func (in DownloadInput) check() error {
	if err := checkThreads(in.Threads); err != nil {
		return err
	}
	if in.PartSize < 0 {
		return fmt.Errorf("transfer: a part size of %d bytes: at least 1 is expected", in.PartSize)
	}
	if in.Window < 0 {
		return fmt.Errorf("transfer: a window of %d bytes: at least 1 is expected", in.Window)
	}
	return nil
}

// Download downloads an object into a file. Path is replaced in one step when
// all is there and on disk; on any error, cancellation included, it stays as it
// was, and nothing is left beside it but, with in.Resume, what is gone on with. An error
// is an [*IntegrityError], one of package s3client, or the file system's.
func Download(ctx context.Context, src Source, in DownloadInput, path string) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	file, err := openPartial(path, in.Resume)
	if err != nil {
		return Report{}, err
	}
	defer file.discard()
	d := newRun(src, in)
	d.file = file
	report, err := d.do(ctx, file.goesOn(), func(ctx context.Context, d *run) (w io.WriterAt, found []piece, err error) {
		if in.Resume && d.ledger.algorithm == "" {
			d.ledger.algorithm = checksum.CRC32C // of the pieces in the journal
		}
		found, d.afresh, err = file.start(ctx, identity{in.Bucket, in.Key, d.pin.versionID, d.pin.etag, d.pin.size, d.ledger.algorithm})
		if d.afresh != "" {
			d.in.Events.emit(Event{Kind: Afresh, Why: d.afresh})
		}
		return file, found, err
	})
	if err == nil {
		err = file.commit(ctx)
	}
	if err != nil {
		err = d.keep(ctx, err)
	}
	return d.end(report, err)
}

// keep has the journal say what has come, if it can be of use after an error, and says
// so in that.
func (d *run) keep(ctx context.Context, err error) error {
	if e := (*IntegrityError)(nil); d.wrong || errors.As(err, &e) && e.Changed {
		d.file.forget()
		return err
	}
	if !d.in.Resume || d.ledger == nil {
		return err
	}
	pieces, total := d.ledger.all(), int64(0)
	for _, p := range pieces {
		total += p.length
	}
	d.file.checkpoint(ctx, pieces, false) // if it fails, an older one counts
	if total == 0 || !d.file.goesOn() {
		return err
	}
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) { // which says so itself
		return err
	}
	return &ResumableError{Done: total, Err: err}
}

// DownloadAt downloads an object to w, each byte at its offset, from several goroutines
// and in no order. After an error what was written is of no use. A checksum that cannot
// be combined from those of ranges (SHA-256, SHA-1) is verified only if w is an
// [io.ReaderAt] too.
func DownloadAt(ctx context.Context, src Source, in DownloadInput, w io.WriterAt) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	d := newRun(src, in)
	return d.end(d.do(ctx, false, func(context.Context, *run) (io.WriterAt, []piece, error) { return w, nil, nil }))
}

// end tells how it ended.
func (d *run) end(report Report, err error) (Report, error) {
	if err != nil {
		report = Report{}
	}
	d.in.Events.emit(Event{Kind: Done, Err: err})
	d.in.Events.close()
	return report, err
}

// run is one download under way.
type run struct {
	src      Source
	in       DownloadInput
	pin      pin
	expected expectation
	sink     io.WriterAt
	passed   *passing // what the sink takes in order; nil if it takes the bytes in none
	window   *window  // the sink, if it is one; else nil
	file     *partial // the sink, if it is one; else nil
	wrong    bool     // the bytes do not have their checksum

	head     chan s3client.HeadObjectOutput // the answer to the HEAD beside the first GET, if it is a good one; then closed
	ledger   *ledger
	schedule *schedule
	threads  int // workers, of whom some may find nothing to do
	buffers  *buffers
	found    int64  // bytes that were there already
	afresh   string // why others that were there are of no use
	share    *share // of the budget

	worked            atomic.Int64 // workers that brought something
	requests, resumed atomic.Int64
}

func newRun(src Source, in DownloadInput) *run {
	if in.Progress == nil {
		in.Progress = new(Progress)
	}
	return &run{src: src, in: in}
}

// do downloads. Open gives the sink when the object is known, and what is there of it
// already; goesOn says that something may be.
func (d *run) do(ctx context.Context, goesOn bool, open func(context.Context, *run) (io.WriterAt, []piece, error)) (Report, error) {
	start, whole := time.Now(), ctx
	ctx, cancel := context.WithCancel(ctx)
	d.share = d.in.Budget.join(d.src, d.in.Bucket, d.in.Events)
	d.askChecksum(ctx)
	stop := d.in.Progress.watch(d.in.OnProgress)
	defer func() {
		cancel()
		stop()
		<-d.head // leave no goroutine behind
		d.share.leave()
	}()
	first, err := d.begin(ctx, goesOn)
	if err != nil {
		return Report{}, err
	}
	if first.body != nil {
		defer first.body.Close()
	}
	d.in.Progress.total.Store(d.pin.size)
	d.in.Events.emit(Event{Kind: Began, Bytes: d.pin.size, ETag: d.pin.etag})
	if first.body != nil {
		d.in.Events.emit(Event{Kind: Requested, First: first.answer.First, Last: first.answer.Last})
	}
	if d.expected, err = d.expect(ctx, first.head); err != nil {
		return Report{}, err
	}
	d.ledger = d.expected.newLedger()
	var found []piece
	if d.sink, found, err = open(ctx, d); err != nil {
		return Report{}, err
	}
	for _, p := range found {
		d.ledger.add(p)
		d.found += p.length
	}
	d.in.Progress.done.Add(d.found)
	if d.found > 0 {
		d.in.Events.emit(Event{Kind: Resumed, Bytes: d.found})
	}
	if err := d.work(ctx, cancel, first, d.ledger.missing(d.pin.size)); err != nil {
		return Report{}, err
	}
	verified, err := d.verify(whole)
	if err != nil {
		if d.wrong = errors.Is(err, ErrIntegrity); !d.wrong && whole.Err() != nil {
			err = whole.Err()
		}
		return Report{}, err
	}
	d.in.Events.emit(Event{Kind: Checked, Verified: verified})
	return Report{
		Size: d.pin.size, ETag: d.pin.etag, VersionID: d.pin.versionID,
		Threads: int(d.worked.Load()), Requests: int(d.requests.Load()), Resumed: int(d.resumed.Load()),
		Stolen: d.schedule.stolen, Hedged: d.schedule.hedged, Kept: d.found, Afresh: d.afresh,
		Verified: verified, Elapsed: time.Since(start),
	}, nil
}

// beginning is what is known, and there, when the object is pinned.
type beginning struct {
	head   s3client.HeadObjectOutput // the zero value if it did not come
	answer Range                     // of body
	body   io.ReadCloser             // nil if no byte was asked for
}

// begin pins the object: by the answer to a GET of its first range, so that no other
// round trip comes before the bytes, or, where these may be there, by that to the HEAD.
func (d *run) begin(ctx context.Context, goesOn bool) (b beginning, err error) {
	if goesOn {
		if head, ok := <-d.head; ok {
			b.head = head
			d.pin, err = newPinOfHead(d.in, head)
			return b, err
		} // else the GET says why
	}
	out, err := d.first(ctx)
	if err != nil {
		return b, err
	}
	b.body, b.answer = out.Body, d.firstRange()
	b.head = d.headAnswer(ctx)
	return b, nil
}

// first asks for the first range, and takes the pin from its answer.
func (d *run) first(ctx context.Context) (s3client.GetObjectOutput, error) {
	ask, length := "bytes=0-", d.firstLength()
	if length > 0 {
		ask = fmt.Sprintf("bytes=0-%d", length-1)
	}
	out, err := patiently(ctx, func() (out s3client.GetObjectOutput, err error) {
		ctx, permit, err := d.share.begin(ctx)
		if err != nil {
			return out, err
		}
		return d.request(ctx, permit, s3client.GetObjectInput{Range: ask, VersionID: d.in.VersionID})
	})
	if errors.Is(err, s3client.ErrInvalidRange) {
		return d.firstOfEmpty(ctx, err)
	}
	if err != nil {
		return out, err
	}
	d.requests.Add(1)
	d.pin, err = newPin(d.in, out)
	if err == nil && length > 0 && d.pin.size/length >= maxParts {
		err = d.pin.broken(fmt.Sprintf("the answer says that the object has %d bytes, which are too many parts of %d", d.pin.size, length))
	}
	if err == nil && d.pin.size > 0 {
		err = d.pin.check(out, d.firstRange())
	}
	if err != nil {
		out.Body.Close()
	}
	return out, err
}

// firstRange is what the answer to the first GET has.
func (d *run) firstRange() Range {
	if length := d.firstLength(); length > 0 {
		return Range{0, min(length, d.pin.size) - 1}
	}
	return Range{0, d.pin.size - 1}
}

// firstLength is how much is asked for before the size is known; 0 is everything.
func (d *run) firstLength() int64 {
	switch {
	case d.in.Threads == 0 || d.in.Threads == 1:
		return 0
	case d.in.PartSize > 0:
		return d.in.PartSize
	}
	return DefaultPartSize
}

// firstOfEmpty makes sure that the object has no bytes, of which there is no range.
func (d *run) firstOfEmpty(ctx context.Context, cause error) (s3client.GetObjectOutput, error) {
	head, ok := <-d.head
	if !ok { // it failed: this one says why
		var err error
		if head, err = d.src.HeadObject(ctx, d.headInput()); err != nil {
			return s3client.GetObjectOutput{}, err
		}
	}
	if head.ContentLength != 0 {
		return s3client.GetObjectOutput{}, cause
	}
	out := s3client.GetObjectOutput{ObjectInfo: head.ObjectInfo, Body: io.NopCloser(eof{}), Status: http.StatusOK}
	var err error
	d.pin, err = newPin(d.in, out)
	return out, err
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// work has the workers bring what is missing. The first one begins with the answer
// that is there already.
func (d *run) work(ctx context.Context, cancel func(), b beginning, missing []Range) error {
	waiting, part := d.plan(&b, missing)
	d.schedule = newSchedule(waiting, part, d.window == nil, func(r Range) *segment { return newSegment(r, d.sink, d.ledger) })
	d.schedule.paced = d.in.Bandwidth != nil
	if len(missing) == 0 {
		return nil
	}
	if d.window != nil && d.threads > 1 {
		d.window.follow(d.schedule.want)
	}
	d.buffers = newBuffers(d.pin.size, d.threads, d.file == nil && d.window == nil, d.share)
	var answered *segment
	if b.body != nil {
		answered = d.schedule.cut(b.answer)
	}
	group, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, cancel) // the first answer came before the group
	for i, f := range d.schedule.begin(d.threads, answered, time.Now()) {
		body := b.body
		if i > 0 {
			body = nil
		}
		group.Go(func() error { return d.worker(ctx, f, body) })
	}
	if d.in.Threads == Auto && d.threads == autoThreads {
		group.Go(func() error {
			d.grow(ctx, func() { group.Go(func() error { return d.worker(ctx, nil, nil) }) })
			return nil
		})
	}
	watched := make(chan error, 1)
	go func() { watched <- d.watch(ctx, cancel) }()
	err := group.Wait() // which cancels ctx
	return cmp.Or(<-watched, err)
}

// plan gives the ranges that wait for workers, behind what is answered already, and how
// much of one is for a worker at once. It finds how many workers there are to be: one for
// each range, and those who help if a connection proves slow.
func (d *run) plan(b *beginning, missing []Range) (waiting []Range, part int64) {
	if len(missing) == 0 {
		return nil, 0
	}
	most := workers(d.in.Threads, d.pin.size, d.in.PartSize)
	if part = d.in.PartSize; part == 0 && d.window != nil {
		part = DefaultPartSize
	}
	if fresh := len(missing) == 1 && missing[0].Len() == d.pin.size; !fresh {
		b.body = nil // which do closes
	}
	bytes := length(missing)
	switch {
	case most == 1:
		part, d.threads = 0, 1
	case part > 0:
		d.threads = int(min(int64(most), (bytes+part-1)/part))
	case b.body != nil:
		missing = NewPlan(d.pin.size, 0, most).Ranges
		d.threads = min(most, len(missing))
		if len(missing) > d.threads { // the rest of the first range's share is for its worker
			missing = slices.Concat(missing[:1], missing[2:], missing[1:2])
		}
	default:
		missing = spread(missing, most)
		d.threads = min(most, len(missing))
	}
	d.threads = max(d.threads, helpers(d.in.Threads, bytes))
	if b.body == nil {
		return missing, part
	}
	if missing[0].First = b.answer.Last + 1; missing[0].Len() <= 0 {
		missing = missing[1:]
	}
	return missing, part
}

const (
	// watchTime is the time between two looks at the whole, and what a killed process
	// loses.
	watchTime = 250 * time.Millisecond
	// durableTime is what a power loss may cost.
	durableTime = 5 * time.Second
)

// watch looks after the workers until ctx ends. Its error is that of a disk which has
// lost bytes.
func (d *run) watch(ctx context.Context, cancel func()) error {
	tick := time.NewTicker(watchTime)
	defer tick.Stop()
	synced := time.Now()
	var syncing chan error // nil if no durable checkpoint is under way
	for {
		select {
		case <-ctx.Done():
			if syncing == nil {
				return nil
			}
			return <-syncing // which ends with ctx, too
		case err := <-syncing:
			if err != nil {
				cancel()
				return err
			}
			syncing = nil
			continue
		case <-tick.C:
		}
		d.schedule.look(time.Now())
		if d.file == nil {
			continue
		}
		d.file.checkpoint(ctx, d.pieces(), false) // the download goes on if it fails
		if syncing != nil || time.Since(synced) < durableTime {
			continue
		}
		synced, syncing = time.Now(), make(chan error, 1)
		pieces, ends := d.pieces(), syncing
		go func() {
			d.file.checkpoint(ctx, pieces, true)
			ends <- d.file.failed()
		}()
	}
}

// pieces are all that have come, those on their way included.
func (d *run) pieces() []piece {
	growing := d.schedule.growing() // before the rest: what is complete meanwhile is in both
	done := d.ledger.all()
	done = append(done, apart(growing, done)...)
	slices.SortFunc(done, func(a, b piece) int { return cmp.Compare(a.first, b.first) })
	return done
}
