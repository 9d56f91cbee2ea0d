package checkup_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

func TestNothingIsLeftBehind(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func(*s3test.Config)
		may    s3client.Permissions
		want   map[string]string
	}{
		{"writing alone", func(*s3test.Config) {}, s3client.MayWrite, map[string]string{"write": "ok: nothing was stored", "delete": "skipped: ", "read": "skipped: "}},
		{"deleting alone", func(*s3test.Config) {}, s3client.MayDelete, map[string]string{"write": "skipped: ", "delete": "ok: "}},
		{"writing denied", func(cfg *s3test.Config) { cfg.Roles[0].Policies = allowing(policy.Access{Delete: true}) }, s3client.MayWrite | s3client.MayDelete,
			map[string]string{"write": "failed: denied: s3:PutObject", "delete": "ok: "}},
		{"writing alone, denied", func(cfg *s3test.Config) { cfg.Roles[0].Policies = allowing(policy.Access{Delete: true}) }, s3client.MayWrite,
			map[string]string{"write": "failed: denied: s3:PutObject", "delete": "skipped: "}},
		{"deleting denied", func(cfg *s3test.Config) { cfg.Roles[0].Policies = allowing(policy.Access{Write: true}) }, s3client.MayWrite | s3client.MayDelete,
			map[string]string{"write": "ok: nothing was stored", "delete": "failed: denied: s3:DeleteObject"}},
		// The first two are of what is not there, the third of the object.
		{"deleting fails once", faulty(t, "error=InternalError,op=DeleteObject,skip=2,times=1"), everything, map[string]string{"write": "ok: ", "delete": "ok: "}},
		{"deleting is denied once", faulty(t, "error=AccessDenied,op=DeleteObject,skip=2,times=1"), everything, map[string]string{"write": "ok: ", "delete": "ok: "}},
		{"the connection drops", faulty(t, "drop,op=DeleteObject,skip=2,times=1"), everything, map[string]string{"write": "ok: ", "delete": "ok: "}},
		{"writing fails", faulty(t, "error=InvalidRequest,op=PutObject"), everything, map[string]string{"write": "failed: refused: InvalidRequest", "delete": "ok: "}},
		{"no conditional writes", faulty(t, "error=NotImplemented,op=PutObject,times=1"), everything, map[string]string{"write": "ok: stored", "delete": "ok: "}},
		{"another answer to the wrong body", faulty(t, "error=InvalidRequest,op=PutObject"), s3client.MayWrite, map[string]string{"write": "warning: not to be told without storing"}},
		{"reading fails", faulty(t, "flip=1,op=GetObject,skip=1"), everything, map[string]string{"read": "failed: what was read is not what was written", "write": "ok: ", "delete": "ok: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := serve(t, test.server)
			c := roleForm(srv)
			c.Permissions = test.may
			r := check(t, t.Context(), c, checkup.Options{})
			want(t, r, test.want)
			if got := keysIn(t, srv, "data"); len(got) > 0 || len(r.LeftBehind) > 0 {
				t.Errorf("left behind: %v, by its own words %v", got, r.LeftBehind)
			}
		})
	}
}

// What cannot be removed after all is named, loudly.
func TestWhatIsLeftBehindIsNamed(t *testing.T) {
	srv := serve(t, faulty(t, "error=AccessDenied,op=DeleteObject,skip=2"))
	c := roleForm(srv)
	c.Permissions = everything
	r := check(t, t.Context(), c, checkup.Options{})
	want(t, r, map[string]string{"write": "ok: ", "delete": "failed: LEFT BEHIND: the object s3://data/reports/sigvier-connect-"})
	if keys := keysIn(t, srv, "data"); len(keys) != 1 || !slices.Equal(r.LeftBehind, []string{"s3://data/" + keys[0]}) {
		t.Errorf("left behind are %v, by its own words %v", keys, r.LeftBehind)
	}
	got := named(t, r, "delete")
	if len(got.Advice) == 0 || got.Advice[0] != "remove it by hand" {
		t.Errorf("advice is %q", got.Advice)
	}
	if len(got.Missing) != 1 || got.Missing[0].Statement.Action[0] != "s3:DeleteObject" {
		t.Errorf("missing is %v", got.Missing)
	}
}

// Whenever it is interrupted, what was begun is cleared away, in a bucket that keeps
// versions too.
func TestInterruptionLeavesNothingBehind(t *testing.T) {
	for name, make := range map[string]func() *versioning{
		"no versions": func() *versioning { return nil },
		"versions":    func() *versioning { return &versioning{removable: true} },
		"suspended":   func() *versioning { return &versioning{removable: true, suspended: true} },
		"MinIO's":     func() *versioning { return &versioning{removable: true, suspended: true, minio: true} },
		"kept":        func() *versioning { return &versioning{ifMatch: 412} },
	} {
		t.Run(name, func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				more = interruptedAt(t, n, make())
				if n < 12 && !more {
					t.Errorf("there were only %d requests", n)
				}
			}
		})
	}
}

// interruptedAt interrupts at the n-th request, and reports whether there was one.
func interruptedAt(t *testing.T, n int, v *versioning) bool {
	srv := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent, changes := 0, 0
	interrupting := &watched{before: func(req *http.Request) *http.Response {
		isChange := (req.Method == http.MethodPut || req.Method == http.MethodDelete)
		if isChange && changes == 0 && ctx.Err() != nil {
			t.Errorf("interrupted at request %d, and then %s is begun", n, req.Method)
		}
		if isChange {
			changes++
		}
		if sent++; sent == n {
			cancel()
		}
		if v == nil {
			return nil
		}
		return v.answer(req)
	}}
	c := roleForm(srv)
	c.Permissions = everything
	r := check(t, ctx, c, checkup.Options{Base: interrupting})
	if got := keysIn(t, srv, "data"); len(got) > 0 || len(r.LeftBehind) > 0 || v != nil && len(v.kept) > 0 {
		t.Errorf("interrupted at request %d: left behind: %v %+v, by its own words %v", n, got, v, r.LeftBehind)
	}
	for _, c := range r.Checks {
		if c.Status == checkup.Failed {
			t.Errorf("interrupted at request %d: %s failed: %s", n, c.Name, c.Found)
		}
	}
	return sent >= n
}

// On AWS, whose DELETE heeds conditions, a bucket that is known to keep versions is
// tried as well.
func TestDeleteOnAWS(t *testing.T) {
	for _, test := range []struct {
		ifMatch int
		want    string
	}{
		{412, "ok: allowed: nothing was deleted"}, {404, "ok: allowed: nothing was deleted"},
		{501, "warning: not tried: the bucket keeps versions"}, {403, "failed: denied: s3:DeleteObject"},
	} {
		srv := serve(t)
		store(t, srv, path+"there")
		v := &versioning{ifMatch: test.ifMatch}
		c := roleForm(srv)
		c.Endpoint, c.Region, c.Permissions = "", "us-east-1", everything
		r := check(t, t.Context(), c, checkup.Options{Base: onAWS{srv, v}})
		want(t, r, map[string]string{"endpoint": "ok: https://data.s3.us-east-1.amazonaws.com, https://sts.us-east-1.amazonaws.com", "read": "ok: ", "delete": test.want})
		if len(v.kept) > 0 || len(r.LeftBehind) > 0 {
			t.Errorf("%d: kept are %v, by its own words %v", test.ifMatch, v.kept, r.LeftBehind)
		}
	}
}

// onAWS has the embedded server in the place of AWS's, with versions.
type onAWS struct {
	srv *s3test.Server
	v   *versioning
}

func (a onAWS) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := a.v.answer(req); resp != nil {
		resp.Request = req
		return resp, nil
	}
	here := req.Clone(req.Context())
	here.Host = req.URL.Host
	here.URL.Scheme, here.URL.Host = "http", strings.TrimPrefix(a.srv.URL, "http://")
	return http.DefaultTransport.RoundTrip(here)
}

// A store without conditional writes is asked again without the condition, and one
// with them is not.
func TestTheObjectIsStoredOnlyIfItsNameIsFree(t *testing.T) {
	for _, fault := range []string{"", "error=NotImplemented,op=PutObject,times=1"} {
		srv := serve(t)
		if fault != "" {
			srv = serve(t, faulty(t, fault))
		}
		var conditions []string
		reads := 0
		base := &watched{before: func(req *http.Request) *http.Response {
			switch trial := strings.Contains(req.URL.Path, "sigvier-connect-"); {
			case trial && req.Method == http.MethodPut:
				conditions = append(conditions, req.Header.Get("If-None-Match"))
			case req.Method == http.MethodGet && trial:
				reads++
			}
			return nil
		}}
		c := roleForm(srv)
		c.Permissions = s3client.MayWrite | s3client.MayDelete
		want(t, check(t, t.Context(), c, checkup.Options{Base: base}), map[string]string{"write": "ok: allowed: an object was stored", "read": "skipped: "})
		wantConditions := []string{"*"}
		if fault != "" {
			wantConditions = []string{"*", ""}
		}
		if !slices.Equal(conditions, wantConditions) || reads != 0 {
			t.Errorf("%q: stored with If-None-Match %q, and read %d times", fault, conditions, reads)
		}
	}
}

// A context that has ended already leaves nothing to do but the form.
func TestInterruptedBeforehand(t *testing.T) {
	srv := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, check(t, ctx, roleForm(srv), checkup.Options{}), map[string]string{"form": "skipped: interrupted", "delete": "skipped: interrupted"})
	if n := len(srv.Requests()); n > 0 {
		t.Errorf("%v was sent", srv.Requests())
	}
}

const minio = -1

// A bucket that keeps versions keeps the object, too, unless its version is removed.
func TestVersionsAreNotLeftBehind(t *testing.T) {
	for _, test := range []struct {
		name      string
		suspended bool
		removable bool // versions
		known     bool // that the bucket keeps them, by an object that is there
		ifMatch   int  // the answer to a removal with a condition; 0: it is not looked at, minio: as MinIO
		want      map[string]string
		left      int
	}{
		{"versions can be removed", false, true, false, 0, map[string]string{"write": "ok: stored", "delete": "ok: allowed"}, 0},
		{"versions can be removed, known", false, true, true, 0, map[string]string{"write": "ok: stored", "delete": "ok: allowed"}, 0},
		{"suspended, known", true, true, true, 0, map[string]string{"write": "ok: stored", "delete": "ok: allowed"}, 0},
		{"suspended", true, true, false, 0, map[string]string{"write": "ok: stored", "delete": "ok: allowed"}, 0},
		{"versions cannot be removed, known", false, false, true, 0, map[string]string{"write": "ok: nothing was stored", "delete": "warning: not tried: the bucket keeps versions"}, 0},
		{"versions cannot be removed, known, nor is the service known for conditions", false, false, true, 412, map[string]string{"delete": "warning: not tried: the bucket keeps versions"}, 0},
		{"versions cannot be removed", false, false, false, 412, map[string]string{"write": "ok: nothing was stored", "delete": "ok: allowed: nothing was deleted"}, 0},
		{"versions cannot be removed, in other words", false, false, false, 404, map[string]string{"write": "ok: nothing was stored", "delete": "ok: allowed: nothing was deleted"}, 0},
		{"versions cannot be removed, without conditions", false, false, false, 501, map[string]string{"write": "ok: nothing was stored", "delete": "failed: LEFT BEHIND: the delete marker s3://data/reports/sigvier-connect-"}, 1},
		{"versions cannot be removed, conditions are not looked at", false, false, false, 0, map[string]string{"write": "ok: nothing was stored", "delete": "failed: LEFT BEHIND: the delete marker s3://data/reports/sigvier-connect-"}, 1},
		{"versions cannot be removed, and nothing is marked that is not there", false, false, false, minio, map[string]string{"write": "ok: nothing was stored", "delete": "ok: allowed"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := serve(t)
			if test.known {
				store(t, srv, path+"there")
			}
			v := &versioning{suspended: test.suspended, removable: test.removable, ifMatch: max(test.ifMatch, 0), minio: test.ifMatch == minio}
			c := roleForm(srv)
			c.Permissions = everything
			r := check(t, t.Context(), c, checkup.Options{Base: &watched{before: v.answer}})
			want(t, r, test.want)
			if len(v.kept) != test.left || len(r.LeftBehind) != test.left {
				t.Errorf("kept are %v, by its own words %v, want %d", v.kept, r.LeftBehind, test.left)
			}
			// What stays, or is not tried, does so for want of this.
			lacks := strings.Contains(test.want["delete"], "LEFT") || strings.Contains(test.want["delete"], "not tried")
			if m := named(t, r, "delete").Missing; lacks != (len(m) == 1) || lacks && m[0].Statement.Action[0] != "s3:DeleteObjectVersion" {
				t.Errorf("missing is %v", m)
			}
		})
	}
	for name, v := range map[string]*versioning{
		"the upload has no answer":                      {removable: true, silent: true},
		"suspended, as MinIO has it":                    {removable: true, suspended: true, minio: true},
		"as MinIO has it":                               {removable: true, minio: true},
		"as MinIO has it, and the upload has no answer": {removable: true, minio: true, silent: true},
	} {
		for _, known := range []bool{false, true} {
			t.Run(name+", known "+strconv.FormatBool(known), func(t *testing.T) {
				srv := serve(t)
				if known {
					store(t, srv, path+"there")
				}
				c := roleForm(srv)
				c.Permissions = everything
				r := check(t, t.Context(), c, checkup.Options{Base: &watched{before: v.answer}})
				want(t, r, map[string]string{"delete": "ok: "})
				if len(v.kept) > 0 || len(r.LeftBehind) > 0 {
					t.Errorf("kept are %v, by its own words %v", v.kept, r.LeftBehind)
				}
			})
		}
	}
}

// versioning answers for a bucket that keeps versions, where the embedded server
// keeps none: it has uploads and removals of the trial's objects for itself.
type versioning struct {
	suspended, removable bool
	silent               bool // uploads are kept, and answered with an error
	ifMatch              int  // as in the table above
	minio                bool // "null" is not said, and what is not there gets no delete marker

	kept   []string // versions
	marker bool     // the last of them is a delete marker
	last   int
}

func (v *versioning) answer(req *http.Request) *http.Response {
	answer := func(status int, code string, headers ...string) *http.Response {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		body := ""
		if code != "" {
			body = "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
		}
		return &http.Response{StatusCode: status, Header: h, Body: readCloser(body), ContentLength: int64(len(body))}
	}
	trial := strings.Contains(req.URL.Path, "sigvier-connect-")
	version := func() string {
		if v.suspended {
			return "null"
		}
		v.last++
		return "v" + strconv.Itoa(v.last)
	}
	said := func(id string) []string {
		if v.minio && id == "null" {
			return nil
		}
		return []string{"X-Amz-Version-Id", id}
	}
	switch id := req.URL.Query().Get("versionId"); {
	case req.Header.Get("Authorization") == "":
		return nil
	case !trial && req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/there"):
		return answer(206, "", "X-Amz-Version-Id", "v0", "Content-Range", "bytes 0-0/1")
	case !trial:
		return nil
	case req.Method == http.MethodPut && req.Header.Get("X-Amz-Content-Sha256") != contentSum:
		return answer(400, "XAmzContentSHA256Mismatch")
	case req.Method == http.MethodPut:
		id := version()
		if !slices.Contains(v.kept, id) {
			v.kept = append(v.kept, id)
		}
		if v.silent {
			return answer(500, "InternalError")
		}
		v.marker = false
		return answer(200, "", said(id)...)
	case req.Method == http.MethodGet && (len(v.kept) == 0 || v.marker):
		return nil // as it is not there
	case req.Method == http.MethodGet:
		resp := answer(200, "", said(v.kept[len(v.kept)-1])...)
		resp.Body, resp.ContentLength = readCloser(content), int64(len(content))
		return resp
	case req.Method == http.MethodHead && (len(v.kept) == 0 || v.marker):
		return answer(404, "")
	case req.Method == http.MethodHead:
		return answer(200, "", said(v.kept[len(v.kept)-1])...)
	case req.Method == http.MethodDelete && req.Header.Get("If-Match") != "" && v.ifMatch != 0:
		return answer(v.ifMatch, map[int]string{412: "PreconditionFailed", 404: "NoSuchKey", 501: "NotImplemented", 403: "AccessDenied"}[v.ifMatch])
	case req.Method == http.MethodDelete && id == "" && v.minio && len(v.kept) == 0:
		return answer(204, "")
	case req.Method == http.MethodDelete && id == "":
		id := version()
		if !slices.Contains(v.kept, id) {
			v.kept = append(v.kept, id)
		}
		if v.marker = true; v.minio && v.suspended {
			return answer(204, "")
		}
		return answer(204, "", "X-Amz-Delete-Marker", "true", "X-Amz-Version-Id", id)
	case req.Method == http.MethodDelete && !v.removable:
		return answer(403, "AccessDenied")
	case req.Method == http.MethodDelete:
		v.marker = false
		v.kept = slices.DeleteFunc(v.kept, func(kept string) bool { return kept == id })
		return answer(204, "")
	}
	return nil
}
