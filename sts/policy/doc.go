// Package policy reads, writes, generates and evaluates IAM policies: those of
// users, roles, sessions and buckets, and the trust policies of roles.
//
// [Parse] reads a policy as strictly as AWS does and says where it is wrong.
// [Document.Decide] evaluates it. [Access] and [Trust] generate the two policies
// that a role for one bucket needs, and [CheckTrust] says what is dangerous about
// a trust policy that is there already.
//
// # What is evaluated
//
// Effect, Principal, Action and Resource and their Not forms, wildcards, policy
// variables with defaults, and all condition operators with IfExists,
// ForAllValues: and ForAnyValue:. A statement that denies wins over all that allow,
// and what nothing allows is denied. The caller gives the condition keys of the
// request; those that follow from the principal's ARN are added.
//
// What cannot be evaluated never allows anything: [Parse] and [Document.Validate]
// refuse it, and [Document.Decide] fails closed where a program made the document:
// an operator that there is not, a value of another type than the operator's, a
// variable without a value, a canonical user whose ARN nobody knows.
//
// # What is not
//
// Which actions a service has, which of them go with which resource, and which
// condition keys a service sets: a misspelt action or key matches nothing, as in
// AWS. How the policies of different places (identity, resource, session,
// boundary, organization) are combined is the caller's, with [Decide] and [Union].
//
// The rules are those of the IAM User Guide; each is cited where it is obeyed.
package policy
