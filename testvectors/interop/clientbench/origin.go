package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

const (
	bucket, key = "examplebucket", "photos/2025/01/holiday.jpg"
	objectSize  = 4 << 10
	pageSize    = 1000

	// serve makes this program the origin.
	serve = "serve-as-origin"
)

// origin is a server that answers as S3 does, and as cheaply as it can: it verifies
// nothing, and keeps nothing.
type origin struct {
	url     string
	process *exec.Cmd
	stdin   io.Closer // its end is the origin's, too
}

// startOrigin starts this program once more, as the origin.
func startOrigin() (*origin, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, serve)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	o := &origin{process: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		o.stop()
		return nil, fmt.Errorf("the origin did not start: %w", err)
	}
	o.url = strings.TrimSpace(line)
	return o, nil
}

func (o *origin) stop() {
	o.stdin.Close()
	o.process.Wait()
}

// runOrigin serves until stdin ends, also if who started it was killed.
func runOrigin() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		l.Close()
	}()
	fmt.Println("http://" + l.Addr().String())
	if err := http.Serve(l, http.HandlerFunc(answer)); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

var object = bytes.Repeat([]byte("0123456789abcdef"), objectSize/16)

// answer is one to GetObject or to ListObjectsV2. Its continuation tokens are the
// numbers of keys that were listed; the prefix is how many keys there are.
func answer(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("X-Amz-Request-Id", "TX0000000000000000")
	h.Set("X-Amz-Id-2", "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=")
	h.Set("Server", "AmazonS3")
	if query := req.URL.Query(); query.Has("list-type") {
		h.Set("Content-Type", "application/xml")
		total, err := strconv.Atoi(query.Get("prefix"))
		from, err2 := strconv.Atoi("0" + query.Get("continuation-token"))
		if err != nil || err2 != nil {
			http.Error(w, "the prefix is the number of keys", http.StatusBadRequest)
			return
		}
		w.Write(page(from, total))
		return
	}
	h.Set("Last-Modified", "Wed, 12 Oct 2022 17:50:00 GMT")
	h.Set("Etag", `"fba9dede5f27731c9771645a39863328"`)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", strconv.Itoa(objectSize))
	w.Write(object)
}

// page lists the keys from a number on, with what S3 says of each.
func page(from, total int) []byte {
	to := min(from+pageSize, total)
	p := make([]byte, 0, 400*pageSize)
	p = append(p, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>`+bucket+`</Name>`...)
	p = fmt.Appendf(p, `<Prefix>%d</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%t</IsTruncated>`,
		total, to-from, pageSize, to < total)
	if to < total {
		p = fmt.Appendf(p, `<NextContinuationToken>%d</NextContinuationToken>`, to)
	}
	for n := from; n < to; n++ {
		p = append(p, `<Contents><Key>photos/2025/01/holiday-`...)
		p = strconv.AppendInt(p, int64(n), 10)
		p = append(p, `.jpg</Key><LastModified>2025-01-31T12:34:56.000Z</LastModified><ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>`+
			`<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>`...)
	}
	return append(p, `</ListBucketResult>`...)
}
