// Package awsxml reads the XML documents that AWS's services answer with, and
// writes the few that they are sent. It takes the place of encoding/xml, which costs
// a small program 135 KB, and takes ten times as long for a page of a listing.
//
// A [Decoder] goes through a document once and gives the elements one by one:
//
//	d := awsxml.NewDecoder(resp.Body, 1<<20)
//	d.Root("ListAllMyBucketsResult")
//	for name := range d.Children {
//		switch string(name) {
//		case "ContinuationToken":
//			token = d.Text()
//		case "Buckets":
//			for range d.Children {
//				…
//			}
//		}
//	}
//	err := d.End()
//
// What it reads is XML 1.0 in UTF-8, strictly, and with encoding/xml it agrees on
// every document of the kind. It refuses what AWS never sends and an attacker might:
// a document type with its entities, names beyond ASCII, and more than its limits
// allow. One thing it takes that XML 1.0 does not: references to control characters,
// which S3 writes for those of keys. Memory is bounded by them, whatever the length of the document.
//
// Elements go by their local name: no document of AWS has two of different
// namespaces. Attributes are checked, and not given.
package awsxml
