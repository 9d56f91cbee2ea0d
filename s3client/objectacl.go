package s3client

import (
	"context"
	"errors"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// GetObjectAclInput names the object whose access control list to read.
type GetObjectAclInput struct {
	Bucket, Key, VersionID string
	Common
}

// GetObjectAclOutput is the answer to GetObjectAcl.
type GetObjectAclOutput struct {
	Owner          Owner
	Grants         []Grant
	RequestCharged string // "requester", if that is who pays
}

// Owner is whose an object or a bucket is.
type Owner struct {
	ID          string // the account's canonical ID
	DisplayName string // which S3 no longer gives, and other services do
}

// Grant allows something to somebody (Amazon S3 User Guide, "Access control list (ACL)
// overview").
type Grant struct {
	Grantee    Grantee
	Permission string // "FULL_CONTROL", "READ", "WRITE", "READ_ACP" or "WRITE_ACP"
}

// Grantee is an account, by ID, or a group of AWS's, by URI: all users are
// "http://acs.amazonaws.com/groups/global/AllUsers".
type Grantee struct {
	Type         string // "CanonicalUser", "Group" or "AmazonCustomerByEmail", by what it is named with
	ID           string
	DisplayName  string
	URI          string
	EmailAddress string
}

func (in GetObjectAclInput) call(c *Client) call {
	k := call{op: "GetObjectAcl", method: http.MethodGet, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayRead}
	k.query.add("acl", "")
	k.query.addIf("versionId", in.VersionID)
	in.Common.set(&k)
	return k
}

// GetObjectAcl reads who may do what with an object by its access control list (Amazon
// S3 API Reference, "GetObjectAcl").
func (c *Client) GetObjectAcl(ctx context.Context, in GetObjectAclInput) (GetObjectAclOutput, error) {
	k := in.call(c)
	var out GetObjectAclOutput
	h, err := c.doXML(ctx, &k, "AccessControlPolicy", out.read)
	if err != nil {
		return GetObjectAclOutput{}, err
	}
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// read reads an AccessControlPolicy.
func (out *GetObjectAclOutput) read(d *awsxml.Decoder) error {
	for name := range d.Children {
		switch string(name) {
		case "Owner":
			for name := range d.Children {
				switch string(name) {
				case "ID":
					out.Owner.ID = d.Text()
				case "DisplayName":
					out.Owner.DisplayName = d.Text()
				}
			}
		case "AccessControlList":
			for range d.Children {
				out.Grants = append(out.Grants, readGrant(d))
			}
		}
	}
	return nil
}

func readGrant(d *awsxml.Decoder) (g Grant) {
	for name := range d.Children {
		switch string(name) {
		case "Grantee":
			g.Grantee = readGrantee(d)
		case "Permission":
			g.Permission = d.Text()
		}
	}
	return g
}

// readGrantee finds the type by the elements, of which each has its own: it stands in
// an attribute, which awsxml does not give.
func readGrantee(d *awsxml.Decoder) (g Grantee) {
	for name := range d.Children {
		switch string(name) {
		case "ID":
			g.Type, g.ID = "CanonicalUser", d.Text()
		case "URI":
			g.Type, g.URI = "Group", d.Text()
		case "EmailAddress":
			g.Type, g.EmailAddress = "AmazonCustomerByEmail", d.Text()
		case "DisplayName":
			g.DisplayName = d.Text()
		}
	}
	return g
}

// PutObjectAclInput says which access control list an object is to have.
type PutObjectAclInput struct {
	Bucket, Key, VersionID string
	// ACL is a canned one, in the place of what there is: "private", "public-read",
	// "bucket-owner-full-control", …. Buckets whose owner enforces ownership, as new ones
	// do, take the last alone; else it is [ErrAccessControlListNotSupported].
	ACL string
	Common
}

// PutObjectAclOutput is the answer to PutObjectAcl.
type PutObjectAclOutput struct{ RequestCharged string }

func (in PutObjectAclInput) call(c *Client) call {
	k := call{op: "PutObjectAcl", method: http.MethodPut, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayRead | MayWrite}
	if in.ACL == "" {
		k.fail(errors.New(`there is no ACL: a canned one such as "private" or "bucket-owner-full-control" is expected`))
	}
	k.query.add("acl", "")
	k.query.addIf("versionId", in.VersionID)
	k.set("X-Amz-Acl", in.ACL)
	in.Common.set(&k)
	return k
}

// PutObjectAcl gives an object a canned access control list (Amazon S3 API Reference,
// "PutObjectAcl"). It needs MayRead as well: what is opened to all can be read by who
// opened it.
func (c *Client) PutObjectAcl(ctx context.Context, in PutObjectAclInput) (PutObjectAclOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectAclOutput{}, err
	}
	return PutObjectAclOutput{RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}
