// Package chain finds credentials, region and endpoints where AWS's tools find
// them (AWS SDKs and Tools Reference Guide, "Standardized credential providers"
// and "Shared config and credentials files").
//
// A [Chain] tries in this order, and the first that has credentials gives them:
//
//  1. the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
//     AWS_SESSION_TOKEN; not when [Chain.Profile] asks for a profile by name
//     (as the AWS CLI does with --profile),
//  2. the access key of the profile in the shared credentials file,
//  3. the access key of the profile in the shared config file.
//
// The profile is [Chain.Profile], else AWS_PROFILE, else "default". The files
// are AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials, and AWS_CONFIG_FILE,
// else ~/.aws/config.
//
// What is there and cannot be used is an error and never passed over: half an
// access key, a file that cannot be read or has a line that is no setting, a
// profile asked for by name that is nowhere, a profile that gets its credentials
// in a way that this package does not know yet (role_arn, sso_session,
// credential_process, …). These are [*SettingError]s. When there is nothing at
// all, the error is a [*NoCredentialsError] that says where it looked.
//
// No error holds a value that was read.
package chain
