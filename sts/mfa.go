package sts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

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

// setMFA asks for the code: [\d]{6}. No error repeats it.
func setMFA(ctx context.Context, params url.Values, serial string, code func(context.Context) (string, error)) error {
	if code == nil {
		return nil
	}
	text, err := code(ctx)
	if err != nil {
		return fmt.Errorf("sts: asking for the MFA code: %w", err)
	}
	if len(text) != 6 || !only(text, digits) {
		return &InputError{Field: "TokenCode", Problem: "is not 6 digits, as the MFA device shows them"}
	}
	params.Set("SerialNumber", serial)
	params.Set("TokenCode", text)
	return nil
}
