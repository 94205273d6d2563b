// Package harness starts the real parts that the end-to-end tests talk to:
// etcd, kube-apiserver, the sealed-secrets controller, and the parts of Argo CD
// that sync, with Redis.
//
// It needs root (the controller reads its token from a fixed path, which is
// mounted for it alone), Debian's etcd-server and redis-server, git, and Go,
// which builds the rest from this module. Programs are kept in build/e2e by a
// hash of what they are built from.
//
// Everything listens on loopback, on ports that were free, with credentials
// made for the run; the metrics of Argo CD's controller alone listen everywhere,
// which it has no flag for. What was started is stopped by its process id: at the end,
// after a failure, on a signal, and when go test itself goes away; the kernel
// kills what a crash of the test program would leave behind.
package harness
