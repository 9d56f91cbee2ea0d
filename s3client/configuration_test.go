package s3client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var (
	_ s3client.Operation = s3client.GetBucketTaggingInput{}
	_ s3client.Operation = s3client.PutBucketTaggingInput{}
	_ s3client.Operation = s3client.DeleteBucketTaggingInput{}
	_ s3client.Operation = s3client.GetBucketLifecycleConfigurationInput{}
	_ s3client.Operation = s3client.PutBucketLifecycleConfigurationInput{}
	_ s3client.Operation = s3client.DeleteBucketLifecycleInput{}
	_ s3client.Operation = s3client.GetBucketCorsInput{}
	_ s3client.Operation = s3client.PutBucketCorsInput{}
	_ s3client.Operation = s3client.DeleteBucketCorsInput{}
	_ s3client.Operation = s3client.GetObjectLockConfigurationInput{}
	_ s3client.Operation = s3client.PutObjectLockConfigurationInput{}
)

const (
	lifecycle = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>old &amp; gone</ID><Filter><Prefix>tmp/</Prefix></Filter>` +
		`<Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>`
	cors = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><AllowedOrigin>https://example.com</AllowedOrigin>` +
		`<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`
	objectLock = `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>` +
		`<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>`
)

// configurations are those that come and go as documents.
var configurations = []struct {
	name, document, path string
	none                 error
	get                  func(t *testing.T, c *s3client.Client) ([]byte, error)
	put                  func(t *testing.T, c *s3client.Client, doc []byte) error
	delete               func(t *testing.T, c *s3client.Client) error // nil: it stays
}{
	{"lifecycle", lifecycle, "/?lifecycle=", s3client.ErrNoSuchLifecycleConfiguration,
		func(t *testing.T, c *s3client.Client) ([]byte, error) {
			out, err := c.GetBucketLifecycleConfiguration(t.Context(), s3client.GetBucketLifecycleConfigurationInput{Bucket: "data"})
			return out.LifecycleConfiguration, err
		},
		func(t *testing.T, c *s3client.Client, doc []byte) error {
			_, err := c.PutBucketLifecycleConfiguration(t.Context(), s3client.PutBucketLifecycleConfigurationInput{Bucket: "data", LifecycleConfiguration: doc})
			return err
		},
		func(t *testing.T, c *s3client.Client) error {
			_, err := c.DeleteBucketLifecycle(t.Context(), s3client.DeleteBucketLifecycleInput{Bucket: "data"})
			return err
		}},
	{"CORS", cors, "/?cors=", s3client.ErrNoSuchCORSConfiguration,
		func(t *testing.T, c *s3client.Client) ([]byte, error) {
			out, err := c.GetBucketCors(t.Context(), s3client.GetBucketCorsInput{Bucket: "data"})
			return out.CORSConfiguration, err
		},
		func(t *testing.T, c *s3client.Client, doc []byte) error {
			_, err := c.PutBucketCors(t.Context(), s3client.PutBucketCorsInput{Bucket: "data", CORSConfiguration: doc})
			return err
		},
		func(t *testing.T, c *s3client.Client) error {
			_, err := c.DeleteBucketCors(t.Context(), s3client.DeleteBucketCorsInput{Bucket: "data"})
			return err
		}},
	{"Object Lock", objectLock, "/?object-lock=", s3client.ErrObjectLockNotConfigured,
		func(t *testing.T, c *s3client.Client) ([]byte, error) {
			out, err := c.GetObjectLockConfiguration(t.Context(), s3client.GetObjectLockConfigurationInput{Bucket: "data"})
			return out.ObjectLockConfiguration, err
		},
		func(t *testing.T, c *s3client.Client, doc []byte) error {
			_, err := c.PutObjectLockConfiguration(t.Context(), s3client.PutObjectLockConfigurationInput{Bucket: "data", ObjectLockConfiguration: doc})
			return err
		}, nil},
}

func TestConfigurationsComeBackAsTheyWere(t *testing.T) {
	for _, conf := range configurations {
		t.Run(conf.name, func(t *testing.T) {
			srv := serve(t, s3test.Config{})
			c := open(t, form(srv), nil)
			versioned(t, c) // which Object Lock wants
			doc, err := conf.get(t, c)
			if wantErr(t, err, conf.none, s3client.ErrNotFound); doc != nil {
				t.Errorf("beside the error there is %q", doc)
			}
			if err := conf.put(t, c, []byte(conf.document)); err != nil {
				t.Fatal(err)
			}
			doc, err = conf.get(t, c)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range strings.SplitAfter(conf.document, ">")[1:] { // whatever it writes around it
				if !strings.Contains(string(doc), part) {
					t.Errorf("%q has come back, without %s", doc, part)
				}
			}
			if conf.delete == nil {
				return
			}
			if err := conf.delete(t, c); err != nil {
				t.Fatal(err)
			}
			_, err = conf.get(t, c)
			wantErr(t, err, conf.none)
		})
	}
}

// It is the user's document that goes out, and none that is not one.
func TestConfigurationsAsSent(t *testing.T) {
	for _, conf := range configurations {
		root := conf.document[1:strings.Index(conf.document, " ")]
		for _, test := range []struct {
			doc, want string // "" is sent
		}{
			{conf.document, ""},
			{"\uFEFF<?xml version=\"1.0\"?>\n<!-- mine --> " + conf.document + "\n", ""},
			{"<" + root + "/>", ""},
			{"", "<" + root + ">"},
			{"<Other/>", "the root element is <Other>"},
			{conf.document[:len(conf.document)-1], "it is no XML document <" + root + ">"},
			{conf.document + "<x/>", "a second root element"},
			{strings.Replace(conf.document, "</", "</x", 1), "was expected"},
			{"<!DOCTYPE x>" + conf.document, "DOCTYPE"},
			{`{"Rules": []}`, "it is no XML document"},
		} {
			net := &recorder{answers: []answer{says(200, "")}}
			err := conf.put(t, open(t, aws(), &s3client.Options{Base: net}), []byte(test.doc))
			if test.want != "" {
				if wantErr(t, err); !strings.Contains(err.Error(), test.want) || len(net.requests) != 0 {
					t.Errorf("%s %q: %v after %d requests, want %q", conf.name, test.doc, err, len(net.requests), test.want)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %q: %v", conf.name, test.doc, err)
				continue
			}
			if r := net.requests[0]; r.Method != "PUT" || r.URL.RequestURI() != conf.path || net.bodies[0] != test.doc || r.Header.Get("X-Amz-Checksum-Crc32") == "" {
				t.Errorf("%s: sent is %s %s %v\n%s", conf.name, r.Method, r.URL.RequestURI(), r.Header, net.bodies[0])
			}
		}
	}
}

func TestConfigurationsThatAreNone(t *testing.T) {
	for _, conf := range configurations {
		for _, body := range []string{"", "<html>login</html>", "<ListBucketResult/>", conf.document[:20], strings.Repeat(" ", 16<<20+1) + conf.document} {
			net := &recorder{answers: []answer{says(200, body)}}
			doc, err := conf.get(t, open(t, aws(), &s3client.Options{Base: net}))
			if wantErr(t, err); doc != nil {
				t.Errorf("%s: beside the error there is a document", conf.name)
			}
			if text := err.Error(); len(text) > 500 {
				t.Errorf("%s: the error is %d bytes long", conf.name, len(text))
			}
		}
	}
}

func TestLifecycleMinimumSize(t *testing.T) {
	net := &recorder{answers: []answer{says(200, lifecycle, "X-Amz-Transition-Default-Minimum-Object-Size", "varies_by_storage_class")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	stored, err := c.PutBucketLifecycleConfiguration(t.Context(), s3client.PutBucketLifecycleConfigurationInput{Bucket: "data", LifecycleConfiguration: []byte(lifecycle),
		TransitionDefaultMinimumObjectSize: "varies_by_storage_class"})
	if err != nil || stored.TransitionDefaultMinimumObjectSize != "varies_by_storage_class" || net.requests[0].Header.Get("X-Amz-Transition-Default-Minimum-Object-Size") != "varies_by_storage_class" {
		t.Errorf("%+v, %v", stored, err)
	}
	out, err := c.GetBucketLifecycleConfiguration(t.Context(), s3client.GetBucketLifecycleConfigurationInput{Bucket: "data"})
	if err != nil || out.TransitionDefaultMinimumObjectSize != "varies_by_storage_class" || string(out.LifecycleConfiguration) != lifecycle {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestBucketTagging(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	_, err := c.GetBucketTagging(t.Context(), s3client.GetBucketTaggingInput{Bucket: "data"})
	wantErr(t, err, s3client.ErrNoSuchTagSet, s3client.ErrNotFound)
	want := []s3client.Tag{{Key: "team", Value: "R+D = 100 %"}, {Key: "größe", Value: ""}}
	if _, err := c.PutBucketTagging(t.Context(), s3client.PutBucketTaggingInput{Bucket: "data", TagSet: want}); err != nil {
		// S3 takes letters, digits, blanks and _ . : / = + - @ alone.
		wantErr(t, err, s3client.ErrInvalidTag)
		want[0].Value = "R+D = 100"
		if _, err := c.PutBucketTagging(t.Context(), s3client.PutBucketTaggingInput{Bucket: "data", TagSet: want}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := c.GetBucketTagging(t.Context(), s3client.GetBucketTaggingInput{Bucket: "data"})
	if diff := cmp.Diff(want, out.TagSet); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if _, err := c.DeleteBucketTagging(t.Context(), s3client.DeleteBucketTaggingInput{Bucket: "data"}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetBucketTagging(t.Context(), s3client.GetBucketTaggingInput{Bucket: "data"})
	wantErr(t, err, s3client.ErrNoSuchTagSet)
	_, err = c.PutBucketTagging(t.Context(), s3client.PutBucketTaggingInput{Bucket: "data", TagSet: []s3client.Tag{{Key: "a"}, {Key: "a"}}})
	wantErr(t, err)
}

// Of the operations on the whole bucket, too, a session policy allows what the client
// admits, and no more.
func TestSessionsMayConfigureTheirBucket(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}, Buckets: []string{"data", "other"}})
	calls := []string{"GetBucketVersioning", "PutBucketVersioning", "PutBucketTagging", "GetBucketTagging", "DeleteBucketTagging", "PutBucketLifecycleConfiguration",
		"GetBucketLifecycleConfiguration", "DeleteBucketLifecycle", "PutBucketCors", "GetBucketCors", "DeleteBucketCors", "GetObjectLockConfiguration", "ListMultipartUploads", "ListObjectVersions"}
	for p := s3client.Permissions(0); p < 16; p++ {
		f := roleForm(srv)
		f.RestrictToBucket, f.Permissions = "data", p
		c := open(t, f, nil)
		cred, err := c.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		thief := open(t, form(srv), &s3client.Options{Credentials: cred})
		for _, name := range calls {
			needed := neededFor[name]
			err := operations[name].call(t.Context(), thief, "data", "")
			if denied := isDenied(err); denied == (p == 0 || needed&^p == 0) {
				t.Errorf("%s with %q: %v", name, p, err)
			}
			if err := operations[name].call(t.Context(), thief, "other", ""); !isDenied(err) {
				t.Errorf("%s of another bucket with %q: %v", name, p, err)
			}
		}
	}
}

func TestCreateBucketInARegion(t *testing.T) {
	for _, test := range []struct {
		region, sent string
	}{
		{"us-east-1", ""}, // which S3 wants left unsaid
		{"eu-west-1", "<LocationConstraint>eu-west-1</LocationConstraint>"},
		{"ap-southeast-3", "<LocationConstraint>ap-southeast-3</LocationConstraint>"},
	} {
		net := &recorder{answers: []answer{says(200, "", "Location", "/new-bucket")}}
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
		out, err := c.CreateBucket(t.Context(), s3client.CreateBucketInput{Bucket: "new-bucket", Region: test.region, ACL: "private", ObjectOwnership: "BucketOwnerPreferred", ObjectLockEnabledForBucket: true})
		if err != nil || out.Location != "/new-bucket" {
			t.Fatalf("%+v, %v", out, err)
		}
		r := net.requests[0]
		if want := fmt.Sprintf("new-bucket.s3.%s.amazonaws.com", test.region); r.URL.Host != want || !strings.Contains(r.Header.Get("Authorization"), "/"+test.region+"/s3/") {
			t.Errorf("it goes to %s, signed %s", r.URL.Host, r.Header.Get("Authorization"))
		}
		if !strings.Contains(net.bodies[0], test.sent) || test.sent == "" && net.bodies[0] != "" {
			t.Errorf("in %s: sent is %q", test.region, net.bodies[0])
		}
		for name, want := range map[string]string{"X-Amz-Acl": "private", "X-Amz-Object-Ownership": "BucketOwnerPreferred", "X-Amz-Bucket-Object-Lock-Enabled": "true"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		// Where it was made is known from then on.
		if _, err := c.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "new-bucket"}); err != nil || net.requests[1].URL.Host != r.URL.Host {
			t.Errorf("%v; the next goes to %s", err, net.requests[1].URL.Host)
		}
	}
}

func TestPresignedConfigurations(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for _, in := range []s3client.Operation{
		s3client.PutBucketVersioningInput{Bucket: "data", Status: "Enabled"}, s3client.GetBucketVersioningInput{Bucket: "data"},
		s3client.PutBucketTaggingInput{Bucket: "data", TagSet: []s3client.Tag{{Key: "k", Value: "v"}}}, s3client.GetBucketTaggingInput{Bucket: "data"}, s3client.DeleteBucketTaggingInput{Bucket: "data"},
		s3client.PutBucketLifecycleConfigurationInput{Bucket: "data", LifecycleConfiguration: []byte(lifecycle)}, s3client.GetBucketLifecycleConfigurationInput{Bucket: "data"}, s3client.DeleteBucketLifecycleInput{Bucket: "data"},
		s3client.PutBucketCorsInput{Bucket: "data", CORSConfiguration: []byte(cors)}, s3client.GetBucketCorsInput{Bucket: "data"}, s3client.DeleteBucketCorsInput{Bucket: "data"},
		s3client.PutObjectLockConfigurationInput{Bucket: "data", ObjectLockConfiguration: []byte(objectLock)}, s3client.GetObjectLockConfigurationInput{Bucket: "data"},
		s3client.CreateBucketInput{Bucket: "new-bucket"},
	} {
		p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := anyone(t, nil, p.Method, p, string(p.Body)); status >= 300 {
			t.Errorf("%T gives %d %s", in, status, answer)
		}
	}
}

func isDenied(err error) bool { return errors.Is(err, s3client.ErrDenied) }
