package s3client_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// md5Allowed reports whether Go allows MD5, which some of what S3 wants is made of.
// Where it does not, what needs it must be refused.
func md5Allowed(t *testing.T) bool {
	t.Helper()
	_, forbidden := checksum.NewMD5()
	if forbidden != nil {
		checkMD5(t, forbidden)
	}
	return forbidden == nil
}

// S3 wants the MD5 of an SSE-C key, and servers without checksums that of a document.
// Under GODEBUG=fips140=only both are errors, and nothing is sent.
func TestMD5IsRefusedWhereGoForbidsIt(t *testing.T) {
	_, forbidden := checksum.NewMD5()
	checkMD5(t, forbidden)
}

func checkMD5(t *testing.T, forbidden error) {
	t.Helper()
	key, err := s3client.NewCustomerKey([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	form := aws()
	form.Checksums = s3client.ChecksumsNever
	for name, call := range map[string]func(*s3client.Client) error{
		"a customer key": func(c *s3client.Client) error {
			_, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k", CustomerKey: key})
			return err
		},
		"Content-MD5": func(c *s3client.Client) error {
			_, err := c.PutObjectTagging(t.Context(), s3client.PutObjectTaggingInput{Bucket: "data", Key: "k", TagSet: []s3client.Tag{{Key: "a", Value: "b"}}})
			return err
		},
	} {
		net := &recorder{answers: []answer{says(200, "")}}
		err := call(open(t, form, &s3client.Options{Base: net}))
		sent := len(net.requests)
		if forbidden == nil && (err != nil || sent != 1) || forbidden != nil && (!errors.Is(err, checksum.ErrFIPS) || sent != 0) {
			t.Errorf("%s, with MD5 forbidden by %v: %v after %d requests", name, forbidden, err, sent)
		}
	}
}
