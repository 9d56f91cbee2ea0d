package s3test

import (
	"net/http"
	"net/url"
	"time"

	"github.com/sigvier/sigvier/sts/policy"
)

// The operations of STS that are about the caller: GetCallerIdentity,
// GetSessionToken, GetAccessKeyInfo, DecodeAuthorizationMessage.

// getCallerIdentity needs no permission, and no policy can deny it
// ("GetCallerIdentity").
func (s *Server) getCallerIdentity(w *answer, r *http.Request, q *request, _ url.Values) error {
	var x xmlDoc
	x.start("GetCallerIdentityResponse", stsNamespace)
	x.start("GetCallerIdentityResult", "")
	x.element("Arn", q.caller.arn())
	x.element("UserId", q.caller.userID())
	x.element("Account", accountOf(q.caller.arn()))
	x.end("GetCallerIdentityResult")
	x.metadata(w)
	x.end("GetCallerIdentityResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

const (
	usualUserSession = 12 * time.Hour
	maxUserSession   = 36 * time.Hour
)

// getSessionToken needs no permission either; it is for the user's own key only
// ("GetSessionToken").
func (s *Server) getSessionToken(w *answer, r *http.Request, q *request, values url.Values) error {
	if q.caller.session != nil {
		return errorf("AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	p := &params{Values: values}
	duration, err := p.duration(usualUserSession, maxUserSession)
	if err != nil {
		return err
	}
	serial, code := p.optional("SerialNumber", mfaSerial), p.optional("TokenCode", mfaCode)
	if err := p.err(); err != nil {
		return err
	}
	mfa, err := q.caller.oneTimePassword(serial, code)
	if err != nil {
		return err
	}
	t := s.beginSession(&session{user: q.caller.user, mfa: mfa}, duration)

	var x xmlDoc
	x.start("GetSessionTokenResponse", stsNamespace)
	x.start("GetSessionTokenResult", "")
	x.credentials(t)
	x.end("GetSessionTokenResult")
	x.metadata(w)
	x.end("GetSessionTokenResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

func (s *Server) getAccessKeyInfo(w *answer, r *http.Request, q *request, values url.Values) error {
	p := &params{Values: values}
	id := p.required("AccessKeyId", accessKey)
	if err := firstError(p.err(), s.mayCall(r, q, "sts:GetAccessKeyInfo")); err != nil {
		return err
	}
	owner, err := s.callerOf(id)
	if err != nil {
		// "GetAccessKeyInfo" leaves open what comes of a key that nobody has.
		return errorf("ValidationError", "The access key ID "+id+" is not known")
	}
	var x xmlDoc
	x.start("GetAccessKeyInfoResponse", stsNamespace)
	x.start("GetAccessKeyInfoResult", "")
	x.element("Account", accountOf(owner.arn()))
	x.end("GetAccessKeyInfoResult")
	x.metadata(w)
	x.end("GetAccessKeyInfoResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

func (s *Server) decodeAuthorizationMessage(w *answer, r *http.Request, q *request, values url.Values) error {
	p := &params{Values: values}
	encoded := p.required("EncodedMessage", encodedMessage)
	if err := firstError(p.err(), s.mayCall(r, q, "sts:DecodeAuthorizationMessage")); err != nil {
		return err
	}
	decoded, ok := s.decodeDenial(encoded)
	if !ok {
		return errorf("InvalidAuthorizationMessageException", "Message is not valid")
	}
	var x xmlDoc
	x.start("DecodeAuthorizationMessageResponse", stsNamespace)
	x.start("DecodeAuthorizationMessageResult", "")
	x.element("DecodedMessage", decoded)
	x.end("DecodeAuthorizationMessageResult")
	x.metadata(w)
	x.end("DecodeAuthorizationMessageResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

// mayCall is for the operations that are about no resource.
func (s *Server) mayCall(r *http.Request, q *request, action string) error {
	c := q.caller
	if c.user != nil && c.session != nil {
		// "GetSessionToken": its sessions may call AssumeRole and GetCallerIdentity,
		// and nothing else of STS.
		return errorf("AccessDenied", "Cannot call "+q.op+" with session credentials")
	}
	if d := c.permit(policy.Request{Principal: c.arn(), Action: action, Resource: "*", Context: s.context(r, c)}, false); d != nil {
		return s.deny(d)
	}
	return nil
}
