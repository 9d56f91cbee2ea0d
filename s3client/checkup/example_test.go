package checkup_test

import (
	"context"
	"fmt"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

// A role that may list and read, and a connection that is to write, too.
func ExampleRun() {
	srv, err := s3test.Start(s3test.Config{
		Users: []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}},
		Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID, Policies: []policy.Document{
			policy.Access{Bucket: "data", Path: "reports/", List: true, Read: true}.Document()}}},
		Buckets: []string{"data"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	report := checkup.Run(context.Background(), s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		IAMRoleARN:        roleARN,
		ExternalID:        externalID,
		RestrictToBucket:  "data",
		RestrictToPath:    "reports/",
		Permissions:       s3client.MayList | s3client.MayWrite,
		Endpoint:          srv.URL,
	}, checkup.Options{})
	for _, c := range report.Checks {
		fmt.Println(c.Name, c.Status)
		for _, m := range c.Missing {
			fmt.Println(m.Statement)
		}
	}
	// Output:
	// form ok
	// endpoint ok
	// clock ok
	// who am I ok
	// role ok
	// external ID ok
	// session policy ok
	// bucket ok
	// list ok
	// read skipped
	// write failed
	// {
	//     "Sid": "Write",
	//     "Effect": "Allow",
	//     "Action": "s3:PutObject",
	//     "Resource": "arn:aws:s3:::data/reports/*"
	// }
	// delete skipped
}
