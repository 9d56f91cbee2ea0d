package s3test

import "net/http"

// The tags of a bucket (Amazon S3 API Reference, "GetBucketTagging",
// "PutBucketTagging", "DeleteBucketTagging").

func (s *Server) getBucketTagging(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	if set.Tags == nil {
		return standard("NoSuchTagSet", field{"BucketName", q.bucket})
	}
	writeTags(w, r, set.Tags)
	return nil
}

func (s *Server) putBucketTagging(w *answer, _ *http.Request, q *request) error {
	tags, err := parseTagging(q.body, maxBucketTags)
	if err != nil {
		return err
	}
	return s.setBucketTags(w, q, tags)
}

func (s *Server) deleteBucketTagging(w *answer, _ *http.Request, q *request) error {
	return s.setBucketTags(w, q, nil)
}

func (s *Server) setBucketTags(w *answer, q *request, tags []objectTag) error {
	if err := s.store.configure(q.bucket, func(set *settings) error {
		set.Tags = tags
		return nil
	}); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
