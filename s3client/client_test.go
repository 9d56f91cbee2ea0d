package s3client_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

func TestOpenWithAnAccessKey(t *testing.T) {
	srv := serve(t, s3test.Config{})
	client := open(t, form(srv), nil)
	if n := len(srv.Requests()); n != 0 {
		t.Errorf("Open has sent something: %v", srv.Requests())
	}
	put(t, client, "data", "greeting", "hello")
	if got := get(t, client, "data", "greeting"); got != "hello" {
		t.Errorf("got %q, want hello", got)
	}
	cred, err := client.Credentials(t.Context())
	if err != nil || cred.AccessKeyID != keyID {
		t.Errorf("Credentials() = %v, %v, want those of %s", cred, err, keyID)
	}
}

func TestOptionsCredentialsGoBeforeTheForm(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN}}})
	good := sigv4.NewCredentials(keyID, secret, "")
	for _, c := range []s3client.Connection{form(srv), roleForm(srv)} {
		c.AccessKeyID, c.SecretAccessKey = "AKIDOTHER", s3client.NewSecret("another/secret/that/is/wrong")
		client := open(t, c, &s3client.Options{Credentials: good})
		if _, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
			t.Errorf("%s: %v", c.AuthorizationType, err)
		}
	}
}

// Without an access key the role is assumed with what AWS's tools would use.
func TestRoleByTheEnvironmentsCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", keyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_SESSION_TOKEN", "")
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID, Trusted: []string{keyID}}}})
	c := roleForm(srv)
	c.AccessKeyID, c.SecretAccessKey = "", s3client.Secret{}
	if _, err := open(t, c, nil).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
		t.Error(err)
	}
}

func TestOpenWithARole(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{
		{ARN: roleARN, ExternalID: externalID, Trusted: []string{keyID}},
		{ARN: "arn:aws:iam::123456789012:role/for-others", Trusted: []string{"arn:aws:iam::123456789012:user/other"}},
		{ARN: "arn:aws:iam::123456789012:role/without-id"},
	}})
	for _, test := range []struct {
		name   string
		edit   func(*s3client.Connection)
		denied bool
	}{
		{"right external ID", func(c *s3client.Connection) {}, false},
		{"wrong external ID", func(c *s3client.Connection) { c.ExternalID = "customer-4712" }, true},
		{"missing external ID", func(c *s3client.Connection) { c.ExternalID = "" }, true},
		{"a role without one", func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:role/without-id" }, false},
		{"a role that trusts others", func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:role/for-others" }, true},
		{"no such role", func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:role/none" }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roleForm(srv)
			test.edit(&c)
			client := open(t, c, nil)
			before := srv.Requests()
			_, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
			if !test.denied {
				if err != nil {
					t.Fatal(err)
				}
				cred, err := client.Credentials(t.Context())
				if err != nil || cred.AccessKeyID == keyID || cred.SessionToken() == "" {
					t.Errorf("Credentials() = %v, %v, want a session's", cred, err)
				}
				return
			}
			wantErr(t, err, s3client.ErrDenied, s3client.ErrAccessDenied, sts.ErrAccessDenied)
			if !strings.Contains(err.Error(), c.IAMRoleARN) {
				t.Errorf("%q does not name the role", err)
			}
			if strings.Contains(err.Error(), "customer-471") {
				t.Errorf("%q has the external ID", err)
			}
			before["AssumeRole"]++
			if diff := cmp.Diff(before, srv.Requests()); diff != "" {
				t.Errorf("requests (-want +got)\n%s", diff)
			}
		})
	}
}

// What the form says of the session reaches STS.
func TestRoleSessionFields(t *testing.T) {
	for _, test := range []struct {
		name, session string
		seconds       int
		want          []string
	}{
		{"defaults", "", 0, []string{"RoleSessionName=sigvier", "DurationSeconds=3600", "ExternalId=customer-4711"}},
		{"given", "nightly", 900, []string{"RoleSessionName=nightly", "DurationSeconds=900"}},
	} {
		c := awsForm("eu-central-1")
		c.AuthorizationType, c.IAMRoleARN, c.ExternalID = s3client.IAMRole, roleARN, externalID
		c.SessionName, c.DurationSeconds = test.session, test.seconds
		net := &recorder{answers: []answer{stsDenies}}
		_, err := open(t, c, &s3client.Options{Base: net}).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
		wantErr(t, err, s3client.ErrDenied)
		for _, want := range test.want {
			if !slices.Contains(strings.Split(net.bodies[0], "&"), want) {
				t.Errorf("%s: %q has no %s", test.name, net.bodies[0], want)
			}
		}
	}
}

func TestRoleCredentialsAreRenewed(t *testing.T) {
	now := &clock{t: moment}
	srv := serve(t, s3test.Config{Now: now.now, Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	c := roleForm(srv)
	c.DurationSeconds = 900
	client := open(t, c, &s3client.Options{Now: now.now})
	ids := map[string]bool{}
	use := func(wantSessions int) {
		t.Helper()
		put(t, client, "data", "key", "x")
		cred, err := client.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids[cred.AccessKeyID] = true
		if got := srv.Requests()["AssumeRole"]; got != wantSessions {
			t.Errorf("at %v the role has been assumed %d times, want %d", now.now().Sub(moment), got, wantSessions)
		}
	}
	use(1)
	now.advance(10 * time.Minute)
	use(1)
	now.advance(4*time.Minute + 50*time.Second) // too near to its end to begin anything
	use(2)
	now.advance(24 * time.Hour)
	use(3)
	if len(ids) != 3 {
		t.Errorf("%d sessions were used, want 3", len(ids))
	}
}

// Credentials that the service has come to refuse are renewed, whatever their
// own date says.
func TestRefusedRoleCredentialsAreRenewed(t *testing.T) {
	srv := serve(t, s3test.Config{
		Roles:  []s3test.Role{{ARN: roleARN, ExternalID: externalID}},
		Faults: []s3test.Fault{{Kind: s3test.FaultError, Code: "ExpiredToken", Op: "PutObject", Skip: 1, Times: 1}},
	})
	client := open(t, roleForm(srv), nil)
	put(t, client, "data", "key", "x")
	put(t, client, "data", "key", "y")
	if got, want := srv.Requests(), map[string]int{"AssumeRole": 2, "PutObject": 3}; !cmp.Equal(got, want) {
		t.Errorf("requests are %v, want %v", got, want)
	}
}

// So they are where the service has no document to say it in, and only once, whatever
// else may be wrong.
func TestHeadWithRefusedRoleCredentials(t *testing.T) {
	srv := serve(t, s3test.Config{
		Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}},
		Faults: []s3test.Fault{
			{Kind: s3test.FaultError, Code: "ExpiredToken", Op: "HeadObject", Skip: 1, Times: 1},
			{Kind: s3test.FaultError, Code: "ExpiredToken", Op: "HeadBucket", Times: 1},
		},
	})
	client := open(t, roleForm(srv), nil)
	put(t, client, "data", "key", "x")
	for range 2 {
		if _, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "key"}); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
		t.Error(err)
	}
	if got, want := srv.Requests(), map[string]int{"AssumeRole": 3, "PutObject": 1, "HeadObject": 3, "HeadBucket": 2}; !cmp.Equal(got, want) {
		t.Errorf("requests are %v, want %v", got, want)
	}
	for range 3 {
		_, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "key", VersionID: "no version's ID"})
		wantErr(t, err)
	}
	if got := srv.Requests(); got["AssumeRole"] != 4 || got["HeadObject"] != 7 {
		t.Errorf("requests are %v, want the role assumed once more, and one HeadObject more than there were calls", got)
	}
}

// Many workers that begin at once assume the role once.
func TestRoleIsAssumedOnceForAll(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}, Latency: 5 * time.Millisecond})
	client := open(t, roleForm(srv), nil)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, want := srv.Requests(), map[string]int{"AssumeRole": 1, "HeadBucket": 16}; !cmp.Equal(got, want) {
		t.Errorf("requests are %v, want %v", got, want)
	}
}

// A program that sends bytes by itself asks how.
func TestClientTellsHowItsUploadsAreProtected(t *testing.T) {
	for _, test := range []struct {
		endpoint  string
		checksums s3client.ChecksumPolicy
		protected bool
		want      s3client.ChecksumPolicy
	}{
		{"", "", true, s3client.ChecksumsWhenRequired},
		{"https://s3.example.com", s3client.ChecksumsAlways, true, s3client.ChecksumsAlways},
		{"http://s3.example.com", s3client.ChecksumsNever, false, s3client.ChecksumsNever},
		{"http://192.0.2.1:9000", "", false, s3client.ChecksumsWhenRequired},
		{"http://127.0.0.1:9000", "", true, s3client.ChecksumsWhenRequired},
		{"http://[::1]:9000", "", true, s3client.ChecksumsWhenRequired},
		{"http://localhost", "", true, s3client.ChecksumsWhenRequired},
	} {
		c := s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
			Region: "eu-central-1", Endpoint: test.endpoint, Checksums: test.checksums}
		client, err := c.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if client.ProtectedInTransit() != test.protected || client.Checksums() != test.want {
			t.Errorf("%+v: ProtectedInTransit() = %v, Checksums() = %s", test, client.ProtectedInTransit(), client.Checksums())
		}
	}
}

// The clock of the options is the one that requests are signed by.
func TestNowIsTheClock(t *testing.T) {
	c := aws()
	role := byRole()
	role.AccessKeyID, role.SecretAccessKey = c.AccessKeyID, c.SecretAccessKey
	for _, f := range []s3client.Connection{c, role} {
		net := &recorder{answers: []answer{stsDenies}}
		client := open(t, f, &s3client.Options{Base: net, Now: func() time.Time { return moment }})
		_, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
		wantErr(t, err, s3client.ErrDenied)
		if got, want := net.requests[0].Header.Get("X-Amz-Date"), "20260301T120000Z"; got != want {
			t.Errorf("%s: signed at %s, want %s", f.AuthorizationType, got, want)
		}
	}
}

// Only the server's clock is right.
func TestClockIsCorrected(t *testing.T) {
	srv := serve(t, s3test.Config{Now: func() time.Time { return moment }, Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		client := open(t, roleForm(srv), &s3client.Options{Now: func() time.Time { return moment.Add(off) }})
		if _, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
			t.Errorf("our clock is %v off: %v", off, err)
		}
	}
}

func TestOperations(t *testing.T) {
	created := moment.Truncate(time.Second)
	styles(t, s3test.Config{Region: "eu-central-1", Now: func() time.Time { return moment }}, func(t *testing.T, srv *s3test.Server, c *s3client.Client) {
		ctx := t.Context()
		made, err := c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "new.bucket"})
		if want := (s3client.CreateBucketOutput{Location: "/new.bucket"}); err != nil || made != want {
			t.Errorf("CreateBucket = %+v, %v, want %+v", made, err, want)
		}
		_, err = c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "new.bucket"})
		wantErr(t, err, s3client.ErrBucketAlreadyOwned)
		headed, err := c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: "new.bucket"})
		if want := (s3client.HeadBucketOutput{Region: "eu-central-1"}); err != nil || headed != want {
			t.Errorf("HeadBucket = %+v, %v, want %+v", headed, err, want)
		}
		buckets, err := c.ListBuckets(ctx, s3client.ListBucketsInput{})
		want := []s3client.Bucket{{Name: "data", CreationDate: created, Region: "eu-central-1"}, {Name: "new.bucket", CreationDate: created, Region: "eu-central-1"}}
		if diff := cmp.Diff(s3client.ListBucketsOutput{Buckets: want}, buckets); err != nil || diff != "" {
			t.Errorf("ListBuckets: %v (-want +got)\n%s", err, diff)
		}
		buckets, err = c.ListBuckets(ctx, s3client.ListBucketsInput{Prefix: "new", MaxBuckets: 10})
		if diff := cmp.Diff(s3client.ListBucketsOutput{Buckets: want[1:]}, buckets); err != nil || diff != "" {
			t.Errorf("ListBuckets with a prefix: %v (-want +got)\n%s", err, diff)
		}

		stored, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: "new.bucket", Key: "a/b c", Body: strings.NewReader("0123456789"),
			ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"Colour": "blue", "size": "a, b"}}})
		if err != nil || stored.ETag == "" {
			t.Fatalf("PutObject = %+v, %v", stored, err)
		}
		_, err = c.PutObject(ctx, s3client.PutObjectInput{Bucket: "new.bucket", Key: "a/b c", IfNoneMatch: "*"})
		wantErr(t, err, s3client.ErrPreconditionFailed)

		info := s3client.ObjectInfo{ContentLength: 10, ContentType: "text/plain", ETag: stored.ETag, LastModified: created,
			Metadata: map[string]string{"colour": "blue", "size": "a, b"}, EncryptedWith: s3client.EncryptedWith{ServerSideEncryption: "AES256"}}
		whole, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "new.bucket", Key: "a/b c"})
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, whole.Body); got != "0123456789" || whole.Status != 200 || whole.ContentRange != "" {
			t.Errorf("GetObject gives %q, %d, %q", got, whole.Status, whole.ContentRange)
		}
		if diff := cmp.Diff(info, whole.ObjectInfo); diff != "" {
			t.Errorf("GetObject (-want +got)\n%s", diff)
		}
		part, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "new.bucket", Key: "a/b c", Range: "bytes=2-4", IfMatch: stored.ETag})
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, part.Body); got != "234" || part.Status != 206 || part.ContentRange != "bytes 2-4/10" || part.ContentLength != 3 {
			t.Errorf("GetObject of a range gives %q, %d, %q, %d", got, part.Status, part.ContentRange, part.ContentLength)
		}
		head, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "new.bucket", Key: "a/b c", IfMatch: stored.ETag})
		if diff := cmp.Diff(s3client.HeadObjectOutput{ObjectInfo: info}, head); err != nil || diff != "" {
			t.Errorf("HeadObject: %v (-want +got)\n%s", err, diff)
		}
		for name, sums := range map[string]func() (s3client.ObjectInfo, error){
			"HeadObject": func() (s3client.ObjectInfo, error) {
				out, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "new.bucket", Key: "a/b c", ChecksumMode: true})
				return out.ObjectInfo, err
			},
			"GetObject": func() (s3client.ObjectInfo, error) {
				out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "new.bucket", Key: "a/b c", ChecksumMode: true})
				if err == nil {
					out.Body.Close()
				}
				return out.ObjectInfo, err
			},
		} {
			out, err := sums()
			if want := map[string]string{"crc64nvme": crc64nvme("0123456789")}; err != nil || !cmp.Equal(out.Checksums, want) || out.ChecksumType != "FULL_OBJECT" {
				t.Errorf("%s with ChecksumMode gives %v %s, %v, want %v", name, out.Checksums, out.ChecksumType, err, want)
			}
		}

		list, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "new.bucket"})
		wantList := s3client.ListObjectsV2Output{KeyCount: 1, Contents: []s3client.Object{
			{Key: "a/b c", Size: 10, ETag: stored.ETag, LastModified: created, StorageClass: "STANDARD"}}}
		if diff := cmp.Diff(wantList, list); err != nil || diff != "" {
			t.Errorf("ListObjectsV2: %v (-want +got)\n%s", err, diff)
		}

		_, err = c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: "new.bucket"})
		wantErr(t, err, s3client.ErrBucketNotEmpty)
		for range 2 { // that there is none is no error
			if out, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "new.bucket", Key: "a/b c"}); err != nil || out != (s3client.DeleteObjectOutput{}) {
				t.Errorf("DeleteObject = %+v, %v", out, err)
			}
		}
		if _, err := c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: "new.bucket"}); err != nil {
			t.Error(err)
		}
		_, err = c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: "new.bucket"})
		wantErr(t, err, s3client.ErrNotFound)
	})
}

// Versions are in headers that the embedded server does not send.
func TestVersions(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "", "X-Amz-Version-Id", "v 1/2", "X-Amz-Delete-Marker", "true", "X-Amz-Storage-Class", "GLACIER")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	ctx := t.Context()
	if out, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "k"}); err != nil || out.VersionID != "v 1/2" {
		t.Errorf("PutObject = %+v, %v", out, err)
	}
	if out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "k", VersionID: "v 1/2"}); err != nil || out.VersionID != "v 1/2" || out.StorageClass != "GLACIER" {
		t.Errorf("GetObject = %+v, %v", out, err)
	}
	if out, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "k", VersionID: "v 1/2"}); err != nil || out.VersionID != "v 1/2" {
		t.Errorf("HeadObject = %+v, %v", out, err)
	}
	if out, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "data", Key: "k", VersionID: "v 1/2"}); err != nil ||
		out != (s3client.DeleteObjectOutput{DeleteMarker: true, VersionID: "v 1/2"}) {
		t.Errorf("DeleteObject = %+v, %v", out, err)
	}
	for i, want := range []string{"", "versionId=v%201%2F2", "versionId=v%201%2F2", "versionId=v%201%2F2"} {
		if got := net.requests[i].URL.RawQuery; got != want {
			t.Errorf("the query of request %d is %q, want %q", i+1, got, want)
		}
	}
}

// What is stored packed comes as it is stored: a range is one of those bytes.
func TestBodiesAreNotUnpacked(t *testing.T) {
	var packed strings.Builder
	w := gzip.NewWriter(&packed)
	io.WriteString(w, "hello")
	w.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Values("Accept-Encoding"); !slices.Equal(got, []string{"identity"}) {
			t.Errorf("Accept-Encoding is %q, want identity", got)
		}
		if got := r.UserAgent(); got != "sigvier" {
			t.Errorf("User-Agent is %q, want sigvier", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, packed.String())
	}))
	defer srv.Close()
	c := aws()
	c.Endpoint = srv.URL
	out, err := open(t, c, nil).GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, out.Body); got != packed.String() || out.ContentLength != int64(len(got)) {
		t.Errorf("got %q of %d bytes, want the packed bytes", got, out.ContentLength)
	}
}

func TestCancelledRequests(t *testing.T) {
	srv := serve(t, s3test.Config{Latency: time.Minute})
	client := open(t, form(srv), nil)
	for name, op := range operations {
		if strings.HasPrefix(name, "Presign") {
			continue // sends nothing
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Millisecond, cancel)
		start := time.Now()
		err := op.call(ctx, client, "data", "key")
		wantErr(t, err, context.Canceled)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s ends %v after it was cancelled", name, took)
		}
		cancel()
	}
	failing := errors.New("the vault is sealed")
	client = open(t, form(srv), &s3client.Options{Credentials: providerFunc(func() (sigv4.Credentials, error) { return sigv4.Credentials{}, failing })})
	for name, op := range operations {
		if err := op.call(t.Context(), client, "data", "key"); !errors.Is(err, failing) {
			t.Errorf("%s without credentials: %v, want %v", name, err, failing)
		}
	}
}

type providerFunc func() (sigv4.Credentials, error)

func (f providerFunc) Credentials(context.Context) (sigv4.Credentials, error) { return f() }

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	srv := serve(t, s3test.Config{})
	client := open(t, form(srv), nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key, body := fmt.Sprintf("key %d", i), strings.Repeat(fmt.Sprint(i), 1000)
			for range 5 {
				if _, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader(body)}); err != nil {
					t.Error(err)
					return
				}
				out, err := client.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: key})
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(out.Body)
				out.Body.Close()
				if err != nil || string(b) != body {
					t.Errorf("%s has %d bytes, %v", key, len(b), err)
				}
			}
		})
	}
	wg.Wait()
}
