package checksum

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// maxParts is how many parts an object has at most (Amazon S3 User Guide, "Amazon S3
// multipart upload limits").
const maxParts = 10_000

// uncounted is the count of parts that were not counted.
const uncounted = -1

// Value is a checksum as S3 keeps it: of all bytes of an object, or of a part, or of
// the parts' checksums. Values are compared with ==, and composite ones better with
// [Value.Equal]. The zero Value is none.
type Value struct {
	algorithm Algorithm
	parts     int
	sum       [32]byte // of which the first Size are used, big-endian
}

// NewValue makes the checksum of bytes from what a hash gave: big-endian, of the
// algorithm's size. Errors are [ErrAlgorithm] and [ErrValue].
func NewValue(a Algorithm, sum []byte) (Value, error) {
	if a.Size() == 0 {
		return Value{}, unknown(string(a))
	}
	if len(sum) != a.Size() {
		return Value{}, &Error{Kind: ErrValue, Subject: string(a) + " value", Problem: "has " + strconv.Itoa(len(sum)) +
			" bytes: " + strconv.Itoa(a.Size()) + " are expected"}
	}
	v := Value{algorithm: a}
	copy(v.sum[:], sum)
	return v, nil
}

// Parse reads a checksum from a header, a trailer or an answer's XML, where it stands
// in base64, and, if it is composite, with a dash and the number of the parts behind
// it. The type is what came with it as x-amz-checksum-type or ChecksumType, or "" if
// nothing did. With COMPOSITE the count may be missing, as it is in the answer of
// GetObjectAttributes; [Value.Parts] is then negative.
//
// Errors are [ErrAlgorithm], [ErrValue] also where type and text contradict each
// other, and [ErrComposite] for a composite of an algorithm that has none.
func Parse(a Algorithm, text string, t Type) (Value, error) {
	size := a.Size()
	if size == 0 {
		return Value{}, unknown(string(a))
	}
	refused := func(kind error, problem string) (Value, error) {
		return Value{}, &Error{Kind: kind, Subject: string(a) + " value " + quote(text), Problem: problem}
	}
	v := Value{algorithm: a}
	digits, count, dash := strings.Cut(text, "-")
	switch {
	case t != "" && t != FullObject && t != Composite:
		return refused(ErrValue, "is of type "+quote(string(t))+": FULL_OBJECT or COMPOSITE is expected")
	case dash && t == FullObject:
		return refused(ErrValue, "has a count of parts: none is expected of a FULL_OBJECT checksum")
	case dash:
		v.parts, _ = strconv.Atoi(count) // 0 is refused below
	case t == Composite:
		v.parts = uncounted
	}
	var raw [len(v.sum) + 1]byte // base64 decodes three bytes at a time
	if len(digits) != a.EncodedSize() {
		return refused(ErrValue, "has the wrong length: "+strconv.Itoa(size)+" bytes in base64 are expected, which are "+
			strconv.Itoa(a.EncodedSize())+" characters")
	}
	if n, err := base64.StdEncoding.Decode(raw[:], []byte(digits)); err != nil || n != size {
		return refused(ErrValue, "is no base64 of "+strconv.Itoa(size)+" bytes")
	}
	copy(v.sum[:], raw[:size])
	switch {
	case v.String() != text || v.parts > maxParts:
		return refused(ErrValue, "is not as S3 writes it: base64 with its padding, and, if composite, a dash and a number of parts from 1 to 10000")
	case v.parts != 0 && !a.Allows(Composite):
		return refused(ErrComposite, "is composite: "+string(a)+" is only of full objects")
	}
	return v, nil
}

// CompositeOf computes the checksum that S3 gives to a multipart upload of type
// COMPOSITE: the checksum of the parts' checksums, in the order of their numbers.
// Errors are [ErrComposite], if the algorithm has no such thing, and [ErrValue], if
// the parts are none, too many, of several algorithms or themselves composite.
func CompositeOf(parts ...Value) (Value, error) {
	refused := func(kind error, problem string) (Value, error) {
		return Value{}, &Error{Kind: kind, Subject: "composite", Problem: problem}
	}
	if len(parts) == 0 || len(parts) > maxParts {
		return refused(ErrValue, "of "+strconv.Itoa(len(parts))+" parts: 1 to 10000 are expected")
	}
	a := parts[0].algorithm
	if a.Size() > 0 && !a.Allows(Composite) {
		return refused(ErrComposite, "of "+string(a)+" does not exist: its checksums are of full objects, which Combine computes")
	}
	h, err := a.New()
	if err != nil {
		return Value{}, err
	}
	for i, p := range parts {
		if p.algorithm != a || p.parts != 0 {
			return refused(ErrValue, "has as part "+strconv.Itoa(i+1)+" a "+p.describe()+": a "+string(a)+" of the part's bytes is expected")
		}
		h.Write(p.sum[:a.Size()])
	}
	v := h.Value()
	v.parts = len(parts)
	return v, nil
}

// Algorithm is the algorithm, "" of the zero Value.
func (v Value) Algorithm() Algorithm { return v.algorithm }

// Type is the type, "" of the zero Value.
func (v Value) Type() Type {
	switch {
	case v.algorithm == "":
		return ""
	case v.parts != 0:
		return Composite
	}
	return FullObject
}

// Parts is the number of parts of a composite checksum, negative if that was not
// told; 0 if it is not composite.
func (v Value) Parts() int { return v.parts }

// IsZero reports whether it is none.
func (v Value) IsZero() bool { return v == Value{} }

// Equal reports whether both are the same. Of composite checksums whose parts were
// counted in one only, the counts are not compared.
func (v Value) Equal(w Value) bool {
	if v.parts == uncounted && w.parts > 0 || w.parts == uncounted && v.parts > 0 {
		v.parts, w.parts = 0, 0
	}
	return v == w
}

// Bytes are the checksum's, big-endian, without the number of parts.
func (v Value) Bytes() []byte { return append([]byte(nil), v.sum[:v.algorithm.Size()]...) }

// String is the checksum as it stands in a header: base64, and, if it is composite
// and they were counted, a dash and the number of the parts.
func (v Value) String() string {
	text := base64.StdEncoding.EncodeToString(v.sum[:v.algorithm.Size()])
	if v.parts > 0 {
		text += "-" + strconv.Itoa(v.parts)
	}
	return text
}

// describe is for errors.
func (v Value) describe() string {
	switch {
	case v.IsZero():
		return "checksum that is none"
	case v.parts != 0:
		return "composite " + string(v.algorithm)
	}
	return string(v.algorithm)
}
