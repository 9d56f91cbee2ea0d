package sts

import (
	"context"
	"net/url"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CallerIdentity says whose credentials the client has.
type CallerIdentity struct {
	Account string
	ARN     string
	UserID  string
}

// GetCallerIdentity asks whose credentials the client has. AWS allows it to
// everybody whose signature is good; MinIO does not have it.
func (c *Client) GetCallerIdentity(ctx context.Context) (CallerIdentity, error) {
	if err := c.ready(); err != nil {
		return CallerIdentity{}, err
	}
	const operation = "GetCallerIdentity"
	var id CallerIdentity
	requestID, err := c.call(ctx, operation, url.Values{}, func(d *awsxml.Decoder, name []byte) {
		switch string(name) {
		case "Account":
			id.Account = d.Text()
		case "Arn":
			id.ARN = d.Text()
		case "UserId":
			id.UserID = d.Text()
		}
	})
	if err != nil {
		return CallerIdentity{}, err
	}
	if id.ARN == "" {
		return CallerIdentity{}, &ResponseError{Operation: operation, Problem: "lacks Arn", RequestID: requestID}
	}
	return id, nil
}
