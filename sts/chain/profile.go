package chain

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// profile is one profile as both files have it.
type profile struct {
	name        string
	credentials file
	config      file
	inCred      section // its section in the credentials file, nil if none
	inConfig    section // in the config file
}

// profile reads both files.
func (c *Chain) profile() (profile, error) {
	p := profile{name: cmp.Or(c.Profile, c.env("AWS_PROFILE"), "default")}
	var err error
	if p.credentials, err = readFile(c.path("AWS_SHARED_CREDENTIALS_FILE", "credentials")); err != nil {
		return profile{}, err
	}
	if p.config, err = readFile(c.path("AWS_CONFIG_FILE", "config")); err != nil {
		return profile{}, err
	}
	p.inCred = p.credentials.sections[p.name]
	p.inConfig = configSection(p.config.sections, "profile", p.name)
	if p.name == "default" && p.inConfig == nil {
		p.inConfig = p.config.sections["default"]
	}
	if p.name != "default" && p.inCred == nil && p.inConfig == nil {
		return profile{}, p.missing()
	}
	return p, nil
}

// path is where a shared file is, "" if there is no home directory to look in.
func (c *Chain) path(variable, name string) string {
	home := c.home()
	if path := c.env(variable); path != "" {
		if rest, ok := strings.CutPrefix(path, "~"); ok && home != "" && rest != "" && (rest[0] == '/' || rest[0] == filepath.Separator) {
			return filepath.Join(home, rest)
		}
		return path
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".aws", name)
}

// configSection finds [KIND NAME] of the config file, where the name may stand
// in quotes.
func configSection(sections map[string]section, kind, name string) section {
	for _, quote := range [...]string{"", `"`, "'"} {
		if s := sections[kind+" "+quote+name+quote]; s != nil {
			return s
		}
	}
	return nil
}

// missing says that a profile asked for by name is nowhere, and whether it is
// the other file's form of its section that hides it.
func (p profile) missing() error {
	e := &SettingError{Kind: ErrNoProfile, Source: p.config.name, Setting: "profile " + p.name}
	switch {
	case p.config.sections[p.name] != nil:
		e.Problem = "has a section without the word profile, which this file wants: [profile " + p.name + "]"
	case configSection(p.credentials.sections, "profile", p.name) != nil:
		e.Source = p.credentials.name
		e.Problem = "has a section with the word profile, which this file does not want: [" + p.name + "]"
	default:
		e.Source = cmp.Or(p.config.name, "config file")
		e.Problem = "is neither here nor in " + cmp.Or(p.credentials.name, "a credentials file")
	}
	return e
}

// get gives a setting of the profile; the credentials file goes before the
// config file (AWS SDKs and Tools Reference Guide, "Shared config and
// credentials files").
func (p profile) get(name string) (setting, bool) {
	if s, ok := p.inCred[name]; ok && s.value != "" {
		return s, true
	}
	s, ok := p.inConfig[name]
	return s, ok && s.value != ""
}

// word gives a setting whose value is one word, "" if there is none.
func (p profile) word(name string) (string, error) {
	s, ok := p.get(name)
	if !ok {
		return "", nil
	}
	return s.word(name)
}

func (s setting) word(name string) (string, error) {
	if strings.ContainsAny(s.value, " \t\n") {
		return "", &SettingError{Kind: ErrMalformed, Source: s.file, Line: s.line, Setting: name,
			Problem: "has a blank in its value, or a second line that stands further right"}
	}
	return s.value, nil
}

// The ways to credentials that are not built, in the order of mention.
var otherWays = [...]string{
	"role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "sso_account_id",
	"credential_process", "credential_source", "source_profile", "login_session",
}

// unsupported names the first setting that this package cannot follow.
func (p profile) unsupported(names ...string) error {
	for _, name := range names {
		if s, ok := p.get(name); ok {
			return &SettingError{Kind: ErrUnsupported, Source: s.file, Line: s.line, Setting: name,
				Problem: "is how profile " + p.name + " gets its credentials; use a profile with an access key, or the environment"}
		}
	}
	return nil
}

// accessKey gives the profile's own access key. A key is taken whole from one
// file, never its ID from one and its secret from the other.
func (p profile) accessKey() (cred sigv4.Credentials, ok bool, err error) {
	for _, s := range [...]section{p.inCred, p.inConfig} {
		id, secret, token := s["aws_access_key_id"], s["aws_secret_access_key"], s["aws_session_token"]
		if id.value == "" && secret.value == "" {
			continue
		}
		there, other := id, "aws_secret_access_key"
		if id.value == "" {
			there, other = secret, "aws_access_key_id"
		}
		if id.value == "" || secret.value == "" {
			return sigv4.Credentials{}, false, &SettingError{Kind: ErrIncomplete, Source: there.file, Line: there.line,
				Setting: other, Problem: "is missing in profile " + p.name + ", which has the other half here"}
		}
		for _, part := range [...]struct {
			name string
			setting
		}{{"aws_access_key_id", id}, {"aws_secret_access_key", secret}, {"aws_session_token", token}} {
			if _, err := part.word(part.name); err != nil {
				return sigv4.Credentials{}, false, err
			}
		}
		return sigv4.NewCredentials(id.value, secret.value, token.value), true, nil
	}
	return sigv4.Credentials{}, false, nil
}
