package sigv4_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// holders are the ways in which credentials lie about in a program. Fields that
// are not exported matter: package fmt calls no methods on what is in them.
type (
	exportedHolder      struct{ C sigv4.Credentials }
	exportedPointer     struct{ C *sigv4.Credentials }
	unexportedHolder    struct{ c sigv4.Credentials }
	unexportedPointer   struct{ c *sigv4.Credentials }
	unexportedAny       struct{ c any }
	unexportedInterface struct{ c sigv4.Provider }
	unexportedSlice     struct{ c []sigv4.Credentials }
	unexportedMap       struct{ c map[string]sigv4.Credentials }
	unexportedArray     struct{ c [1]sigv4.Credentials }
	embeddedHolder      struct{ sigv4.Credentials }
	deepHolder          struct{ h *unexportedHolder }
	redefined           sigv4.Credentials // has no methods
)

func holders() map[string]any {
	c := sigv4.NewCredentials(exampleID, exampleSecret, exampleToken)
	c.Expires = moment
	p := &c
	return map[string]any{
		"value":                        c,
		"pointer":                      p,
		"pointer to pointer":           &p,
		"type without methods":         redefined(c),
		"pointer to it":                (*redefined)(&c),
		"slice":                        []sigv4.Credentials{c},
		"slice of pointers":            []*sigv4.Credentials{p},
		"array":                        [1]sigv4.Credentials{c},
		"map value":                    map[string]sigv4.Credentials{"k": c},
		"map pointer":                  map[string]*sigv4.Credentials{"k": p},
		"map key":                      map[sigv4.Credentials]int{c: 1},
		"any":                          []any{c, p},
		"provider":                     []sigv4.Provider{c, p},
		"struct":                       struct{ C sigv4.Credentials }{c},
		"exported field":               exportedHolder{c},
		"pointer to exported field":    &exportedHolder{c},
		"exported pointer":             exportedPointer{p},
		"unexported field":             unexportedHolder{c},
		"pointer to unexported field":  &unexportedHolder{c},
		"unexported pointer":           unexportedPointer{p},
		"pointer to unexported one":    &unexportedPointer{p},
		"unexported any":               unexportedAny{c},
		"unexported any with pointer":  &unexportedAny{p},
		"unexported interface":         unexportedInterface{c},
		"unexported interface pointer": unexportedInterface{p},
		"unexported slice":             unexportedSlice{[]sigv4.Credentials{c}},
		"unexported map":               unexportedMap{map[string]sigv4.Credentials{"k": c}},
		"unexported array":             &unexportedArray{[1]sigv4.Credentials{c}},
		"embedded":                     embeddedHolder{c},
		"pointer to embedded":          &embeddedHolder{c},
		"deep":                         deepHolder{&unexportedHolder{c}},
		"slice of unexported":          []unexportedHolder{{c}},
		"map of unexported":            map[string]*unexportedHolder{"k": {c}},
		"method value":                 c.String,
	}
}

// reflected are holders that only package fmt takes.
func reflected() map[string]any {
	c := sigv4.NewCredentials(exampleID, exampleSecret, exampleToken)
	return map[string]any{
		"reflect.Value":                     reflect.ValueOf(c),
		"reflect.Value of a pointer":        reflect.ValueOf(&c),
		"reflect.Value of a field":          reflect.ValueOf(exportedHolder{c}).Field(0),
		"reflect.Value of unexported field": reflect.ValueOf(unexportedHolder{c}).Field(0),
	}
}

// leaks names what of the credentials the text holds, in any of the spellings
// that fmt has for text.
func leaks(text string) string {
	for name, secret := range map[string]string{"secret access key": exampleSecret, "session token": exampleToken} {
		for _, spelling := range []string{
			secret[:12], fmt.Sprintf("%x", secret[:12]), fmt.Sprintf("%X", secret[:12]), fmt.Sprintf("% x", secret[:12]), fmt.Sprintf("% X", secret[:12]),
			fmt.Sprintf("%# x", secret[:12]), fmt.Sprintf("%# X", secret[:12]), strings.Trim(fmt.Sprint([]byte(secret[:12])), "[]"),
		} {
			if strings.Contains(text, spelling) {
				return name
			}
		}
	}
	return ""
}

func TestCredentialsAreRedactedForEveryVerb(t *testing.T) {
	flags := []string{"", "+", "-", "#", " ", "0", "+#", "# ", "+ ", "-#", "200", ".13", "+-# 0200.100", "[1]"}
	all := holders()
	maps.Copy(all, reflected())
	printed := 0
	for name, holder := range all {
		t.Run(name, func(t *testing.T) {
			var bad []string
			var example string
			for c := byte('A'); c <= 'z'; c++ {
				if 'Z' < c && c < 'a' {
					continue
				}
				for _, flag := range flags {
					printed++
					format := "%" + flag + string(c)
					if text := fmt.Sprintf(format, holder); leaks(text) != "" {
						bad, example = append(bad, format), text
					}
				}
			}
			if bad != nil {
				t.Errorf("%d formats print the secret or the token, from %s to %s, which gives %q", len(bad), bad[0], bad[len(bad)-1], example)
			}
		})
	}
	if want := 52 * len(flags) * len(all); printed != want || len(all) < 35 {
		t.Errorf("%d texts printed of %d holders, want %d of at least 35", printed, len(all), want)
	}
}

// TestSignerPrintsNoSecret prints a signer whose cache has a key.
func TestSignerPrintsNoSecret(t *testing.T) {
	s := newSigner(t, "s3", nil)
	if err := s.Sign(newRequest(t, "GET", "https://example.amazonaws.com/"), temporary, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	for c := byte('A'); c <= 'z'; c++ {
		for _, format := range []string{"%" + string(c), "%+" + string(c), "%#" + string(c)} {
			for how, holder := range map[string]any{"a signer": s, "an unexported field": struct{ s *sigv4.Signer }{s}} {
				if text := fmt.Sprintf(format, holder); leaks(text) != "" {
					t.Errorf("Sprintf(%q) of %s = %q, which holds the %s", format, how, text, leaks(text))
				}
			}
		}
	}
}

func TestCredentialsAreRedactedByEveryPrinter(t *testing.T) {
	for name, holder := range holders() {
		printers := map[string]func(w *bytes.Buffer){
			"Print":        func(w *bytes.Buffer) { fmt.Fprint(w, holder) },
			"Println":      func(w *bytes.Buffer) { fmt.Fprintln(w, holder) },
			"Print, twice": func(w *bytes.Buffer) { fmt.Fprint(w, holder, holder) },
			"Errorf %w":    func(w *bytes.Buffer) { w.WriteString(fmt.Errorf("%v: %w", holder, io.EOF).Error()) },
			"too many":     func(w *bytes.Buffer) { fmt.Fprintf(w, strings.Repeat("%v", 1), holder, holder) },
			"as width":     func(w *bytes.Buffer) { format := "%*d"; fmt.Fprintf(w, format, holder, 1) },
			"log":          func(w *bytes.Buffer) { log.New(w, "", 0).Println(holder) },
			"text/template": func(w *bytes.Buffer) {
				template.Must(template.New("").Parse("{{.}} {{printf `%#v` .}}")).Execute(w, holder)
			},
			"json": func(w *bytes.Buffer) { json.NewEncoder(w).Encode(holder) },
			"xml":  func(w *bytes.Buffer) { xml.NewEncoder(w).Encode(holder) },
			"gob":  func(w *bytes.Buffer) { gob.NewEncoder(w).Encode(holder) },
			"slog text": func(w *bytes.Buffer) {
				slog.New(slog.NewTextHandler(w, nil)).Info("m", "c", holder, slog.Group("g", "c", holder))
			},
			"slog JSON": func(w *bytes.Buffer) {
				slog.New(slog.NewJSONHandler(w, nil)).Info("m", "c", holder, slog.Group("g", "c", holder))
			},
			"slog With":    func(w *bytes.Buffer) { slog.New(slog.NewTextHandler(w, nil)).With("c", holder).Info("m") },
			"slog default": func(w *bytes.Buffer) { w.WriteString(slog.AnyValue(holder).Resolve().String()) },
		}
		for printer, print := range printers {
			var w bytes.Buffer
			print(&w) // some refuse some holders; what they wrote counts
			if what := leaks(w.String()); what != "" {
				t.Errorf("%s of %s gives %q, which holds the %s", printer, name, w.String(), what)
			}
		}
	}
}

func TestCredentialsAreNamedByTheirAccessKeyID(t *testing.T) {
	c := sigv4.NewCredentials(exampleID, exampleSecret, exampleToken)
	const want = "sigv4.Credentials(AKIDEXAMPLE, secret redacted)"
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	object, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	for how, got := range map[string]string{
		"String":      c.String(),
		"%v":          fmt.Sprintf("%v", c),
		"%+v":         fmt.Sprintf("%+v", c),
		"%#v":         fmt.Sprintf("%#v", c),
		"%s":          fmt.Sprintf("%s", c),
		"%q":          fmt.Sprintf("%q", c),
		"%x":          fmt.Sprintf("%x", c),
		"%v pointer":  fmt.Sprintf("%v", &c),
		"%#v pointer": fmt.Sprintf("%#v", &c),
		"Sprint":      fmt.Sprint(c),
		"MarshalText": string(text),
		"LogValue":    c.LogValue().String(),
		"JSON":        strings.TrimSuffix(strings.TrimPrefix(string(object), `{"c":"`), `","p":"`+want+`"}`),
	} {
		if got != want {
			t.Errorf("%s = %q, want %q", how, got, want)
		}
	}
	if got, want := fmt.Sprint(sigv4.Credentials{}), "sigv4.Credentials(, secret redacted)"; got != want {
		t.Errorf("Sprint of no credentials = %q, want %q", got, want)
	}
}

func TestCredentialsGiveWhatTheyWereMadeOf(t *testing.T) {
	for _, c := range []sigv4.Credentials{
		sigv4.NewCredentials("id", "secret", "token"), sigv4.NewCredentials("id", "secret", ""), sigv4.NewCredentials("", "", ""), {},
	} {
		wantID, wantSecret, wantToken := c.AccessKeyID, c.SecretAccessKey(), c.SessionToken()
		c.Expires = moment.Add(time.Hour)
		got, err := c.Credentials(context.Background())
		if err != nil || got != c || got.AccessKeyID != wantID || got.SecretAccessKey() != wantSecret || got.SessionToken() != wantToken {
			t.Errorf("Credentials of %v = %v, %v, want the same", c, got, err)
		}
	}
	c := sigv4.NewCredentials("id", "secret", "token")
	if c.AccessKeyID != "id" || c.SecretAccessKey() != "secret" || c.SessionToken() != "token" || !c.Expires.IsZero() {
		t.Errorf("NewCredentials(id, secret, token) = %q, %q, %q, expires %v", c.AccessKeyID, c.SecretAccessKey(), c.SessionToken(), c.Expires)
	}
	var none sigv4.Credentials
	if none.SecretAccessKey() != "" || none.SessionToken() != "" {
		t.Errorf("zero Credentials have secret %q and token %q, want none", none.SecretAccessKey(), none.SessionToken())
	}
}
