// Package checksum has the checksums that S3 keeps of objects: their names in
// headers and trailers, their values as S3 writes them, the hashes, and, for the
// CRCs, how the checksum of a whole is found from those of its parts. The rules are
// those of the Amazon S3 User Guide, "Checking object integrity in Amazon S3".
//
// An upload computes one while the bytes pass, with [Algorithm.New], or, of bytes in
// memory, with [Algorithm.Sum]; the [Value] goes into the header or the trailer that
// [Algorithm.Header] names. A download reads the header's value with [Parse] and
// takes the bytes through [NewReader], which gives no io.EOF for bytes that have
// another one.
//
// # Full object and composite
//
// The checksum of an object from a multipart upload is one of two kinds (section
// "Full object and composite checksum types"). FULL_OBJECT is that of all its bytes,
// as if they had come in one piece; for the CRCs it follows from those of the parts:
// [Combine], [Combiner]. COMPOSITE is the checksum of the parts' checksums, one after
// another, and is written with their count: "nLeFaQ==-3". It says nothing of the bytes
// to those who do not know how they were cut: [CompositeOf].
//
// # FIPS 140
//
// With GODEBUG=fips140=only the CRCs, which are no cryptography, and SHA-256 work as
// ever. So does SHA-1 in programs built with Go 1.26 or later: against accidents, and
// only where S3 or the caller named it; built with an earlier one, it is [ErrFIPS].
// MD5 is computed by [ContentMD5] and [NewMD5] alone, and never in that mode.
package checksum
