package testvectors

import (
	"fmt"
	"strings"
)

// Chain is one published chain of signatures: that of a request, the seed, and
// those of the pieces of its body, each of which signs the one before.
type Chain struct {
	Name, Source string
	// Algorithm is AWS4-HMAC-SHA256 or AWS4-ECDSA-P256-SHA256.
	Algorithm string
	// AccessKeyID and SecretAccessKey are empty where only SigningKey was
	// published.
	AccessKeyID, SecretAccessKey string
	// SigningKey is that of the scope in hex, of any length; of SigV4a there is
	// the public key, X and Y in hex.
	SigningKey             string
	PublicKeyX, PublicKeyY string
	// Region is the region set where the algorithm is that of SigV4a.
	Region, Service string
	// Time is the time of the request: 20130524T000000Z.
	Time string
	// Seed is the signature before the first piece as it is signed. That of some
	// chains is not 64 digits of hex. It is empty for SigV4a, where it is random.
	Seed string
	// Request is the request of the seed, in header form; nil where it was not
	// published.
	Request *Case
	Pieces  []Piece
}

// Piece is one link of a chain.
type Piece struct {
	Kind string // "chunk", "trailer" or "event"
	// Time is an event's own; else it is that of the chain.
	Time string
	// Data is that of a chunk or the payload of an event.
	Data []byte
	// Headers are those of an event, in the encoding in which they are hashed.
	Headers []byte
	// Trailers are names and values in the order in which they are signed.
	Trailers [][2]string
	// Signature is empty for SigV4a, where it is random.
	StringToSign, Signature string
}

// StringToSignAfter is the string to sign of a SigV4a piece after a signature,
// in hex, without the asterisks that fill it up on the wire.
func (p Piece) StringToSignAfter(previous string) string {
	return strings.Replace(p.StringToSign, "\n"+previousWord+"\n", "\n"+previous+"\n", 1)
}

// previousWord stands for the signature before in strings to sign of SigV4a.
const previousWord = "PREVIOUS"

// Framing is a body as it is sent with the payload hash
// STREAMING-UNSIGNED-PAYLOAD-TRAILER: framed, but not signed.
type Framing struct {
	Name, Source string
	Payload      []byte
	ChunkSize    int // the last chunk may be shorter
	Trailers     [][2]string
	Encoded      string
}

// Algorithms of the chains.
const (
	algorithmHMAC  = "AWS4-HMAC-SHA256"
	algorithmECDSA = "AWS4-ECDSA-P256-SHA256"
)

const chainsFile = "chains.txt"

var chainKinds = []string{"chain", "chunk", "trailer", "event", "framing"}

func parseChains(text string) ([]Chain, error) {
	records, err := parse(chainsFile, text, chainKinds...)
	if err != nil {
		return nil, err
	}
	var chains []Chain
	var pieces []Piece
	for _, rec := range records {
		r := &reader{record: rec}
		switch {
		case rec.kind == "framing":
			continue
		case rec.kind == "chain":
			chains = append(chains, newChain(r))
		case len(chains) == 0:
			r.fail(r.line, "no chain before it")
		default:
			c := &chains[len(chains)-1]
			if want := fmt.Sprintf("%s/%d", c.Name, len(c.Pieces)+1); r.name != want {
				r.fail(r.line, "the next piece is %s", want)
			}
			p := newPiece(r, c)
			c.Pieces, pieces = append(c.Pieces, p), append(pieces, p)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	if _, err := exactly(chainsFile, "pieces", pieces, chainPieces); err != nil {
		return nil, err
	}
	return exactly(chainsFile, "chains", chains, chainCount)
}

func newChain(r *reader) Chain {
	c := Chain{
		Name:            r.name,
		Source:          r.required("source"),
		Algorithm:       r.required("algorithm"),
		AccessKeyID:     r.optional("access-key"),
		SecretAccessKey: r.optional("secret-key"),
		Region:          r.required("region"),
		Service:         r.required("service"),
		Time:            r.moment("time", "20060102T150405Z"),
	}
	signature := (*reader).digest
	switch c.Algorithm {
	case algorithmHMAC:
		r.required("signing-key")
		c.SigningKey = fmt.Sprintf("%x", r.bytes("signing-key"))
	case algorithmECDSA:
		signature = (*reader).none
		c.PublicKeyX, c.PublicKeyY = r.digest("public-key-x"), r.digest("public-key-y")
	default:
		r.fail(r.lineOf("algorithm"), "algorithm %q is neither %s nor %s", c.Algorithm, algorithmHMAC, algorithmECDSA)
	}
	if r.has("seed") {
		c.Seed = r.required("seed")
		for _, key := range []string{"method", "target", "header", "header-canonical-request", "header-string-to-sign", "header-signature"} {
			if r.has(key) {
				r.fail(r.lineOf(key), "%s beside seed, which is for chains without their request", key)
			}
		}
		return c
	}
	request := newCase("chains", r, signature)
	c.Request = &request
	if request.Header != nil {
		c.Seed = request.Header.Signature
	}
	return c
}

func newPiece(r *reader, c *Chain) Piece {
	p := Piece{
		Kind:         r.kind,
		Time:         c.Time,
		Data:         repeatedData(r),
		StringToSign: r.required("string-to-sign"),
	}
	switch p.Kind {
	case "event":
		p.Time = r.moment("time", "20060102T150405Z")
		p.Headers = r.bytes("headers-hex")
	case "trailer":
		p.Trailers = r.named("field", ":")
	}
	if c.Algorithm == algorithmHMAC {
		p.Signature = r.digest("signature")
	} else {
		r.none("signature")
		if !strings.Contains(p.StringToSign, "\n"+previousWord+"\n") {
			r.fail(r.lineOf("string-to-sign"), "no line %s in the string to sign", previousWord)
		}
	}
	return p
}

// repeatedData takes data that are written once, or none.
func repeatedData(r *reader) []byte {
	times := 1
	if r.has("repeat") {
		times = r.positive("repeat")
		r.required("data")
	}
	if times > 1<<20 {
		r.fail(r.lineOf("repeat"), "repeat %d is more than a test should hold", times)
		return nil
	}
	return []byte(strings.Repeat(r.optional("data"), times))
}

func parseFramings(text string) ([]Framing, error) {
	records, err := parse(chainsFile, text, chainKinds...)
	if err != nil {
		return nil, err
	}
	var framings []Framing
	for _, rec := range records {
		if rec.kind != "framing" {
			continue
		}
		r := &reader{record: rec}
		f := Framing{
			Name:      r.name,
			Source:    r.required("source"),
			Payload:   []byte(r.required("payload")),
			ChunkSize: r.positive("chunk-size"),
			Trailers:  r.named("field", ":"),
			Encoded:   r.required("encoded"),
		}
		if r.err != nil {
			return nil, r.err
		}
		framings = append(framings, f)
	}
	return exactly(chainsFile, "framings", framings, framingCount)
}
