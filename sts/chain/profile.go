package chain

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// shared is where the shared files are and which profile is asked for. It reads
// them once, so that one search sees one state of them; each search has its own.
type shared struct {
	env  environment
	home string // "" means os.UserHomeDir
	name string // the profile asked for; "" means the environment's

	read  bool
	files files
	err   error
}

// files are both files.
type files struct{ credentials, config file }

// profile is one profile as both files have it.
type profile struct {
	files
	name     string
	inCred   section // its section in the credentials file, nil if none
	inConfig section // in the config file
}

// profile gives the profile that is asked for. One that is asked for by name and
// is nowhere is an error.
func (s *shared) profile() (profile, error) {
	if err := s.load(); err != nil {
		return profile{}, err
	}
	p := s.files.profile(cmp.Or(s.name, s.env("AWS_PROFILE"), s.env("AWS_DEFAULT_PROFILE"), "default"))
	if p.name != "default" && !p.exists() {
		return profile{}, p.missing()
	}
	return p, nil
}

func (s *shared) load() error {
	if s.read {
		return s.err
	}
	s.read = true
	if s.files.credentials, s.err = readShared(s.path("AWS_SHARED_CREDENTIALS_FILE", "credentials")); s.err == nil {
		s.files.config, s.err = readShared(s.path("AWS_CONFIG_FILE", "config"))
	}
	return s.err
}

// path is where a shared file is, "" if there is no home directory to look in.
func (s *shared) path(variable, name string) string {
	home := s.homeDir()
	if path := s.env(variable); path != "" {
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

func (s *shared) homeDir() string {
	if s.home != "" {
		return s.home
	}
	home, _ := os.UserHomeDir() // without one the files are not there
	return home
}

func (f files) profile(name string) profile {
	p := profile{files: f, name: name}
	p.inCred = f.credentials.sections[name]
	p.inConfig = configSection(f.config.sections, "profile", name)
	if name == "default" && p.inConfig == nil {
		p.inConfig = f.config.sections["default"]
	}
	return p
}

func (p profile) exists() bool { return p.inCred != nil || p.inConfig != nil }

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
func (p profile) missing() *SettingError {
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

// first gives the first of the settings that the profile has.
func (p profile) first(names ...string) (name string, s setting, ok bool) {
	for _, name := range names {
		if s, ok := p.get(name); ok {
			return name, s, true
		}
	}
	return "", setting{}, false
}

func (p profile) has(names ...string) bool {
	_, _, ok := p.first(names...)
	return ok
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
		return "", s.bad(ErrMalformed, name, "has a blank in its value, or a second line that stands further right")
	}
	return s.value, nil
}

// bad is an error about the setting.
func (s setting) bad(kind error, name, problem string) error {
	return &SettingError{Kind: kind, Source: s.file, Line: s.line, Setting: name, Problem: problem}
}

// at says where the setting stands.
func (s setting) at() string { return s.file + ":" + strconv.Itoa(s.line) }

// accessKey gives the profile's access key of one of its sections. A key is taken
// whole from one file, never its ID from one and its secret from the other.
func (p profile) accessKey(s section) (cred sigv4.Credentials, ok bool, err error) {
	id, secret, token := s["aws_access_key_id"], s["aws_secret_access_key"], s["aws_session_token"]
	if id.value == "" && secret.value == "" {
		return sigv4.Credentials{}, false, nil
	}
	there, other := id, "aws_secret_access_key"
	if id.value == "" {
		there, other = secret, "aws_access_key_id"
	}
	if id.value == "" || secret.value == "" {
		return sigv4.Credentials{}, false, there.bad(ErrIncomplete, other,
			"is missing in profile "+p.name+", which has the other half here")
	}
	parts := [...]struct {
		name string
		setting
	}{{"aws_access_key_id", id}, {"aws_secret_access_key", secret}, {"aws_session_token", token}}
	for _, part := range parts {
		if _, err := part.word(part.name); err != nil {
			return sigv4.Credentials{}, false, err
		}
	}
	cred = sigv4.NewCredentials(id.value, secret.value, token.value)
	if n, problem := unusable(cred); problem != "" {
		return sigv4.Credentials{}, false, parts[n].bad(ErrMalformed, parts[n].name, problem)
	}
	return cred, true, nil
}
