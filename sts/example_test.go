package sts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
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
