package sts

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// What STS knows about a key and about a refusal.

// GetAccessKeyInfo gives the ID of the account that an access key belongs to,
// whether it is active or not (AWS Security Token Service API Reference,
// "GetAccessKeyInfo"). AWS only.
func (c *Client) GetAccessKeyInfo(ctx context.Context, accessKeyID string) (account string, err error) {
	if err := errors.Join(c.ready(), checkText("AccessKeyId", accessKeyID, 16, 128, "_")); err != nil {
		return "", err
	}
	const operation = "GetAccessKeyInfo"
	requestID, err := c.call(ctx, operation, url.Values{"AccessKeyId": {accessKeyID}}, func(d *awsxml.Decoder, name []byte) {
		if string(name) == "Account" {
			account = strings.TrimSpace(d.Text())
		}
	})
	if err != nil {
		return "", err
	}
	if account == "" {
		return "", &ResponseError{Operation: operation, Problem: "lacks Account", RequestID: requestID}
	}
	return account, nil
}

// DecodeAuthorizationMessage gives the JSON document of an encoded message that
// came with a refusal: who asked for what, and which statements decided. It is
// for eyes that may see the policies (AWS Security Token Service API Reference,
// "DecodeAuthorizationMessage"). AWS only.
func (c *Client) DecodeAuthorizationMessage(ctx context.Context, message string) (decoded string, err error) {
	if err := errors.Join(c.ready(), checkMessage(message)); err != nil {
		return "", err
	}
	const operation = "DecodeAuthorizationMessage"
	requestID, err := c.call(ctx, operation, url.Values{"EncodedMessage": {message}}, func(d *awsxml.Decoder, name []byte) {
		if string(name) == "DecodedMessage" {
			decoded = d.Text()
		}
	})
	if err != nil {
		return "", err
	}
	if decoded == "" {
		return "", &ResponseError{Operation: operation, Problem: "lacks DecodedMessage", RequestID: requestID}
	}
	return decoded, nil
}

// checkMessage checks for 1 to 10240 characters, none of them one that comes of
// copying a message out of a terminal (Errors, InvalidAuthorizationMessage: "such
// as line breaks").
func checkMessage(message string) error {
	if strings.IndexFunc(message, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) >= 0 {
		return &InputError{Field: "EncodedMessage", Problem: "has a blank or line break: expecting the message in one piece"}
	}
	return checkLength("EncodedMessage", message, 1, 10240)
}
