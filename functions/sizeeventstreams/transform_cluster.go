package sizeeventstreams

import (
	"slices"
	"strconv"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// diagnostic is the tag that names a finding, for machines.
const diagnostic = "diagnostic"

// sizer sizes one cluster.
type sizer struct {
	cluster view.KafkaCluster
	want    Cluster
	class   Class
	preset  sizing.Preset
	// plan of the workload, nil for a size.
	plan *sizing.Plan
	// storage that the brokers get, nil to leave it.
	storage *Storage
	// before is the state that changes are held against, nil for none.
	before  *sizing.State
	results fn.Results
}

func (c *SizeEventStreams) newSizer(cluster view.KafkaCluster, want Cluster, class Class) *sizer {
	if want.Class != "" {
		class = want.Class
	}
	s := &sizer{cluster: cluster, want: want, class: class, storage: want.Storage}
	if want.Workload != nil {
		in := want.input(class)
		if use, _ := cluster.LicenseUse(); in.LicenseUse == "" && cluster.IsEventStreams() {
			in.LicenseUse = use
		}
		plan := sizing.Size(in)
		s.plan, s.preset = &plan, plan.Preset()
		return s
	}
	if own, found := c.Spec.Profiles[string(want.Size)]; found {
		s.preset = sizing.Own(string(want.Size), own.Brokers, string(own.CPU), string(own.Memory), own.ReplicationFactor, own.Controllers)
		return s
	}
	s.preset, _ = sizing.Lookup(string(want.Size)) // checked by Validate
	if class == Prod {
		s.preset = s.preset.Guaranteed()
	}
	return s
}

func (s *sizer) errorf(field, format string, args ...any) {
	s.results = append(s.results, fn.Errorf(s.cluster.Ref(), field, format, args...))
}

// diagnose adds a finding of a known kind.
func (s *sizer) diagnose(id string, finding fn.Result) {
	s.results = append(s.results, finding.Tag(diagnostic, id))
}

func (s *sizer) run() {
	sh, ok := s.readShape()
	if !ok {
		return
	}
	s.writeReplicas(sh)
	for _, nodes := range sh.brokers {
		s.writeResources(nodes)
		s.writeHeap(nodes)
	}
	s.writeSettings()
	if sh.zooKeeper {
		s.writeZooKeeper()
	}
	s.planStorage(sh)
	s.writeStorage(sh)
	s.writeCapacity()
	s.writeLicense()
	s.checkOutcome(sh)
}

// writeReplicas spreads the size's brokers over the groups whose replicas it
// may set: pools with controllers have a static quorum, and an autoscaler owns
// its pool's.
func (s *sizer) writeReplicas(sh shape) {
	fixed, autoscaled := 0, false
	var free []view.KafkaNodes
	for _, nodes := range sh.brokers {
		if !nodes.Autoscaled() && !nodes.Is(view.ControllerRole) {
			free = append(free, nodes)
			continue
		}
		replicas, _ := nodes.Replicas()
		fixed += replicas
		if nodes.Autoscaled() {
			autoscaled = true
			s.diagnose("SZ110", fn.Infof(nodes.Ref, nodes.Field("replicas"), "stays %d: an autoscaler owns it (%s)", replicas, view.EventStreamsHPAAnnotation).
				Change(nodes.ReplicasText(), nodes.ReplicasText()))
		}
	}
	rest := s.preset.Brokers - fixed
	switch {
	case len(free) == 0 && (rest == 0 || autoscaled):
	case len(free) == 0 || rest < 0:
		s.diagnose("SZ022", fn.Errorf(s.cluster.Ref(), s.poolsField(),
			"size %s has %s, but the pools with the role controller, whose replicas can't change, have %d; %s, or keep brokers in a pool of their own",
			s.preset.Size, plural(s.preset.Brokers, "broker"), fixed, s.fewer()).Change(strconv.Itoa(fixed), strconv.Itoa(s.preset.Brokers)))
	case rest%len(free) != 0:
		s.errorf(s.poolsField(), "%s can't be spread evenly over %s; take another size, or change the pools", plural(rest, "broker"), plural(len(free), "pool"))
	default:
		for _, nodes := range free {
			nodes.SetReplicas(rest / len(free))
		}
	}
	s.checkControllers(sh)
}

// fewer is the way to as many brokers as there are.
func (s *sizer) fewer() string {
	if s.plan != nil {
		return "raise platform.maxCPU until that many carry the workload"
	}
	return "take a size with that many"
}

// checkControllers makes sure that an existing quorum is enough for the size.
func (s *sizer) checkControllers(sh shape) {
	if len(sh.controllers) == 0 {
		return
	}
	count := 0
	for _, pool := range sh.controllers {
		replicas, _ := pool.Replicas()
		count += replicas
	}
	if count < s.preset.Quorum {
		s.diagnose("SZ022", fn.Errorf(s.cluster.Ref(), s.poolsField(),
			"size %s needs %s, and the pools have %d, which can't change in place; make a new cluster, or take size XS",
			s.preset.Size, plural(s.preset.Quorum, "controller"), count).Change(strconv.Itoa(count), strconv.Itoa(s.preset.Quorum)))
	}
}

func (s *sizer) writeResources(nodes view.KafkaNodes) {
	for _, r := range []struct{ bound, resource, value string }{
		{"requests", "cpu", s.preset.CPU.Request},
		{"requests", "memory", s.preset.Memory.Request},
		{"limits", "cpu", s.preset.CPU.Limit},
		{"limits", "memory", s.preset.Memory.Limit},
	} {
		if !sizing.SameQuantity(nodes.Quantity(r.bound, r.resource), r.value) {
			nodes.SetQuantity(r.value, r.bound, r.resource)
		}
	}
}

// writeHeap adapts a heap that somebody has set, in the group or in the kafka
// part that pools take it from; without one, Strimzi gives half of the limit.
func (s *sizer) writeHeap(nodes view.KafkaNodes) {
	for _, option := range []string{"-Xms", "-Xmx"} {
		current, own := nodes.JVMOption(option)
		_, inherited := s.cluster.Kafka().JVMOption(option)
		if (own || inherited) && !sizing.SameHeap(current, s.preset.Heap()) {
			nodes.SetJVMOption(option, s.preset.Heap())
		}
	}
}

// writeSettings writes the brokers' settings. Those that came with a later
// release than the cluster's are only written over.
func (s *sizer) writeSettings() {
	release := s.release()
	for _, setting := range s.preset.Settings() {
		late := release.Known() && release.Before(setting.Since) ||
			!release.Known() && setting.Since.Known() && s.cluster.IsEventStreams() && s.cluster.Version() == "v1beta1"
		if _, found := s.cluster.Config(setting.Key); late && !found {
			continue
		}
		s.cluster.SetConfig(setting.Key, setting.Value)
	}
}

func (s *sizer) writeZooKeeper() {
	s.cluster.ZooKeeper().SetReplicas(s.preset.Quorum)
}

// writeStorage gives brokers and ZooKeeper the storage that the config says.
// Pools that are controllers only keep theirs.
func (s *sizer) writeStorage(sh shape) {
	if s.storage == nil {
		return
	}
	for _, nodes := range sh.brokers {
		volumes := nodes.Volumes()
		if len(volumes) == 0 && !nodes.Has("storage") {
			volumes = []view.KafkaVolume{nodes.AddVolume()}
		}
		if len(volumes) == 0 {
			s.results = append(s.results, fn.Errorf(nodes.Ref, nodes.Field("storage", "volumes"), "is empty; a jbod needs at least one volume"))
		}
		for _, volume := range volumes {
			s.writeVolume(nodes, volume)
		}
	}
	if !sh.zooKeeper {
		return
	}
	for _, volume := range s.cluster.ZooKeeper().Volumes() {
		s.writeQuorumVolume(volume)
	}
}

func (s *sizer) writeVolume(nodes view.KafkaNodes, volume view.KafkaVolume) {
	size := string(s.storage.Size)
	switch kind := volume.Type(); {
	case kind == view.PersistentClaim:
	case kind != view.Ephemeral && kind != "":
		s.results = append(s.results, fn.Errorf(volume.Ref, volume.Field("type"), "is %q; expected ephemeral, persistent-claim or jbod", kind))
		return
	case kind == view.Ephemeral && nodes.Is(view.ControllerRole):
		s.diagnose("SZ022", fn.Errorf(volume.Ref, volume.Field("type"),
			"stays %q: the pool has the role controller, and its storage type can't change; make it persistent-claim in the base", kind).Change(kind, view.PersistentClaim))
		return
	case size == "":
		s.results = append(s.results, fn.Errorf(volume.Ref, volume.Field("size"), "a new claim needs a size; say storage.size for cluster %s", s.cluster.Name()))
		return
	default:
		volume.Persist()
	}
	s.writeClass(volume)
	if size != "" && !sizing.SameQuantity(volume.Size(), size) {
		volume.SetSize(size)
	}
}

// writeQuorumVolume makes a ZooKeeper node's volume as persistent as the
// brokers' are; its own size stays when it is larger.
func (s *sizer) writeQuorumVolume(volume view.KafkaVolume) {
	if volume.Type() == view.Ephemeral {
		volume.Persist()
	}
	if volume.Type() != view.PersistentClaim {
		return
	}
	s.writeClass(volume)
	if sizing.Bytes(volume.Size()) < sizing.Bytes(s.preset.QuorumVolume) {
		volume.SetSize(s.preset.QuorumVolume)
	}
}

func (s *sizer) writeClass(volume view.KafkaVolume) {
	if class := s.storage.Class; class != "" {
		volume.SetClass(class)
	}
}

func (s *sizer) writeLicense() {
	if s.want.License == nil {
		return
	}
	if !s.cluster.IsEventStreams() {
		s.errorf("", "a Kafka has no spec.license; remove license from cluster %s", s.cluster.Name())
		return
	}
	s.cluster.SetLicenseUse(string(s.want.License.Use))
}

// checkOutcome reports what fits neither the class nor Kafka.
func (s *sizer) checkOutcome(sh shape) {
	if annotation, paused := s.cluster.Paused(); paused {
		s.results = append(s.results, fn.Warnf(s.cluster.Ref(), "metadata.annotations["+annotation+"]",
			"is true: the operator won't apply the size until it is removed"))
	}
	s.checkBrokerCount(sh)
	s.checkLicense()
	s.checkVolumes(sh)
	if s.class != Prod {
		return
	}
	if s.preset.ReplicationFactor == 1 {
		s.diagnose("SZ012", fn.Warnf(s.cluster.Ref(), s.cluster.ConfigField("default.replication.factor"),
			"size %s keeps one copy of each record: in prod, a lost broker is lost data; take M or larger", s.preset.Size).Change("1", "3"))
	}
	for _, pool := range sh.controllers {
		if pool.Is(view.BrokerRole) {
			s.results = append(s.results, fn.Warnf(pool.Ref, pool.Field("roles"),
				"broker and controller in one pool are for development; in prod, give controllers a pool of their own"))
		}
	}
}

func (s *sizer) checkBrokerCount(sh shape) {
	brokers := 0
	for _, nodes := range sh.brokers {
		replicas, _ := nodes.Replicas()
		brokers += replicas
	}
	if !s.results.Failed() && brokers < s.preset.ReplicationFactor {
		s.diagnose("SZ010", fn.Errorf(s.cluster.Ref(), s.poolsField(),
			"adds up to %s, and size %s keeps %d copies of each record; raise the autoscaled pool's replicas", plural(brokers, "broker"), s.preset.Size, s.preset.ReplicationFactor).
			Change(strconv.Itoa(brokers), strconv.Itoa(s.preset.ReplicationFactor)))
	}
}

func (s *sizer) checkLicense() {
	if !s.cluster.IsEventStreams() {
		return
	}
	use, path := s.cluster.LicenseUse()
	switch {
	case use == "":
	case s.class == Dev && sizing.ForProduction(use):
		s.diagnose("SZ100", fn.Warnf(s.cluster.Ref(), path, "is %q in class dev; a NonProduction use costs half as many licence cores with Cloud Pak for Integration", use).Change(use, sizing.UseFor(use, false)))
	case s.class == Prod && !sizing.ForProduction(use):
		s.diagnose("SZ100", fn.Warnf(s.cluster.Ref(), path, "is %q in class prod, which needs a Production use; say license.use for cluster %s", use, s.cluster.Name()).Change(use, sizing.UseFor(use, true)))
	}
}

// checkVolumes reports storage that an operator refuses, and in prod storage
// that loses data.
func (s *sizer) checkVolumes(sh shape) {
	groups := append(slices.Clone(sh.brokers), s.cluster.ZooKeeper())
	for _, pool := range sh.controllers {
		if !pool.Is(view.BrokerRole) {
			groups = append(groups, pool)
		}
	}
	for _, nodes := range groups {
		s.checkStorage(nodes)
	}
}

// checkStorage names the way out: the config's storage does not reach a pool
// that is controllers only, nor the type of any that has them.
func (s *sizer) checkStorage(nodes view.KafkaNodes) {
	const inBase = "change it in the base"
	ofType := "say storage for cluster " + s.cluster.Name()
	ofClass := "say storage.class for cluster " + s.cluster.Name()
	if nodes.Is(view.ControllerRole) {
		ofType = inBase
		if !nodes.Is(view.BrokerRole) {
			ofClass = inBase
		}
	}
	for _, volume := range nodes.Volumes() {
		class, found := volume.Class()
		switch {
		case s.class == Prod && volume.Type() == view.Ephemeral:
			s.diagnose("SZ026", fn.Warnf(volume.Ref, volume.Field("type"), "is ephemeral in prod: a restarted pod has lost its data; %s", ofType).Change(view.Ephemeral, view.PersistentClaim))
		case volume.Type() == view.PersistentClaim && found && sizing.NoStorageClass(class):
			s.diagnose("SZ027", fn.Warnf(volume.Ref, volume.Field("class"), "is %q, which names no storage class; %s, or remove the field", class, ofClass).Change(class, ""))
		}
	}
}
