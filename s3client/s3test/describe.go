package s3test

import (
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// What the headers of an upload say of the object that is to be: the same ones
// for PutObject, CreateMultipartUpload, CopyObject and a browser's form.

// keptHeaders are given back as they came.
var keptHeaders = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

const (
	metaPrefix     = "X-Amz-Meta-"
	redirectHeader = "X-Amz-Website-Redirect-Location"
)

// describe makes an object that has all but bytes.
func (s *Server) describe(q *request, h http.Header) (*object, error) {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return nil, q.storeError(err)
	}
	if err := unknownHeaders(h); err != nil {
		return nil, err
	}
	o := &object{Key: q.key}
	if o.Header, err = headers(h); err != nil {
		return nil, err
	}
	if o.Class, err = storageClass(h, isDirectory(q.bucket)); err != nil {
		return nil, err
	}
	if o.Crypt, err = s.encryption(h); err != nil {
		return nil, err
	}
	if o.Tags, err = taggingHeader(h.Get("X-Amz-Tagging")); err != nil {
		return nil, err
	}
	if o.ACL, err = cannedACL(h, set); err != nil {
		return nil, err
	}
	if o.Lock, err = s.lockHeaders(h, set); err != nil {
		return nil, err
	}
	return o, nil
}

// unknownHeaders refuses what would change the meaning of the request were it
// ignored.
func unknownHeaders(h http.Header) error {
	for _, name := range []string{"X-Amz-Write-Offset-Bytes", "X-Amz-Trailer"} {
		if h.Get(name) != "" {
			return standard("NotImplemented", field{"Header", strings.ToLower(name)})
		}
	}
	return nil
}

// headers keeps what is given back with the object.
func headers(h http.Header) (map[string]string, error) {
	kept := map[string]string{"Content-Type": "binary/octet-stream"}
	for _, name := range append([]string{redirectHeader}, keptHeaders...) {
		if v := h.Get(name); v != "" {
			kept[name] = v
		}
	}
	if v := kept[redirectHeader]; v != "" && !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "http://") && !strings.HasPrefix(v, "https://") {
		return nil, errorf("InvalidRedirectLocation", "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
	}
	// Amazon S3 User Guide, "Working with object metadata": 2 KB of names and
	// values in all, the prefix not counted.
	size := 0
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, metaPrefix); ok {
			kept[name] = metadata(strings.Join(values, ","))
			size += len(rest) + len(kept[name])
		}
	}
	if size > 2048 {
		return nil, standard("MetadataTooLarge", field{"Size", size}, field{"MaxSizeAllowed", 2048})
	}
	return kept, nil
}

// metadata is a value as S3 gives it back (Amazon S3 User Guide, "Working with object
// metadata", User-defined object metadata): what came encoded by RFC 2047 is decoded
// before it is stored, and what is not US-ASCII then is encoded again. Bytes that came
// as they are count as ISO 8859-1, whatever they were meant to be: the Guide's own
// example comes back with each of them encoded twice.
func metadata(value string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		text = value
	}
	if !isASCII(value) {
		var latin []rune
		for i := range len(value) {
			latin = append(latin, rune(value[i]))
		}
		text = string(latin)
	}
	if isASCII(text) {
		return text
	}
	return strings.ReplaceAll(mime.BEncoding.Encode("UTF-8", text), "=?UTF-8?b?", "=?UTF-8?B?")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

const (
	standardClass = "STANDARD"
	expressClass  = "EXPRESS_ONEZONE" // of directory buckets, and their only one
)

// storageClasses are those that an object can be put in (Amazon S3 API Reference,
// "PutObject", x-amz-storage-class).
var storageClasses = strings.Fields("STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR EXPRESS_ONEZONE")

func storageClass(h http.Header, directory bool) (string, error) {
	class := h.Get("X-Amz-Storage-Class")
	switch {
	case directory && class == "":
		return expressClass, nil
	case directory != (class == expressClass):
		return "", standard("InvalidStorageClass", field{"StorageClassRequested", class})
	case class == "" || class == standardClass:
		return "", nil
	case !slices.Contains(storageClasses, class):
		return "", standard("InvalidStorageClass", field{"StorageClassRequested", class})
	}
	return class, nil
}

// class is the storage class's name.
func (o *object) class() string {
	if o.Class == "" {
		return standardClass
	}
	return o.Class
}

// setHeaders gives the description back, for GET and HEAD.
func (o *object) setHeaders(h http.Header) {
	for name, value := range o.Header {
		if strings.HasPrefix(name, metaPrefix) {
			// S3 keeps metadata in lower case, and boto3 shows the case that it gets.
			name = strings.ToLower(name)
		}
		h[name] = []string{value}
	}
	if o.Class != "" { // "GetObject": not for STANDARD
		h.Set("X-Amz-Storage-Class", o.Class)
	}
	o.Crypt.setHeaders(h)
}
