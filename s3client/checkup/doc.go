// Package checkup tries a connection out: each field of the form against the
// service, one check after the other. [Run] gives a [Report] that says what was
// found, what to do about it, and which statement of which policy is missing.
//
// # The confused deputy
//
// Once the role is assumed, it is tried again without an external ID and with a
// random one. Whoever gets in so was let in by a role that trusts everybody who
// uses the same service (IAM User Guide, "The confused deputy problem"). The
// sessions of these trials last 15 minutes, have a policy that denies everything,
// and are forgotten at once.
//
// # It leaves nothing behind
//
// Listing and reading change nothing. Writing and deleting are tried only if the
// form's permissions name them, or, where the form names none, if [Options.Write]
// asks for it. The object that is written has a random name inside the path, is
// written only if the name is free, and only after it has been seen that it can be
// removed; it is removed under a deadline of its own, whatever happens to the
// context. Where it could not be removed, writing is tried with a body that is not
// the one that was signed, and deleting on a condition that does not hold: S3 asks
// whether the caller may, and then refuses. Should something stay all the same, as
// where a service knows no such conditions, [Report.LeftBehind] names it.
//
// # No secrets
//
// No report holds a secret access key, a session token or an external ID, not
// even if a service gives one back in its answer.
package checkup
