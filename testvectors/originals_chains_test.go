//go:build originals

package testvectors

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// chainExample is an entry of one of the three sections of chains.
type chainExample struct {
	Name            string          `json:"name"`
	Source          string          `json:"source"`
	Seed            *example        `json:"seed"`
	SeedSignature   string          `json:"seed_signature"`
	InitialPrevious string          `json:"previous_signature_initial"`
	SeedPreviousHex string          `json:"seed_previous_signature_hex"`
	AccessKey       string          `json:"access_key"`
	SecretKey       string          `json:"secret_key"`
	SigningKey      string          `json:"signing_key_hex"`
	Region          string          `json:"region"`
	RegionSet       string          `json:"region_set"`
	Service         string          `json:"service"`
	AmzDate         string          `json:"amz_date"`
	Scope           string          `json:"scope"`
	X               string          `json:"public_key_x"`
	Y               string          `json:"public_key_y"`
	Method          string          `json:"method"`
	RequestTarget   string          `json:"request_target"`
	Headers         [][2]string     `json:"headers"`
	SignedHeaders   string          `json:"signed_headers"`
	Canonical       string          `json:"canonical_request"`
	CanonicalSum    string          `json:"canonical_request_sha256"`
	StringToSign    string          `json:"string_to_sign"`
	ChunkPrefix     string          `json:"chunk_string_to_sign_prefix"`
	Chunks          json.RawMessage `json:"chunks"` // a list, or "as ..."
	Messages        []pieceExample  `json:"messages"`
	Trailer         *pieceExample   `json:"trailer"`
	DecodedLength   int             `json:"decoded_content_length"`
	EncodedLength   int             `json:"encoded_content_length"`
	WireForm        string          `json:"wire_form"`
	PrintedHeader   string          `json:"authorization_as_printed_in_doc"`
	Notes           string          `json:"notes"`
}

type pieceExample struct {
	Data *struct {
		ByteHex string `json:"byte_hex"`
		Repeat  int    `json:"repeat"`
	} `json:"data"`
	DataBase64    string      `json:"data_base64"`
	DataSum       string      `json:"data_sha256"`
	AmzDate       string      `json:"amz_date"`
	DateHeaderHex string      `json:"date_header_block_hex"`
	HeadersBase64 string      `json:"header_bytes_base64"`
	PayloadBase64 string      `json:"payload_base64"`
	Trailers      [][2]string `json:"trailers"`
	Canonical     string      `json:"canonical_trailers"`
	CanonicalSum  string      `json:"canonical_trailers_sha256"`
	Previous      string      `json:"previous_signature"`
	Prefix        string      `json:"string_to_sign_prefix"`
	Suffix        string      `json:"string_to_sign_suffix"`
	StringToSign  string      `json:"string_to_sign"`
	Signature     string      `json:"signature"`
	ChunkHeader   string      `json:"chunk_header"`
}

// content is the data of a chunk or the payload of a message.
func (e pieceExample) content(t *testing.T) []byte {
	t.Helper()
	if e.Data != nil {
		one, err := hex.DecodeString(e.Data.ByteHex)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Repeat(one, e.Data.Repeat)
	}
	data, err := base64.StdEncoding.DecodeString(e.DataBase64 + e.PayloadBase64)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOriginalsChains(t *testing.T) {
	var examples []chainExample
	for _, name := range []string{"s3_streaming", "event_stream", "sigv4a_streaming"} {
		var some []chainExample
		sectionInto(t, name, &some)
		examples = append(examples, some...)
	}
	chains, err := Chains()
	if err != nil {
		t.Fatal(err)
	}
	if len(chains) != len(examples) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(chains))
	}
	named := map[string]chainExample{}
	for i, e := range examples {
		named[e.Name] = e
		t.Run(e.Name, func(t *testing.T) {
			got := chains[i]
			if strings.HasPrefix(e.Source, "Amazon S3") {
				checkSource(t, got.Source, e.Source)
			} else if want := strings.TrimSuffix(e.Source, " (Apache-2.0)"); got.Source != want {
				t.Errorf("source %q, published %q", got.Source, want)
			}
			chunks := e
			if key, ok := strings.CutPrefix(strings.Trim(string(e.Chunks), `"`), "as "); ok {
				chunks = named[key]
				if e.SeedSignature != chunks.Seed.Signature {
					t.Errorf("seed %s, but that of %s is %s", e.SeedSignature, key, chunks.Seed.Signature)
				}
			}
			want := wantedChain(t, e, chunks, got)
			want.Pieces = wantedPieces(t, e, chunks, want)
			same(t, got, want)
		})
	}
}

// wantedChain is the chain without its pieces. What an example leaves out it has
// in common with the one whose chunks it has.
func wantedChain(t *testing.T, e, chunks chainExample, got Chain) Chain {
	t.Helper()
	want := Chain{
		Name: e.Name, Source: got.Source, Algorithm: "AWS4-HMAC-SHA256",
		AccessKeyID: e.AccessKey, SecretAccessKey: e.SecretKey, SigningKey: e.SigningKey,
		Region: e.Region, Service: e.Service, Time: e.AmzDate,
		Seed: e.InitialPrevious + e.SeedPreviousHex + e.SeedSignature,
	}
	if parts := strings.Split(e.Scope, "/"); len(parts) == 4 {
		want.Region, want.Service = parts[1], parts[2]
	}
	if e.SeedPreviousHex != "" {
		// This one alone has a secret and no key; TestChainsAgreeWithThemselves
		// derives it.
		want.SigningKey, want.Time = got.SigningKey, e.Messages[0].AmzDate
	}
	seed := chunks.Seed
	if seed != nil {
		want.AccessKeyID, want.SecretAccessKey = seed.AccessKey, seed.SecretKey
		want.Region, want.Service, want.Time = seed.Region, seed.Service, seed.AmzDate
		want.Seed = seed.Signature
	}
	if e.X != "" {
		want.Algorithm, want.Region = "AWS4-ECDSA-P256-SHA256", e.RegionSet
		want.PublicKeyX, want.PublicKeyY = e.X, e.Y
		seed = &example{
			Method: e.Method, RequestTarget: e.RequestTarget, Headers: e.Headers,
			SignedHeaders: e.SignedHeaders, Canonical: e.Canonical, StringToSign: e.StringToSign,
		}
		want.Request = wantedRequest(want, seed)
	}
	if e.Seed != nil {
		want.Request = wantedRequest(want, seed)
	}
	return want
}

// wantedRequest leaves out the Content-Length that the example with a trailer
// sends, for it is wrong and not signed.
func wantedRequest(c Chain, seed *example) *Case {
	request := Case{
		Family: "chains", Name: c.Name, Source: c.Source,
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
		Region: c.Region, Service: c.Service, Time: c.Time,
		Method: seed.Method, Target: seed.RequestTarget,
		PayloadHash: lastLine(seed.Canonical), ContentSHA256: true,
		NormalizePath: c.Service != "s3", DoubleEncode: c.Service != "s3", SignToken: true,
		Header: &Expected{seed.Canonical, seed.StringToSign, seed.Signature, seed.SignedHeaders},
	}
	rest, _, _ := take(seed.Headers, "X-Amz-Date")
	rest, _, _ = take(rest, "X-Amz-Content-Sha256")
	rest, _, _ = take(rest, "X-Amz-Region-Set")
	for _, h := range rest {
		if strings.Contains(";"+seed.SignedHeaders+";", ";"+strings.ToLower(h[0])+";") {
			request.Headers = append(request.Headers, h)
		}
	}
	return &request
}

func wantedPieces(t *testing.T, e, chunks chainExample, c Chain) []Piece {
	t.Helper()
	var examples []pieceExample
	if len(chunks.Chunks) > 0 {
		strict(t, string(chunks.Chunks), &examples)
	}
	var pieces []Piece
	for _, p := range examples {
		piece := Piece{Kind: "chunk", Time: c.Time, Data: p.content(t), StringToSign: p.StringToSign, Signature: p.Signature}
		if e.ChunkPrefix != "" {
			piece.StringToSign = e.ChunkPrefix + "PREVIOUS" + p.Suffix
		}
		if head := fmt.Sprintf("%x;chunk-signature=%s\r\n", len(piece.Data), p.Signature); p.ChunkHeader != "" && p.ChunkHeader != head {
			t.Errorf("the original has the chunk header %q, want %q", p.ChunkHeader, head)
		}
		pieces = append(pieces, piece)
	}
	for _, m := range e.Messages {
		headers, err1 := hex.DecodeString(m.DateHeaderHex)
		opaque, err2 := base64.StdEncoding.DecodeString(m.HeadersBase64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		pieces = append(pieces, Piece{
			Kind: "event", Time: m.AmzDate, Data: m.content(t), Headers: append(headers, opaque...),
			StringToSign: m.StringToSign, Signature: m.Signature,
		})
	}
	if e.Trailer != nil {
		piece := Piece{Kind: "trailer", Time: c.Time, Trailers: e.Trailer.Trailers, StringToSign: e.Trailer.StringToSign, Signature: e.Trailer.Signature}
		if e.Trailer.Prefix != "" {
			piece.StringToSign = e.Trailer.Prefix + "PREVIOUS" + e.Trailer.Suffix
		}
		pieces = append(pieces, piece)
	}
	for i := range pieces {
		if len(pieces[i].Data) == 0 {
			pieces[i].Data = []byte{}
		}
		if len(pieces[i].Trailers) == 0 {
			pieces[i].Trailers = nil
		}
		if pieces[i].Kind == "event" && len(pieces[i].Headers) == 0 {
			pieces[i].Headers = []byte{}
		}
	}
	return pieces
}

func TestOriginalsFramings(t *testing.T) {
	var examples []struct {
		Name      string      `json:"name"`
		Source    string      `json:"source"`
		Payload   string      `json:"payload_base64"`
		ChunkSize int         `json:"chunk_size"`
		Trailers  [][2]string `json:"trailers"`
		Encoded   string      `json:"encoded_base64"`
	}
	sectionInto(t, "aws_chunked_unsigned_framing", &examples)
	framings, err := Framings()
	if err != nil {
		t.Fatal(err)
	}
	if len(framings) != len(examples) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(framings))
	}
	for i, e := range examples {
		f := framings[i]
		payload, encoded := base64.StdEncoding.EncodeToString(f.Payload), base64.StdEncoding.EncodeToString([]byte(f.Encoded))
		if f.Name != e.Name || f.Source != strings.TrimSuffix(e.Source, " (Apache-2.0)") || payload != e.Payload ||
			f.ChunkSize != e.ChunkSize || encoded != e.Encoded || len(f.Trailers) != len(e.Trailers) ||
			len(f.Trailers) > 0 && !reflect.DeepEqual(f.Trailers, e.Trailers) {
			t.Errorf("transcribed %+v\npublished   %+v", f, e)
		}
	}
}
