package awsxml_test

import (
	"fmt"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

func ExampleDecoder() {
	const answer = `<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><ID>75aa57f09aa0c8ca</ID></Owner>
  <Buckets>
    <Bucket><Name>logs</Name><CreationDate>2019-12-11T23:32:47.000Z</CreationDate></Bucket>
    <Bucket><Name>reports</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket>
  </Buckets>
</ListAllMyBucketsResult>`

	d := awsxml.NewDecoder(strings.NewReader(answer), 1<<20)
	d.Root("ListAllMyBucketsResult")
	for name := range d.Children {
		if string(name) != "Buckets" {
			continue // the owner is skipped
		}
		for range d.Children {
			for name := range d.Children {
				switch string(name) {
				case "Name":
					fmt.Print(d.Text())
				case "CreationDate":
					fmt.Println("", d.Time().Year())
				}
			}
		}
	}
	if err := d.End(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// logs 2019
	// reports 2026
}

func ExampleAppendElement() {
	doc := []byte("<CreateBucketConfiguration>")
	doc = awsxml.AppendElement(doc, "LocationConstraint", "eu-central-1")
	doc = append(doc, "</CreateBucketConfiguration>"...)
	fmt.Printf("%s\n", doc)
	// Output: <CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>
}
