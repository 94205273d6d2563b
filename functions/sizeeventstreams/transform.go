package sizeeventstreams

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Transform sizes the named clusters and topics in place. It returns every
// finding, and a note for each cluster of what it adds up to.
func (c *SizeEventStreams) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	_, environment, results := solution.Lookup(&c.Header, "spec.environment", c.Spec.Environment, items)
	if results.Failed() {
		return items, results
	}
	class := c.Spec.Class
	if class == "" {
		class = Class(environment.Class)
	}
	clusters := view.KafkaClusters(items)
	sizers := map[view.Ref]*sizer{}
	for _, name := range solution.Names(c.Spec.Clusters) {
		cluster, problem := c.findCluster(name, clusters)
		if problem != nil {
			results = append(results, *problem)
			continue
		}
		s := c.newSizer(cluster, c.Spec.Clusters[name], class)
		if c.Spec.CompareWithInput && cluster.Misshapen() == "" {
			before := sizing.StateOf(cluster, items)
			s.before = &before
		}
		s.run()
		results = append(results, s.results...)
		results = append(results, c.planFindings(name, s)...)
		sizers[cluster.Ref()] = s
	}
	index := indexTopics(items)
	relevant, found := c.sizeTopics(index)
	results = append(results, found...)
	sizePlanTopics(index, sizers, relevant)
	results = append(results, c.sizeConnects(items, class, sizers)...)
	results = append(results, c.sizeQueueManagers(items, class)...)
	if results.Failed() {
		return items, results
	}
	for ref := range sizers {
		relevant[ref] = true
	}
	footprints := sizing.Footprint(items)
	results = append(results, checkTopics(index, footprints, relevant)...)
	for _, f := range footprints {
		if s, sized := sizers[f.Ref]; sized {
			results = append(results, s.changed(items)...)
			results = append(results, c.note(f, s))
		}
	}
	return items, append(results, c.podNotes(items)...)
}

// findCluster returns the one cluster of a name.
func (c *SizeEventStreams) findCluster(name string, clusters []view.KafkaCluster) (view.KafkaCluster, *fn.Result) {
	var found []view.KafkaCluster
	var refs []string
	names := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		names = append(names, cluster.Name())
		if cluster.Name() == name {
			found = append(found, cluster)
			refs = append(refs, cluster.Ref().String())
		}
	}
	at := view.Path("spec", "clusters", name)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		problem := c.Errorf(at, "%s", absent("EventStreams or Kafka", name, names))
		return view.KafkaCluster{}, &problem
	}
	slices.Sort(refs)
	problem := c.Errorf(at, "%d clusters have this name: %s; size them in packages of their own", len(found), strings.Join(refs, ", "))
	return view.KafkaCluster{}, &problem
}

// absent says that there is no object of a name, and which there are.
func absent(what, name string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("there is no %s among the objects; list its folder under resources", what)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	hint := ""
	if closest := fnconfig.Closest(name, names); closest != "" {
		hint = fmt.Sprintf("; did you mean %q?", closest)
	}
	return fmt.Sprintf("there is no %s %q; there is %s%s", what, name, strings.Join(names, ", "), hint)
}

// podNotes say what sized Connect clusters, MirrorMakers and queue managers add
// up to.
func (c *SizeEventStreams) podNotes(items []*yaml.RNode) fn.Results {
	var results fn.Results
	for _, r := range sizing.Estate(items) {
		sized := false
		switch r.Ref.Kind {
		case "KafkaConnect":
			_, sized = c.Spec.Connects[r.Ref.Name]
		case "KafkaMirrorMaker2":
			_, sized = c.Spec.Mirrors[r.Ref.Name]
		case "QueueManager":
			_, sized = c.Spec.QueueManagers[r.Ref.Name]
		}
		if !sized {
			continue
		}
		parts := amounts(r.Pods.Count, "pod", r.Pods.VCPU, r.Pods.MemoryBytes, r.Pods.DiskBytes)
		if r.Licenced() {
			parts = append(parts, fmt.Sprintf("%s licence cores (%d:1)", sizing.FormatThousandths(r.LicenceCores), r.Ratio))
		}
		parts = append(parts, c.cost(r.Pods, r.LicenceCores)...)
		results = append(results, fn.Infof(r.Ref, "", "%s", strings.Join(parts, ", ")).Tag(diagnostic, "SZ100"))
	}
	return results
}

// cost says what pods cost, empty without prices.
func (c *SizeEventStreams) cost(pods sizing.Pods, licenceCores int64) []string {
	if c.Spec.Prices == nil || !c.Spec.Prices.Known() {
		return nil
	}
	return []string{"costs " + c.Spec.Prices.Cost(c.Spec.Prices.Of(pods, licenceCores))}
}

// note says what a cluster adds up to.
func (c *SizeEventStreams) note(f sizing.ClusterFootprint, s *sizer) fn.Result {
	parts := amounts(f.Brokers, "broker", f.VCPU, f.MemoryBytes, f.DiskBytes)
	if f.Ref.Kind == "EventStreams" {
		parts = append(parts, fmt.Sprintf("%s licence cores (%d:1)%s", sizing.FormatThousandths(f.LicenceCores), sizing.LicenceRatio(f.LicenseUse), s.delta(f)))
	}
	all := sizing.Pods{VCPU: f.VCPU + f.Quorum.VCPU, MemoryBytes: f.MemoryBytes + f.Quorum.MemoryBytes, DiskBytes: f.DiskBytes + f.Quorum.DiskBytes}
	cost := c.cost(all, f.LicenceCores)
	text := fmt.Sprintf("size %s: %s", s.preset.Size, strings.Join(parts, ", "))
	if q := f.Quorum; q.Count > 0 {
		text += "; beside them " + strings.Join(amounts(q.Count, "quorum node", q.VCPU, q.MemoryBytes, q.DiskBytes), ", ")
	}
	if len(cost) > 0 {
		text += "; all " + cost[0]
	}
	return fn.Infof(f.Ref, "", "%s", text).Change(f.LicenseUse, f.LicenseUse).Tag(diagnostic, "SZ100")
}

// amounts says what some pods ask for; what they don't say is left out.
func amounts(count int, what string, millicores, memory, disk int64) []string {
	parts := []string{plural(count, what)}
	if millicores > 0 {
		parts = append(parts, sizing.FormatThousandths(millicores)+" vCPU")
	}
	if memory > 0 {
		parts = append(parts, sizing.FormatGiB(memory)+" memory")
	}
	if disk > 0 {
		parts = append(parts, sizing.FormatGiB(disk)+" disk")
	}
	return parts
}

// plural counts things: 1 broker, 3 brokers.
func plural(count int, what string) string {
	if count == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", count, what)
}
