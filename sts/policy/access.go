package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Access is what a connection may do with one bucket or one path in it.
type Access struct {
	Partition string // "aws" if empty; "aws-cn", "aws-us-gov"
	Bucket    string
	// Path is empty for the whole bucket, "reports/" for a folder. Without a slash
	// at its end it is one key, and the folder of that name, as it is for a
	// connection's restrict_to_path.
	Path                      string
	List, Read, Write, Delete bool
	// Versions adds to List and Delete the earlier versions of objects, which a
	// bucket with versioning keeps. Who can delete them can destroy data for good.
	// Read always includes them.
	Versions bool
}

// Document is the policy of exactly that. It has no principal: it is a role's
// permission policy, or a session policy. Where nothing is set it allows to ask
// for the bucket's region only, as it does in any case.
//
// S3 User Guide, "Required permissions for Amazon S3 API operations"; Service
// Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
func (a Access) Document() Document {
	d := Document{Version: Version}
	allow := func(sid string, resources []string, actions ...string) *Statement {
		d.Statements = append(d.Statements, Statement{Sid: sid, Effect: Allow, Action: actions, Resource: resources})
		return &d.Statements[len(d.Statements)-1]
	}
	allow("BucketLocation", a.bucket(), "s3:GetBucketLocation")
	if a.List {
		// Not s3:ListBucketMultipartUploads, which has no condition key for a path.
		actions := []string{"s3:ListBucket"}
		if a.Versions {
			actions = append(actions, "s3:ListBucketVersions")
		}
		s := allow("List", a.bucket(), actions...)
		if a.Path != "" {
			// Never the path without its slash: the prefix "reports" lists "reports2/x"
			// too. A listing without prefix does not have the key, and is denied.
			s.Condition = Conditions{"StringLike": {"s3:prefix": {escape(a.folder()) + "*"}}}
		}
	}
	if a.Read {
		allow("Read", a.objects(), "s3:GetObject", "s3:GetObjectVersion")
	}
	if a.Write {
		// An upload in parts that fails is to leave nothing behind, and one that goes
		// on is to know its parts.
		allow("Write", a.objects(), "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	}
	if a.Delete {
		actions := []string{"s3:DeleteObject"}
		if a.Versions {
			actions = append(actions, "s3:DeleteObjectVersion")
		}
		allow("Delete", a.objects(), actions...)
	}
	return d
}

// Missing is the statement that would allow an action of this access, with that
// action alone, and whether the access has the action at all.
func (a Access) Missing(action string) (Statement, bool) {
	for _, s := range a.Document().Statements {
		if i := slices.IndexFunc(s.Action, func(named string) bool { return strings.EqualFold(named, action) }); i >= 0 {
			s.Action = s.Action[i : i+1]
			return s, true
		}
	}
	return Statement{}, false
}

// folder is the path with a slash at its end.
func (a Access) folder() string {
	if strings.HasSuffix(a.Path, "/") {
		return a.Path
	}
	return a.Path + "/"
}

func (a Access) bucket() []string {
	return []string{"arn:" + cmp.Or(a.Partition, "aws") + ":s3:::" + escape(a.Bucket)}
}

func (a Access) objects() []string {
	root := a.bucket()[0] + "/"
	switch {
	case a.Path == "":
		return []string{root + "*"}
	case a.Path == a.folder():
		return []string{root + escape(a.Path) + "*"}
	}
	return []string{root + escape(a.Path), root + escape(a.folder()) + "*"}
}
