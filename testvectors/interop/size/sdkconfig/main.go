// Sdkconfig copies an object to standard output, with the SDK's client and its
// configuration, which finds the credentials.
//
//	sdkconfig BUCKET KEY
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	object, err := s3.NewFromConfig(cfg).GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(os.Args[1]), Key: aws.String(os.Args[2])})
	if err != nil {
		log.Fatal(err)
	}
	defer object.Body.Close()
	if _, err := io.Copy(os.Stdout, object.Body); err != nil {
		log.Fatal(err)
	}
}
