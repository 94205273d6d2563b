package pinoperators

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

var set = fn.Set{Function}

func TestGolden(t *testing.T) { fntest.Golden(t, set) }

func FuzzPinOperators(f *testing.F) { fntest.Fuzz(f, set) }

// Whatever a valid pin and a Subscription say, pinning twice is pinning once.
func FuzzIdempotent(f *testing.F) {
	add := func(p Pin, olmPackage, name, namespace, channel, csv string) {
		f.Add(olmPackage, p.Channel, p.Version, p.StartingCSV, p.Namespace, p.Match.Name, p.Match.Namespace, p.Create, name, namespace, channel, csv)
	}
	add(Pin{Version: "3.0.5"}, "ibm-eventstreams", "es", "a", "stable", "ibm-eventstreams.v2.3.1")
	add(Pin{Version: "4.5.6", Channel: "b"}, "a-1.2.3", "a", "a", "", "")
	add(Pin{Version: "2.3.4", Channel: "b"}, "a", "a", "a", "", "a.v12.3.4")
	add(Pin{Channel: "v2.1", Namespace: "b", Match: Match{Namespace: "a"}}, "acme", "acme", "a", "alpha", "acme.v2.1.0")
	add(Pin{StartingCSV: "amqstreams.v2.6.0-1", Channel: "stable", Create: true, Match: Match{Name: "mq"}}, "amq-streams", "amq", "b", "stable", "")
	f.Fuzz(func(t *testing.T, olmPackage, channel, version, csv, namespace, matchName, matchNamespace string, create bool, name, own, ownChannel, ownCSV string) {
		c := &PinOperators{Spec: Spec{Operators: map[string]Pin{olmPackage: {
			Channel: channel, Version: version, StartingCSV: csv, Namespace: namespace, Source: "source", SourceNamespace: "marketplace",
			Create: create, Match: Match{Name: matchName, Namespace: matchNamespace},
		}}}}
		c.Default()
		if c.Validate().Failed() {
			return
		}
		sub := view.NewSubscription(own, name, olmPackage)
		put(sub, view.SubscriptionChannel, ownChannel)
		put(sub, view.SubscriptionCSV, ownCSV)
		items, results := c.Transform(fntest.Env(), []*yaml.RNode{sub.RNode()})
		if results.Failed() {
			return
		}
		before := make([]*yaml.RNode, len(items))
		for i, item := range items {
			before[i] = item.Copy()
		}
		after, results := c.Transform(fntest.Env(), items)
		if results.Failed() || len(after) != len(before) {
			t.Fatalf("the second run: %d items of %d, %v", len(after), len(before), results.Err())
		}
		for i := range after {
			if !view.Equal(after[i].YNode(), before[i].YNode()) {
				t.Fatalf("not idempotent:\n%s\n---\n%s", before[i].MustString(), after[i].MustString())
			}
		}
	})
}

// fact is one overlay of the operators' catalog that this function replaces:
// what it makes of its operator's base, or what is wrong with it.
type fact struct {
	operator, overlay, olmPackage, namespace, channel, csv, approval, refused string
}

func overlays(t *testing.T) []fact {
	t.Helper()
	data, err := os.ReadFile("testdata/facts/facts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")[1:]
	all := make([]fact, 0, len(lines))
	for _, line := range lines {
		r := strings.Split(line, "\t")
		all = append(all, fact{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]})
	}
	return all
}

// base returns the objects of a package's base, its Subscription first.
func base(t *testing.T, olmPackage string) []*yaml.RNode {
	t.Helper()
	data, err := os.ReadFile("testdata/facts/bases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var group []*yaml.RNode // stands before its Subscription
	for _, item := range fntest.Items(t, string(data)) {
		switch sub := (view.Subscription{Object: view.Of(item)}); {
		case sub.Kind() == "OperatorGroup":
			group = []*yaml.RNode{item}
		case sub.Get(view.SubscriptionPackage) == olmPackage:
			return append([]*yaml.RNode{item}, group...)
		default:
			group = nil
		}
	}
	t.Fatalf("no base of %s", olmPackage)
	return nil
}

// run pins a package's base as a host would: validated, then transformed.
func run(t *testing.T, olmPackage string, pin Pin) (*yaml.RNode, fn.Results) {
	t.Helper()
	c := &PinOperators{Spec: Spec{Operators: map[string]Pin{olmPackage: pin}}}
	c.Default()
	if results := c.Validate(); results.Failed() {
		return nil, results
	}
	items, results := c.Transform(fntest.Env(), base(t, olmPackage))
	return items[0], results
}

// want is the overlay's output in the old catalog, with Manual approval where
// it names a CSV: Automatic was wrong there, since OLM upgraded past it.
func (f fact) want(t *testing.T) map[string]any {
	t.Helper()
	object := decode(t, base(t, f.olmPackage)[0])
	spec := object["spec"].(map[string]any)
	if f.namespace != "" {
		object["metadata"].(map[string]any)["namespace"] = f.namespace
	}
	if f.csv != "" {
		f.approval = "Manual"
	}
	for key, value := range map[string]string{"channel": f.channel, "startingCSV": f.csv, "installPlanApproval": f.approval} {
		delete(spec, key)
		if value != "" {
			spec[key] = value
		}
	}
	return object
}

func decode(t *testing.T, item *yaml.RNode) map[string]any {
	t.Helper()
	object, err := item.Map()
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// One pin says what an overlay folder said, or says what is wrong with it.
func TestFacts(t *testing.T) {
	var rendered, refused, byVersion int
	for _, f := range overlays(t) {
		t.Run(f.operator+"/"+f.overlay, func(t *testing.T) {
			pin := Pin{Channel: f.channel, StartingCSV: f.csv, Namespace: f.namespace}
			item, results := run(t, f.olmPackage, pin)
			if f.refused != "" {
				refused++
				if err := results.Err(); err == nil || !strings.Contains(err.Error(), f.refused) {
					t.Errorf("%v; expected %q", err, f.refused)
				}
				return
			}
			rendered++
			if found := unexpected(results); len(found) > 0 {
				t.Errorf("%v; expected no findings", found)
			}
			if got, want := decode(t, item), f.want(t); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%v\nexpected\n%v", got, want)
			}
			byVersion += f.pinByVersion(t)
		})
	}
	t.Logf("%d facts: %d as in the catalog (of these %d by version alone too), %d refused with what is wrong",
		rendered+refused, rendered, byVersion, refused)
	const published = 51 // overlays with a Subscription: 47 for all namespaces, 4 for one
	if rendered+refused != published {
		t.Errorf("%d facts; expected %d", rendered+refused, published)
	}
}

// unexpected leaves out what is said of OLM, whatever the pin.
func unexpected(results fn.Results) fn.Results {
	var rest fn.Results
	for i := range results {
		message := results[i].Message
		if results[i].Severity == fn.Info || strings.HasPrefix(message, "OLM will offer") || strings.Contains(message, "no OperatorGroup") || strings.Contains(message, "OpenShift has the OperatorGroup") {
			continue
		}
		rest = append(rest, results[i])
	}
	return rest
}

// pinByVersion says the same with version alone, where one channel has it.
func (f fact) pinByVersion(t *testing.T) int {
	t.Helper()
	operator, _, err := catalog.Lookup(f.olmPackage)
	if err != nil {
		t.Fatal(err)
	}
	_, version := splitCSV(f.csv)
	if version == "" || len(operator.ChannelsOf(f.csv)) != 1 {
		return 0
	}
	item, results := run(t, f.olmPackage, Pin{Version: version, Namespace: f.namespace})
	if found := unexpected(results); len(found) > 0 {
		t.Fatalf("by version: %v; expected no findings", found)
	}
	if got, want := decode(t, item), f.want(t); !reflect.DeepEqual(got, want) {
		t.Errorf("by version: got\n%v\nexpected\n%v", got, want)
	}
	return 1
}

// The work is linear: this takes a blink or, if it is not, minutes.
func TestManySubscriptions(t *testing.T) {
	const many = 10_000
	items := make([]*yaml.RNode, 0, many)
	one := base(t, "ibm-mq")[0]
	for range many {
		items = append(items, one.Copy())
	}
	c := &PinOperators{Spec: Spec{Operators: map[string]Pin{"ibm-mq": {Channel: "v1.8"}}}}
	c.Default()
	out, results := c.Transform(fntest.Env(), items)
	if len(out) != many || len(results) != many || results.Failed() {
		t.Fatalf("%d items, %d findings, %v; expected one warning for each of %d", len(out), len(results), results.Err(), many)
	}
}

// So it is with an approver in each of 10,000 namespaces, with 10,000 packages
// that nobody knows, and with OLM v1.
func TestManyNamespacesAndPackages(t *testing.T) {
	const many = 10_000
	image := "registry.example.com/cli@sha256:" + strings.Repeat("0", 64)
	for name, spec := range map[string]Spec{
		"approver": {Operators: map[string]Pin{"ibm-mq": {Version: "1.8.0"}}, Approver: Approver{Enabled: true, Image: image}},
		"packages": {},
		"v1":       {OLM: V1},
	} {
		t.Run(name, func(t *testing.T) {
			one := base(t, "ibm-mq")[0]
			items := make([]*yaml.RNode, 0, many)
			pins := map[string]Pin{}
			for i := range many {
				sub := view.Subscription{Object: view.Of(one.Copy())}
				sub.Move(fmt.Sprintf("namespace-%d", i))
				if name != "approver" {
					olmPackage := fmt.Sprintf("acme-%d", i)
					sub.Put(view.SubscriptionPackage, olmPackage)
					sub.Set(olmPackage, "metadata", "name")
					pins[olmPackage] = Pin{Channel: "stable", Version: "1.0.0"}
				}
				items = append(items, sub.RNode())
			}
			if name != "approver" {
				spec.Operators = pins
			}
			c := &PinOperators{Spec: spec}
			c.Default()
			out, results := c.Transform(fntest.Env(), items)
			if results.Failed() || len(out) < many {
				t.Fatalf("%d items, %v", len(out), results.Err())
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		pins   map[string]Pin
		want   string // substring of the error; empty: valid
	}{
		"channel":       {"the plainest pin", map[string]Pin{"ibm-mq": {Channel: "v1.8"}}, ""},
		"source alone":  {"a mirror, whatever the release", map[string]Pin{"ibm-mq": {Source: "mirror"}}, ""},
		"agreeing":      {"a version may say its channel", map[string]Pin{"ibm-mq": {Channel: "v1.8", Version: "1.8.0"}}, ""},
		"manual":        {"Manual is what a version sets", map[string]Pin{"ibm-mq": {Version: "1.8.0", InstallPlanApproval: Manual}}, ""},
		"none":          {"a function that does nothing is a mistake", nil, "spec.operators: is empty"},
		"empty pin":     {"so is a pin that says nothing", map[string]Pin{"ibm-mq": {}}, "spec.operators.ibm-mq: says nothing"},
		"no name":       {"no Subscription has an empty package", map[string]Pin{"": {Channel: "a"}}, "no package's name"},
		"both":          {"two ways to say a release", map[string]Pin{"a": {Version: "1.0.0", StartingCSV: "a.v1.0.0"}}, "stands beside version"},
		"range":         {"the catalog has the highest of it", map[string]Pin{"a": {Version: "~1.2"}}, ""},
		"two bounds":    {"as OLM v1 writes them", map[string]Pin{"a": {Version: ">=3.0 <3.3"}}, ""},
		"either":        {"as OLM v1 writes them", map[string]Pin{"a": {Version: "~1.2 || ^2.0.0"}}, ""},
		"partial":       {"OLM v1 takes it for 3.0.x", map[string]Pin{"a": {Version: "3.0"}}, ""},
		"no range":      {"what is neither", map[string]Pin{"a": {Version: ">=three"}}, "expected an exact version"},
		"range's tail":  {"half a range", map[string]Pin{"a": {Version: ">="}}, "expected an exact version"},
		"range, auto":   {"OLM would upgrade past it", map[string]Pin{"a": {Version: "~1.2", InstallPlanApproval: Automatic}}, "is Automatic beside a version"},
		"from":          {"the step is checked", map[string]Pin{"a": {Version: "1.2.0", UpgradesFrom: "1.1.0"}}, ""},
		"from a range":  {"one version runs", map[string]Pin{"a": {Version: "1.2.0", UpgradesFrom: "~1.1"}}, "expected the exact version that runs"},
		"from nowhere":  {"a step has an end", map[string]Pin{"a": {Channel: "b", UpgradesFrom: "1.1.0"}}, "needs version or startingCSV"},
		"v":             {"the CSV's name has the v", map[string]Pin{"a": {Version: "v3.0.5"}}, `no "v"`},
		"automatic":     {"OLM would upgrade past it", map[string]Pin{"a": {StartingCSV: "a.v1.0.0", InstallPlanApproval: Automatic}}, "is Automatic beside a version"},
		"placeholder":   {"copied from a base", map[string]Pin{"a": {Channel: "patch-me-see-overlays-dir"}}, "is a placeholder; say the channel"},
		"CHANGEME":      {"in any spelling", map[string]Pin{"a": {StartingCSV: "CHANGE_ME"}}, "is a placeholder; say the startingCSV"},
		"space":         {"no channel has one", map[string]Pin{"a": {Channel: "v1 .8"}}, "has spaces"},
		"namespace":     {"an API server would refuse it", map[string]Pin{"a": {Channel: "b", Namespace: "Ops"}}, "spec.operators.a.namespace"},
		"create":        {"a new Subscription needs a release", map[string]Pin{"a": {Source: "b", Create: true}}, "needs channel, version or startingCSV"},
		"create's name": {"an API server would refuse it", map[string]Pin{"a": {Channel: "b", Create: true, Match: Match{Name: "A b"}}}, "match.name"},
		"create's home": {"an API server would refuse it", map[string]Pin{"a": {Channel: "b", Create: true, Match: Match{Namespace: "A b"}}}, "match.namespace"},
		"dotted":        {"paths stay readable", map[string]Pin{"a.b": {}}, "spec.operators[a.b]: says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &PinOperators{Spec: Spec{Operators: tc.pins}}
			c.Default()
			err := c.Validate().Err()
			if tc.want == "" {
				if err != nil {
					t.Errorf("%v; expected it to be valid: %s", err, tc.reason)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v; expected %q: %s", err, tc.want, tc.reason)
			}
		})
	}
}

func TestSplitCSV(t *testing.T) {
	for csv, want := range map[string][2]string{
		"ibm-mq.v1.8.0": {"ibm-mq.v", "1.8.0"},
		"apicurio-registry-operator.v1.0.0-v2.0.0.final": {"apicurio-registry-operator.v", "1.0.0-v2.0.0.final"},
		"amqstreams.v2.6.0-1":                            {"amqstreams.v", "2.6.0-1"},
		"local-storage-operator.4.8.0-202107":            {"local-storage-operator.", "4.8.0-202107"},
		"tobechanged":                                    {"", ""},
	} {
		if prefix, version := splitCSV(csv); [2]string{prefix, version} != want {
			t.Errorf("splitCSV(%q) = %q, %q; expected %q", csv, prefix, version, want)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, tc := range []struct {
		channel, csv string
		want         bool
	}{
		{"v3.0", "ibm-eventstreams.v3.0.5", true},
		{"v3.0", "ibm-eventstreams.v3.10.5", false},
		{"v3.1", "ibm-eventstreams.v3.10.5", false},
		{"strimzi-0.25.x", "strimzi-cluster-operator.v0.25.0", true},
		{"2.x", "apicurio-registry-operator.v1.0.0-v2.0.0.final", false},
		{"v3", "ibm-common-service-operator.v3.17.0", true},
		{"stable", "ibm-mq.v1.8.0", false},
		{"v1.8", "tobechanged", false},
	} {
		if got := within(tc.channel, tc.csv); got != tc.want {
			t.Errorf("within(%q, %q) = %t", tc.channel, tc.csv, got)
		}
	}
}

// The items are the reader's own nodes: nothing is copied or re-read.
func BenchmarkTransform(b *testing.B) {
	data, err := os.ReadFile("testdata/facts/bases.yaml")
	if err != nil {
		b.Fatal(err)
	}
	c := &PinOperators{Spec: Spec{Operators: map[string]Pin{"ibm-mq": {Version: "1.8.0"}}, Unpinned: fn.LevelIgnore}}
	c.Default()
	items, err := (&kio.ByteReader{Reader: strings.NewReader(string(data))}).Read()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Transform(fn.Env{}, items)
	}
}
