package policy

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
)

// Trust is who may assume a role, and with which external ID.
type Trust struct {
	Partition string // "aws" if empty; "aws-cn", "aws-us-gov"
	// AccountID is the account that is trusted: all of its users and roles whose own
	// policies let them.
	AccountID string
	// RoleARNs, if there are any, are the only roles or users that are trusted, in
	// place of the account.
	RoleARNs   []string
	ExternalID string // what they must send; empty asks for none
	// TagSession and SourceIdentity let them send session tags, or a source identity.
	TagSession, SourceIdentity bool
}

// Document is the role's trust policy.
//
// IAM User Guide, "Access to AWS accounts owned by third parties", which is what
// the console writes for "Another AWS account" with "Require external ID";
// "Pass session tags in AWS STS", Permissions required to add session tags;
// "Monitor and control actions taken with assumed roles".
func (t Trust) Document() Document {
	who := Principal{AWS: t.RoleARNs}
	if len(t.RoleARNs) == 0 {
		who.AWS = []string{"arn:" + cmp.Or(t.Partition, "aws") + ":iam::" + t.AccountID + ":root"}
	}
	assume := Statement{Sid: "AssumeRole", Effect: Allow, Principal: who, Action: []string{"sts:AssumeRole"}}
	if t.ExternalID != "" {
		assume.Condition = Conditions{"StringEquals": {externalID: {t.ExternalID}}}
	}
	d := Document{Version: Version, Statements: []Statement{assume}}
	// They are of use only to who may assume the role, and need no condition again.
	with := Statement{Sid: "WithSession", Effect: Allow, Principal: who}
	if t.TagSession {
		with.Action = append(with.Action, "sts:TagSession")
	}
	if t.SourceIdentity {
		with.Action = append(with.Action, "sts:SetSourceIdentity")
	}
	if len(with.Action) > 0 {
		d.Statements = append(d.Statements, with)
	}
	return d
}

const externalID = "sts:ExternalId"

// NewExternalID makes an external ID of 128 random bits, as 32 hexadecimal digits:
// whatever compares or copies it, with case or without, it stays the same. A nil
// source is [rand.Reader].
func NewExternalID(source io.Reader) (string, error) {
	if source == nil {
		source = rand.Reader
	}
	id := make([]byte, 16)
	if _, err := io.ReadFull(source, id); err != nil {
		return "", fmt.Errorf("policy: no random bits for an external ID: %w", err)
	}
	return hex.EncodeToString(id), nil
}
