// Package sizing is the model of a Kafka cluster's size: what a workload needs
// (Size), what a cluster carries (Carries, AuditAll), what a T-shirt size stands
// for (Lookup), what manifests add up to (Footprint), which changes an operator
// refuses or ignores (Changes), and the licence cores that IBM counts.
//
// It is pure: it reads manifests and never changes one. Every number has an id
// and a source (Constants); functions/decisions/0060 says whom it follows where
// sources disagree.
package sizing
