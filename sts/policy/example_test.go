package policy_test

import (
	"fmt"
	"log"

	"github.com/sigvier/sigvier/sts/policy"
)

// The two policies of a role that another account may assume to read one folder.
func Example() {
	trust := policy.Trust{AccountID: "123456789012", ExternalID: "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
	fmt.Println(trust.Document())
	access := policy.Access{Bucket: "example-reports", Path: "daily/", List: true, Read: true}
	fmt.Println(access.Document())
	// Output:
	// {
	//     "Version": "2012-10-17",
	//     "Statement": [
	//         {
	//             "Sid": "AssumeRole",
	//             "Effect": "Allow",
	//             "Principal": {
	//                 "AWS": "arn:aws:iam::123456789012:root"
	//             },
	//             "Action": "sts:AssumeRole",
	//             "Condition": {
	//                 "StringEquals": {
	//                     "sts:ExternalId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	//                 }
	//             }
	//         }
	//     ]
	// }
	// {
	//     "Version": "2012-10-17",
	//     "Statement": [
	//         {
	//             "Sid": "BucketLocation",
	//             "Effect": "Allow",
	//             "Action": "s3:GetBucketLocation",
	//             "Resource": "arn:aws:s3:::example-reports"
	//         },
	//         {
	//             "Sid": "List",
	//             "Effect": "Allow",
	//             "Action": "s3:ListBucket",
	//             "Resource": "arn:aws:s3:::example-reports",
	//             "Condition": {
	//                 "StringLike": {
	//                     "s3:prefix": "daily/*"
	//                 }
	//             }
	//         },
	//         {
	//             "Sid": "Read",
	//             "Effect": "Allow",
	//             "Action": [
	//                 "s3:GetObject",
	//                 "s3:GetObjectVersion"
	//             ],
	//             "Resource": "arn:aws:s3:::example-reports/daily/*"
	//         }
	//     ]
	// }
}

func ExampleParse() {
	_, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Action": "s3:GetObject",
		"Resource": "*",
		"Condition": {"stringequals": {"aws:username": "ann"}}
	}]}`))
	fmt.Println(err)
	// Output: policy: Statement[0].Condition.stringequals: there is no operator "stringequals": expected StringEquals
}

func ExampleDocument_Decide() {
	d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"},
		{"Sid": "TLS", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
	]}`))
	if err != nil {
		log.Fatal(err)
	}
	r := policy.Request{
		Principal: "arn:aws:iam::123456789012:user/ann",
		Action:    "s3:GetObject",
		Resource:  "arn:aws:s3:::home/ann/diary.txt",
		Context:   map[string][]string{"aws:SecureTransport": {"true"}},
	}
	decision, _ := d.Decide(r)
	fmt.Println(decision)

	r.Context["aws:SecureTransport"] = []string{"false"}
	decision, statement := d.Decide(r)
	fmt.Println(decision, "by", statement.Sid)

	r.Context["aws:SecureTransport"] = []string{"true"}
	r.Resource = "arn:aws:s3:::home/bob/diary.txt"
	decision, _ = d.Decide(r)
	fmt.Println(decision)
	// Output:
	// allowed
	// explicitly denied by TLS
	// implicitly denied
}

// A session policy narrows what the role allows down.
func ExampleDecide() {
	role := policy.Access{Bucket: "example", List: true, Read: true, Write: true}.Document()
	session := policy.Access{Bucket: "example", Path: "daily/", List: true, Read: true}.Document()
	for _, resource := range []string{"arn:aws:s3:::example/daily/x", "arn:aws:s3:::example/x"} {
		fmt.Println(policy.Decide(policy.Request{Action: "s3:GetObject", Resource: resource}, role, session))
	}
	// Output:
	// allowed
	// implicitly denied
}

// Who attaches several policies to a user means one of them to be enough.
func ExampleUnion() {
	read := policy.Access{Bucket: "example", Read: true}.Document()
	write := policy.Access{Bucket: "example", Write: true}.Document()
	decision, by := policy.Union(policy.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::example/x"}, read, write)
	fmt.Println(decision, "by the statement", by.Sid)
	// Output: allowed by the statement Write
}

func ExampleMissing() {
	fmt.Println(policy.Missing(policy.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::example/daily/x"}))
	// Output:
	// {
	//     "Sid": "AllowPutObject",
	//     "Effect": "Allow",
	//     "Action": "s3:PutObject",
	//     "Resource": "arn:aws:s3:::example/daily/x"
	// }
}

// ForAllValues holds for a request that does not have the key at all.
func ExampleCheckTrust() {
	d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
		"Action": "sts:AssumeRole",
		"Condition": {"ForAllValues:StringEquals": {"sts:ExternalId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}}
	}]}`))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range policy.CheckTrust(d) {
		fmt.Printf("%s: %s: %s\n%s\n", f.Severity, f.Path, f.Problem, f.Advice)
	}
	// Output:
	// danger: Statement[0].Condition: a condition names the external ID and lets requests with another one, or without one, in: ForAllValues holds where the key is absent
	// Demand one with {"StringEquals": {"sts:ExternalId": "…"}}, and let the other side send it.
}

func ExampleNewExternalID() {
	id, err := policy.NewExternalID(nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(id))
	// Output: 32
}
