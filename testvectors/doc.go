// Package testvectors holds the AWS Signature Version 4 figures that Amazon has
// published, as Go values: what goes into a signature and what must come out at
// each of its stages. Beside them stand scenarios of our own, of the known ways to
// get it wrong: [Flaws].
//
// It knows nothing of any signer and does no cryptography, so a signer checked
// against it is checked against AWS and not against itself. Each loader knows
// how many entries its text must hold and fails on any other number: a lost
// vector is an error, never a test that silently shrank.
//
// # Where the figures come from
//
//   - [V4]: the suite in awslabs/aws-c-auth, tests/aws-signing-test-suite/v4,
//     commit 495329c2433034bd8fd53fc6ba9e0202d3fac876, Apache-2.0.
//   - [Legacy2015]: the suite as boto/botocore keeps it in
//     tests/unit/auth/aws4_testsuite, commit
//     0e6e2404b85dc336dd2889814e089bde7d1a4c55, Apache-2.0.
//   - [Documents], [Policies] and [SigningKeys]: examples in the Amazon S3 API
//     Reference, the Amazon Glacier Developer Guide and the AWS General
//     Reference; Source names the page. Several of these pages are retired. The
//     S3 pages were read in a mirror that blanks the access key, and the General
//     Reference and presigned URL figures are known by way of public tests that
//     cite them; the published signatures recompute from what is given here.
//   - [V4a]: the suite in awslabs/aws-c-auth, tests/aws-signing-test-suite/v4a, at
//     the same commit, without its two directories that hold a request only.
//     [V4aStrings]: TestSignRequest in aws/smithy-go,
//     aws-http-auth/sigv4a/sigv4a_test.go. [V4aKeys]: awslabs/aws-c-auth,
//     tests/key_derivation_tests.c, the suite and tests/test_chunked_signing.c.
//     All Apache-2.0.
//   - [Chains]: the two examples of the Amazon S3 API Reference, and tests of
//     awslabs/aws-c-auth, aws/aws-sdk-java-v2 and aws/smithy-go. [Framings]: tests
//     of boto/botocore and aws/aws-sdk-java-v2. Apache-2.0; each Source names its
//     page or file.
//   - [SpaceCollapse]: TestStripExcessHeaders in aws/aws-sdk-go-v2,
//     aws/signer/v4/v4_test.go, Apache-2.0.
//
// The file NOTICE carries the attributions.
//
// # How the flaws were made
//
// [Flaws] are in the manner of Wycheproof: each scenario is one call, and its
// flags, which [Flags] explains, say which mistakes it would show. Two thirds are
// to be refused. Requests, canonical requests and signatures were written by a
// program of its own in Python (hmac and hashlib, no signer), straight from the
// IAM User Guide, "Create a signed AWS API request", and the Amazon S3 API
// Reference, "Authenticating Requests (AWS Signature Version 4)"; the same program
// signs wrongly on purpose what a server must refuse. Which headers a signer
// signs, and how strict it is beyond those documents, is a choice: here it signs
// all headers that it is given but user-agent, via and the like, and refuses what
// cannot arrive as it was signed. That a comparison takes the same time for every
// signature is nothing that a vector can show.
//
// # The text format
//
// The figures lie in *.txt files made to be laid beside the originals. A line
// is one of these:
//
//	# remark
//	default KEY VALUE     for every record of the file's first kind that does not set KEY
//	KIND NAME             opens a record: case, policy, chain, scenario, ...
//	KEY VALUE             a value is the raw bytes from the first blank to the line's end
//	KEY                   followed by the lines of a value of several lines:
//	| text                one such line
//	|                     one such line, empty
//	pair "GIVEN" "WANTED" a record of one line
//
// A value that begins with a double quote is a quoted Go string. That is the
// only way to write control characters, bytes that are not UTF-8 and blanks at
// the end of a line; raw, these are refused, for an editor may change them
// unseen. Unknown keys, keys given twice, names given twice and missing keys
// are refused as well.
//
// The keys header-canonical-request, header-string-to-sign and header-signature
// (likewise query-...) bear the names of the files in aws-c-auth. The list of
// signed headers and the payload hash are not written out beside them: they
// are the last two lines of the canonical request.
//
// # What is odd about the vectors
//
//   - Some request lines are not valid HTTP: get-space-* contains a blank and
//     get-utf8 and get-vanilla-utf8-query contain raw UTF-8. The expected path
//     encodes these bytes once. Whoever turns the URL into its wire form before
//     the signer's own encoding gets %2520 where %20 is wanted.
//   - get-header-value-multiline folds a header over three lines, which HTTP has
//     since given up. Headers has the value on one line with a blank for each
//     fold, which is what both suites expect; another copy of the 2015 suite
//     in circulation expects commas, with another signature.
//   - A header value is all that follows the colon. In get-header-value-trim it
//     begins with a blank, which is the point of that case.
//   - The v4 suite says of most cases that the body is not signed, which means
//     that the hash of an empty body is. Only the cases with ContentSHA256 have
//     a body. Their query form signs its hash too, but does not send
//     x-amz-content-sha256.
//   - post-x-www-form-urlencoded and -parameters differ between the suites: v4
//     signs Content-Length and x-amz-content-sha256, the 2015 suite neither, and
//     the charset is spelled utf-8 in one and utf8 in the other. All other cases
//     that both suites have agree.
//   - In post-sts-header-after the token is attached after signing (SignToken is
//     false). The 2015 request does not mention it; its signed request does.
//   - In the 2015 get-vanilla-with-session-token the request lacks the token and
//     the signed request bears the signature of get-vanilla; the separate
//     Authorization header is right and is what stands here.
//   - Some cases test less than their names say: get-vanilla-query has no query,
//     get-vanilla-empty-query-key no empty key, and post-header-key-case and
//     get-vanilla-query-order-key-case no difference in case.
//   - The Glacier page prints a path for its upload example that does not lead
//     to its signature; the path here ends in /archives and does. The IAM
//     example in query form signs the hash of the empty body, where S3 signs the
//     word UNSIGNED-PAYLOAD.
//   - The upload policies have CRLF line ends, hence they stand here in base64
//     only, which is also what is signed. For the edition of 2013 the form
//     fields are not known.
//   - Of two of the three signing keys AWS printed only the last key.
//   - A SigV4a signature has a random part: that in signature.txt, which stands
//     here, is another than that in signed-request.txt, and both verify. Region is
//     the region set. The SigV4a cases of aws/smithy-go have no signature.
//   - The S3 page on trailers prints an Authorization header that signs
//     Content-Length and not x-amz-trailer; the signature is that of its canonical
//     request, which does the reverse. It also repeats the Content-Length 66824 of
//     the page without trailers, where 66946 is sent; the header is left out here.
//   - The chain aws-c-auth-trailing-headers has three trailers, but the seed of a
//     request that announces none. The trailer of s3-chunked-upload-trailer-java is
//     the CRC32C of the letter a, not of the body.
//   - The chains java-* have a signing key of a few letters and a seed that is no
//     signature. event-stream-go signs the same text as headers and as payload.
//   - The secrets of the event streams have 6 characters; a signer may refuse them
//     and take the signing key instead.
//   - Strings to sign of SigV4a chains have the word PREVIOUS in place of the
//     signature before: see [Piece.StringToSignAfter].
//
// # Checking the transcription
//
// The test behind the build tag originals compares every value with a copy of
// the originals:
//
//	go test -tags originals ./testvectors -originals DIR
//
// DIR holds v4 and v4a (the directories of aws-c-auth), legacy-2015 (the directories of
// botocore side by side, those below normalize-path and post-sts-token moved
// up) and s3-examples.json (the examples of the documents as JSON; the test
// shows the fields it reads). A relative DIR counts from this package's folder.
package testvectors
