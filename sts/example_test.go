package sts_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// serve is an STS for the examples. It takes one external ID.
func serve() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("Action") == "GetCallerIdentity":
			io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/Alice</Arn>`+
				`<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case r.FormValue("Action") == "AssumeRoleWithWebIdentity", r.FormValue("Action") == "GetSessionToken":
			io.WriteString(w, answerOf(r.FormValue("Action"), "<SubjectFromWebIdentityToken>system:serviceaccount:reports:copier</SubjectFromWebIdentityToken>"))
		case r.FormValue("Action") == "GetAccessKeyInfo":
			io.WriteString(w, `<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>123456789012</Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>`)
		case r.FormValue("Action") == "DecodeAuthorizationMessage":
			io.WriteString(w, `<DecodeAuthorizationMessageResponse><DecodeAuthorizationMessageResult><DecodedMessage>`+
				`{"allowed":false,"explicitDeny":true}</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>`)
		case r.FormValue("ExternalId") == "company-2f7d1c":
			io.WriteString(w, assumeRoleResponse)
		default:
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Alice is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
		}
	}))
}

func ExampleClient_AssumeRole() {
	server := serve() // leave Endpoint out for AWS
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		// Real keys come from the environment or a file (package chain), never
		// from source code.
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	role := sts.AssumeRoleInput{
		RoleARN:     "arn:aws:iam::123456789012:role/demo",
		ExternalID:  "company-2f7d1c",
		SessionName: "nightly-copy",
	}
	out, err := client.AssumeRole(context.Background(), role)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.AssumedRoleARN)
	fmt.Println(out.Credentials)
	fmt.Println(out.Credentials.Expires.Format(time.RFC3339))

	role.ExternalID = "another-company"
	_, err = client.AssumeRole(context.Background(), role)
	fmt.Println(errors.Is(err, sts.ErrAccessDenied), errors.Is(err, &sigv4http.APIError{Code: "AccessDenied"}))
	fmt.Println(err)

	role.ExternalID = "not allowed #1"
	_, err = client.AssumeRole(context.Background(), role)
	fmt.Println(err)
	// Output:
	// arn:aws:sts::123456789012:assumed-role/demo/TestAR
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
	// 2019-11-09T13:34:41Z
	// true true
	// sts: AssumeRole: access denied: AccessDenied: Alice is not authorized to perform: sts:AssumeRole (HTTP 403)
	// sts: ExternalId has ' ' at position 4: expecting letters, digits and _+=,.@:/-
}

// The provider goes wherever credentials are asked for, and keeps them fresh.
func ExampleClient_AssumeRoleProvider() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	var provider sigv4.Provider = client.AssumeRoleProvider(sts.AssumeRoleInput{
		RoleARN:     "arn:aws:iam::123456789012:role/demo",
		ExternalID:  "company-2f7d1c",
		SessionName: "nightly-copy",
	})
	credentials, err := provider.Credentials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials)
	// Output:
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
}

func ExampleClient_GetCallerIdentity() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	who, err := client.GetCallerIdentity(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.Account, who.ARN)
	// Output:
	// 123456789012 arn:aws:iam::123456789012:user/Alice
}

// A session that may do less than its role, is marked with a tag, and wants an
// MFA code.
func ExampleClient_AssumeRole_restricted() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	out, err := client.AssumeRole(context.Background(), sts.AssumeRoleInput{
		RoleARN:     "arn:aws:iam::123456789012:role/demo",
		ExternalID:  "company-2f7d1c",
		SessionName: "nightly-copy",
		Duration:    15 * time.Minute,
		Policy: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
			"Resource": "arn:aws:s3:::example-reports/daily/*"}]}`,
		Tags:              []sts.Tag{{Key: "Department", Value: "Sales"}},
		TransitiveTagKeys: []string{"Department"},
		SourceIdentity:    "DevUser123",
		MFASerial:         "arn:aws:iam::123456789012:mfa/Alice",
		MFACode: func(context.Context) (string, error) {
			return "123456", nil // what the user types in when asked
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Credentials, out.SourceIdentity)
	fmt.Printf("policy and tags take %d %% of their space\n", out.PackedPolicySize)
	// Output:
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted) DevUser123
	// policy and tags take 6 % of their space
}

// Everything that is wrong is said at once, and before the service is asked.
func ExampleAssumeRoleInput_Check() {
	err := sts.AssumeRoleInput{
		RoleARN:    "arn:aws:iam::123456789012:user/Alice",
		ExternalID: "not allowed #1",
		Tags:       []sts.Tag{{Key: "a&b"}},
	}.Check()
	fmt.Println(err)
	// Output:
	// sts: RoleArn "arn:aws:iam::123456789012:user/Alice" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME
	// sts: ExternalId has ' ' at position 4: expecting letters, digits and _+=,.@:/-
	// sts: RoleSessionName has a length of 0: expecting 2 to 64
	// sts: Tags.member.1.Key "a&b" has a character that is none of letters, digits, blanks and _.:/=+-@
}

// A pod on EKS has a token in a file and no credentials. The file is written anew
// every hour, and read at each refresh.
func ExampleClient_AssumeRoleWithWebIdentity() {
	server := serve()
	defer server.Close()
	client := &sts.Client{Region: "eu-central-1", Endpoint: server.URL}
	out, err := client.AssumeRoleWithWebIdentity(context.Background(), sts.AssumeRoleWithWebIdentityInput{
		RoleARN:     "arn:aws:iam::123456789012:role/demo",
		SessionName: "copier",
		Token: func(context.Context) (string, error) {
			token, err := os.ReadFile("testdata/service-account.token") // in a pod, what AWS_WEB_IDENTITY_TOKEN_FILE says
			return string(token), err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Subject)
	fmt.Println(out.Credentials)
	// Output:
	// system:serviceaccount:reports:copier
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
}

func ExampleClient_AssumeRoleWithWebIdentityProvider() {
	server := serve()
	defer server.Close()
	client := &sts.Client{Region: "eu-central-1", Endpoint: server.URL}
	var provider sigv4.Provider = client.AssumeRoleWithWebIdentityProvider(sts.AssumeRoleWithWebIdentityInput{
		RoleARN:     "arn:aws:iam::123456789012:role/demo",
		SessionName: "copier",
		Token:       sts.Fixed("a token that was given"), // better a function that gives the present one
	})
	credentials, err := provider.Credentials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials)
	// Output:
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
}

func ExampleClient_GetSessionToken() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	credentials, err := client.GetSessionToken(context.Background(), sts.GetSessionTokenInput{
		Duration:  8 * time.Hour,
		MFASerial: "arn:aws:iam::123456789012:mfa/Alice",
		MFACode:   sts.Fixed("123456"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials)
	// Output:
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
}

// Its user is asked for a code whenever the credentials are fetched anew.
func ExampleClient_GetSessionTokenProvider() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	provider := client.GetSessionTokenProvider(sts.GetSessionTokenInput{
		MFASerial: "arn:aws:iam::123456789012:mfa/Alice",
		MFACode: func(context.Context) (string, error) {
			fmt.Println("Code of arn:aws:iam::123456789012:mfa/Alice:")
			return "123456", nil
		},
	})
	provider.Timeout = 5 * time.Minute // people take their time
	provider.Now = func() time.Time { return time.Date(2019, 11, 9, 12, 34, 41, 0, time.UTC) }
	for range 3 {
		credentials, err := provider.Credentials(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(credentials)
	}
	// Output:
	// Code of arn:aws:iam::123456789012:mfa/Alice:
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
	// sigv4.Credentials(ASIAIOSFODNN7EXAMPLE, secret redacted)
}

// A service that knows its callers by their AWS identities gets the URL, and asks
// it whose it is. The header that is signed says for whom the proof is.
func ExampleClient_PresignGetCallerIdentity() {
	client := &sts.Client{
		Region:   "eu-central-1",
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
		Now:      func() time.Time { return time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC) },
	}
	header := http.Header{"X-Audience": {"reports.example.com"}}
	proof, err := client.PresignGetCallerIdentity(context.Background(), header, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(proof.URL[:71] + "…")
	fmt.Println(proof.Header)
	// Output:
	// https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Versio…
	// map[X-Audience:[reports.example.com]]
}

// What "aws eks get-token" prints: the token with which one logs in to a cluster.
func ExampleClient_EKSToken() {
	client := &sts.Client{
		Region:   "eu-central-1",
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
		Now:      func() time.Time { return time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC) },
	}
	token, expires, err := client.EKSToken(context.Background(), "reports-cluster")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token[:60] + "…")
	fmt.Println(expires.Format(time.RFC3339))
	// Output:
	// k8s-aws-v1.aHR0cHM6Ly9zdHMuZXUtY2VudHJhbC0xLmFtYXpvbmF3cy5jb…
	// 2026-11-24T03:18:05Z
}

// What Vault's AWS method takes at auth/aws/login.
func ExampleClient_SignGetCallerIdentity() {
	client := &sts.Client{
		Region:   "eu-central-1",
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
		Now:      func() time.Time { return time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC) },
	}
	proof, err := client.SignGetCallerIdentity(context.Background(), http.Header{"X-Vault-AWS-IAM-Server-ID": {"vault.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(proof.Body)
	if err != nil {
		log.Fatal(err)
	}
	headers, err := json.Marshal(proof.Header)
	if err != nil {
		log.Fatal(err)
	}
	login := map[string]string{
		"role":                    "reports",
		"iam_http_request_method": proof.Method,
		"iam_request_url":         base64.StdEncoding.EncodeToString([]byte(proof.URL.String())),
		"iam_request_body":        base64.StdEncoding.EncodeToString(body),
		"iam_request_headers":     base64.StdEncoding.EncodeToString(headers),
	}
	fmt.Println(login["iam_http_request_method"], login["iam_request_url"])
	fmt.Println(login["iam_request_body"])
	// Output:
	// POST aHR0cHM6Ly9zdHMuZXUtY2VudHJhbC0xLmFtYXpvbmF3cy5jb20v
	// QWN0aW9uPUdldENhbGxlcklkZW50aXR5JlZlcnNpb249MjAxMS0wNi0xNQ==
}

func ExampleClient_GetAccessKeyInfo() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	account, err := client.GetAccessKeyInfo(context.Background(), "AKIAIOSFODNN7EXAMPLE")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account)
	// Output:
	// 123456789012
}

func ExampleClient_DecodeAuthorizationMessage() {
	server := serve()
	defer server.Close()
	client := &sts.Client{
		Region:   "eu-central-1",
		Endpoint: server.URL,
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
	}
	decoded, err := client.DecodeAuthorizationMessage(context.Background(), "Kv1dGgHEXAMPLE")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(decoded)
	// Output:
	// {"allowed":false,"explicitDeny":true}
}

// Any source of credentials that end can be kept fresh.
func ExampleProvider() {
	var fetches int
	provider := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) {
		fetches++
		credentials := sigv4.NewCredentials(fmt.Sprint("ASIAEXAMPLE", fetches), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token")
		credentials.Expires = time.Date(2026, 1, 1, fetches, 0, 0, 0, time.UTC)
		return credentials, nil
	})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	provider.Now = func() time.Time { return now }

	for range 4 {
		credentials, err := provider.Credentials(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(now.Format("15:04:05"), credentials.AccessKeyID)
		now = now.Add(29*time.Minute + 45*time.Second)
	}
	// Output:
	// 00:00:00 ASIAEXAMPLE1
	// 00:29:45 ASIAEXAMPLE1
	// 00:59:30 ASIAEXAMPLE2
	// 01:29:15 ASIAEXAMPLE2
}

func ExampleCheckRoleARN() {
	fmt.Println(sts.CheckRoleARN("arn:aws:iam::123456789012:role/demo"))
	fmt.Println(sts.CheckRoleARN("arn:aws:iam::123456789012:user/Alice"))
	// Output:
	// <nil>
	// sts: RoleArn "arn:aws:iam::123456789012:user/Alice" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME
}

// Regions say which partition they are of, and that says how hosts are named.
func ExampleRegionalEndpoint() {
	for _, e := range []struct {
		region          string
		fips, dualStack bool
	}{
		{"eu-central-1", false, false},
		{"us-east-1", true, true},
		{"cn-north-1", false, false},
		{"us-gov-west-1", true, false},
		{"aws-global", false, false},
	} {
		url, err := sts.RegionalEndpoint("sts", e.region, e.fips, e.dualStack)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(url)
	}
	// Output:
	// https://sts.eu-central-1.amazonaws.com/
	// https://sts-fips.us-east-1.api.aws/
	// https://sts.cn-north-1.amazonaws.com.cn/
	// https://sts.us-gov-west-1.amazonaws.com/
	// sts: Region is no region's name, such as "eu-central-1"
}
