package sizeeventstreams

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// planFindings are what the plan of a workload has found, and with report each
// of its numbers.
func (c *SizeEventStreams) planFindings(name string, s *sizer) fn.Results {
	if s.plan == nil {
		return nil
	}
	at := view.Path("spec", "clusters", name) + ".workload."
	var results fn.Results
	for _, d := range s.plan.Diagnostics {
		switch d.Severity {
		case sizing.DiagnosticError:
			results = append(results, c.Errorf(at+d.Field, "%s", d.Message).Change(d.Current, d.Proposed).Tag(diagnostic, d.ID))
		case sizing.DiagnosticWarn:
			if d.ID != "SZ100" { // found in the manifest, too
				results = append(results, c.Warnf(at+d.Field, "%s", d.Message).Change(d.Current, d.Proposed).Tag(diagnostic, d.ID))
			}
		}
	}
	if c.Spec.Report {
		results = append(results, report(s)...)
	}
	return results
}

// report has a note for each of the plan's numbers.
func report(s *sizer) fn.Results {
	p := s.plan
	sources := p.Sources()
	var results fn.Results
	for _, number := range []struct{ path, text string }{
		{"brokers", fmt.Sprintf("%d brokers, bound by %s", p.Brokers, p.Binding)},
		{"perBroker.cpu", sizing.FormatThousandths(p.CPU) + " vCPU a broker"},
		{"perBroker.memory", sizing.Quantity(p.Memory) + " memory a broker"},
		{"perBroker.heap", sizing.Quantity(p.Heap) + " heap a broker"},
		{"perBroker.storage", sizing.Quantity(p.Storage) + " of volumes a broker"},
		{"utilization", "at the peak: " + p.Normal.String()},
		{"partitionsPerBroker", fmt.Sprintf("%d replicas a broker", p.PartitionsPerBroker)},
		{"maxIngress.ibm", fmt.Sprintf("carries %s on average; IBM's margin is %s", sizing.FormatRate(p.MaxIngress), sizing.FormatRate(p.IBMIngress))},
	} {
		ids := make([]string, 0, len(sources[number.path]))
		for _, source := range sources[number.path] {
			ids = append(ids, source.ID)
		}
		results = append(results, fn.Infof(s.cluster.Ref(), "", "%s (%s)", number.text, strings.Join(ids, ", ")))
	}
	return results
}

// planStorage finds the size of volumes: the config's, or else the workload's,
// in as many parts as brokers have volumes. It never makes a known volume
// smaller.
func (s *sizer) planStorage(sh shape) {
	if s.plan == nil {
		return
	}
	volumes := 1
	for _, nodes := range sh.brokers {
		volumes = max(volumes, len(nodes.Volumes()))
	}
	storage := Storage{}
	if s.want.Storage != nil {
		storage = *s.want.Storage
	}
	if s.want.Platform != nil && storage.Class == "" {
		storage.Class = s.want.Platform.StorageClass
	}
	s.storage = &storage
	if storage.Size != "" {
		if has := sizing.Bytes(string(storage.Size)) * int64(volumes); has < s.plan.Storage {
			s.diagnose("SZ031", fn.Warnf(s.cluster.Ref(), sh.brokers[0].Field("storage"),
				"is %s by the config, and the workload's retention needs %s", storage.Size, sizing.Quantity(s.plan.Storage)).
				Change(string(storage.Size), sizing.Quantity(sizing.RoundStorage(float64(s.plan.Storage)/float64(volumes)))))
		}
		return
	}
	each := sizing.RoundStorage(float64(s.plan.Storage) / float64(volumes))
	deployed := s.deployedVolume()
	if platform := s.want.Platform; platform != nil && platform.AllowVolumeExpansion != nil && !*platform.AllowVolumeExpansion && deployed > 0 && each > deployed {
		s.diagnose("SZ030", fn.Errorf(s.cluster.Ref(), sh.brokers[0].Field("storage"),
			"needs %s, volumes have %s, and their class does not let them grow; keep less, or make a new pool", sizing.Quantity(each), sizing.Quantity(deployed)).
			Change(sizing.Quantity(deployed), sizing.Quantity(each)))
	}
	storage.Size = sizing.VolumeSize(sizing.Quantity(max(each, deployed)))
}

// deployedVolume is the largest volume of a broker that is known to be
// deployed, 0 when none is.
func (s *sizer) deployedVolume() int64 {
	deployed := int64(0)
	if current := s.want.Current; current != nil && current.Storage != nil {
		deployed = sizing.Bytes(string(current.Storage.Size))
	}
	if s.before != nil {
		for _, pool := range s.before.Pools {
			if !pool.Is(view.BrokerRole) {
				continue
			}
			for _, volume := range pool.Volumes {
				deployed = max(deployed, sizing.Bytes(volume.Size))
			}
		}
	}
	return deployed
}

// writeCapacity adapts what depends on the traffic where the manifest has it:
// Cruise Control's capacities and Strimzi's quotas; and, for a workload in
// zones, spreads pods where the operator does not do so any more.
func (s *sizer) writeCapacity() {
	if at := s.cluster.CapacityMisshapen(); at != "" {
		s.errorf(at, "is no map")
		return
	}
	if s.cluster.CruiseControl() {
		inbound, outbound := s.preset.Network()
		if s.plan != nil {
			inbound, outbound = s.plan.InboundNetwork, s.plan.OutboundNetwork
		}
		s.writeNetwork("inboundNetwork", inbound)
		s.writeNetwork("outboundNetwork", outbound)
	}
	if s.plan == nil {
		return
	}
	if s.cluster.Quotas() == "strimzi" {
		s.cluster.SetQuota("producerByteRate", s.plan.ProducerQuota)
		s.cluster.SetQuota("consumerByteRate", s.plan.ConsumerQuota)
	}
	if s.cluster.Version() != "v1" || s.cluster.Rack() == "" || s.plan.Input.Workload.Zones < 2 {
		return
	}
	for _, nodes := range s.cluster.Pools() {
		if at := nodes.SpreadMisshapen(); at != "" {
			s.results = append(s.results, fn.Errorf(nodes.Ref, at, "is no map"))
			continue
		}
		if !nodes.Spread() {
			nodes.SetSpread(s.cluster.Rack(), "strimzi.io/pool-name", nodes.Name)
		}
	}
}

func (s *sizer) writeNetwork(key string, kib int64) {
	text := sizing.NetworkCapacity(kib)
	if current, ok := sizing.CapacityKiB(s.cluster.BrokerCapacity(key)); ok && current == kib {
		text = s.cluster.BrokerCapacity(key) // equal: as it was written
	}
	s.cluster.SetBrokerCapacity(key, text)
}

// changed holds what was written against what is deployed.
func (s *sizer) changed(items []*yaml.RNode) fn.Results {
	after := sizing.StateOf(s.cluster, items)
	var found []sizing.Diagnostic
	if s.before != nil {
		found = append(found, sizing.Changes(*s.before, after)...)
	}
	if s.want.Current != nil {
		found = append(found, sizing.Changes(s.want.Current.state(after), after)...)
	}
	results := make(fn.Results, 0, len(found))
	for _, d := range found {
		result := fn.Result{Severity: fn.Error, Ref: s.refOf(d.Object, after), Field: d.Field, Message: d.Message}
		switch d.Severity {
		case sizing.DiagnosticWarn:
			result.Severity = fn.Warning
		case sizing.DiagnosticInfo:
			result.Severity = fn.Info
		}
		results = append(results, result.Change(d.Current, d.Proposed).Tag(diagnostic, d.ID))
	}
	return results
}

// refOf is the object that a finding names.
func (s *sizer) refOf(object string, state sizing.State) view.Ref {
	for _, pool := range state.Pools {
		if pool.Ref.String() == object {
			return pool.Ref
		}
	}
	for _, topic := range state.Topics {
		if topic.Ref.String() == object {
			return topic.Ref
		}
	}
	return s.cluster.Ref()
}

// state is what is deployed by the config: the state after, with what the
// config says in its place.
func (c *Current) state(after sizing.State) sizing.State {
	before := after
	before.Pools = map[string]sizing.PoolState{}
	before.Topics = map[string]sizing.TopicState{}
	brokers, controllers := 0, 0
	for name, pool := range after.Pools {
		before.Pools[name] = pool
		if pool.Is(view.BrokerRole) {
			brokers += pool.Replicas
		}
		if pool.Is(view.ControllerRole) {
			controllers += pool.Replicas
		}
	}
	for _, name := range solution.Names(after.Pools) {
		pool := before.Pools[name]
		switch {
		case pool.Is(view.ControllerRole) && c.Controllers > 0:
			pool.Replicas += c.Controllers - controllers
			controllers = c.Controllers
		case pool.Roles == view.BrokerRole && c.Brokers > 0:
			pool.Replicas += c.Brokers - brokers
			brokers = c.Brokers
		}
		if c.Storage != nil && pool.Is(view.BrokerRole) {
			pool = c.Storage.of(pool)
		}
		before.Pools[name] = pool
	}
	for name, topic := range after.Topics {
		if partitions, found := c.Partitions[name]; found {
			topic.Partitions = int64(partitions)
		}
		before.Topics[name] = topic
	}
	return before
}

// of is a pool with the storage that is deployed.
func (c *CurrentStorage) of(pool sizing.PoolState) sizing.PoolState {
	if c.Type != "" {
		pool.StorageType = string(c.Type)
	}
	volumes := map[string]sizing.VolumeState{}
	for id, volume := range pool.Volumes {
		if c.Class != "" {
			volume.Class = c.Class
		}
		if c.Size != "" {
			volume.Size = string(c.Size)
		}
		if c.Type != "" && c.Type != "jbod" && id == "" {
			volume.Type = string(c.Type)
		}
		volumes[id] = volume
	}
	pool.Volumes = volumes
	return pool
}

// delta is how many licence cores come on top of what is deployed.
func (s *sizer) delta(f sizing.ClusterFootprint) string {
	current := s.want.Current
	if current == nil || current.Brokers == 0 || current.CPU == "" {
		return ""
	}
	were := sizing.LicenceCores(int64(current.Brokers)*sizing.Millicores(string(current.CPU)), f.LicenseUse)
	switch more := f.LicenceCores - were; {
	case more > 0:
		return ", " + sizing.FormatThousandths(more) + " more than deployed"
	case more < 0:
		return ", " + sizing.FormatThousandths(-more) + " fewer than deployed"
	}
	return ", as many as deployed"
}

// sizePlanTopics writes the partitions that a workload's topics need, never
// fewer than there are, where no config says them.
func sizePlanTopics(index topicIndex, sizers map[view.Ref]*sizer, sized map[view.Ref]bool) {
	for _, topic := range index.all {
		if sized[topic.Ref()] || topic.Misshapen() != "" {
			continue
		}
		for _, s := range sizers {
			c := s.cluster
			if s.plan == nil || topic.Cluster() != c.Name() || topic.Group() != c.Group() || topic.Namespace() != c.Namespace() {
				continue
			}
			i := slices.IndexFunc(s.plan.Topics, func(t sizing.TopicPlan) bool { return t.Name == topic.Topic() || t.Name == topic.Name() })
			if i < 0 {
				continue
			}
			planned := s.plan.Topics[i]
			if current, _ := topic.Number("partitions"); current < int64(planned.Partitions) {
				topic.SetNumber("partitions", planned.Partitions)
			}
		}
	}
}
