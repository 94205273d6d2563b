package sizeeventstreams_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/sizing"
)

// The README's table of sizes is what the presets say. UPDATE_GOLDEN=1 writes
// it anew.
func TestReadmeSizes(t *testing.T) {
	const path, begin, end = "README.md", "<!-- sizes:begin -->\n", "<!-- sizes:end -->"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	current, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the markers of the table of sizes are not there")
	}
	want := sizesTable()
	if current == want {
		return
	}
	if os.Getenv("UPDATE_GOLDEN") == "" {
		t.Fatalf("the table of sizes is stale; run with UPDATE_GOLDEN=1; expected\n%s", want)
	}
	if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sizesTable() string {
	var b strings.Builder
	b.WriteString("| size | IBM's sample | brokers | CPU | memory | heap | copies (in sync) | replica fetchers | ZooKeeper nodes or controllers | licence cores (non-production) |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, p := range sizing.Presets() {
		cores := int64(p.Brokers) * sizing.Millicores(p.CPU.Limit)
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s | %d (%d) | %d | %d | %s (%s) |\n",
			p.Size, p.Sample, p.Brokers, p.CPU.Limit, p.Memory.Limit, p.Heap(),
			p.ReplicationFactor, sizing.MinInSyncReplicas(p.ReplicationFactor), p.Threads.Fetchers, p.Quorum,
			sizing.FormatThousandths(sizing.LicenceCores(cores, "CloudPakForIntegrationProduction")),
			sizing.FormatThousandths(sizing.LicenceCores(cores, "CloudPakForIntegrationNonProduction")))
	}
	return b.String()
}
