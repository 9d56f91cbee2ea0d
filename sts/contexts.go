package sts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ProvidedContext is what a context provider, such as IAM Identity Center, says
// of the caller (AWS Security Token Service API Reference, "ProvidedContext").
type ProvidedContext struct {
	ProviderARN string // 20 to 2048 characters: arn:aws:iam::aws:contextProvider/NAME
	// Assertion gives 4 to 2048 characters and is called before each call.
	Assertion func(context.Context) (string, error)
}

const maxContexts = 5 // "AssumeRole", ProvidedContexts

func checkContexts(contexts []ProvidedContext) error {
	var errs []error
	bad := func(field, problem string) {
		errs = append(errs, &InputError{Field: field, Problem: problem})
	}
	if len(contexts) > maxContexts {
		bad("ProvidedContexts", fmt.Sprintf("are %d: expecting %d at most", len(contexts), maxContexts))
	}
	for i, c := range contexts {
		const example = "arn:aws:iam::aws:contextProvider/NAME"
		if problem := lengthOfARN(c.ProviderARN, example); problem != "" {
			bad(member("ProvidedContexts", i, "ProviderArn"), problem)
		} else if !strings.HasPrefix(c.ProviderARN, "arn:") || !visible(c.ProviderARN) {
			bad(member("ProvidedContexts", i, "ProviderArn"), fmt.Sprintf("%q is no ARN: expecting %s", c.ProviderARN, example))
		}
		if c.Assertion == nil {
			bad(member("ProvidedContexts", i, "ContextAssertion"), "is nil: expecting a function that gives it")
		}
	}
	return errors.Join(errs...)
}

// setContexts asks for the assertions. No error repeats one.
func setContexts(ctx context.Context, params url.Values, contexts []ProvidedContext) error {
	for i, c := range contexts {
		text, err := c.Assertion(ctx)
		if err != nil {
			return fmt.Errorf("sts: asking for the assertion of %s: %w", c.ProviderARN, err)
		}
		name := member("ProvidedContexts", i, "ContextAssertion")
		if err := checkLength(name, text, 4, 2048); err != nil {
			return err
		}
		params.Set(member("ProvidedContexts", i, "ProviderArn"), c.ProviderARN)
		params.Set(name, text)
	}
	return nil
}
