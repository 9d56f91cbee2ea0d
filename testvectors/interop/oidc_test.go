package interop

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"time"
)

// issuer is an OpenID Connect provider that MinIO trusts: the discovery document,
// the public key, and tokens signed with the private one (OpenID Connect Discovery
// 1.0, section 4; RFC 7517; RFC 7519; RS256 of RFC 7518, section 3.3).
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

// audience is whom its tokens are for: the client ID that MinIO is set up with.
// The role that MinIO makes of the provider is called by that ID's SHA-1.
const (
	audience  = "interop"
	minioRole = "arn:minio:iam:us-east-1::role/fRGPWrjFAsqwPLxCXZinPV1NZ84"
)

func startIssuer() (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	i := &issuer{key: key}
	answer := func(v func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(v())
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/openid-configuration", answer(func() any {
		return map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/none", "token_endpoint": i.URL + "/none"}
	}))
	mux.Handle("/keys", answer(func() any {
		return map[string]any{"keys": []map[string]string{{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}}
	}))
	i.Server = httptest.NewServer(mux)
	return i, nil
}

// token is one for the audience, good until expires.
func (i *issuer) token(audience string, expires time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{"iss": i.URL, "sub": "alice", "aud": audience, "iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": expires.Unix()})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
