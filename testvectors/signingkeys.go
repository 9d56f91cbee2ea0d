package testvectors

func parseSigningKeys(text string) ([]SigningKey, error) {
	const file = "keys.txt"
	records, err := parse(file, text, "signing-key")
	if err != nil {
		return nil, err
	}
	var keys []SigningKey
	for _, rec := range records {
		r := &reader{record: rec}
		k := SigningKey{
			Source:          r.required("source"),
			SecretAccessKey: r.required("secret-key"),
			Date:            r.moment("date", "20060102"),
			Region:          r.required("region"),
			Service:         r.required("service"),
			KDate:           r.digest("kdate"),
			KRegion:         r.digest("kregion"),
			KService:        r.digest("kservice"),
			KSigning:        r.digest("ksigning"),
		}
		if r.err != nil {
			return nil, r.err
		}
		keys = append(keys, k)
	}
	return exactly(file, "signing keys", keys, signingKeyCount)
}
