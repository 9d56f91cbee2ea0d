package s3client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// Configurations of a bucket that this package takes and gives as documents, and does
// not look into: what is in them changes more often than a program needs it.

// setDocument makes a document of the user's the body of a call.
func (k *call) setDocument(doc []byte, root string) {
	if err := checkDocument(doc, root); err != nil {
		k.fail(fmt.Errorf("the %s is not sent: %w", root, err))
	}
	k.body = summedBody(doc)
}

// checkDocument says what is wrong with a document that is to have the given root
// element.
func checkDocument(doc []byte, root string) error {
	d := awsxml.NewDecoder(bytes.NewReader(doc), maxDocument)
	d.Root(root)
	err := d.End()
	if syntax := (*awsxml.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Errorf("it is no XML document <%s>: %w", root, err)
	}
	return err
}

// doDocument is do for an answer that is given on as it is: a document with the given
// root element.
func (c *Client) doDocument(ctx context.Context, k *call, root string) ([]byte, http.Header, error) {
	if err := c.admit(k); err != nil {
		return nil, nil, err
	}
	resp, err := c.exchangeDocument(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return nil, nil, k.wrap(fmt.Errorf("reading the answer: %w", err))
	}
	if err := checkDocument(doc, root); err != nil {
		return nil, nil, k.wrap(fmt.Errorf("the answer: %w; it begins with %.80q", err, firstLine(doc)))
	}
	return doc, resp.Header, nil
}
