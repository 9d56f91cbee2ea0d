// Open copies an object to standard output, with a client of the whole form: access
// key or IAM role, and wherever the credentials come from.
//
//	open CONNECTION.json BUCKET KEY
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/sigvier/sigvier/s3client"
)

func main() {
	conn, err := s3client.LoadConnection(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	client, err := conn.Open(nil)
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
