package s3client_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var (
	_ s3client.Operation = s3client.CopyObjectInput{}
	_ s3client.Operation = s3client.GetObjectAttributesInput{}
	_ s3client.Operation = s3client.GetObjectTaggingInput{}
	_ s3client.Operation = s3client.PutObjectTaggingInput{}
	_ s3client.Operation = s3client.DeleteObjectTaggingInput{}
	_ s3client.Operation = s3client.GetObjectAclInput{}
	_ s3client.Operation = s3client.PutObjectAclInput{}
	_ s3client.Operation = s3client.RestoreObjectInput{}
	_ s3client.Operation = s3client.GetObjectRetentionInput{}
	_ s3client.Operation = s3client.PutObjectRetentionInput{}
	_ s3client.Operation = s3client.GetObjectLegalHoldInput{}
	_ s3client.Operation = s3client.PutObjectLegalHoldInput{}
)

// Tags, access control lists, retention and legal holds: what is set, is there.

func TestObjectTagging(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	ctx := t.Context()
	set := func(tags ...s3client.Tag) func() error {
		return func() error {
			_, err := c.PutObjectTagging(ctx, s3client.PutObjectTaggingInput{Bucket: "data", Key: "k", TagSet: tags})
			return err
		}
	}
	upload := func(tags ...s3client.Tag) func() error {
		return func() error {
			_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{Tags: tags}})
			return err
		}
	}
	odd := []s3client.Tag{{Key: "<a> & 'b'", Value: "\"]]>\t\n é 🚀 +%20"}, {Key: " ", Value: ""}, {Key: "=&", Value: "=&"}}
	for _, test := range []struct {
		name string
		do   func() error
		want []s3client.Tag
	}{
		{"with the object", upload(odd...), odd},
		{"set", set(s3client.Tag{Key: "a", Value: "b"}), []s3client.Tag{{Key: "a", Value: "b"}}},
		{"odd ones", set(odd...), odd},
		{"none", set(), nil},
		{"deleted", func() error {
			if err := set(odd...)(); err != nil {
				return err
			}
			_, err := c.DeleteObjectTagging(ctx, s3client.DeleteObjectTaggingInput{Bucket: "data", Key: "k"})
			return err
		}, nil},
	} {
		if err := test.do(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		got, err := c.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: "data", Key: "k"})
		if err != nil || !cmp.Equal(got.TagSet, test.want) {
			t.Errorf("%s: the tags are %q, %v; want %q", test.name, got.TagSet, err, test.want)
		}
	}
	_, err := c.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: "data", Key: "missing"})
	wantErr(t, err, s3client.ErrNoSuchKey)
}

// They would arrive as others, or as fewer.
func TestTagsThatDoNotArrive(t *testing.T) {
	for name, tags := range map[string][]s3client.Tag{
		"no key": {{Value: "v"}}, "twice": {{Key: "k", Value: "1"}, {Key: "k", Value: "2"}},
		"control characters": {{Key: "k", Value: "a\x01"}}, "no UTF-8": {{Key: "k\xff"}},
	} {
		net := &recorder{}
		c := open(t, aws(), &s3client.Options{Base: net})
		_, err := c.PutObjectTagging(t.Context(), s3client.PutObjectTaggingInput{Bucket: "data", Key: "k", TagSet: tags})
		wantErr(t, err)
		_, err = c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{Tags: tags}})
		wantErr(t, err)
		if len(net.requests) != 0 {
			t.Errorf("%s: %d requests were sent", name, len(net.requests))
		}
	}
}

// S3 takes these documents with a checksum only, or with the MD5 that older servers
// know (Amazon S3 API Reference, at each).
func TestSettingsHaveAChecksum(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	for _, op := range []string{"PutObjectTagging", "PutObjectRetention", "PutObjectLegalHold"} {
		for policy, want := range map[s3client.ChecksumPolicy]string{"": "X-Amz-Checksum-Crc32", s3client.ChecksumsAlways: "X-Amz-Checksum-Crc32", s3client.ChecksumsNever: "Content-Md5"} {
			f := aws()
			f.Checksums = policy
			net := &recorder{answers: []answer{says(200, "")}}
			if err := operations[op].call(t.Context(), open(t, f, &s3client.Options{Base: net}), "data", "k"); err != nil {
				t.Fatal(err)
			}
			h := net.requests[0].Header
			for _, name := range []string{"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc64nvme", "Content-Md5"} {
				if (h.Get(name) != "") != (name == want) {
					t.Errorf("%s with %q: %s is %q", op, policy, name, h.Get(name))
				}
			}
			if policy == "" && h.Get(want) != crc32Of(net.bodies[0]) {
				t.Errorf("%s: the checksum is %s, want that of %s", op, h.Get(want), net.bodies[0])
			}
		}
	}
}

func TestObjectAcl(t *testing.T) {
	const doc = `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>o</ID><DisplayName>owner</DisplayName></Owner><AccessControlList>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>o</ID><DisplayName>owner</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="AmazonCustomerByEmail"><EmailAddress>a@example.com</EmailAddress></Grantee><Permission>READ_ACP</Permission></Grant>
</AccessControlList></AccessControlPolicy>`
	net := &recorder{answers: []answer{says(200, doc)}}
	got, err := open(t, aws(), &s3client.Options{Base: net}).GetObjectAcl(t.Context(), s3client.GetObjectAclInput{Bucket: "data", Key: "k", VersionID: "v"})
	if err != nil {
		t.Fatal(err)
	}
	want := s3client.GetObjectAclOutput{Owner: s3client.Owner{ID: "o", DisplayName: "owner"}, Grants: []s3client.Grant{
		{Grantee: s3client.Grantee{Type: "CanonicalUser", ID: "o", DisplayName: "owner"}, Permission: "FULL_CONTROL"},
		{Grantee: s3client.Grantee{Type: "Group", URI: "http://acs.amazonaws.com/groups/global/AllUsers"}, Permission: "READ"},
		{Grantee: s3client.Grantee{Type: "AmazonCustomerByEmail", EmailAddress: "a@example.com"}, Permission: "READ_ACP"},
	}}
	if diff := cmp.Diff(want, got); diff != "" || net.requests[0].URL.RawQuery != "acl=&versionId=v" {
		t.Errorf("%s (-want +got)\n%s", net.requests[0].URL, diff)
	}

	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	if _, err := c.CreateBucket(t.Context(), s3client.CreateBucketInput{Bucket: "with-acls", ObjectOwnership: "ObjectWriter"}); err != nil {
		t.Fatal(err)
	}
	for bucket, want := range map[string]error{"with-acls": nil, "data": s3client.ErrAccessControlListNotSupported} {
		put(t, c, bucket, "k", "x")
		if _, err := c.PutObjectAcl(t.Context(), s3client.PutObjectAclInput{Bucket: bucket, Key: "k", ACL: "public-read"}); !errors.Is(err, want) {
			t.Errorf("PutObjectAcl() in %s = %v, want %v", bucket, err, want)
		}
	}
	got, err = c.GetObjectAcl(t.Context(), s3client.GetObjectAclInput{Bucket: "with-acls", Key: "k"})
	if err != nil || len(got.Grants) != 2 || got.Grants[1].Grantee.Type != "Group" || got.Grants[1].Permission != "READ" || got.Owner.ID == "" {
		t.Errorf("GetObjectAcl() = %+v, %v", got, err)
	}
	_, err = c.PutObjectAcl(t.Context(), s3client.PutObjectAclInput{Bucket: "data", Key: "k"})
	wantErr(t, err)
}

func TestObjectLock(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	ctx := t.Context()
	if _, err := c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "locked", ObjectLockEnabledForBucket: true}); err != nil {
		t.Fatal(err)
	}
	version := put(t, c, "locked", "k", "x").VersionID
	_, err := c.GetObjectRetention(ctx, s3client.GetObjectRetentionInput{Bucket: "locked", Key: "k"})
	wantErr(t, err, s3client.ErrNoSuchObjectLockConfiguration, s3client.ErrNotFound)
	remove := func(bypass bool) error {
		_, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "locked", Key: "k", VersionID: version, BypassGovernanceRetention: bypass})
		return err
	}

	// In another zone, and with a fraction of a second, which S3 does not need.
	until := time.Now().Add(time.Hour).In(time.FixedZone("", 3600))
	if _, err := c.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{Bucket: "locked", Key: "k", Mode: "GOVERNANCE", RetainUntilDate: until}); err != nil {
		t.Fatal(err)
	}
	kept, err := c.GetObjectRetention(ctx, s3client.GetObjectRetentionInput{Bucket: "locked", Key: "k", VersionID: version})
	if err != nil || kept.Mode != "GOVERNANCE" || !kept.RetainUntilDate.Equal(until.Truncate(time.Second)) {
		t.Errorf("GetObjectRetention() = %+v, %v", kept, err)
	}
	wantErr(t, remove(false), s3client.ErrAccessDenied)
	if _, err := c.PutObjectLegalHold(ctx, s3client.PutObjectLegalHoldInput{Bucket: "locked", Key: "k", Status: "ON"}); err != nil {
		t.Fatal(err)
	}
	hold, err := c.GetObjectLegalHold(ctx, s3client.GetObjectLegalHoldInput{Bucket: "locked", Key: "k"})
	if err != nil || hold.Status != "ON" {
		t.Errorf("GetObjectLegalHold() = %+v, %v", hold, err)
	}
	wantErr(t, remove(true), s3client.ErrAccessDenied)
	if _, err := c.PutObjectLegalHold(ctx, s3client.PutObjectLegalHoldInput{Bucket: "locked", Key: "k", Status: "OFF"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{Bucket: "locked", Key: "k", BypassGovernanceRetention: true}); err != nil {
		t.Fatal(err)
	}
	if err := remove(false); err != nil {
		t.Errorf("DeleteObject() without retention = %v", err)
	}
}

func TestSettingsThatMeanNothing(t *testing.T) {
	for name, call := range map[string]func(context.Context, *s3client.Client) error{
		"a mode without a date": func(ctx context.Context, c *s3client.Client) error {
			_, err := c.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{Bucket: "data", Key: "k", Mode: "COMPLIANCE"})
			return err
		},
		"a date without a mode": func(ctx context.Context, c *s3client.Client) error {
			_, err := c.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{Bucket: "data", Key: "k", RetainUntilDate: moment})
			return err
		},
		"a hold that is no word": func(ctx context.Context, c *s3client.Client) error {
			_, err := c.PutObjectLegalHold(ctx, s3client.PutObjectLegalHoldInput{Bucket: "data", Key: "k", Status: "on"})
			return err
		},
	} {
		net := &recorder{}
		err := call(t.Context(), open(t, aws(), &s3client.Options{Base: net}))
		if wantErr(t, err); !strings.Contains(err.Error(), "expect") || len(net.requests) != 0 {
			t.Errorf("%s: %v, %d requests", name, err, len(net.requests))
		}
	}
}
