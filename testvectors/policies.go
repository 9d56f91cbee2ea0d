package testvectors

import "encoding/base64"

func parsePolicies(text string) ([]Policy, error) {
	const file = "documents.txt"
	records, err := parse(file, text, "case", "policy")
	if err != nil {
		return nil, err
	}
	var policies []Policy
	for _, rec := range records {
		if rec.kind != "policy" {
			continue
		}
		r := &reader{record: rec}
		p := Policy{
			Name:            r.name,
			Source:          r.required("source"),
			AccessKeyID:     r.required("access-key"),
			SecretAccessKey: r.required("secret-key"),
			Region:          r.required("region"),
			Service:         r.required("service"),
			Time:            r.moment("time", "20060102T150405Z"),
			PolicyBase64:    r.required("policy-base64"),
			Signature:       r.digest("signature"),
			Fields:          r.named("field", "="),
		}
		if _, err := base64.StdEncoding.Strict().DecodeString(p.PolicyBase64); err != nil {
			r.fail(r.lineOf("policy-base64"), "policy-base64: %v", err)
		}
		if r.err != nil {
			return nil, r.err
		}
		policies = append(policies, p)
	}
	return exactly(file, "policies", policies, policyCount)
}
