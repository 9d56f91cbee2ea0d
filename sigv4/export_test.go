package sigv4

// Derive shows derive to the tests of the published signing keys.
var Derive = derive
