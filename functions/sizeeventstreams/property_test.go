package sizeeventstreams_test

import (
	"path/filepath"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizeeventstreams"
	"github.com/eda-gitops/functions/functions/sizing"
)

// input is the input of a golden case and the name of a cluster in it.
type input struct {
	cluster, items string
}

// shapes returns the inputs of the golden cases that can be given size L.
func shapes(t *testing.T) map[string]input {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]input{}
	for _, path := range paths {
		in := input{items: fntest.Load(t, path).In}
		for _, in.cluster = range []string{"es", "shop"} {
			if _, ok := in.sized(t, sizeeventstreams.Cluster{Size: "L"}); ok {
				shapes[filepath.Base(path)] = in
			}
		}
	}
	if len(shapes) < 10 {
		t.Fatalf("only %d golden cases can be sized", len(shapes))
	}
	return shapes
}

// sized returns the items after sizing the cluster, once for each want.
func (in input) sized(t *testing.T, wants ...sizeeventstreams.Cluster) ([]*yaml.RNode, bool) {
	t.Helper()
	items := fntest.Items(t, in.items)
	for _, want := range wants {
		config := &sizeeventstreams.SizeEventStreams{}
		config.Spec.Clusters = map[string]sizeeventstreams.Cluster{in.cluster: want}
		var results fn.Results
		if items, results = fn.Apply(config, fntest.Env(), items); results.Failed() {
			return nil, false
		}
	}
	return items, true
}

// same compares manifests by what they say: 2 is 2000m, since what is equal is
// left as it was written.
func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.ScalarNode {
		return a.Value == b.Value || sizing.SameQuantity(a.Value, b.Value) || sizing.SameHeap(a.Value, b.Value)
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

func sameItems(a, b []*yaml.RNode) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(a[i].YNode(), b[i].YNode()) {
			return false
		}
	}
	return true
}

// A size leaves nothing behind: a manifest after one size and then another is
// that after the other alone, for every two sizes in every shape.
func TestSizeForgetsTheLast(t *testing.T) {
	for name, in := range shapes(t) {
		for _, second := range sizing.Sizes() {
			other := sizeeventstreams.Cluster{Size: sizeeventstreams.Size(second)}
			want, ok := in.sized(t, other)
			if !ok {
				continue
			}
			for _, first := range sizing.Sizes() {
				one := sizeeventstreams.Cluster{Size: sizeeventstreams.Size(first)}
				if got, ok := in.sized(t, one, other); ok && !sameItems(got, want) {
					t.Errorf("%s: %s after %s is not %s alone", name, second, first, second)
				}
			}
		}
	}
}

// Growing with storage leaves nothing behind either. (Shrinking leaves the
// ZooKeeper volumes, which can't shrink.)
func TestSizeWithStorageForgetsTheLast(t *testing.T) {
	small := sizeeventstreams.Cluster{Size: "S", Storage: &sizeeventstreams.Storage{Class: "gold", Size: "10Gi"}}
	large := sizeeventstreams.Cluster{Size: "L", Storage: &sizeeventstreams.Storage{Class: "fast", Size: "20Gi"}}
	for name, in := range shapes(t) {
		want, ok := in.sized(t, large)
		if got, both := in.sized(t, small, large); ok != both || ok && !sameItems(got, want) {
			t.Errorf("%s: L after S is not L alone", name)
		}
	}
}

// What a size writes is what it adds up to: the footprint has the preset's
// brokers, limits and licence cores, in every shape without an autoscaler.
func TestFootprintIsThePreset(t *testing.T) {
	for name, in := range shapes(t) {
		for _, preset := range sizing.Presets() {
			items, ok := in.sized(t, sizeeventstreams.Cluster{Size: sizeeventstreams.Size(preset.Size)})
			if !ok || name == "autoscaled.txtar" {
				continue
			}
			for _, f := range sizing.Footprint(items) {
				if f.Name == in.cluster {
					checkFootprint(t, name, preset, f)
				}
			}
		}
	}
}

func checkFootprint(t *testing.T, name string, preset sizing.Preset, f sizing.ClusterFootprint) {
	t.Helper()
	n := int64(preset.Brokers)
	if f.Brokers != preset.Brokers || f.VCPU != n*sizing.Millicores(preset.CPU.Limit) || f.MemoryBytes != n*sizing.Bytes(preset.Memory.Limit) {
		t.Errorf("%s: size %s adds up to %+v", name, preset.Size, f)
	}
	want := sizing.LicenceCores(f.VCPU, f.LicenseUse)
	if f.Ref.Kind == "Kafka" {
		want = 0
	}
	if f.LicenceCores != want {
		t.Errorf("%s: size %s has %d thousandths of licence cores; expected %d", name, preset.Size, f.LicenceCores, want)
	}
}

// What a workload writes carries the workload: the audit of the manifest, with
// as many consumer groups, names no smaller ingress and no shorter retention,
// in every shape; and the same workload again changes nothing.
func TestWorkloadIsCarried(t *testing.T) {
	groups := 2
	carried := 0
	for name, in := range shapes(t) {
		for _, ingress := range []sizing.Rate{1e5, 3e6, 17e6, 44e6} {
			workload := &sizing.Workload{Ingress: ingress, ConsumerGroups: &groups, Retention: sizing.Retention{Time: 24 * time.Hour}, Partitions: 30}
			want := sizeeventstreams.Cluster{Workload: workload}
			items, ok := in.sized(t, want)
			if !ok || name == "autoscaled.txtar" {
				continue
			}
			if again, ok := in.sized(t, want, want); !ok || !sameItems(again, items) {
				t.Errorf("%s: the workload of %v again is another", name, ingress)
			}
			for _, a := range sizing.AuditAll(items, sizing.AuditOptions{ConsumerGroups: &groups}) {
				if a.Ref().Name != in.cluster || a.Brokers == 0 {
					continue
				}
				carried++
				var most sizing.Rate
				if err := most.Set(a.Carries); err != nil || float64(most) < float64(ingress)*0.99 { // three digits are printed
					t.Errorf("%s: %s of %v carried", name, a.Carries, ingress)
				}
				holds := a.Holds * float64(most) / float64(ingress)
				if holds < (24 * time.Hour).Seconds() {
					t.Errorf("%s: holds %v s of a day", name, holds)
				}
			}
		}
	}
	const enough = 20
	if carried < enough {
		t.Errorf("only %d manifests carry a workload", carried)
	}
}
