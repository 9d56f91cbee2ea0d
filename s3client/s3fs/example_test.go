package s3fs_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// startExample starts an embedded server with the bucket "data" and connects to
// it. Yours reaches AWS by leaving Endpoint empty; real keys come from the
// environment or a file, never from source code.
func startExample(objects map[string]string) (client *s3client.Client, stop func()) {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}},
		Buckets: []string{"data"},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err = form(srv).Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	for key, body := range objects {
		if _, err := client.PutObject(context.Background(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader(body)}); err != nil {
			log.Fatal(err)
		}
	}
	return client, func() { srv.Close() }
}

func ExampleNew() {
	client, stop := startExample(map[string]string{"reports/daily/1.csv": "a,b\n1,2\n", "reports/daily/2.csv": "a,b\n", "other": ""})
	defer stop()
	fsys := s3fs.New(context.Background(), client, "data", "reports/")
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info() // from the listing
		if err != nil {
			return err
		}
		fmt.Println(name, info.Size())
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = fsys.Open("daily/3.csv")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output:
	// daily/1.csv 8
	// daily/2.csv 4
	// true
}

// A bucket as a web site: ranges, If-Modified-Since and listings are net/http's.
// Each request has a file system of its own, so that its requests to S3 end with
// it.
func ExampleNew_fileServer() {
	client, stop := startExample(map[string]string{"site/index.html": "<h1>Hello</h1>", "site/data.txt": "0123456789"})
	defer stop()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.FileServerFS(s3fs.New(r.Context(), client, "data", "site")).ServeHTTP(w, r)
	})
	for _, path := range []string{"/", "/data.txt"} {
		r := httptest.NewRequest("GET", path, nil)
		if path == "/data.txt" {
			r.Header.Set("Range", "bytes=2-5")
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	// Output:
	// 200 text/html; charset=utf-8 <h1>Hello</h1>
	// 206 text/plain; charset=utf-8 2345
}

func ExampleFS_Glob() {
	client, stop := startExample(map[string]string{
		"templates/page.html": `{{template "greeting.html" .}}, welcome.` + "\n", "templates/greeting.html": "Hello {{.}}"})
	defer stop()
	t, err := template.ParseFS(s3fs.New(context.Background(), client, "data", ""), "templates/*.html")
	if err != nil {
		log.Fatal(err)
	}
	if err := t.ExecuteTemplate(os.Stdout, "page.html", "<you>"); err != nil {
		log.Fatal(err)
	}
	// Output: Hello &lt;you&gt;, welcome.
}

// The end of a large object without the rest of it.
func ExampleFile_ReadAt() {
	client, stop := startExample(map[string]string{"log": strings.Repeat("line\n", 1000) + "the end\n"})
	defer stop()
	file, err := s3fs.New(context.Background(), client, "data", "").Open("log")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat() // sends nothing
	if err != nil {
		log.Fatal(err)
	}
	tail := make([]byte, 8)
	if _, err := file.(io.ReaderAt).ReadAt(tail, info.Size()-8); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", tail)
	// Output: the end
}

// A directory of any number of entries, a thousand of them in memory.
func ExampleDir_ReadDir() {
	client, stop := startExample(map[string]string{"in/1": "", "in/2": "", "in/3/x": ""})
	defer stop()
	dir, err := s3fs.New(context.Background(), client, "data", "").Open("in")
	if err != nil {
		log.Fatal(err)
	}
	defer dir.Close()
	for {
		entries, err := dir.(fs.ReadDirFile).ReadDir(100)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range entries {
			fmt.Println(e)
		}
	}
	// Output:
	// - 1
	// - 2
	// d 3/
}
