// Package sizing is the model of a Kafka cluster's size: what a T-shirt size
// stands for, what a cluster of manifests adds up to, and the licence cores
// that IBM counts for it.
//
// It is pure: it reads manifests and never changes one. Every number has its
// source beside it.
package sizing
