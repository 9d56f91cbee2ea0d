package sts

import (
	"context"
	"encoding/xml"
	"net/url"
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
	var doc struct {
		XMLName xml.Name `xml:"GetCallerIdentityResponse"`
		Result  struct {
			Account string
			ARN     string `xml:"Arn"`
			UserID  string `xml:"UserId"`
		} `xml:"GetCallerIdentityResult"`
	}
	requestID, err := c.call(ctx, operation, url.Values{}, &doc)
	if err != nil {
		return CallerIdentity{}, err
	}
	if doc.Result.ARN == "" {
		return CallerIdentity{}, &ResponseError{Operation: operation, Problem: "lacks Arn", RequestID: requestID}
	}
	return CallerIdentity(doc.Result), nil
}
