package sts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"unicode/utf8"
)

// What is asked for just before a call, because it lives for minutes only: the
// code of an MFA device, a web identity token, the assertion of a context
// provider. No error repeats one.

var mfaCode = regexp.MustCompile(`^[0-9]{6}$`)

// checkMFA checks that serial number and code come together (AWS Security Token
// Service API Reference, "AssumeRole", SerialNumber and TokenCode).
func checkMFA(serial string, code func(context.Context) (string, error)) error {
	switch {
	case serial == "" && code == nil:
		return nil
	case serial == "":
		return &InputError{Field: "SerialNumber", Problem: "is empty, but there is an MFA code: expecting the device's serial number, or arn:aws:iam::ACCOUNT:mfa/NAME"}
	case code == nil:
		return errors.Join(CheckMFASerial(serial), &InputError{Field: "TokenCode", Problem: "is missing, but there is an MFA serial number: expecting a function that gives the device's code"})
	}
	return CheckMFASerial(serial)
}

// setMFA asks for the code: [\d]{6}.
func setMFA(ctx context.Context, params url.Values, serial string, code func(context.Context) (string, error)) error {
	if code == nil {
		return nil
	}
	text, err := code(ctx)
	if err != nil {
		return fmt.Errorf("sts: asking for the MFA code: %w", err)
	}
	if !mfaCode.MatchString(text) {
		return &InputError{Field: "TokenCode", Problem: "is not 6 digits, as the MFA device shows them"}
	}
	params.Set("SerialNumber", serial)
	params.Set("TokenCode", text)
	return nil
}

// checkContexts checks "AssumeRole", ProvidedContexts.
func checkContexts(contexts []ProvidedContext) error {
	var errs []error
	if len(contexts) > 5 {
		errs = append(errs, &InputError{Field: "ProvidedContexts", Problem: fmt.Sprintf("are %d: expecting 5 at most", len(contexts))})
	}
	for i, c := range contexts {
		if n := utf8.RuneCountInString(c.ProviderARN); n < 20 || n > 2048 {
			errs = append(errs, &InputError{Field: member("ProvidedContexts", i, "ProviderArn"), Problem: fmt.Sprintf("has %d characters, not 20 to 2048: expecting arn:aws:iam::aws:contextProvider/NAME", n)})
		}
		if c.Assertion == nil {
			errs = append(errs, &InputError{Field: member("ProvidedContexts", i, "ContextAssertion"), Problem: "is nil: expecting a function that gives it"})
		}
	}
	return errors.Join(errs...)
}

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
