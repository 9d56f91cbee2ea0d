package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// Downloads under random faults. What each does is drawn from the seed and its number.

// How a download ends, if not with a typed error.
const (
	right   = "right"
	wrongly = "WRONG"
)

const (
	atOnce   = 24               // downloads at a time: most of it is waiting
	patience = 30 * time.Second // until one that goes on trying is cancelled
	bucket   = "data"
	key      = "object"
	keyID    = "AKIDEXAMPLE"
	secret   = "an/example/secret/access/key"
)

// soak does some of the downloads of a seed, and counts how they end.
type soak struct {
	dir         string
	seed        uint64
	first, last int
	tell        bool // what each does
	out         io.Writer

	mu                              sync.Mutex
	ended                           map[string]int // by the kind of the outcome
	bytes, kept                     int64
	resumed, stolen, hedged, goneOn int
	wrong                           int
}

// run prints its counts, and gives how many downloads were wrong.
func (s *soak) run(ctx context.Context, out io.Writer) (wrong int) {
	s.ended, s.out = map[string]int{}, out
	fmt.Fprintf(out, "%s, %s/%s, %d cores; seed %d\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), s.seed)
	began := time.Now()
	limit := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for n := s.first; n <= s.last; n++ {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			d := s.draw(n)
			if s.tell {
				fmt.Fprintln(out, d)
			}
			outcome, err := d.do(ctx)
			s.count(d, outcome, err)
		})
	}
	wg.Wait()
	fmt.Fprintf(out, "%d downloads under random faults, %d MB, in %s: %d right, %d with a typed error, %d WRONG\n",
		s.last-s.first+1, s.bytes/1e6, time.Since(began).Round(time.Second), s.ended[right], s.last-s.first+1-s.ended[right]-s.wrong, s.wrong)
	for _, kind := range slices.Sorted(maps.Keys(s.ended)) {
		if kind != right && kind != wrongly {
			fmt.Fprintf(out, "  %5d %s\n", s.ended[kind], kind)
		}
	}
	fmt.Fprintf(out, "%d bodies were resumed, %d ranges stolen, %d hedged; %d downloads that had failed were gone on with, %d kB being there\n",
		s.resumed, s.stolen, s.hedged, s.goneOn, s.kept/1000)
	return s.wrong
}

func (s *soak) count(d *download, outcome string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tell {
		fmt.Fprintf(s.out, "%s: %v %+v\n", outcome, err, d.report)
	}
	if outcome == wrongly {
		s.wrong++
		fmt.Fprintf(s.out, "WRONG, number %d: %v\n  %s\n", d.number, err, d)
	}
	s.ended[outcome]++
	s.bytes += d.report.Size
	s.resumed += d.report.Resumed
	s.stolen += d.report.Stolen
	s.hedged += d.report.Hedged
	if d.goneOn {
		s.goneOn++
		s.kept += d.kept
	}
}

// download is one of them.
type download struct {
	number int
	seed   uint64
	data   []byte
	sum    checksum.Algorithm // of the object
	sink   string
	in     transfer.DownloadInput
	faults []s3test.Fault
	dir    string
	report transfer.Report
	goneOn bool
	kept   int64
}

func (d *download) String() string {
	var faults []string
	for _, f := range d.faults {
		faults = append(faults, f.String())
	}
	return fmt.Sprintf("%d bytes, %s, %d threads, ranges of %d, to %s, checksum required: %v; seed %d, faults %s",
		len(d.data), d.sum, d.in.Threads, d.in.PartSize, d.sink, d.in.RequireChecksum, d.seed, strings.Join(faults, " "))
}

// draw decides what the nth download does.
func (s *soak) draw(n int) *download {
	r := rand.New(rand.NewPCG(s.seed, uint64(n)))
	d := &download{
		number: n,
		seed:   r.Uint64() | 1,
		data:   make([]byte, min(int(r.ExpFloat64()*500_000), 5_000_000)),
		sum:    checksum.Algorithms()[r.IntN(len(checksum.Algorithms()))],
		sink:   []string{"file", "file with resume", "reader", "stream", "WriterAt"}[r.IntN(5)],
		faults: drawFaults(r),
		dir:    filepath.Join(s.dir, fmt.Sprint("download-", n)),
	}
	switch r.IntN(20) {
	case 0:
		d.data = d.data[:min(len(d.data), r.IntN(3))] // empty, or hardly more
	case 1:
		// So large, and the connections so unlike, that workers take from each other.
		d.data = make([]byte, 4_000_000+r.IntN(8_000_000))
		d.faults = append(d.faults,
			s3test.Fault{Kind: s3test.FaultSlow, N: 5_000_000, Op: "GetObject"},
			s3test.Fault{Kind: s3test.FaultSlow, N: 500_000, Op: "GetObject", EveryConn: 2 + r.IntN(3)})
	}
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(s.seed)}).Read(d.data)
	d.in = transfer.DownloadInput{
		Bucket: bucket, Key: key, Threads: 1 + r.IntN(12), PartSize: []int64{0, 20_000, 100_000, 1 << 20}[r.IntN(4)],
		Resume: d.sink == "file with resume", RequireChecksum: r.IntN(2) == 0, Budget: transfer.NewBudget(64, 64<<20),
	}
	if len(d.data) >= 4_000_000 {
		d.in.PartSize = 0 // long ranges
	}
	// Without a checksum nobody can tell a changed byte from the right one, and a HEAD
	// that fails has none.
	if d.strikes(s3test.FaultFlip) {
		d.in.RequireChecksum = true
	}
	return d
}

// serve starts a server that has the object.
func (d *download) serve(faults []s3test.Fault) (*s3test.Server, *s3client.Client, error) {
	srv, err := s3test.Start(s3test.Config{Users: []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}}, Buckets: []string{bucket}, Faults: faults, Seed: d.seed})
	if err != nil {
		return nil, nil, err
	}
	client, err := connect(srv)
	if err == nil {
		_, err = client.PutObject(context.Background(), s3client.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(d.data), ChecksumAlgorithm: d.sum})
	}
	if err != nil {
		srv.Close()
		return nil, nil, err
	}
	return srv, client, nil
}

func connect(srv *s3test.Server) (*s3client.Client, error) {
	return s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID, SecretAccessKey: s3client.NewSecret(secret),
		Region: "us-east-1", Endpoint: srv.URL}.Open(&s3client.Options{StallTimeout: time.Second})
}

// do gives right, the kind of a typed error, or wrongly and why.
func (d *download) do(ctx context.Context) (outcome string, err error) {
	if err := os.Mkdir(d.dir, 0o777); err != nil {
		return wrongly, err
	}
	defer os.RemoveAll(d.dir)
	srv, client, err := d.serve(d.faults)
	if err != nil {
		return wrongly, err
	}
	defer srv.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	came, err := d.move(ctx, client)
	if err == nil {
		return d.compare(came)
	}
	kind := kindOf(err)
	left, _ := os.ReadDir(d.dir)
	switch {
	case kind == "":
		return wrongly, fmt.Errorf("an error without a type: %w", err)
	case d.in.Resume:
		return d.goOn(kind, err)
	case len(left) > 0:
		return wrongly, fmt.Errorf("%s is left behind, after: %w", left[0].Name(), err)
	}
	return kind, err
}

// goOn repeats a download that failed, on a better day.
func (d *download) goOn(kind string, why error) (outcome string, err error) {
	srv, client, err := d.serve(nil)
	if err != nil {
		return wrongly, err
	}
	defer srv.Close()
	failed := d.report
	came, err := d.move(context.Background(), client)
	if errors.Is(err, transfer.ErrIntegrity) && d.strikes(s3test.FaultFlip) {
		// A changed byte was among those that were there, which only the checksum of the
		// whole can tell. They are not gone on with again.
		came, err = d.move(context.Background(), client)
	}
	if err != nil {
		return wrongly, fmt.Errorf("going on after %q: %w", why, err)
	}
	d.goneOn, d.kept = true, d.report.Kept
	d.report = failed
	if outcome, err = d.compare(came); outcome == right {
		return kind, why
	}
	return outcome, err
}

func (d *download) compare(came []byte) (outcome string, err error) {
	if bytes.Equal(came, d.data) || d.strikes(s3test.FaultChangeObject) && bytes.Equal(came, inverted(d.data)) {
		return right, nil
	}
	at := 0
	for at < min(len(came), len(d.data)) && came[at] == d.data[at] {
		at++
	}
	return wrongly, fmt.Errorf("%d bytes have come, and the object has %d; the first that differs is byte %d; verified: %s", len(came), len(d.data), at, d.report.Verified)
}

// strikes reports whether a kind is among the faults.
func (d *download) strikes(kind s3test.FaultKind) bool {
	return slices.ContainsFunc(d.faults, func(f s3test.Fault) bool { return f.Kind == kind })
}

// inverted is what FaultChangeObject makes of an object.
func inverted(data []byte) []byte {
	other := slices.Clone(data)
	for i := range other {
		other[i] ^= 0xff
	}
	return other
}

// move downloads to where it was decided.
func (d *download) move(ctx context.Context, client *s3client.Client) (came []byte, err error) {
	switch d.sink {
	case "reader":
		return d.read(ctx, client)
	case "stream":
		var b bytes.Buffer
		d.report, err = transfer.DownloadTo(ctx, client, d.in, &b)
		return b.Bytes(), err
	case "WriterAt":
		w := &memory{}
		d.report, err = transfer.DownloadAt(ctx, client, d.in, w)
		return w.data, err
	}
	path := filepath.Join(d.dir, "file")
	if d.report, err = transfer.Download(ctx, client, d.in, path); err != nil {
		if _, there := os.Lstat(path); there == nil {
			return nil, fmt.Errorf("the file is there in spite of an error: %v", err)
		}
		return nil, err
	}
	if left, _ := os.ReadDir(d.dir); len(left) != 1 {
		return nil, fmt.Errorf("beside the file there is %v", left)
	}
	return os.ReadFile(path)
}

func (d *download) read(ctx context.Context, client *s3client.Client) ([]byte, error) {
	r, err := transfer.NewReader(ctx, client, d.in)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	came, err := io.ReadAll(r)
	if err == nil {
		d.report = r.Report()
	}
	return came, err
}

// memory is an object's place in memory.
type memory struct {
	mu   sync.Mutex
	data []byte
}

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if end := int(off) + len(p); end > len(m.data) {
		m.data = append(m.data, make([]byte, end-len(m.data))...)
	}
	return copy(m.data[off:], p), nil
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if off >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// kindOf names a typed error; "" is none.
func kindOf(err error) string {
	var api *s3client.APIError
	var call *s3client.Error
	switch {
	case errors.Is(err, transfer.ErrChanged):
		return "changed"
	case errors.Is(err, transfer.ErrUnverified):
		return "unverified"
	case errors.Is(err, transfer.ErrIntegrity):
		return "integrity"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, s3client.ErrStalled):
		return "stalled"
	case errors.As(err, &api):
		return api.Code
	case errors.As(err, &call):
		return "network"
	}
	return ""
}
