package sizeeventstreams_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
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

// The README's workload, from its figures to the manifest that it prints.
func TestReadmeWorkload(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "<!-- workload:begin -->")
	part, _, found := strings.Cut(rest, "<!-- workload:end -->")
	blocks := strings.Split(part, "```")
	const wanted = 5 // text around two blocks
	if !found || len(blocks) != wanted {
		t.Fatalf("expected two blocks between the markers, in %q", part)
	}
	block := func(i int) string { return strings.TrimPrefix(blocks[i], "yaml\n") }
	config := "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: SizeEventStreams\nmetadata: {name: sizes}\nspec:\n  class: prod\n" + indent(block(1), "  ")
	out, results := fntest.Run(t, set, config, `
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: es}
spec:
  kafka:
    replicas: 3
    storage: {type: ephemeral}
  zookeeper: {replicas: 3, storage: {type: persistent-claim, size: 4Gi}}
`)
	if results.Failed() {
		t.Fatal(results)
	}
	got := fntest.Items(t, out)[0].YNode()
	want := fntest.Items(t, block(3))[0].YNode()
	if path := lacks(view.Lookup(got, "spec", "kafka"), view.Lookup(want, "kafka"), "kafka"); path != "" {
		t.Errorf("%s is not what the README prints:\n%s", path, out)
	}
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

// lacks returns the path of a field that a node lacks, or has otherwise.
func lacks(got, want *yaml.Node, path string) string {
	if got == nil || got.Kind != want.Kind {
		return path
	}
	if want.Kind == yaml.ScalarNode && got.Value != want.Value {
		return path
	}
	for i := 0; want.Kind == yaml.MappingNode && i+1 < len(want.Content); i += 2 {
		key := want.Content[i].Value
		if at := lacks(view.Field(got, key), want.Content[i+1], path+"."+key); at != "" {
			return at
		}
	}
	return ""
}
