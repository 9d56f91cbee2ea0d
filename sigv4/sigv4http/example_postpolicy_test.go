package sigv4http_test

import (
	"fmt"
	"log"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// A form that lets a browser upload one picture of up to 10 MiB, within the next
// quarter of an hour, under a key of its choice below user/eric/.
func ExamplePostPolicy_Sign() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	// Real keys come from the environment or a file, never from source code.
	credentials := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	now := time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC) // time.Now(), but for the output below
	form, err := sigv4http.PostPolicy{
		Expires: now.Add(15 * time.Minute),
		Conditions: []sigv4http.Condition{
			sigv4http.Exact("bucket", "examplebucket"),
			sigv4http.StartsWith("key", "user/eric/"),
			sigv4http.StartsWith("Content-Type", "image/"),
			sigv4http.LengthRange(1, 10<<20),
			sigv4http.Exact("success_action_status", "201"),
		},
	}.Sign(signer, credentials, now)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("until", form.Expires)
	for _, field := range form.Fields {
		fmt.Printf("<input type=hidden name=%q value=%.30q>\n", field[0], field[1])
	}
	// What the policy leaves to the browser, and the file as the last field:
	fmt.Println(`<input type=hidden name="key" value="user/eric/${filename}">`)
	fmt.Println(`<input type=hidden name="Content-Type" value="image/jpeg">`)
	fmt.Println(`<input type=file name="file">`)
	// Output:
	// until 2013-05-24 00:15:00 +0000 UTC
	// <input type=hidden name="success_action_status" value="201">
	// <input type=hidden name="Policy" value="eyJleHBpcmF0aW9uIjoiMjAxMy0wNS">
	// <input type=hidden name="X-Amz-Algorithm" value="AWS4-HMAC-SHA256">
	// <input type=hidden name="X-Amz-Credential" value="AKIAIOSFODNN7EXAMPLE/20130524/">
	// <input type=hidden name="X-Amz-Date" value="20130524T000000Z">
	// <input type=hidden name="X-Amz-Signature" value="d2177490c7b80b456572e3fb6411e0">
	// <input type=hidden name="key" value="user/eric/${filename}">
	// <input type=hidden name="Content-Type" value="image/jpeg">
	// <input type=file name="file">
}
