package s3client

import (
	"cmp"
	"fmt"
	"net/url"
)

// AuthorizationType is the form's choice of how to connect.
type AuthorizationType string

// The two ways to connect.
const (
	AccessKey AuthorizationType = "access_key"
	IAMRole   AuthorizationType = "iam_role"
)

// Connection is the form of a connection, field for field, and all that there is
// to configure. Its zero fields have the defaults that are noted; [Connection.Validate]
// says what is wrong, [Connection.Open] gives the client.
type Connection struct {
	// Name is for people: it labels the connection.
	Name string `json:"connection_name,omitempty"`
	// AuthorizationType says which of the next fields count.
	AuthorizationType AuthorizationType `json:"authorization_type"`
	// AccessKeyID and SecretAccessKey are those of the access key; for an IAM
	// role they may name the base credentials that assume it, which otherwise
	// come from where AWS's tools look (package sts/chain). SessionToken belongs
	// to them if they are temporary. Each may be a reference to where the value is
	// kept, "env:NAME" or "file:PATH", which Open follows: the content of a file
	// counts without the line end behind it, and its path is from the working
	// directory.
	AccessKeyID     string `json:"access_key_id,omitempty"`
	SecretAccessKey Secret `json:"secret_access_key,omitzero"`
	SessionToken    Secret `json:"session_token,omitzero"`
	// IAMRoleARN is the role to assume: arn:aws:iam::123456789012:role/name.
	IAMRoleARN string `json:"iam_role_arn,omitempty"`
	// ExternalID is what the role's trust policy asks for, if it does.
	ExternalID string `json:"external_id,omitempty"`
	// RestrictToBucket, if set, is the one bucket that the client will touch. This
	// and the two restrictions behind it are enforced by the client, before anything
	// is signed, and for an IAM role by the service, too: see SessionPolicy.
	RestrictToBucket string `json:"restrict_to_bucket,omitempty"`
	// RestrictToPath, if set, is the one key, or the one folder ("reports/"), in
	// that bucket that the client will touch.
	RestrictToPath string `json:"restrict_to_path,omitempty"`
	// Permissions, if set, are all that the client may be used for.
	Permissions Permissions `json:"permissions,omitzero"`
	// BucketOwner, if set, is the ID of the account that owns the bucket, 12 digits.
	// The service then refuses every request about a bucket of another's, such as
	// one that took the name over (Amazon S3 User Guide, "Verifying bucket ownership
	// with bucket owner condition"). It is never guessed: a role may well work on
	// another account's bucket.
	BucketOwner string `json:"bucket_owner,omitempty"`
	// Region is the bucket's: "eu-central-1". With an Endpoint of one's own it may
	// stay empty, and is then us-east-1.
	Region string `json:"region,omitempty"`
	// DownloadThreads is the number of workers of a download, 1 to 256; 0 means 1.
	DownloadThreads int `json:"download_threads,omitempty"`

	// Endpoint is the URL of a service other than AWS's own: "http://127.0.0.1:9000".
	Endpoint string `json:"endpoint,omitempty"`
	// STSEndpoint is where the role is assumed. Empty means Endpoint, if that is
	// not AWS's, else the regional endpoint of AWS.
	STSEndpoint string `json:"sts_endpoint,omitempty"`
	// PathStyle puts the bucket into the path (host/bucket/key) rather than the
	// host name. Where a host name cannot hold the bucket, that is so in any case.
	PathStyle bool `json:"path_style,omitempty"`
	// DualStack, FIPS and Accelerate choose among AWS's endpoints.
	DualStack  bool `json:"dualstack,omitempty"`
	FIPS       bool `json:"fips,omitempty"`
	Accelerate bool `json:"accelerate,omitempty"`
	// SessionName names the role's session in AWS's logs; empty means "sigvier".
	SessionName string `json:"session_name,omitempty"`
	// DurationSeconds is the life of the role's session, 900 to 43200; 0 means 3600.
	DurationSeconds int `json:"duration_seconds,omitempty"`
	// Checksums says when S3's checksums are sent and asked for; "" is "when_required".
	Checksums ChecksumPolicy `json:"checksums,omitempty"`
	// NoSessionPolicy assumes the role without [Connection.SessionPolicy], for a
	// service that does not take one.
	NoSessionPolicy bool `json:"no_session_policy,omitempty"`
}

// Threads is DownloadThreads with its default.
func (c Connection) Threads() int { return cmp.Or(c.DownloadThreads, 1) }

// URL is where a valid connection's requests about a bucket go, and with "" those
// about all buckets.
func (c Connection) URL(bucket string) (*url.URL, error) {
	n, err := c.network()
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	n.endpoints = AllEndpoints
	subject := aBucket
	if bucket == "" {
		subject = service
	}
	at, err := n.place(&call{bucket: bucket, subject: subject}, "")
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	return at.url("", ""), nil
}

func (c Connection) region() string {
	if c.Region == "" && c.Endpoint != "" {
		return "us-east-1"
	}
	return c.Region
}
