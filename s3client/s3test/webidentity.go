package s3test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// AssumeRoleWithWebIdentity, and the tokens that it takes.

// WebIdentity is what a token says.
type WebIdentity struct {
	Issuer   string    // the IdentityProvider's
	Subject  string    // who it is
	Audience string    // "" is the first of the provider's
	Expires  time.Time // zero is in an hour

	Tags              map[string]string // session tags
	TransitiveTagKeys []string
	SourceIdentity    string
}

// claims are the payload of a token (IAM User Guide, "Pass session tags in AWS
// STS", Passing session tags using AssumeRoleWithWebIdentity).
type claims struct {
	Issuer         string   `json:"iss"`
	Subject        string   `json:"sub"`
	Audience       audience `json:"aud"`
	Expires        int64    `json:"exp"`
	IssuedAt       int64    `json:"iat"`
	NotBefore      int64    `json:"nbf,omitempty"`
	Tags           *tagging `json:"https://aws.amazon.com/tags,omitempty"`
	SourceIdentity string   `json:"https://aws.amazon.com/source_identity,omitempty"`
}

type tagging struct {
	Principal  map[string][]string `json:"principal_tags,omitempty"`
	Transitive []string            `json:"transitive_tag_keys,omitempty"`
}

// audience is a text or several (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// WebIdentityToken makes a token, a signed JWT, that AssumeRoleWithWebIdentity
// takes. An audience that is not the provider's, or a time that is over, makes
// one that it refuses.
func (s *Server) WebIdentityToken(id WebIdentity) (string, error) {
	p := s.providers[id.Issuer]
	if p == nil || p.Verify != nil {
		return "", fmt.Errorf("s3test: WebIdentityToken: %q is not the Issuer of one of Config.IdentityProviders without Verify", id.Issuer)
	}
	if id.Subject == "" {
		return "", errors.New("s3test: WebIdentityToken: Subject is empty: expecting who it is")
	}
	now := s.now()
	if id.Audience == "" {
		id.Audience = p.Audiences[0]
	}
	if id.Expires.IsZero() {
		id.Expires = now.Add(time.Hour)
	}
	c := claims{
		Issuer: id.Issuer, Subject: id.Subject, Audience: audience{id.Audience},
		Expires: id.Expires.Unix(), IssuedAt: now.Unix(), SourceIdentity: id.SourceIdentity,
	}
	if len(id.Tags) > 0 {
		c.Tags = &tagging{Principal: make(map[string][]string), Transitive: id.TransitiveTagKeys}
		for key, value := range id.Tags {
			c.Tags.Principal[key] = []string{value}
		}
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	signed := encodeSegment([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + encodeSegment(payload)
	digest := sha256.Sum256([]byte(signed))
	x, y, err := ecdsa.Sign(rand.Reader, s.tokenKey, digest[:])
	if err != nil {
		return "", err
	}
	// RFC 7518, section 3.4: both numbers, 32 bytes each.
	var signature [64]byte
	x.FillBytes(signature[:32])
	y.FillBytes(signature[32:])
	return signed + "." + encodeSegment(signature[:]), nil
}

func newTokenKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func encodeSegment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// verifyToken checks a signature of WebIdentityToken's.
func (s *Server) verifyToken(token string) error {
	i := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	digest := sha256.Sum256([]byte(token[:max(i, 0)]))
	if err != nil || len(signature) != 64 ||
		!ecdsa.Verify(&s.tokenKey.PublicKey, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("the signature is wrong")
	}
	return nil
}

// readToken gives the claims of a token that is good now.
func (s *Server) readToken(token string) (*claims, error) {
	invalid := func(problem string) (*claims, error) { return nil, errorf("InvalidIdentityToken", problem) }
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") { // which package base64 skips
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil || c.Issuer == "" || c.Subject == "" {
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	p := s.providers[c.Issuer]
	if p == nil {
		return invalid("No OpenIDConnect provider found in your account for " + c.Issuer)
	}
	verify := p.Verify
	if verify == nil {
		verify = s.verifyToken
	}
	if err := verify(token); err != nil {
		return invalid("Couldn't verify the signature of the ID Token: " + err.Error())
	}
	if !slices.ContainsFunc(c.Audience, func(a string) bool { return slices.Contains(p.Audiences, a) }) {
		return invalid("Incorrect token audience")
	}
	now := s.now().Unix()
	switch {
	case now >= c.Expires:
		return nil, errorf("ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now, c.Expires))
	case now < c.NotBefore:
		return invalid("Token is not yet valid")
	}
	return &c, nil
}

// context has the condition keys of a web identity (IAM User Guide, "IAM and AWS
// STS condition context keys", Available keys for AWS OIDC federation).
func (c *claims) context() map[string][]string {
	host := strings.TrimPrefix(c.Issuer, "https://")
	return map[string][]string{host + ":sub": {c.Subject}, host + ":aud": c.Audience}
}

// tags are those in the token.
func (c *claims) tags() ([]tag, error) {
	if c.Tags == nil {
		return nil, nil
	}
	var all []tag
	for _, key := range slices.Sorted(maps.Keys(c.Tags.Principal)) {
		v := c.Tags.Principal[key]
		if len(v) != 1 || !tagKey.fits(key) || !tagValue.fits(v[0]) || len(c.Tags.Principal) > maxTags {
			return nil, errorf("InvalidIdentityToken", "The session tags in the token are not of the form that they must have")
		}
		all = append(all, tag{key: key, value: v[0]})
	}
	return markTransitive(all, c.Tags.Transitive)
}

// assumeRoleWithWebIdentity needs no signature: the token says who asks.
func (s *Server) assumeRoleWithWebIdentity(w *answer, r *http.Request, q *request, values url.Values) error {
	if values.Has("ProviderId") {
		return notImplemented("ProviderId is not implemented: OAuth 2.0 access tokens are not taken")
	}
	p := &params{Values: values}
	in, err := p.roleRequest()
	if err != nil {
		return err
	}
	token := p.required("WebIdentityToken", webToken)
	if err := p.err(); err != nil {
		return err
	}
	if !roleARN.MatchString(in.role) {
		return errorf("ValidationError", "Request ARN is invalid")
	}
	id, err := s.readToken(token)
	if err != nil {
		return err
	}
	if id.SourceIdentity != "" && !sourceIdentity.fits(id.SourceIdentity) {
		return errorf("InvalidIdentityToken", "The source identity in the token is not of the form that it must have")
	}
	tags, err := id.tags()
	if err != nil {
		return err
	}
	// The provider is one of the role's account.
	part := strings.SplitN(in.role, ":", 6)
	provider := "arn:" + part[1] + ":iam::" + part[4] + ":oidc-provider/" + strings.TrimPrefix(id.Issuer, "https://")
	keys := id.context()
	keys["aws:FederatedProvider"] = []string{provider}

	context := s.context(r, caller{})
	maps.Copy(context, keys)
	context[roleSessionNameKey] = []string{in.name}
	begun, err := s.beginRole(caller{}, in, asked{
		action: "sts:AssumeRoleWithWebIdentity", principal: provider, tags: tags, sourceIdentity: id.SourceIdentity, context: context,
	})
	if err != nil {
		return err
	}
	begun.session.claims = keys
	t := s.beginSession(begun.session, in.duration)

	var x xmlDoc
	x.start("AssumeRoleWithWebIdentityResponse", stsNamespace)
	x.start("AssumeRoleWithWebIdentityResult", "")
	x.element("SubjectFromWebIdentityToken", id.Subject)
	x.element("Audience", id.Audience[0])
	x.assumedRole(t)
	x.credentials(t)
	x.element("Provider", provider)
	begun.write(&x)
	x.end("AssumeRoleWithWebIdentityResult")
	x.metadata(w)
	x.end("AssumeRoleWithWebIdentityResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}
