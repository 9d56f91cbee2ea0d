package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The names of the files that "sigvier role --dir" writes.
const (
	trustFile      = "trust-policy.json"
	permissionFile = "permission-policy.json"
	callerFile     = "caller-policy.json"
	tagsFile       = "tags.json"
	connectionFile = "connection.json"
	stepsFile      = "steps.txt"
)

// unknownAccount stands for the role's account where nobody said which it is.
const unknownAccount = "YOUR-ACCOUNT-ID"

// consoleSteps are those of the console.
//
// IAM User Guide, "Create a role to give permissions to an IAM user", Creating a
// role (console), and "Create a role using custom trust policies (console)".
func (r madeRole) consoleSteps(f roleFlags) []string {
	owner := "the bucket's owner"
	if f.roleAccount != "" {
		owner = "account " + f.roleAccount
	}
	steps := []string{fmt.Sprintf("Sign in to the AWS console as an administrator of %s. Open IAM, Roles, Create role.", owner)}
	if f.account != "" && !f.sessionTags && !f.sourceID {
		steps = append(steps, fmt.Sprintf(`Trusted entity type: AWS account. An AWS account: Another AWS account, Account ID %s. Options: tick "Require external ID" and enter %s. Do not tick "Require MFA". Next.`, f.account, r.ExternalID))
	} else {
		steps = append(steps, fmt.Sprintf("Trusted entity type: Custom trust policy. Replace all that is in the field by %s. Next.", trustFile))
	}
	steps = append(steps, "Add permissions: tick nothing, least of all AmazonS3FullAccess. Next.")
	naming := fmt.Sprintf("Role name: %s.", r.Name)
	for _, t := range r.Tags {
		naming += fmt.Sprintf(" Add tag: key %q, value %q.", t.Key, t.Value)
	}
	steps = append(steps, naming+" Create role.",
		fmt.Sprintf("Open the role. Permissions, Add permissions, Create inline policy, JSON. Replace all that is in the field by %s. Next. Policy name: %s. Create policy.", permissionFile, r.policyName()))
	if f.maxSession > 3600 {
		steps = append(steps, fmt.Sprintf("Summary, Edit: Maximum session duration: Custom duration, %d seconds. Save changes.", f.maxSession))
	}
	return append(steps, "Copy the ARN from the role's summary."+r.arnStep(), r.callerStep(f), fmt.Sprintf("sigvier connect --connection %s", connectionFile))
}

// cliSteps are commands for a shell, in the folder with the files.
//
// AWS CLI Command Reference, "iam create-role", "iam put-role-policy".
func (r madeRole) cliSteps(f roleFlags) []string {
	create := fmt.Sprintf("aws iam create-role --role-name %s --assume-role-policy-document file://%s", r.Name, trustFile)
	if f.maxSession > 3600 {
		create += fmt.Sprintf(" --max-session-duration %d", f.maxSession)
	}
	if len(r.Tags) > 0 {
		create += " --tags file://" + tagsFile
	}
	return []string{
		"aws sts get-caller-identity --query Account --output text",
		create,
		fmt.Sprintf("aws iam put-role-policy --role-name %s --policy-name %s --policy-document file://%s", r.Name, r.policyName(), permissionFile),
		fmt.Sprintf("aws iam get-role --role-name %s --query Role.Arn --output text", r.Name),
		fmt.Sprintf("aws iam get-role --role-name %s --output json | sigvier role --check -", r.Name),
		fmt.Sprintf("sigvier connect --connection %s", connectionFile),
	}
}

func (r madeRole) policyName() string { return r.Name + "-access" }

func (r madeRole) arnStep() string {
	if strings.Contains(r.ARN, unknownAccount) {
		return fmt.Sprintf(" Put it into %s, and into %s, in place of %s.", connectionFile, callerFile, r.ARN)
	}
	return fmt.Sprintf(" It is to be %s, as in %s.", r.ARN, connectionFile)
}

func (r madeRole) callerStep(f roleFlags) string {
	who := "the role or user that is trusted"
	if f.account != "" {
		who = fmt.Sprintf("the role or user of account %s that is to assume the role", f.account)
	}
	return fmt.Sprintf("On the other side, %s needs the permission in %s.", who, callerFile)
}

// text is all of it, for people.
func (r madeRole) text() string {
	var b strings.Builder
	files, err := r.files()
	if err != nil {
		return err.Error()
	}
	for _, f := range files {
		fmt.Fprintf(&b, "--- %s\n%s\n", f.name, f.text)
	}
	return strings.TrimSuffix(b.String(), "\n\n")
}

// files are what is written, in the order in which one needs it.
func (r madeRole) files() ([]newFile, error) {
	files := []newFile{
		{trustFile, r.TrustPolicy.String() + "\n"},
		{permissionFile, r.PermissionPolicy.String() + "\n"},
		{callerFile, r.CallerPolicy.String() + "\n"},
	}
	if len(r.Tags) > 0 {
		text, err := json.MarshalIndent(r.Tags, "", "    ")
		if err != nil {
			return nil, err
		}
		files = append(files, newFile{tagsFile, string(text) + "\n"})
	}
	form, err := json.MarshalIndent(r.Connection, "", "    ")
	if err != nil {
		return nil, err
	}
	return append(files, newFile{stepsFile, r.steps()}, newFile{connectionFile, string(form) + "\n"}), nil
}

func (r madeRole) steps() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The role %s, which %s may assume with the external ID %s.\n", r.Name, strings.Join(r.TrustPolicy.Statements[0].Principal.AWS, " or "), r.ExternalID)
	b.WriteString("\nIn the console:\n\n")
	for i, s := range r.Console {
		fmt.Fprintf(&b, "%d. %s\n", i+1, s)
	}
	b.WriteString("\nOr with aws-cli, signed in as an administrator of the same account, in the folder with the files, which --dir writes:\n\n")
	for _, s := range r.CLI {
		fmt.Fprintf(&b, "    %s\n", s)
	}
	fmt.Fprintf(&b, "\nThe first prints the account, the fourth the role's ARN.%s\n%s\n", r.arnStep(), r.Console[len(r.Console)-2])
	return b.String()
}
