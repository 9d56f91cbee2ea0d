package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

const (
	region    = "us-east-1"
	accessKey = "AKIAIOSFODNN7EXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// client is one that is measured.
type client interface {
	// get gives the body of the object.
	get(ctx context.Context) (io.ReadCloser, error)
	// list lists all keys and calls listed with the number on each page. The client
	// without a decoder does not know it, and takes it for pageSize.
	list(ctx context.Context, keys int, listed func(keys int)) error
}

// clients are they, each made for a number of workers. The first is the floor.
var clients = []struct {
	name string
	make func(url string, workers int) (client, error)
}{
	{"net/http", newBare},
	{"sigvier", newOurs},
	{"aws-sdk-go-v2", newSDK},
}

const floor, ours, sdk = 0, 1, 2 // in clients

// bare is net/http alone: no signature, and listings are read and not decoded.
type bare struct {
	http.Client
	url string
}

func newBare(url string, workers int) (client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxIdleConns = workers, 0
	t.DisableCompression = true
	return &bare{http.Client{Transport: t}, url + "/" + bucket}, nil
}

func (b *bare) get(ctx context.Context) (io.ReadCloser, error) { return b.send(ctx, b.url+"/"+key) }

func (b *bare) send(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := b.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return resp.Body, nil
}

func (b *bare) list(ctx context.Context, keys int, listed func(int)) error {
	for from := 0; from < keys; from += pageSize {
		body, err := b.send(ctx, fmt.Sprintf("%s?list-type=2&prefix=%d&continuation-token=%d", b.url, keys, from))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, body)
		body.Close()
		if err != nil {
			return err
		}
		listed(min(pageSize, keys-from))
	}
	return nil
}

type sigvier struct{ *s3client.Client }

func newOurs(url string, workers int) (client, error) {
	c, err := s3client.Connection{Endpoint: url, PathStyle: true, Region: region, DownloadThreads: workers}.
		OpenWith(sigv4.NewCredentials(accessKey, secretKey, ""), nil)
	return sigvier{c}, err
}

func (c sigvier) get(ctx context.Context) (io.ReadCloser, error) {
	out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: bucket, Key: key})
	return out.Body, err
}

func (c sigvier) list(ctx context.Context, keys int, listed func(int)) error {
	in := s3client.ListObjectsV2Input{Bucket: bucket, Prefix: strconv.Itoa(keys)}
	for page, err := range c.ListObjectsV2Pages(ctx, in) {
		if err != nil {
			return err
		}
		listed(len(page.Contents))
	}
	return nil
}

type awsSDK struct{ *s3.Client }

func newSDK(url string, workers int) (client, error) {
	cred := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}
	return awsSDK{s3.New(s3.Options{
		BaseEndpoint: &url,
		UsePathStyle: true,
		Region:       region,
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return cred, nil }),
		HTTPClient:   awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = workers }),
	})}, nil
}

func (c awsSDK) get(ctx context.Context) (io.ReadCloser, error) {
	out, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

func (c awsSDK) list(ctx context.Context, keys int, listed func(int)) error {
	pages := s3.NewListObjectsV2Paginator(c.Client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(strconv.Itoa(keys))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		listed(len(page.Contents))
	}
	return nil
}

// sdkVersion names the SDK's modules that are measured.
func sdkVersion() string {
	info, _ := debug.ReadBuildInfo()
	var versions []string
	if info != nil {
		for _, m := range info.Deps {
			if name, ok := strings.CutPrefix(m.Path, "github.com/aws/"); ok && (name == "aws-sdk-go-v2" || strings.HasSuffix(name, "/service/s3")) {
				versions = append(versions, name+" "+m.Version)
			}
		}
	}
	return strings.Join(versions, ", ")
}
