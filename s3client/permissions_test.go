package s3client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// neededFor are the permissions that operations need; HeadBucket and
// GetBucketLocation need none, for they tell of no name.
var neededFor = map[string]s3client.Permissions{
	"GetObject": s3client.MayRead, "HeadObject": s3client.MayRead, "Presign": s3client.MayRead,
	"GetObjectAttributes": s3client.MayRead, "GetObjectAttributesPages": s3client.MayRead, "GetObjectTagging": s3client.MayRead,
	"GetObjectAcl": s3client.MayRead, "GetObjectRetention": s3client.MayRead, "GetObjectLegalHold": s3client.MayRead,
	"PutObjectTagging": s3client.MayWrite, "DeleteObjectTagging": s3client.MayWrite, "PutObjectAcl": s3client.MayRead | s3client.MayWrite, "RestoreObject": s3client.MayWrite,
	"PutObjectRetention": s3client.MayWrite, "PutObjectLegalHold": s3client.MayWrite,
	"CopyObject":            s3client.MayRead | s3client.MayWrite, // both
	"CreateMultipartUpload": s3client.MayWrite, "UploadPart": s3client.MayWrite, "CompleteMultipartUpload": s3client.MayWrite,
	"AbortMultipartUpload": s3client.MayWrite, "ListParts": s3client.MayWrite, "ListPartsPages": s3client.MayWrite,
	"UploadPartCopy":       s3client.MayRead | s3client.MayWrite,
	"ListMultipartUploads": s3client.MayList, "ListMultipartUploadsPages": s3client.MayList, "ListObjectVersions": s3client.MayList, "ListObjectVersionsPages": s3client.MayList,
	"DeleteObjects": s3client.MayDelete, "DeleteObjectsBatches": s3client.MayDelete,
	"GetBucketVersioning": s3client.MayRead, "GetBucketTagging": s3client.MayRead, "GetBucketLifecycleConfiguration": s3client.MayRead, "GetBucketCors": s3client.MayRead, "GetObjectLockConfiguration": s3client.MayRead,
	"PutBucketVersioning": s3client.MayWrite, "PutBucketTagging": s3client.MayWrite, "DeleteBucketTagging": s3client.MayWrite,
	"PutBucketCors": s3client.MayWrite, "DeleteBucketCors": s3client.MayWrite, "PutObjectLockConfiguration": s3client.MayWrite,
	"PutBucketLifecycleConfiguration": s3client.MayWrite | s3client.MayDelete, "DeleteBucketLifecycle": s3client.MayWrite | s3client.MayDelete, // a rule may remove objects
	"PutObject": s3client.MayWrite, "PresignPost": s3client.MayWrite, "PresignPost of a prefix": s3client.MayWrite, "CreateBucket": s3client.MayWrite,
	"DeleteObject": s3client.MayDelete, "DeleteBucket": s3client.MayDelete,
	"ListObjectsV2": s3client.MayList, "ListObjectsV2Pages": s3client.MayList, "ListBuckets": s3client.MayList, "ListBucketsPages": s3client.MayList,
	"HeadBucket": 0, "GetBucketLocation": 0, "CreateSession": s3client.MayWrite,
}

// Every sum of permissions against every operation.
func TestPermissionsAreEnforcedBeforeAByteIsSent(t *testing.T) {
	for name, op := range operations {
		needed, known := neededFor[name]
		if !known {
			t.Errorf("no test says what permission %s needs", name)
		}
		for p := s3client.Permissions(0); p < 16; p++ {
			body := documentOf(name)
			c := aws()
			c.Permissions = p
			net := &recorder{answers: []answer{says(200, body)}}
			err := op.call(t.Context(), open(t, c, &s3client.Options{Base: net}), "data", "key")
			missing := needed &^ p
			if p == 0 || missing == 0 {
				if err != nil {
					t.Errorf("%s with %q: %v", name, p, err)
				}
				continue
			}
			wantErr(t, err, s3client.ErrRestricted)
			if missing&s3client.MayWrite != 0 && strings.Contains(name, "Copy") {
				missing = s3client.MayWrite // the source is looked at later
			}
			missing &= -missing // of two that are needed the first is named
			if want := fmt.Sprintf("restricted to %v, and this needs the permission %v", p, missing); !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
			if len(net.requests) != 0 {
				t.Errorf("%s with %q: a request was sent", name, p)
			}
		}
	}
}

func TestPresignedMethodsNeedTheirPermission(t *testing.T) {
	for method, needed := range map[string]s3client.Permissions{
		http.MethodGet: s3client.MayRead, http.MethodHead: s3client.MayRead, http.MethodPut: s3client.MayWrite, http.MethodDelete: s3client.MayDelete,
	} {
		for _, p := range []s3client.Permissions{s3client.MayList, s3client.MayRead, s3client.MayWrite, s3client.MayDelete} {
			c := aws()
			c.Permissions = p
			u, err := open(t, c, nil).Presign(context.Background(), s3client.PresignInput{Operation: operationFor(method, "data", "k"), Expires: time.Minute})
			if p == needed {
				if err != nil {
					t.Errorf("%s with %v: %v", method, p, err)
				}
				continue
			}
			wantErr(t, err, s3client.ErrRestricted)
			if u.URL != "" {
				t.Errorf("%s with %v: there is a URL", method, p)
			}
		}
	}
}

func TestPermissionsInJSON(t *testing.T) {
	for p := s3client.Permissions(1); p < 16; p++ {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back s3client.Permissions
		if err := json.Unmarshal(text, &back); err != nil || back != p {
			t.Errorf("%s comes back as %v, %v", text, back, err)
		}
	}
	for _, test := range []struct {
		json string
		want s3client.Permissions
	}{
		{`["read"]`, s3client.MayRead},
		{`["delete", "list"]`, s3client.MayList | s3client.MayDelete},
		{`["write", "write"]`, s3client.MayWrite},
	} {
		var got s3client.Permissions
		if err := json.Unmarshal([]byte(test.json), &got); err != nil || got != test.want {
			t.Errorf("%s is %v, %v, want %v", test.json, got, err, test.want)
		}
	}
	if got := (s3client.MayList | s3client.MayDelete).String(); got != "list, delete" {
		t.Errorf("String() = %q", got)
	}
	for _, refused := range []string{`[]`, `null`, `"read"`, `["Read"]`, `["read", ""]`, `[1]`, `{}`, `15`} {
		p := s3client.MayRead
		if err := json.Unmarshal([]byte(refused), &p); err == nil || p != s3client.MayRead {
			t.Errorf("%s is taken for %v", refused, p)
		}
	}
}
