package s3test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// The STS face (AWS Security Token Service API Reference): what its operations
// have in common.

const (
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	stsVersion   = "2011-06-15"
)

func (s *Server) serveSTS(w *answer, r *http.Request, q *request) {
	w.Header().Set("X-Amzn-Requestid", w.id)
	err := s.trySTS(w, r, q)
	if err != nil {
		writeSTSError(w, r, err)
	}
}

func (s *Server) trySTS(w *answer, r *http.Request, q *request) error {
	body, errBody := readBody(r, maxForm)
	params := q.query
	if r.Method == http.MethodPost {
		var err error
		if params, err = url.ParseQuery(string(body)); err != nil {
			params = nil
		}
	}
	action := params.Get("Action")
	handle := stsOperations[action]
	if handle != nil {
		q.op = action
	}
	s.arrived(r, q)
	if errBody != nil {
		return errBody
	}

	// With a web identity, the token says who asks; a signature does not matter
	// ("AssumeRoleWithWebIdentity").
	if action != "AssumeRoleWithWebIdentity" {
		if !signed(r, q) {
			return standard("MissingAuthenticationToken")
		}
		v, err := s.sts.Verify(r, s.lookup, sigv4.PayloadOf(body), s.now())
		if err != nil {
			return s.stsAuthError(err, r, q)
		}
		if q.caller, err = s.callerOf(v.AccessKeyID); err != nil {
			return s.stsAuthError(err, r, q)
		}
	}
	if err := s.disturb(w, r, q); err != nil {
		return err
	}
	switch version := params.Get("Version"); {
	case action == "":
		return errorf("MissingAction", "Missing Action parameter")
	case handle == nil || version != stsVersion:
		if version == "" {
			version = "NO_VERSION_SPECIFIED"
		}
		return errorf("InvalidAction", "Could not find operation "+action+" for version "+version)
	}
	return handle(s, w, r, q, params)
}

var stsOperations = map[string]func(*Server, *answer, *http.Request, *request, url.Values) error{
	"AssumeRole":                 (*Server).assumeRole,
	"AssumeRoleWithWebIdentity":  (*Server).assumeRoleWithWebIdentity,
	"DecodeAuthorizationMessage": (*Server).decodeAuthorizationMessage,
	"GetAccessKeyInfo":           (*Server).getAccessKeyInfo,
	"GetCallerIdentity":          (*Server).getCallerIdentity,
	"GetSessionToken":            (*Server).getSessionToken,
}

// stsAuthError says in STS's words what [sigv4.Signer.Verify] says in S3's (AWS
// Security Token Service API Reference, "Common Errors").
func (s *Server) stsAuthError(err error, r *http.Request, q *request) error {
	var v *sigv4.VerifyError
	if !errors.As(err, &v) {
		return err
	}
	const layout = "20060102T150405Z"
	switch v.Code {
	case "InvalidAccessKeyId", "InvalidToken":
		return errorf("InvalidClientTokenId", "The security token included in the request is invalid.")
	case "ExpiredToken":
		return &apiError{Code: "ExpiredToken", Status: http.StatusForbidden, Message: "The security token included in the request is expired"}
	case "SignatureDoesNotMatch":
		return errorf(v.Code, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	case "RequestTimeTooSkewed":
		sent, now := r.Header.Get("X-Amz-Date"), s.now()
		if t, err := time.Parse(layout, sent); err == nil && t.After(now) {
			return errorf("SignatureDoesNotMatch", fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)",
				sent, now.Add(sigv4.MaxSkew).Format(layout), now.Format(layout)))
		}
		return errorf("SignatureDoesNotMatch", fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)",
			sent, now.Add(-sigv4.MaxSkew).Format(layout), now.Format(layout)))
	case "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError":
		if v.Region != "" {
			return errorf("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
		}
		return errorf("IncompleteSignature", v.Message)
	}
	return &apiError{Code: v.Code, Status: v.Status, Message: v.Message}
}

func writeSTSError(w *answer, r *http.Request, err error) {
	if proxy := (*page)(nil); errors.As(err, &proxy) {
		proxy.write(w, r)
		return
	}
	var e *apiError
	if !errors.As(err, &e) {
		e = errorf("InternalFailure", err.Error())
		e.Status = http.StatusInternalServerError
	}
	kind := "Sender"
	if e.status() >= 500 {
		kind = "Receiver"
	}
	var x xmlDoc
	x.start("ErrorResponse", stsNamespace)
	x.start("Error", "")
	x.element("Type", kind)
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	x.end("Error")
	x.element("RequestId", w.id)
	x.end("ErrorResponse")
	x.writeSTS(w, r, e.status())
}

func (x *xmlDoc) metadata(w *answer) {
	x.start("ResponseMetadata", "")
	x.element("RequestId", w.id)
	x.end("ResponseMetadata")
}

func (x *xmlDoc) writeSTS(w *answer, r *http.Request, status int) {
	x.writeAs(w, r, status, "text/xml")
}
