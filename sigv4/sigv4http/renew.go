package sigv4http

import (
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// renew tells the provider that its credentials were refused, if it can be told.
func (t *Transport) renew(cred sigv4.Credentials) bool {
	r, ok := t.Provider.(Renewer)
	if ok {
		r.Renew(cred)
	}
	return ok
}

// mayBeExpired reports whether a refusal without a word may mean that the credentials
// have expired: S3 answers so to a HEAD with an expired token, which is 400 (Amazon S3
// API Reference, "HeadObject": a generic code and no document; "Error Responses",
// ExpiredToken). It may as well mean that something is wrong with the request. So a
// guess that was wrong is not made again for a while, or a program with a bad version ID
// would get a new session for each of its requests.
func (t *Transport) mayBeExpired(resp *http.Response, method string, cred sigv4.Credentials) bool {
	return method == http.MethodHead && cred.SessionToken() != "" && !namesOtherRegion(resp) &&
		t.now().Unix()-t.futile.Load() >= int64(guessAgain/time.Second)
}

// guessAgain is how long the shortest sessions last (Amazon S3 API Reference,
// "CreateSession": five minutes).
const guessAgain = 5 * time.Minute

// namesOtherRegion reports whether S3 says what is wrong: that the bucket is in another
// region than the one signed for.
func namesOtherRegion(resp *http.Response) bool {
	region := resp.Header.Get("X-Amz-Bucket-Region")
	return region != "" && resp.Request != nil && !strings.Contains(resp.Request.Header.Get("Authorization"), "/"+region+"/")
}
