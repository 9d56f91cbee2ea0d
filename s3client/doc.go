// Package s3client is a minimal client of Amazon S3's REST API, without the AWS
// SDK.
//
// A [Connection] is what a user fills in: how to authorize (an access key, or an
// IAM role with an external ID), the region, what to restrict to. Its Open gives
// a [Client] with one method for each S3 operation, named as S3 names it, that
// takes an input struct and gives an output struct. Bodies stream; nothing is
// read whole into memory but XML documents, and those within a bound.
//
// # Restrictions
//
// A connection may be restricted to a bucket, to a path in it, and to what it is
// for. That is enforced three times: by the client, before anything is signed (a
// request, a URL, a form); by the service, where the connection is a role's, for
// the role is assumed with [Connection.SessionPolicy]; and, where BucketOwner says
// whose the bucket is, by the service again, which then refuses a bucket of
// another account's.
//
// # Where requests go
//
// The place follows from the bucket's name and the connection: its own host or path
// style, dual-stack, FIPS, acceleration, the ARN of an access point, a directory
// bucket with its sessions, an endpoint of one's own. That a bucket is in another
// region the client learns from the service, once; it follows no redirection, which
// might lead the signature to somebody else.
//
// # Programs that count bytes
//
// [Connection.OpenWith] takes the credentials from the program, which then links
// nothing of roles and policies. What uploads is linked only by who uploads, and
// net/http's transport with it: requests without a body go over package http1.
//
// # Secrets
//
// A [Secret] never prints itself. [Connection.Save] alone writes it, to a file
// that only its owner may read; [LoadConnection] refuses one that others may. It
// may be a reference instead, "env:NAME" or "file:PATH", that Open follows.
//
// # Errors
//
// What the service refuses is an [*Error]; errors.Is matches it by condition
// ([ErrNotFound], [ErrDenied]) and by code ([ErrNoSuchKey], [ErrNoSuchBucket],
// …), errors.As finds the service's own words in an [*APIError]. What a
// connection is restricted from is [ErrRestricted], before a byte is sent.
//
// An answer of status 200 that holds an error is one. What is not the service's, such
// as a proxy's page, is told by its first line.
//
// What it leaves out: parts, threads and resumption of large transfers are
// package transfer's.
package s3client
