package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// client is one that is measured.
type client interface {
	download(context.Context, job) error        // Key to the new file Path
	read(context.Context, job, io.Writer) error // Key in its order
	upload(context.Context, job) error          // the file Path to Key
}

// clients are they, with the modules whose versions matter.
var clients = []struct {
	name, module string
	make         func(job) (client, error)
}{
	{"net/http", "", newFloor},
	{"sigvier", "", newOurs},
	{"manager", "aws-sdk-go-v2/feature/s3/manager", newManager},
	{"tm-range", "aws-sdk-go-v2/feature/s3/transfermanager", newTransferManager},
	{"tm-part", "", newTransferManager},
	{"minio-go", "minio-go/v7", newMinio},
}

func newClient(j job) (client, error) {
	for _, c := range clients {
		if c.name == j.Client {
			return c.make(j)
		}
	}
	return nil, fmt.Errorf("%q is no client", j.Client)
}

// versions names the peers' modules.
func versions() string {
	built, _ := debug.ReadBuildInfo()
	var text []string
	for _, c := range clients {
		if built == nil || c.module == "" {
			continue
		}
		for _, m := range built.Deps {
			if strings.HasSuffix(m.Path, "/"+c.module) {
				text = append(text, c.module+" "+m.Version)
			}
		}
	}
	return strings.Join(text, ", ")
}
