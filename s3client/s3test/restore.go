package s3test

import (
	"net/http"
	"slices"
	"time"
)

// Archived objects (Amazon S3 User Guide, "Working with archived objects").

// archived reports whether the object has to be restored before it can be read.
func (o *object) archived(now time.Time) bool {
	return slices.Contains([]string{"GLACIER", "DEEP_ARCHIVE"}, o.Class) && !now.Before(o.Restored)
}

func (o *object) setRestore(h http.Header) {
	if !o.Restored.IsZero() {
		h.Set("X-Amz-Restore", `ongoing-request="false", expiry-date="`+httpTime(o.Restored)+`"`)
	}
}
