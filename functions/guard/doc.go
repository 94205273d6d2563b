// Package guard finds what must not be in a manifest that is committed or
// applied: plain Secrets, also inside other objects, and literals that look
// like credentials in ConfigMaps, environment variables, arguments, connector
// configs, MQSC and everywhere else.
//
// It reads and changes nothing. References ("${file:...}", "$(VAR)", a
// secretKeyRef) are no literals. A value is in no message.
package guard
