package functions_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// The example on Strimzi renders to what is committed, with the topics and the
// sizes of the example on Event Streams.
func TestStrimziExample(t *testing.T) {
	const examples = "../examples"
	program := filepath.Join(t.TempDir(), "eda-fn")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/eda-fn").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	for _, environment := range []string{"dev", "stage", "prod"} {
		t.Run(environment, func(t *testing.T) {
			tree := filepath.Join(examples, "rt-inventory-strimzi")
			// A JSON patch makes kustomize call the functions: a program of its own.
			check := exec.CommandContext(t.Context(), program, "build", filepath.Join(tree, "environments", environment), "-o", filepath.Join(tree, "rendered", environment)+"/", "--check")
			if out, err := check.CombinedOutput(); err != nil {
				t.Fatalf("%s", out)
			}
			strimzi := rendered(t, filepath.Join(tree, "rendered", environment))
			streams := rendered(t, filepath.Join(examples, "rt-inventory", "rendered", environment))
			a, b := sizing.Footprint(strimzi)[0], sizing.Footprint(streams)[0]
			if a.Brokers != b.Brokers || a.VCPU != b.VCPU || a.MemoryBytes != b.MemoryBytes || a.DiskBytes != b.DiskBytes {
				t.Errorf("sizes differ:\n%+v\n%+v", a, b)
			}
			if got, want := topics(strimzi), topics(streams); len(got) != 3 || len(want) != 3 {
				t.Errorf("topics %v and %v", got, want)
			} else {
				for name, spec := range want {
					if !view.Equal(got[name], spec) {
						t.Errorf("topic %s differs", name)
					}
				}
			}
			for _, o := range view.Objects(strimzi) {
				if o.Group() == view.EventStreamsGroup {
					t.Errorf("%s is left", o.Ref())
				}
			}
		})
	}
}

func rendered(t *testing.T, dir string) []*yaml.RNode {
	t.Helper()
	items, err := kio.LocalPackageReader{PackagePath: dir, OmitReaderAnnotations: true}.Read()
	if err != nil || len(items) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	return items
}

func topics(items []*yaml.RNode) map[string]*yaml.Node {
	specs := map[string]*yaml.Node{}
	for _, topic := range view.KafkaTopics(items) {
		specs[topic.Topic()] = topic.Lookup("spec")
	}
	return specs
}
