// Openwith copies an object to standard output, with a client that is given its
// credentials.
//
//	openwith REGION BUCKET KEY
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

func main() {
	cred := sigv4.NewCredentials(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	client, err := s3client.Connection{Region: os.Args[1]}.OpenWith(cred, nil)
	if err != nil {
		log.Fatal(err)
	}
	object, err := client.GetObject(context.Background(), s3client.GetObjectInput{Bucket: os.Args[2], Key: os.Args[3]})
	if err != nil {
		log.Fatal(err)
	}
	defer object.Body.Close()
	if _, err := io.Copy(os.Stdout, object.Body); err != nil {
		log.Fatal(err)
	}
}
