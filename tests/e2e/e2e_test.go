// Package e2e tests this project's output with the real programs that take it:
// a Kubernetes API server, the sealed-secrets controller and Argo CD. `make e2e`
// runs it; package harness starts what it needs.
package e2e

import (
	"os"
	"testing"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// cluster is shared by all tests; each works in namespaces of its own.
var cluster *harness.Cluster

func TestMain(m *testing.M) {
	os.Exit(harness.Main(m, func(c *harness.Cluster) { cluster = c }))
}
