package transfer

// Limits are those of a service whose parts may be small, so that tests need not move
// GiBs.
type Limits struct {
	MinPart, MaxPart    int64
	MaxParts, GrowEvery int
}

// WithLimits gives an input for such a service.
func (in UploadInput) WithLimits(l Limits) UploadInput {
	in.limits = &limits{l.MinPart, l.MaxPart, l.MaxParts, l.GrowEvery}
	return in
}

// WithLimits gives an input for such a service.
func (in CopyInput) WithLimits(l Limits) CopyInput {
	in.limits = &limits{l.MinPart, l.MaxPart, l.MaxParts, l.GrowEvery}
	return in
}
