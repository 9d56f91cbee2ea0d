// Sdk copies an object to standard output, with the SDK's client that is given its
// credentials.
//
//	sdk REGION BUCKET KEY
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	cred := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	client := s3.New(s3.Options{
		Region:      os.Args[1],
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return cred, nil }),
	})
	object, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(os.Args[2]), Key: aws.String(os.Args[3])})
	if err != nil {
		log.Fatal(err)
	}
	defer object.Body.Close()
	if _, err := io.Copy(os.Stdout, object.Body); err != nil {
		log.Fatal(err)
	}
}
