// Package diff says what changes for people between two sets of manifests:
// operators and operands, sizes and what they cost, secrets, applications,
// objects that come and go, and the rules that the step breaks.
//
// It is pure: it reads manifests and changes none, and shows no secret's value.
package diff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// Report is what changes.
type Report struct {
	// Operators are OLM Subscriptions whose channel or CSV changes.
	Operators []Step `json:"operators"`
	// Operands are versions of what operators run.
	Operands []Step `json:"operands"`
	// Resources are those whose size changes: Kafka clusters, Connect, MirrorMaker,
	// geo-replicators and queue managers.
	Resources []Resource `json:"resources"`
	// Before and After are what all of them together ask for, those that stay as
	// they are included; licence cores are rounded up to whole ones there.
	Before Cost `json:"before"`
	After  Cost `json:"after"`
	// Resealed are SealedSecrets whose ciphertext changes, with their keys.
	Resealed []string `json:"resealed"`
	// Applications of Argo CD, and how each changes.
	Applications []string `json:"applications"`
	// Added and Removed are objects; Changed are all others that differ.
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
	// OneWay are steps that can't be taken back.
	OneWay []string `json:"oneWay"`
	// Findings are the change rules' of the model.
	Findings []sizing.Diagnostic `json:"findings"`

	prices sizing.Prices
}

// Step is a version that changes.
type Step struct {
	Object string `json:"object"`
	Field  string `json:"field"`
	From   string `json:"from"`
	To     string `json:"to"`
	// Stops are the versions on the way, the last one being To; empty where the
	// catalog does not know.
	Stops []string `json:"stops,omitempty"`
}

// Resource is an object's size on both sides.
type Resource struct {
	Object string `json:"object"`
	// Ratio is how many chargeable cores count as one licence core after the
	// change (2:1), empty where IBM has no licence.
	Ratio  string `json:"ratio,omitempty"`
	Before Cost   `json:"before"`
	After  Cost   `json:"after"`
}

// Cost is what an object asks for: brokers, workers or other pods of its own;
// cores, GiB of memory and of volumes with those of controllers and ZooKeeper
// beside them; IBM's licence cores; and the amount at the user's prices.
type Cost struct {
	Pods         int     `json:"pods"`
	CPU          float64 `json:"cpu"`
	MemoryGiB    float64 `json:"memoryGiB"`
	DiskGiB      float64 `json:"diskGiB"`
	LicenceCores float64 `json:"licenceCores"`
	Amount       float64 `json:"amount,omitempty"`
}

// Broken says whether a change rule is broken.
func (r *Report) Broken() bool { return sizing.Failed(r.Findings) }

// key finds an object on both sides: its API version may change.
type key struct{ group, kind, namespace, name string }

func keyOf(o view.Object) key { return key{o.Group(), o.Kind(), o.Namespace(), o.Name()} }

func (k key) String() string {
	if k.namespace != "" {
		return k.kind + " " + k.namespace + "/" + k.name
	}
	return k.kind + " " + k.name
}

func index(items []*yaml.RNode) map[key]view.Object {
	objects := map[key]view.Object{}
	for _, o := range view.Manifests(items) {
		objects[keyOf(o)] = o
	}
	return objects
}

// Compare says what changes from one set of finished manifests to another, and
// what that costs at the user's prices.
func Compare(before, after []*yaml.RNode, prices sizing.Prices) *Report {
	r := &Report{
		prices:    prices,
		Operators: []Step{}, Operands: []Step{}, Resources: []Resource{}, Resealed: []string{}, Applications: []string{},
		Added: []string{}, Removed: []string{}, Changed: []string{}, OneWay: []string{}, Findings: []sizing.Diagnostic{},
	}
	old, now := index(before), index(after)
	for _, k := range keys(old) {
		if _, found := now[k]; !found {
			r.removed(k, old[k])
		}
	}
	for _, k := range keys(now) {
		was, found := old[k]
		switch {
		case !found:
			r.added(k)
		case !view.Equal(was.Node(), now[k].Node()):
			r.changed(k, was, now[k])
		}
	}
	r.sizes(before, after)
	return r
}

func keys(objects map[key]view.Object) []key {
	all := make([]key, 0, len(objects))
	for k := range objects {
		all = append(all, k)
	}
	slices.SortFunc(all, compareKeys)
	return all
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name), cmp.Compare(a.group, b.group))
}

// holdsData are kinds whose removal loses what they hold.
var holdsData = []string{
	"EventStreams", "Kafka", "KafkaNodePool", "KafkaTopic", "QueueManager", "PersistentVolumeClaim", "StatefulSet", "Elasticsearch",
	"Namespace", "CustomResourceDefinition",
}

func (r *Report) added(k key) {
	if k.kind == "Application" || k.kind == "AppProject" || k.kind == "ApplicationSet" {
		r.Applications = append(r.Applications, k.String()+": added")
		return
	}
	r.Added = append(r.Added, k.String())
}

func (r *Report) removed(k key, o view.Object) {
	if slices.Contains(holdsData, k.kind) {
		r.OneWay = append(r.OneWay, k.String()+" is removed, with what it holds")
	}
	if o.Kind() == "Application" || o.Kind() == "AppProject" || o.Kind() == "ApplicationSet" {
		r.Applications = append(r.Applications, k.String()+": removed")
		return
	}
	r.Removed = append(r.Removed, k.String())
}

func (r *Report) changed(k key, was, is view.Object) {
	if was.APIVersion() != is.APIVersion() {
		r.OneWay = append(r.OneWay, fmt.Sprintf("%s goes from %s to %s: once its operator has stored it so, the old one may not read it", k, was.APIVersion(), is.APIVersion()))
	}
	if k.kind == "Subscription" && k.group == "operators.coreos.com" {
		r.subscription(k, was, is)
		return
	}
	switch k.kind {
	case "SealedSecret":
		r.sealed(k, was, is)
	case "Application", "AppProject", "ApplicationSet":
		r.Applications = append(r.Applications, k.String()+": "+strings.Join(topFields(was, is), ", "))
	default:
		r.operand(k, was, is)
		r.Changed = append(r.Changed, k.String()+": "+strings.Join(topFields(was, is), ", "))
	}
}

// topFields are the fields two steps down that differ: spec.replicas.
func topFields(was, is view.Object) []string {
	var fields []string
	for _, top := range mapKeys(was.Node(), is.Node()) {
		a, b := view.Field(was.Node(), top), view.Field(is.Node(), top)
		if view.Equal(a, b) {
			continue
		}
		below := mapKeys(a, b)
		if len(below) == 0 {
			fields = append(fields, top)
		}
		for _, next := range below {
			if !view.Equal(view.Field(a, next), view.Field(b, next)) {
				fields = append(fields, view.Path(top, next))
			}
		}
	}
	return fields
}

func mapKeys(nodes ...*yaml.Node) []string {
	var names []string
	for _, node := range nodes {
		if node == nil || node.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			names = append(names, node.Content[i].Value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *Report) subscription(k key, was, is view.Object) {
	pkg := is.Text("spec", "name")
	operator, known, err := catalog.Lookup(pkg)
	known = known && err == nil
	for _, field := range []string{"channel", "startingCSV", "installPlanApproval", "source"} {
		from, to := was.Text("spec", field), is.Text("spec", field)
		if from == to {
			continue
		}
		step := Step{Object: k.String(), Field: "spec." + field, From: from, To: to}
		if field == "startingCSV" && known {
			step.Stops = stops(operator, is.Text("spec", "channel"), from, to)
			if catalog.Compare(version(from), version(to)) < 0 {
				r.OneWay = append(r.OneWay, fmt.Sprintf("%s goes up to %s: OLM installs no lower version over it", k, to))
			}
		}
		r.Operators = append(r.Operators, step)
	}
}

// version is that of a CSV's name: 3.0.5 of ibm-eventstreams.v3.0.5.
func version(csv string) string {
	if _, after, found := strings.Cut(csv, ".v"); found {
		return after
	}
	return csv
}

func stops(operator *catalog.Operator, channel, from, to string) []string {
	path, known := operator.UpgradePath(channel, version(from), version(to))
	if !known {
		return nil
	}
	return path
}

// operand finds a product's version and says whether it can be taken back.
func (r *Report) operand(k key, was, is view.Object) {
	for _, path := range [][]string{{"spec", "version"}, {"spec", "kafka", "version"}, {"spec", "kafka", "metadataVersion"}} {
		from, to := was.Text(path...), is.Text(path...)
		if from == to {
			continue
		}
		step := Step{Object: k.String(), Field: view.Path(path...), From: from, To: to}
		for _, pkg := range catalog.Names() {
			operator, found, err := catalog.Lookup(pkg)
			if err != nil || !found {
				continue
			}
			if _, runs := operator.Operands[k.kind]; !runs || path[1] != "version" {
				continue
			}
			if via, known := operator.OperandPath(k.kind, from, to); known {
				step.Stops = via
				break
			}
		}
		r.Operands = append(r.Operands, step)
		if from != "" && to != "" && catalog.Compare(from, to) < 0 && slices.Contains(holdsData, k.kind) {
			r.OneWay = append(r.OneWay, fmt.Sprintf("%s goes up to %s: what it writes then, the old version may not read", k, to))
		}
	}
}

// sealed names the keys whose ciphertext changes, never a value.
func (r *Report) sealed(k key, was, is view.Object) {
	old, now := was.Lookup("spec", "encryptedData"), is.Lookup("spec", "encryptedData")
	var names []string
	for _, name := range mapKeys(old, now) {
		a, b := view.Field(old, name), view.Field(now, name)
		switch {
		case a == nil:
			names = append(names, name+" (new)")
		case b == nil:
			names = append(names, name+" (removed)")
		case !view.Equal(a, b):
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		r.Changed = append(r.Changed, k.String()+": "+strings.Join(topFields(was, is), ", "))
		return
	}
	r.Resealed = append(r.Resealed, k.String()+": "+strings.Join(names, ", "))
}

func (r *Report) cost(pods int, sum sizing.Pods, licenceCores int64) Cost {
	const gib, core = 1 << 30, 1000
	return Cost{
		Pods: pods, CPU: float64(sum.VCPU) / core, MemoryGiB: tenth(float64(sum.MemoryBytes) / gib), DiskGiB: tenth(float64(sum.DiskBytes) / gib),
		LicenceCores: float64(licenceCores) / core, Amount: cents(r.prices.Of(sum, licenceCores)),
	}
}

// all is what an estate costs.
func (r *Report) all(estate []sizing.Resource) Cost {
	pods := 0
	for _, resource := range estate {
		pods += resource.Pods.Count
	}
	return r.cost(pods, sizing.Total(estate), sizing.EstateLicenceCores(estate))
}

func tenth(x float64) float64 { return float64(int64(x*10+0.5)) / 10 }

func cents(x float64) float64 { return float64(int64(x*100+0.5)) / 100 }

// costs are an estate's by object.
func (r *Report) costs(estate []sizing.Resource, objects map[view.Ref]key) map[key]Resource {
	costs := map[key]Resource{}
	for _, resource := range estate {
		k := objects[resource.Ref]
		ratio := ""
		if resource.Licenced() {
			ratio = fmt.Sprintf("%d:1", resource.Ratio)
		}
		costs[k] = Resource{Object: k.String(), Ratio: ratio, After: r.cost(resource.Pods.Count, sizing.Total([]sizing.Resource{resource}), resource.LicenceCores)}
	}
	return costs
}

func keysByRef(items []*yaml.RNode) map[view.Ref]key {
	byRef := map[view.Ref]key{}
	for _, o := range view.Manifests(items) {
		byRef[o.Ref()] = keyOf(o)
	}
	return byRef
}

// sizes compares what objects ask for, and holds the step of each cluster against
// the change rules with the old side as what is deployed.
func (r *Report) sizes(before, after []*yaml.RNode) {
	were, are := sizing.Estate(before), sizing.Estate(after)
	r.Before, r.After = r.all(were), r.all(are)
	old, now := r.costs(were, keysByRef(before)), r.costs(are, keysByRef(after))
	for k, resource := range old {
		is, found := now[k]
		if !found {
			is = Resource{Object: resource.Object, Ratio: resource.Ratio}
		}
		is.Before = resource.After
		now[k] = is
	}
	for _, k := range slices.SortedFunc(maps.Keys(now), compareKeys) {
		if now[k].Before != now[k].After {
			r.Resources = append(r.Resources, now[k])
		}
	}
	states := map[key]sizing.State{}
	for _, cluster := range view.KafkaClusters(before) {
		states[keyOf(cluster.Object)] = sizing.StateOf(cluster, before)
	}
	for _, cluster := range view.KafkaClusters(after) {
		if was, found := states[keyOf(cluster.Object)]; found {
			state := sizing.StateOf(cluster, after)
			r.Findings = append(r.Findings, sizing.Changes(was, state)...)
			r.oneWaySizes(was, state)
		}
	}
}

// oneWaySizes marks what is allowed and can't be taken back.
func (r *Report) oneWaySizes(was, is sizing.State) {
	if _, had := was.Pools["zookeeper"]; had {
		if _, has := is.Pools["zookeeper"]; !has {
			r.OneWay = append(r.OneWay, is.Ref.String()+" goes from ZooKeeper to KRaft")
		}
	}
	for name, topic := range is.Topics {
		if old, found := was.Topics[name]; found && topic.Partitions > old.Partitions {
			r.OneWay = append(r.OneWay, fmt.Sprintf("%s gets %d partitions in place of %d, and never fewer again", topic.Ref, topic.Partitions, old.Partitions))
		}
	}
	for name, pool := range is.Pools {
		for id, volume := range pool.Volumes {
			if old, found := was.Pools[name].Volumes[id]; found && sizing.Bytes(volume.Size) > sizing.Bytes(old.Size) {
				r.OneWay = append(r.OneWay, fmt.Sprintf("%s: %s.size grows from %s to %s, and never shrinks again", pool.Ref, volume.Field, old.Size, volume.Size))
			}
		}
	}
	slices.Sort(r.OneWay)
}
