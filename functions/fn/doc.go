// Package fn is the protocol of a KRM function: one ResourceList in, one
// ResourceList out, results on the way.
//
// It promises its hosts: exit status 0 comes with a complete ResourceList and
// never with an error result; on failure the input items are echoed unchanged
// with the results; every warning and error is also one line on stderr; a
// panic is an error, not a trace of values. Only this package touches stdin,
// stdout and stderr; a Transform is pure.
package fn
