package s3client

import (
	"errors"
	"strings"

	"github.com/sigvier/sigvier/sts"
)

// ErrInvalidConnection is the error of a connection that is not filled in well,
// for errors.Is; errors.As finds the fields in a [*ConnectionError].
var ErrInvalidConnection = errors.New("the connection is not filled in well")

// ConnectionError lists every field that is wrong. An access key that could sign
// nothing makes it a [sigv4.ErrCredentials] too, a reference to what is not there
// an [fs.ErrNotExist].
type ConnectionError struct {
	Fields []FieldError

	cause error
}

// FieldError is one field of the form, by its JSON name, and what is wrong with it.
type FieldError struct {
	Field   string // "restrict_to_bucket"
	Problem string // what is wrong, and what is expected
	Advice  string // what to do, where that is not plain; may be empty
}

// Label is the field's name as the form shows it: "Restrict to bucket".
func (f FieldError) Label() string {
	words := strings.Split(f.Field, "_")
	for i, word := range words {
		switch word {
		case "id", "iam", "arn", "sts", "fips":
			words[i] = strings.ToUpper(word)
		}
	}
	label := strings.Join(words, " ")
	return strings.ToUpper(label[:min(1, len(label))]) + label[min(1, len(label)):]
}

func (f FieldError) String() string {
	if f.Advice == "" {
		return f.Field + " " + f.Problem
	}
	return f.Field + " " + f.Problem + " (" + f.Advice + ")"
}

func (e *ConnectionError) Error() string {
	var b strings.Builder
	b.WriteString("s3client: " + ErrInvalidConnection.Error())
	for _, f := range e.Fields {
		b.WriteString("; " + f.String())
	}
	return b.String()
}

// Is matches [ErrInvalidConnection].
func (e *ConnectionError) Is(target error) bool { return target == ErrInvalidConnection }

// Unwrap gives what is wrong with the access key or a reference, if anything is.
func (e *ConnectionError) Unwrap() error { return e.cause }

func (e *ConnectionError) orNil() error {
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (e *ConnectionError) add(field, problem string) { e.advise(field, problem, "") }

func (e *ConnectionError) addIf(wrong bool, field, problem string) {
	e.adviseIf(wrong, field, problem, "")
}

func (e *ConnectionError) advise(field, problem, advice string) {
	e.Fields = append(e.Fields, FieldError{field, problem, advice})
}

func (e *ConnectionError) adviseIf(wrong bool, field, problem, advice string) {
	if wrong {
		e.advise(field, problem, advice)
	}
}

func (e *ConnectionError) addErr(field string, err error) {
	if input := (*sts.InputError)(nil); errors.As(err, &input) {
		e.add(field, input.Problem)
	} else if err != nil {
		e.add(field, err.Error())
	}
}
