package s3client_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// Text of every script goes out in ASCII, and comes back.
func TestMetadata(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for _, test := range []struct{ value, header string }{
		{"plain", "plain"},
		{"", ""},
		{"two  blanks within", "two  blanks within"},
		{"100% \"quoted\" = &?", "100% \"quoted\" = &?"},
		{"Zürich", "=?UTF-8?b?WsO8cmljaA==?="},
		{"日本語 🚀", "=?UTF-8?b?5pel5pys6KqeIPCfmoA=?="},
		{"é, ü", "=?UTF-8?b?w6ksIMO8?="},
		{strings.Repeat("日本語 🚀 ", 30) + "end", ""},
		{"\xff\xfe", "=?UTF-8?b?//4=?="},
	} {
		in := s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{Metadata: map[string]string{"Value": test.value}}}
		if _, err := c.PutObject(t.Context(), in); err != nil {
			t.Errorf("%q: %v", test.value, err)
			continue
		}
		head, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k"})
		if want := map[string]string{"value": test.value}; err != nil || !cmp.Equal(head.Metadata, want) {
			t.Errorf("metadata %q comes back as %q, %v", want, head.Metadata, err)
		}

		net := &recorder{answers: []answer{says(200, "")}}
		if _, err := open(t, aws(), &s3client.Options{Base: net}).PutObject(t.Context(), in); err != nil {
			t.Errorf("%q: %v", test.value, err)
			continue
		}
		sent := net.requests[0].Header["X-Amz-Meta-Value"]
		if len(sent) != 1 || test.header != "" && sent[0] != test.header || strings.ContainsFunc(sent[0], func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is sent as %q, want %q", test.value, sent, test.header)
		}
	}
}

// As S3 and other clients write it.
func TestMetadataOfOthers(t *testing.T) {
	for header, want := range map[string]string{
		"=?UTF-8?B?WsO8cmljaA==?=": "Zürich", "=?UTF-8?Q?Z=C3=BCrich?=": "Zürich", "=?utf-8?b?WsO8?= =?utf-8?b?cmljaA==?=": "Zürich", "=?ISO-8859-1?Q?Z=FCrich?=": "Zürich",
		"what=?": "what=?", "=?UTF-8?B?not base64?=": "=?UTF-8?B?not base64?=", "=?KOI8-R?B?wA==?=": "=?KOI8-R?B?wA==?=", "Z\xc3\xbcrich": "Zürich", "a,b": "a,b",
	} {
		net := &recorder{answers: []answer{says(200, "", "X-Amz-Meta-Name", header)}}
		head, err := open(t, aws(), &s3client.Options{Base: net}).HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k"})
		if err != nil || head.Metadata["name"] != want {
			t.Errorf("%q is read as %q, %v; want %q", header, head.Metadata["name"], err, want)
		}
	}
}

func TestMetadataThatNoHeaderHolds(t *testing.T) {
	for name, metadata := range map[string]map[string]string{
		"a blank in the name": {"a b": "v"}, "no name": {"": "v"}, "a colon": {"a:b": "v"}, "a letter beyond ASCII": {"größe": "v"}, "one name twice": {"Owner": "a", "owner": "b"},
		"line ends": {"a": "b\r\nX-Amz-Acl: public-read"}, "a null byte": {"a": "\x00"}, "delete": {"a": "\x7f"},
	} {
		net := &recorder{}
		_, err := open(t, aws(), &s3client.Options{Base: net}).PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{Metadata: metadata}})
		if wantErr(t, err); len(net.requests) != 0 || !strings.Contains(err.Error(), "metadata") {
			t.Errorf("%s: %v, %d requests", name, err, len(net.requests))
		}
	}
}
