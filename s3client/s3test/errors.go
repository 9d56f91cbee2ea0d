package s3test

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Errors as S3 writes them (Amazon S3 API Reference, "Error responses"). STS's
// are in sts.go.

// apiError is an error that the client is told.
type apiError struct {
	Code    string
	Message string
	Status  int     // 0: what statuses says of the code
	Fields  []field // further elements, in order
	Header  http.Header
}

// field is an element beside Code and Message.
type field struct {
	Name  string
	Value any
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func (e *apiError) status() int {
	return cmp.Or(e.Status, statuses[e.Code].status, http.StatusBadRequest)
}

func errorf(code, message string, fields ...field) *apiError {
	return &apiError{Code: code, Message: message, Fields: fields}
}

func notImplemented(message string, fields ...field) *apiError {
	return errorf("NotImplemented", message, fields...)
}

func invalidArgument(message, name, value string) *apiError {
	return errorf("InvalidArgument", message, field{"ArgumentName", name}, field{"ArgumentValue", value})
}

// standard makes an error with the message that S3 has for its code.
func standard(code string, fields ...field) *apiError {
	return errorf(code, statuses[code].message, fields...)
}

// statuses are the codes that this server answers with, and those that a fault
// may name.
var statuses = map[string]struct {
	status  int
	message string
}{
	"AccessControlListNotSupported":           {400, "The bucket does not allow ACLs"},
	"AccessDenied":                            {403, "Access Denied"},
	"AuthorizationHeaderMalformed":            {400, "The authorization header is malformed"},
	"AuthorizationQueryParametersError":       {400, "The authorization query parameters are malformed"},
	"BadDigest":                               {400, "The Content-MD5 you specified did not match what we received."},
	"BadRequest":                              {400, "Bad Request"},
	"BandwidthLimitExceeded":                  {503, "Bandwidth limit exceeded."},
	"BucketAlreadyExists":                     {409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."},
	"BucketAlreadyOwnedByYou":                 {409, "Your previous request to create the named bucket succeeded and you already own it."},
	"BucketNotEmpty":                          {409, "The bucket you tried to delete is not empty"},
	"ConditionalRequestConflict":              {409, "The conditional request cannot succeed due to a conflicting operation against this resource."},
	"EntityTooLarge":                          {400, "Your proposed upload exceeds the maximum allowed size"},
	"EntityTooSmall":                          {400, "Your proposed upload is smaller than the minimum allowed size"},
	"ExpiredToken":                            {400, "The provided token has expired."},
	"ExpiredTokenException":                   {400, "The web identity token that was passed is expired or is not valid."},
	"IDPCommunicationError":                   {400, "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached."},
	"IDPRejectedClaim":                        {403, "The identity provider (IdP) reported that authentication failed."},
	"IllegalLocationConstraintException":      {400, "The location constraint is incompatible for the region specific endpoint this request was sent to."},
	"IllegalVersioningConfigurationException": {400, "The versioning configuration specified in the request is not valid."},
	"IncompleteBody":                          {400, "You did not provide the number of bytes specified by the Content-Length HTTP header"},
	"IncompleteSignature":                     {400, "The request signature does not conform to AWS standards."},
	"InternalError":                           {500, "We encountered an internal error. Please try again."},
	"InternalFailure":                         {500, "The request processing has failed because of an unknown error, exception or failure."},
	"InvalidAccessKeyId":                      {403, "The AWS Access Key Id you provided does not exist in our records."},
	"InvalidArgument":                         {400, "Invalid Argument"},
	"InvalidAuthorizationMessageException":    {400, "Message is not valid"},
	"InvalidBucketAclWithObjectOwnership":     {400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"},
	"InvalidBucketName":                       {400, "The specified bucket is not valid."},
	"InvalidBucketOwnerAWSAccountID":          {400, "The value of the expected bucket owner parameter must be an AWS account ID"},
	"InvalidBucketState":                      {409, "The request is not valid with the current state of the bucket."},
	"InvalidClientTokenId":                    {403, "The security token included in the request is invalid."},
	"InvalidDigest":                           {400, "The Content-MD5 you specified was invalid."},
	"InvalidEncryptionAlgorithmError":         {400, "The encryption request you specified is not valid. The valid value is AES256."},
	"InvalidIdentityToken":                    {400, "The web identity token that was passed could not be validated by AWS."},
	"InvalidLocationConstraint":               {400, "The specified location-constraint is not valid"},
	"InvalidObjectState":                      {403, "The operation is not valid for the object's storage class"},
	"InvalidParameterValue":                   {400, "An invalid or out-of-range value was supplied for the input parameter."},
	"InvalidPart":                             {400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."},
	"InvalidPartNumber":                       {416, "The requested partnumber is not satisfiable"},
	"InvalidPartOrder":                        {400, "The list of parts was not in ascending order. Parts must be ordered by part number."},
	"InvalidRange":                            {416, "The requested range is not satisfiable"},
	"InvalidRequest":                          {400, "The request is invalid."},
	"InvalidStorageClass":                     {400, "The storage class you specified is not valid"},
	"InvalidTag":                              {400, "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."},
	"InvalidToken":                            {400, "The provided token is malformed or otherwise invalid."},
	"InvalidURI":                              {400, "Couldn't parse the specified URI."},
	"KeyTooLongError":                         {400, "Your key is too long"},
	"MalformedPolicyDocument":                 {400, "The request was rejected because the policy document was malformed."},
	"MalformedTrailerError":                   {400, "The request contained trailing data that was not well-formed or did not conform to our published schema."},
	"MalformedXML":                            {400, "The XML you provided was not well-formed or did not validate against our published schema"},
	"MaxMessageLengthExceeded":                {400, "Your request was too big."},
	"MetadataTooLarge":                        {400, "Your metadata headers exceed the maximum allowed metadata size"},
	"MethodNotAllowed":                        {405, "The specified method is not allowed against this resource."},
	"MissingAuthenticationToken":              {403, "Request is missing Authentication Token"},
	"MissingContentLength":                    {411, "You must provide the Content-Length HTTP header."},
	"MissingSecurityHeader":                   {400, "Your request was missing a required header"},
	"NoSuchBucket":                            {404, "The specified bucket does not exist"},
	"NoSuchCORSConfiguration":                 {404, "The CORS configuration does not exist"},
	"NoSuchKey":                               {404, "The specified key does not exist."},
	"NoSuchLifecycleConfiguration":            {404, "The lifecycle configuration does not exist"},
	"NoSuchObjectLockConfiguration":           {404, "The specified object does not have a ObjectLock configuration"},
	"NoSuchTagSet":                            {404, "The TagSet does not exist"},
	"NoSuchUpload":                            {404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."},
	"NoSuchVersion":                           {404, "The specified version does not exist."},
	"NotImplemented":                          {501, "A header you provided implies functionality that is not implemented"},
	"ObjectLockConfigurationNotFoundError":    {404, "Object Lock configuration does not exist for this bucket"},
	"ObjectNotInActiveTierError":              {403, "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."},
	"OperationAborted":                        {409, "A conflicting conditional operation is currently in progress against this resource. Please try again."},
	"PackedPolicyTooLarge":                    {400, "The request was rejected because the total packed size of the session policies and session tags combined was too large."},
	"PermanentRedirect":                       {301, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."},
	"TemporaryRedirect":                       {307, "Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests."},
	"PreconditionFailed":                      {412, "At least one of the pre-conditions you specified did not hold"},
	"RegionDisabledException":                 {403, "STS is not activated in this region for the account."},
	"RequestLimitExceeded":                    {503, "Request limit exceeded."},
	"RequestTimeTooSkewed":                    {403, "The difference between the request time and the current time is too large."},
	"RequestTimeout":                          {400, "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."},
	"ServiceUnavailable":                      {503, "Service is unable to handle request."},
	"SignatureDoesNotMatch":                   {403, "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
	"SlowDown":                                {503, "Please reduce your request rate."},
	"Throttling":                              {400, "Rate exceeded"},
	"ThrottlingException":                     {400, "Rate exceeded"},
	"TooManyBuckets":                          {400, "You have attempted to create more buckets than allowed"},
	"UnexpectedContent":                       {400, "This request does not support content"},
	"UserKeyMustBeSpecified":                  {400, "The bucket POST must contain the specified field name. If it is specified, check the order of the fields."},
	"ValidationError":                         {400, "The input fails to satisfy the constraints specified by an AWS service."},
	"XAmzContentSHA256Mismatch":               {400, "The provided 'x-amz-content-sha256' header does not match what was computed."},
}

func (s *Server) writeS3Error(w *answer, r *http.Request, q *request, err error) {
	if proxy := (*page)(nil); errors.As(err, &proxy) {
		proxy.write(w, r)
		return
	}
	var e *apiError
	if refusal := (*sigv4http.Refusal)(nil); errors.As(err, &refusal) {
		e = refused(refusal)
	} else if !errors.As(err, &e) {
		// The cause is the server's own trouble (a full disk, say): it belongs in
		// front of the one who runs the test.
		e = errorf("InternalError", statuses["InternalError"].message, field{"Cause", err.Error()})
	}
	h := w.Header()
	for name, values := range e.Header {
		h[name] = values
	}
	status := e.status()
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	s.tellRegion(h, q, e.Code)
	var x xmlDoc
	x.begin()
	if status == http.StatusOK { // S3 sends white space while a client waits
		x.b.WriteString("\n \n \n")
	}
	x.start("Error", "")
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	for _, f := range e.Fields {
		x.element(f.Name, fmt.Sprint(f.Value))
	}
	if !x.has("Resource") {
		x.element("Resource", q.resource)
	}
	x.element("RequestId", w.id)
	x.element("HostId", h.Get("X-Amz-Id-2"))
	x.end("Error")
	x.write(w, r, status)
}

// newRequestID has the form that each service gives its own.
func newRequestID(f face) string {
	if f == faceS3 {
		return rand.Text()[:16]
	}
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newHostID() string {
	var b [56]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// xmlDoc writes XML. encoding/xml would put U+FFFD in the place of characters
// that XML 1.0 has no room for, and so show a key that is not there; S3 writes
// character references, which a strict parser refuses, and offers
// encoding-type=url.
type xmlDoc struct{ b strings.Builder }

func (x *xmlDoc) begin() { x.b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") }

func (x *xmlDoc) start(name, namespace string) {
	if x.b.Len() == 0 {
		x.begin()
	}
	x.b.WriteByte('<')
	x.b.WriteString(name)
	if namespace != "" {
		x.b.WriteString(` xmlns="` + namespace + `"`)
	}
	x.b.WriteByte('>')
}

func (x *xmlDoc) end(name string) { x.b.WriteString("</" + name + ">") }

func (x *xmlDoc) element(name, text string) {
	x.b.WriteString("<" + name + ">")
	x.text(text)
	x.end(name)
}

func (x *xmlDoc) text(text string) {
	for i := range len(text) {
		switch c := text[i]; c {
		case '&':
			x.b.WriteString("&amp;")
		case '<':
			x.b.WriteString("&lt;")
		case '>':
			x.b.WriteString("&gt;")
		case '"':
			x.b.WriteString("&quot;")
		case '\n', '\t':
			x.b.WriteByte(c)
		default:
			if c < ' ' || c == 0x7f {
				x.b.WriteString("&#x" + strconv.FormatInt(int64(c), 16) + ";")
				continue
			}
			x.b.WriteByte(c)
		}
	}
}

func (x *xmlDoc) has(name string) bool { return strings.Contains(x.b.String(), "<"+name+">") }

func (x *xmlDoc) write(w *answer, r *http.Request, status int) {
	x.writeAs(w, r, status, "application/xml")
}

func (x *xmlDoc) writeAs(w *answer, r *http.Request, status int, contentType string) {
	writeText(w, r, status, contentType, x.b.String())
}

func writeText(w *answer, r *http.Request, status int, contentType, body string) {
	if w.damage != nil && status < 300 {
		body = w.damage.document(body)
	}
	w.Header().Set("Content-Type", contentType)
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	io.WriteString(w, body)
}

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
