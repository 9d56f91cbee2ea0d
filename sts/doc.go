// Package sts asks AWS's Security Token Service for temporary credentials, as
// the AWS Security Token Service API Reference describes it.
//
// Most callers want [Client.AssumeRoleProvider]: a [sigv4.Provider] that assumes
// a role and keeps its credentials fresh. [Client.AssumeRole] is the one call.
// [Client.RoleChainProvider] goes through any number of roles, each of which is
// assumed with the one before. The siblings have providers, too:
// [Client.AssumeRoleWithWebIdentity] needs no credentials but another provider's
// token, [Client.GetSessionToken] adds an MFA code to those one has.
//
// [Client.GetCallerIdentity] tells whose credentials one has.
// [Client.PresignGetCallerIdentity] and [Client.SignGetCallerIdentity] prove it to
// somebody else, such as Vault, and [Client.EKSToken] to a cluster of EKS.
// [Client.GetAccessKeyInfo] and [Client.DecodeAuthorizationMessage] help to find
// out what went wrong.
//
// # Errors
//
// What STS would refuse by its form is refused before a byte is sent: the error
// matches [ErrInput] and names every field that is wrong, each in an
// [*InputError]. What STS refuses comes as a [*sigv4http.APIError], which can be
// matched by code, and matches one of the sentinels beside [ErrAccessDenied].
// An answer that is none of STS's gives a [*ResponseError]. No error holds a
// secret access key, a session token, a web identity token, an MFA code, a context
// assertion or an external ID, not even where a proxy's page gives back what was
// sent. External IDs of fewer than six characters are an exception to the latter.
//
// # Short-lived secrets
//
// MFA codes and identity tokens are functions and not text, for they are asked
// for anew at each refresh. They are called once everything else is known to be
// right. [Fixed] makes one of a text.
//
// # Other services
//
// MinIO and Ceph have AssumeRole and AssumeRoleWithWebIdentity on the same
// endpoint as S3: set [Client.Endpoint]. MinIO honours an inline session policy; it
// ignores external ID, policy ARNs, tags and source identity, names no assumed role,
// and lets no session assume a role.
package sts
