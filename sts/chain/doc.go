// Package chain finds credentials, region and endpoints where AWS's tools find
// them (AWS SDKs and Tools Reference Guide, "Standardized credential providers"
// and "Shared config and credentials files").
//
// A [Chain] tries in this order, which is the AWS CLI's (AWS CLI User Guide,
// "Authentication and access credentials", Configuration and credential
// precedence), and the first that has credentials gives them:
//
//  1. the access key in the environment; not when [Chain.Profile] asks for a
//     profile by name (as the AWS CLI does with --profile): [Environment],
//  2. the role of the profile, assumed with its source_profile or
//     credential_source: [Profile],
//  3. the web identity in the environment (likewise not when a profile is asked
//     for), or of the profile: [WebIdentity],
//  4. IAM Identity Center, as the profile has it: [SSO],
//  5. the profile's access key in the shared credentials file,
//  6. the profile's credential_process: [Process],
//  7. the profile's access key in the shared config file,
//  8. the container's service, on ECS and EKS: [Container],
//  9. the instance's service, on EC2: [InstanceMetadata].
//
// The profile is [Chain.Profile], else AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
// "default". The files are AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials,
// and AWS_CONFIG_FILE, else ~/.aws/config.
//
// Making a chain does nothing. Whatever is read, started or dialled is so when
// credentials are asked for, only as far as the search goes, and again before
// they end.
//
// # Fewer sources
//
// Each source is a type that serves alone, and [New] makes a provider of those
// that a program names. The others are then not linked, nor, for the environment
// alone, what they need of net/http and os/exec:
//
//	provider := chain.New(chain.Environment{})
//	provider := chain.New(&chain.WebIdentity{}, &chain.Container{})
//
// # Errors
//
// What is there and cannot be used is an error and never passed over: half an
// access key, a file that cannot be read or has a line that is no setting, a
// profile asked for by name that is nowhere, profiles whose roles lead in a
// circle, a sign-in that has ended. These are [*SettingError]s. A source that is
// set up, was asked and failed gives a [*SourceError]. Both come in a [*SearchError]
// that says which sources were tried before, and why each did not serve. When there
// is nothing at all, the error is a [*NoCredentialsError] that says so of each.
//
// No error holds a secret access key, a token, an external ID, a command, or what
// a program or a service answered beyond its error code.
package chain
