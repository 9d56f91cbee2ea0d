package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func newSDK(j job) *s3.Client {
	cred := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}
	return s3.New(s3.Options{
		BaseEndpoint: &j.URL,
		UsePathStyle: true,
		Region:       region,
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return cred, nil }),
		HTTPClient:   awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = j.Threads }),

		// It warns of each range that it has no checksum for.
		DisableLogOutputChecksumValidationSkipped: true,
	})
}

// transferManager is feature/s3/transfermanager. It asks for the parts that the
// object came in, as it does if it is told nothing, or for ranges.
type transferManager struct{ *transfermanager.Client }

func newTransferManager(j job) (client, error) {
	return transferManager{transfermanager.New(newSDK(j), func(o *transfermanager.Options) {
		o.Concurrency, o.PartSizeBytes, o.GetObjectType = j.Threads, partLength, types.GetObjectParts
		if j.Client == "tm-range" {
			o.GetObjectType = types.GetObjectRanges
		}
	})}, nil
}

func (m transferManager) download(ctx context.Context, j job) error {
	return toFile(j.Path, func(f *os.File) error {
		_, err := m.DownloadObject(ctx, &transfermanager.DownloadObjectInput{Bucket: aws.String(bucket), Key: &j.Key, WriterAt: f})
		return err
	})
}

func (m transferManager) read(ctx context.Context, j job, w io.Writer) error {
	out, err := m.GetObject(ctx, &transfermanager.GetObjectInput{Bucket: aws.String(bucket), Key: &j.Key})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, out.Body)
	return err
}

func (m transferManager) upload(ctx context.Context, j job) error {
	return fromFile(j.Path, func(f io.Reader) error {
		_, err := m.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: aws.String(bucket), Key: &j.Key, Body: f})
		return err
	})
}

func toFile(path string, download func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(download(f), f.Close())
}

func fromFile(path string, upload func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return upload(f)
}
