// Package sts asks AWS's Security Token Service for temporary credentials, as
// the AWS Security Token Service API Reference describes it.
//
// Most callers want [Client.AssumeRoleProvider]: a [sigv4.Provider] that assumes
// a role and keeps its credentials fresh. [Client.AssumeRole] is the one call,
// [Client.GetCallerIdentity] tells whose credentials one has.
//
// # Errors
//
// What STS would refuse by its form is refused before a byte is sent: the error
// matches [ErrInput] and names every field that is wrong, each in an
// [*InputError]. What STS refuses comes as a [*sigv4http.APIError], which can be
// matched by code, and matches one of the sentinels beside [ErrAccessDenied].
// An answer that is none of STS's gives a [*ResponseError]. No error holds a
// secret access key, a session token or an external ID.
//
// # Other services
//
// MinIO and Ceph have AssumeRole on the same endpoint as S3: set
// [Client.Endpoint]. MinIO ignores the external ID and names no assumed role.
package sts
