package s3client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// ObjectLock keeps an object from being removed or overwritten (Amazon S3 User Guide,
// "Locking objects with Object Lock").
type ObjectLock struct {
	ObjectLockMode            string // "GOVERNANCE" or "COMPLIANCE"
	ObjectLockRetainUntilDate time.Time
	ObjectLockLegalHoldStatus string // "ON" or "OFF"
}

func (o ObjectLock) isZero() bool {
	return o.ObjectLockMode == "" && o.ObjectLockRetainUntilDate.IsZero() && o.ObjectLockLegalHoldStatus == ""
}

func (o ObjectLock) set(k *call) {
	k.set("X-Amz-Object-Lock-Mode", o.ObjectLockMode)
	if !o.ObjectLockRetainUntilDate.IsZero() {
		k.set("X-Amz-Object-Lock-Retain-Until-Date", o.ObjectLockRetainUntilDate.UTC().Format(time.RFC3339))
	}
	k.set("X-Amz-Object-Lock-Legal-Hold", o.ObjectLockLegalHoldStatus)
}

// GetObjectRetentionInput names the object whose retention to read.
type GetObjectRetentionInput struct {
	Bucket, Key, VersionID string
	Common
}

// GetObjectRetentionOutput is the answer to GetObjectRetention. An object without
// retention is an error, [ErrNoSuchObjectLockConfiguration].
type GetObjectRetentionOutput struct {
	Mode            string // "GOVERNANCE" or "COMPLIANCE"
	RetainUntilDate time.Time
}

func (in GetObjectRetentionInput) call(c *Client) call {
	k := objectLock("GetObjectRetention", http.MethodGet, "retention", in.Bucket, in.Key, in.VersionID, MayRead)
	in.Common.set(&k)
	return k
}

// objectLock is what the four operations have in common.
func objectLock(op, method, what, bucket, key, version string, needs Permissions) call {
	k := call{op: op, method: method, bucket: bucket, key: key, subject: aKey, needs: needs}
	k.query.add(what, "")
	k.query.addIf("versionId", version)
	return k
}

// GetObjectRetention says until when an object is kept (Amazon S3 API Reference,
// "GetObjectRetention").
func (c *Client) GetObjectRetention(ctx context.Context, in GetObjectRetentionInput) (GetObjectRetentionOutput, error) {
	k := in.call(c)
	var out GetObjectRetentionOutput
	_, err := c.doXML(ctx, &k, "Retention", func(d *awsxml.Decoder) error {
		for name := range d.Children {
			switch string(name) {
			case "Mode":
				out.Mode = d.Text()
			case "RetainUntilDate":
				out.RetainUntilDate = d.Time()
			}
		}
		return nil
	}, "ObjectLockRetention") // versitygw's
	if err != nil {
		return GetObjectRetentionOutput{}, err
	}
	return out, nil
}

// PutObjectRetentionInput says until when an object is to be kept.
type PutObjectRetentionInput struct {
	Bucket, Key, VersionID string
	// Mode is "GOVERNANCE" or "COMPLIANCE". With neither Mode nor RetainUntilDate the
	// retention is removed, if it is one of governance and is bypassed.
	Mode            string
	RetainUntilDate time.Time
	// BypassGovernanceRetention allows to shorten or remove what is there.
	BypassGovernanceRetention bool
	Common
}

// PutObjectRetentionOutput is the answer to PutObjectRetention.
type PutObjectRetentionOutput struct{ RequestCharged string }

func (in PutObjectRetentionInput) call(c *Client) call {
	k := objectLock("PutObjectRetention", http.MethodPut, "retention", in.Bucket, in.Key, in.VersionID, MayWrite)
	if (in.Mode == "") != in.RetainUntilDate.IsZero() {
		k.fail(errors.New("expecting Mode and RetainUntilDate together, or neither to remove the retention"))
	}
	doc := append([]byte(awsxml.Header), `<Retention xmlns="`+namespace+`">`...)
	if in.Mode != "" {
		doc = awsxml.AppendElement(doc, "Mode", in.Mode)
		doc = awsxml.AppendElement(doc, "RetainUntilDate", in.RetainUntilDate.UTC().Format(time.RFC3339))
	}
	k.body = summedBody(append(doc, "</Retention>"...))
	if in.BypassGovernanceRetention {
		k.set("X-Amz-Bypass-Governance-Retention", "true")
	}
	in.Common.set(&k)
	return k
}

// PutObjectRetention keeps an object until a date (Amazon S3 API Reference,
// "PutObjectRetention").
func (c *Client) PutObjectRetention(ctx context.Context, in PutObjectRetentionInput) (PutObjectRetentionOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectRetentionOutput{}, err
	}
	return PutObjectRetentionOutput{RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}

// GetObjectLegalHoldInput names the object whose legal hold to read.
type GetObjectLegalHoldInput struct {
	Bucket, Key, VersionID string
	Common
}

// GetObjectLegalHoldOutput is the answer to GetObjectLegalHold. An object that never
// had one is an error, [ErrNoSuchObjectLockConfiguration].
type GetObjectLegalHoldOutput struct{ Status string } // "ON" or "OFF"

func (in GetObjectLegalHoldInput) call(c *Client) call {
	k := objectLock("GetObjectLegalHold", http.MethodGet, "legal-hold", in.Bucket, in.Key, in.VersionID, MayRead)
	in.Common.set(&k)
	return k
}

// GetObjectLegalHold says whether an object is under a legal hold (Amazon S3 API
// Reference, "GetObjectLegalHold").
func (c *Client) GetObjectLegalHold(ctx context.Context, in GetObjectLegalHoldInput) (GetObjectLegalHoldOutput, error) {
	k := in.call(c)
	var out GetObjectLegalHoldOutput
	_, err := c.doXML(ctx, &k, "LegalHold", func(d *awsxml.Decoder) error {
		for name := range d.Children {
			if string(name) == "Status" {
				out.Status = d.Text()
			}
		}
		return nil
	})
	if err != nil {
		return GetObjectLegalHoldOutput{}, err
	}
	return out, nil
}

// PutObjectLegalHoldInput says whether an object is to be under a legal hold.
type PutObjectLegalHoldInput struct {
	Bucket, Key, VersionID string
	Status                 string // "ON" or "OFF"
	Common
}

// PutObjectLegalHoldOutput is the answer to PutObjectLegalHold.
type PutObjectLegalHoldOutput struct{ RequestCharged string }

func (in PutObjectLegalHoldInput) call(c *Client) call {
	k := objectLock("PutObjectLegalHold", http.MethodPut, "legal-hold", in.Bucket, in.Key, in.VersionID, MayWrite)
	if in.Status != "ON" && in.Status != "OFF" {
		k.fail(fmt.Errorf("the Status of the legal hold is %q: ON or OFF is expected", in.Status))
	}
	doc := append([]byte(awsxml.Header), `<LegalHold xmlns="`+namespace+`">`...)
	k.body = summedBody(append(awsxml.AppendElement(doc, "Status", in.Status), "</LegalHold>"...))
	in.Common.set(&k)
	return k
}

// PutObjectLegalHold puts an object under a legal hold, or takes it out (Amazon S3 API
// Reference, "PutObjectLegalHold").
func (c *Client) PutObjectLegalHold(ctx context.Context, in PutObjectLegalHoldInput) (PutObjectLegalHoldOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectLegalHoldOutput{}, err
	}
	return PutObjectLegalHoldOutput{RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}
