package s3client

import (
	"context"
	"errors"
	"net/http"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CreateSessionInput names the directory bucket to open a session for.
type CreateSessionInput struct {
	Bucket      string
	SessionMode string // "ReadWrite", the default, or "ReadOnly"
}

// CreateSessionOutput has the credentials of the session.
type CreateSessionOutput struct{ Credentials sigv4.Credentials }

func (in CreateSessionInput) call(c *Client) call {
	k := call{op: "CreateSession", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	if in.SessionMode == "ReadOnly" {
		k.needs = MayRead
	}
	k.query.add("session", "")
	k.set("X-Amz-Create-Session-Mode", in.SessionMode)
	return k
}

// CreateSession opens a session for a directory bucket (Amazon S3 API Reference,
// "CreateSession"). A [Client] does so by itself where it is needed; this is for who
// wants the credentials. They hold for all of the bucket, so that a connection that is
// restricted to a path does not give them out.
func (c *Client) CreateSession(ctx context.Context, in CreateSessionInput) (CreateSessionOutput, error) {
	k := in.call(c)
	if err := c.admit(&k); err != nil {
		return CreateSessionOutput{}, err
	}
	return c.createSession(ctx, &k)
}

func (c *Client) createSession(ctx context.Context, k *call) (CreateSessionOutput, error) {
	var out CreateSessionOutput
	_, err := c.exchangeXML(ctx, k, "CreateSessionResult", func(d *awsxml.Decoder) error {
		for name := range d.Children {
			if string(name) != "Credentials" {
				continue
			}
			var id, secret, token string
			for name := range d.Children {
				switch string(name) {
				case "AccessKeyId":
					id = d.Text()
				case "SecretAccessKey":
					secret = d.Text()
				case "SessionToken":
					token = d.Text()
				case "Expiration":
					out.Credentials.Expires = d.Time()
				}
			}
			expires := out.Credentials.Expires
			out.Credentials = sigv4.NewCredentials(id, secret, token)
			out.Credentials.Expires = expires
		}
		if out.Credentials.SessionToken() == "" {
			return errors.New("the session has no credentials")
		}
		return nil
	})
	if err != nil {
		return CreateSessionOutput{}, err
	}
	return out, nil
}
