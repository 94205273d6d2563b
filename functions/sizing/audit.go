package sizing

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// AuditOptions are what manifests don't say.
type AuditOptions struct {
	// Ingress that the cluster has; 0 asks for the most that it carries.
	Ingress Rate
	// ConsumerGroups; nil is 2.
	ConsumerGroups *int
	// Class dev, stage or prod; empty goes by the licence use, and a Strimzi
	// cluster counts as prod.
	Class string
	// Zones that brokers are spread over; 0 is 3.
	Zones int
	// CPU is what a broker has in cores where the manifests say neither a limit
	// nor a request; 0 leaves what it carries open.
	CPU float64
	// Platform and Policy as for plans.
	Platform Platform
	Policy   Policy
}

// Audit is what a cluster's manifests amount to.
type Audit struct {
	Object string `json:"object"`
	// Folder that it was rendered from, where there are several.
	Folder  string `json:"folder,omitempty"`
	Class   string `json:"class"`
	Brokers int    `json:"brokers"`
	// PerBroker is one broker; an average where pools differ.
	PerBroker PerBrokerJSON `json:"perBroker"`
	// CPUFrom is limit, request, or assumed.
	CPUFrom string `json:"cpuFrom,omitempty"`
	// Workers of a Connect cluster or a MirrorMaker, as perBroker is of brokers.
	Workers int `json:"workers,omitempty"`
	// ReplicationFactor of topics that don't say one.
	ReplicationFactor int `json:"replicationFactor"`
	MinInSync         int `json:"minInSyncReplicas"`
	Partitions        int `json:"partitions"`
	PartitionsPer     int `json:"partitionsPerBroker"`
	// Carries is the average ingress that stays below every limit, and
	// CarriesBoundBy the limit; empty where the manifests give no CPU.
	Carries        string     `json:"carries,omitempty"`
	CarriesBoundBy Constraint `json:"carriesBoundBy,omitempty"`
	// At is the ingress of what follows.
	At          string      `json:"at,omitempty"`
	Utilization Utilization `json:"utilization"`
	// Degraded is with a zone, or a broker, lost.
	Degraded *Utilization `json:"utilizationDegraded,omitempty"`
	// Holds is after how many seconds volumes are full, and Retention for how
	// long records shall be kept.
	Holds         float64 `json:"holdsSeconds,omitempty"`
	Retention     float64 `json:"retentionSeconds"`
	HoldsText     string  `json:"holds,omitempty"`
	RetentionText string  `json:"retention"`
	// HoldsAt is the ingress of which the volumes hold the retention.
	HoldsAt string `json:"retentionHoldsAt,omitempty"`
	// BreaksFirst is what gives way first when the load grows.
	BreaksFirst string `json:"breaksFirst"`
	// LicenceCores are IBM's, at LicenceRatio; 0 for Strimzi.
	LicenceCores float64 `json:"licenceCores"`
	LicenceRatio string  `json:"licenceRatio,omitempty"`
	// Assumes says what the manifests leave open, and what was taken.
	Assumes     []string     `json:"assumes,omitempty"`
	Diagnostics []Diagnostic `json:"diagnostics"`

	ref view.Ref
}

// Ref names the audited object.
func (a *Audit) Ref() view.Ref { return a.ref }

// auditor audits one cluster.
type auditor struct {
	cluster view.KafkaCluster
	options AuditOptions
	audit   *Audit
	topics  []view.KafkaTopic
	groups  []view.KafkaNodes
	// of one broker
	cpu, memory, volume int64
	request             int64
	heap                int64
	heapSaid            bool
	persistent          bool
	use                 string
	// unlimited says that some topic's records are never deleted, bounded how
	// many bytes a broker keeps at most where retention.bytes says so of each.
	unlimited bool
	bounded   int64
	// copies of a record that the load is counted with: those of the topics that
	// are known, or what topics get that don't say it.
	copies int
}

// Check finds what makes options ones that nothing can be audited with.
func (o AuditOptions) Check() []Diagnostic {
	in := Input{Workload: Workload{Ingress: orElse(o.Ingress, mega), ConsumerGroups: o.ConsumerGroups, Zones: o.Zones}, CPU: o.CPU, Platform: o.Platform, Policy: o.Policy}
	return in.check()
}

// AuditAll audits every Kafka cluster, Connect and MirrorMaker among finished
// manifests, in their order, clusters first.
func AuditAll(items []*yaml.RNode, options AuditOptions) []Audit {
	options.Zones = orElse(options.Zones, 3)
	if options.ConsumerGroups == nil {
		groups := int(fanoutAssumed.Value)
		options.ConsumerGroups = &groups
	}
	topics := view.KafkaTopics(items)
	footprints := Footprint(items)
	var audits []Audit
	class := ""
	clusters := view.KafkaClusters(items)
	for i, cluster := range clusters {
		a := newAuditor(cluster, options, footprints[i], topics)
		a.run()
		audits = append(audits, *a.audit)
		class = larger(class, a.audit.Class)
	}
	audits = append(audits, auditStrayPools(items)...)
	class = orElse(orElse(options.Class, class), "prod")
	brokersOf := func(name view.ClusterName) (int, bool) {
		for i := range clusters {
			if name.Names(clusters[i].Object) && audits[i].Brokers > 0 {
				return audits[i].Brokers, true
			}
		}
		return 0, false
	}
	for _, r := range Estate(items) {
		switch r.Ref.Kind {
		case "EventStreams", "Kafka":
		case "KafkaConnect", "KafkaMirrorMaker2":
			for _, connect := range view.KafkaConnects(items) {
				if connect.Ref() == r.Ref {
					audits = append(audits, auditConnect(connect, class, r, brokersOf))
				}
			}
		default:
			audits = append(audits, auditPods(class, r))
		}
	}
	return audits
}

// auditStrayPools reports KafkaNodePools without their Kafka: nothing can be
// said of them alone.
func auditStrayPools(items []*yaml.RNode) []Audit {
	var audits []Audit
	stray := view.StrayPools(items)
	for _, name := range sortedNames(stray) {
		for _, pool := range stray[name] {
			a := Audit{Object: pool.Ref.String(), ref: pool.Ref, BreaksFirst: "can't be told: its Kafka is not among the manifests"}
			field, message := "metadata.labels["+view.StrimziClusterLabel+"]", fmt.Sprintf("names the Kafka %q, which is not among the manifests; audit the folder that has both", name)
			if name == "" {
				message = "is missing: no Kafka takes the pool"
			}
			a.Diagnostics = []Diagnostic{{ID: "SZ001", Severity: DiagnosticWarn, Object: a.Object, Field: field, Current: name, Message: message}}
			audits = append(audits, a)
		}
	}
	return audits
}

// auditPods says what a geo-replicator or a queue manager asks for.
func auditPods(class string, r Resource) Audit {
	audit := newAudit(class, r)
	audit.BreaksFirst = Plural(r.Pods.Count, "pod", "pods") + ": what they carry is not modelled"
	return audit
}

// newAudit is one of pods that are no brokers.
func newAudit(class string, r Resource) Audit {
	audit := Audit{Object: r.Ref.String(), ref: r.Ref, Class: class, Workers: r.Pods.Count, LicenceCores: cores(r.LicenceCores), Diagnostics: []Diagnostic{}}
	if n := int64(r.Pods.Count); n > 0 {
		audit.PerBroker = PerBrokerJSON{CPU: cores(r.Pods.VCPU / n), Memory: Quantity(r.Pods.MemoryBytes / n), Heap: "0Gi", Storage: Quantity(r.Pods.DiskBytes / n)}
	}
	if r.Licenced() {
		audit.LicenceRatio = fmt.Sprintf("%d:1", r.Ratio)
		if !r.RatioSaid {
			audit.Assumes = append(audit.Assumes, "1:1 licence cores, since nothing says the ratio")
		}
	}
	return audit
}

// larger is the class that asks for more.
func larger(a, b string) string {
	order := []string{"", "dev", "stage", "prod"}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

func newAuditor(cluster view.KafkaCluster, options AuditOptions, f ClusterFootprint, topics []view.KafkaTopic) *auditor {
	a := &auditor{cluster: cluster, options: options, use: f.LicenseUse}
	class := options.Class
	if class == "" {
		class = "prod"
		if f.LicenseUse != "" && !ForProduction(f.LicenseUse) {
			class = "dev"
		}
	}
	a.audit = &Audit{
		Object: cluster.Ref().String(), ref: cluster.Ref(), Class: class, Brokers: f.Brokers, LicenceCores: cores(f.LicenceCores), Diagnostics: []Diagnostic{},
	}
	if cluster.IsEventStreams() {
		a.audit.LicenceRatio = fmt.Sprintf("%d:1", LicenceRatio(f.LicenseUse))
	}
	for _, pool := range cluster.Pools() {
		if pool.Is(view.BrokerRole) {
			a.groups = append(a.groups, pool)
		}
	}
	if len(cluster.Pools()) == 0 && cluster.Kafka().Present() {
		a.groups = []view.KafkaNodes{cluster.Kafka()}
	}
	for _, t := range topics {
		if t.Cluster() == cluster.Name() && t.Group() == cluster.Group() && t.Namespace() == cluster.Namespace() {
			a.topics = append(a.topics, t)
		}
	}
	if n := int64(f.Brokers); n > 0 {
		a.cpu, a.memory, a.volume = f.VCPU/n, f.MemoryBytes/n, f.DiskBytes/n
	}
	a.readCPU()
	a.persistent = f.DiskBytes > 0
	return a
}

// readCPU takes what is requested where nothing limits: that is there for
// certain; and what the user says where nothing is requested either.
func (a *auditor) readCPU() {
	if a.cpu > 0 {
		a.audit.CPUFrom = "limit"
	}
	if len(a.groups) > 0 {
		if a.memory == 0 {
			a.memory = Bytes(a.requested("memory"))
		}
		if requested := Millicores(a.requested("cpu")); a.cpu == 0 && requested > 0 {
			a.cpu, a.audit.CPUFrom = requested, "request"
		}
	}
	if said := a.options.CPU; a.cpu == 0 && said > 0 {
		const core = 1000
		a.cpu, a.audit.CPUFrom = int64(math.Round(said*core)), "assumed"
	}
}

// requested is what a broker requests of a resource, empty when it does not.
func (a *auditor) requested(resource string) string {
	return orElse(a.groups[0].Quantity("requests", resource), a.cluster.Kafka().Quantity("requests", resource))
}

func (a *auditor) add(id string, severity Severity, ref view.Ref, field, format string, args ...any) *Diagnostic {
	a.audit.Diagnostics = append(a.audit.Diagnostics, Diagnostic{
		ID: id, Severity: severity, Object: ref.String(), Field: field, Message: fmt.Sprintf(format, args...),
	})
	return &a.audit.Diagnostics[len(a.audit.Diagnostics)-1]
}

// values adds what the field is and should be.
func values(d *Diagnostic, current, proposed string) { d.Current, d.Proposed = current, proposed }

// setting is one of the brokers' settings, or Kafka's default.
func (a *auditor) setting(key string, fallback int64) (int64, bool) {
	text, _ := a.cluster.Config(key)
	if value, ok := view.Whole(text); ok {
		return value, true
	}
	return fallback, false
}

func (a *auditor) production() bool { return a.audit.Class == "prod" }

func (a *auditor) run() {
	if at := a.cluster.Misshapen(); at != "" || a.audit.Brokers == 0 {
		a.audit.BreaksFirst = "can't be told: it has no brokers that can be read"
		a.unreadable(at)
		return
	}
	rf, _ := a.setting("default.replication.factor", 1) // Kafka's default
	inSync, _ := a.setting("min.insync.replicas", 1)    // Kafka's default
	a.audit.ReplicationFactor, a.audit.MinInSync = int(clamp(rf, 100)), int(clamp(inSync, 100))
	a.countTopics()
	a.readHeap()
	a.audit.PerBroker = PerBrokerJSON{CPU: cores(a.cpu), Memory: Quantity(a.memory), Heap: Quantity(a.heap), Storage: Quantity(a.volume)}
	a.findRetention()
	a.measure()
	a.checkQuantities()
	a.checkCopies()
	a.checkMemory()
	a.checkThreads()
	a.checkVolumes()
	a.checkPlacement()
	a.checkPartitions()
	a.checkCruiseControl()
	a.checkVersion()
	a.checkLicence()
}

// unreadable says why there are no brokers: a part has another form, replicas
// are a template's placeholder, or the node pools are somewhere else.
func (a *auditor) unreadable(at string) {
	ref := a.cluster.Ref()
	if at != "" {
		a.add("SZ001", DiagnosticError, ref, at, "is no map, and so no brokers can be read")
		return
	}
	for _, nodes := range a.groups {
		if text := nodes.ReplicasText(); text != "" {
			values(a.add("SZ001", DiagnosticError, nodes.Ref, nodes.Field("replicas"), "is %q, which is no number of brokers", text), text, "")
			return
		}
	}
	switch {
	case len(a.cluster.Pools()) > 0:
		a.add("SZ001", DiagnosticError, ref, "", "has node pools, and none with the role broker and replicas")
	case a.cluster.IsEventStreams():
		field, _ := a.cluster.PoolsField()
		a.add("SZ001", DiagnosticError, ref, field, "has no brokers, and kafka.replicas says none either")
	default:
		a.add("SZ001", DiagnosticError, ref, "", "has no brokers: no KafkaNodePool with the label %s: %s is among the manifests, and spec.kafka.replicas says none; audit the folder that has both",
			view.StrimziClusterLabel, a.cluster.Name())
	}
}

// checkQuantities reports amounts that are no quantities: a template's
// placeholders, and units that Kubernetes does not know.
func (a *auditor) checkQuantities() {
	for _, nodes := range append(slices.Clone(a.groups), a.cluster.ZooKeeper()) {
		for _, bound := range []string{"requests", "limits"} {
			for _, resource := range []string{"cpu", "memory"} {
				if text := nodes.Quantity(bound, resource); text != "" && !IsQuantity(text) {
					values(a.add("SZ001", DiagnosticWarn, nodes.Ref, nodes.Field("resources", bound, resource), "is %q, which is no quantity: it counts as not said", text), text, "")
				}
			}
		}
		for _, volume := range nodes.Volumes() {
			if text := volume.Size(); volume.Type() == view.PersistentClaim && !IsQuantity(text) {
				values(a.add("SZ001", DiagnosticWarn, volume.Ref, volume.Field("size"), "is %q, which is no quantity: the volume counts as none", text), text, "")
			}
		}
	}
}

// clamp keeps a count from 1 to a most.
func clamp(value, most int64) int64 { return min(max(value, 1), most) }

func (a *auditor) countTopics() {
	replicas := int64(0)
	a.copies = a.audit.ReplicationFactor
	for _, t := range a.topics {
		partitions, _ := t.Number("partitions")
		copies, found := t.Number("replicas")
		if !found || copies < 1 {
			copies = int64(a.audit.ReplicationFactor)
		}
		partitions = clamp(partitions, 1e6)
		a.audit.Partitions += int(partitions)
		replicas += partitions * clamp(copies, 100)
	}
	a.audit.PartitionsPer = ceil(float64(replicas) / float64(a.audit.Brokers))
	if a.audit.Partitions > 0 {
		a.copies = min(ceil(float64(replicas)/float64(a.audit.Partitions)), a.audit.Brokers)
	} else if _, said := a.setting("default.replication.factor", 1); !said {
		a.audit.Assumes = append(a.audit.Assumes, "1 copy of each record (default.replication.factor is not said)")
	}
}

func (a *auditor) readHeap() {
	a.heap = DefaultHeap(a.memory)
	for _, nodes := range append([]view.KafkaNodes{a.cluster.Kafka()}, a.groups...) {
		if text, found := nodes.JVMOption("-Xmx"); found {
			if bytes, ok := heapBytes(text); ok {
				a.heap, a.heapSaid = bytes, true
			}
		}
	}
	a.request = math.MaxInt64
	for _, nodes := range a.groups {
		if text := orElse(nodes.Quantity("requests", "memory"), a.cluster.Kafka().Quantity("requests", "memory")); text != "" {
			a.request = min(a.request, Bytes(text))
		}
	}
}

// forever is a retention of -1: records are never deleted by their age.
const forever = -1

// findRetention is the longest that records shall be kept, and how much of them
// at most.
func (a *auditor) findRetention() {
	wanted := diskRetention.Value / 1000
	for _, of := range []struct {
		key     string
		seconds float64
	}{{"log.retention.hours", 3600}, {"log.retention.minutes", 60}, {"log.retention.ms", 0.001}} {
		if value, ok := a.setting(of.key, 0); ok && value != 0 {
			wanted = float64(value) * of.seconds
			if value < 0 {
				wanted = forever
			}
		}
	}
	policy, _ := a.cluster.Config("log.cleanup.policy")
	longest, deleted := 0.0, len(a.topics) == 0 && policy != "compact"
	for _, t := range a.topics {
		if kept, found := t.Config("cleanup.policy"); found && kept == "compact" || !found && policy == "compact" {
			continue
		}
		deleted = true
		longest = longer(longest, topicRetention(t, wanted))
	}
	if longest != 0 {
		wanted = longest
	}
	a.unlimited = wanted == forever
	a.bounded = a.findBound()
	a.audit.Retention, a.audit.RetentionText = wanted, FormatTime(wanted)
	if a.unlimited {
		a.audit.RetentionText = "ever"
	}
	if !deleted {
		a.audit.Assumes = append(a.audit.Assumes, "records are kept as if compacted topics deleted them by age: what keys leave is not known")
	}
}

// topicRetention is a topic's own, or what it takes from the brokers.
func topicRetention(t view.KafkaTopic, brokers float64) float64 {
	text, _ := t.Config("retention.ms")
	value, ok := view.Whole(text)
	switch {
	case !ok || value == 0:
		return brokers
	case value < 0:
		return forever
	}
	return float64(value) / 1000
}

// longer is the longer of two retentions.
func longer(a, b float64) float64 {
	if a == forever || b == forever {
		return forever
	}
	return math.Max(a, b)
}

// findBound is how many bytes a broker keeps at most where retention.bytes
// limits each partition, 0 where it does not, or no topics are known.
func (a *auditor) findBound() int64 {
	limit, _ := a.setting("log.retention.bytes", 0)
	segment, _ := a.setting("log.segment.bytes", int64(diskSegment.Value))
	sum := 0.0
	for _, t := range a.topics {
		own := limit
		if text, found := t.Config("retention.bytes"); found {
			own, _ = view.Whole(text)
		}
		if own <= 0 {
			return 0
		}
		size := segment
		if text, found := t.Config("segment.bytes"); found {
			size, _ = view.Whole(text)
		}
		partitions, _ := t.Number("partitions")
		copies, found := t.Number("replicas")
		if !found || copies < 1 {
			copies = int64(a.audit.ReplicationFactor)
		}
		sum += float64(clamp(partitions, 1e6)*clamp(copies, 100)) * RetentionBytesOnDisk(float64(own), float64(clamp(size, 1<<40)))
	}
	return int64(sum / float64(a.audit.Brokers))
}

// input is the plan's input that the manifests amount to.
func (a *auditor) input(ingress Rate) Input {
	zones, failure := a.options.Zones, ZoneFailure
	if zones < 2 || a.audit.Brokers < 2 || a.audit.Brokers%zones != 0 {
		zones, failure = 1, BrokerFailure
	}
	return Input{
		Workload: Workload{
			Ingress: ingress, ConsumerGroups: a.options.ConsumerGroups, ReplicationFactor: a.copies,
			MinInSyncReplicas: a.audit.MinInSync, Partitions: max(a.audit.Partitions, 1), Zones: zones, SurviveFailure: failure,
			Retention: Retention{Time: time.Duration(math.Min(math.Max(a.audit.Retention, 1), 1e9)) * time.Second},
		},
		Platform: a.options.Platform, Policy: a.options.Policy, Class: a.audit.Class, CPU: cores(a.cpu), LicenseUse: a.use,
	}
}

// measure says what the cluster carries and holds, and what gives way first.
func (a *auditor) measure() {
	in := a.input(mega).withDefaults()
	holdsAt := math.Inf(1)
	if a.persistent && !a.unlimited {
		holdsAt = float64(a.volume) * in.Policy.DiskUtilization / (1 + diskOverhead.Value) /
			(a.audit.Retention + diskCleanup.Value) * float64(a.audit.Brokers) / float64(a.copies)
		a.audit.HoldsAt = FormatRate(holdsAt)
	}
	if a.cpu == 0 {
		a.audit.BreaksFirst = "can't be told: brokers have neither a limit nor a request of CPU"
		if a.audit.HoldsAt != "" {
			a.audit.BreaksFirst += fmt.Sprintf("; volumes hold %s of up to %s", a.audit.RetentionText, a.audit.HoldsAt)
		}
		values(a.add("SZ001", DiagnosticWarn, a.groups[0].Ref, a.groups[0].Field("resources"), "gives brokers no CPU: what they carry can't be told, by Cruise Control neither; --cpu says what to assume"), "", number(cpuSmallest.Value))
		return
	}
	a.assume()
	plan := Plan{Input: a.input(mega), Brokers: a.audit.Brokers, CPU: a.cpu, Storage: a.volume}
	carried := Carries(plan)
	a.audit.Carries, a.audit.CarriesBoundBy = FormatRate(carried.Ingress), carried.Binding
	at := orElse(float64(a.options.Ingress), carried.Ingress)
	a.audit.At = FormatRate(at)
	in = a.input(Rate(at)).withDefaults()
	m := newModel(in)
	a.audit.Utilization = m.normal(a.audit.Brokers, cores(a.cpu)).rounded()
	if d := m.degraded(a.audit.Brokers, cores(a.cpu), m.failure); d != nil {
		rounded := d.rounded()
		a.audit.Degraded = &rounded
		if share, of := d.most(); share > degradedUtil.Value+1e-6 {
			values(a.add("SZ041", DiagnosticWarn, a.cluster.Ref(), a.groups[0].Field("replicas"), "with one %s lost, %s is at %s at %s, above %s", m.failure, of, percent(share), a.audit.At, percent(degradedUtil.Value)),
				strconv.Itoa(a.audit.Brokers), strconv.Itoa(m.survivors(a.audit.Brokers, cores(a.cpu))))
		}
	}
	a.audit.BreaksFirst = fmt.Sprintf("%s, at %s", carried.Binding, a.audit.Carries)
	if holdsAt < carried.Ingress {
		a.audit.BreaksFirst = fmt.Sprintf("storage, which holds %s up to %s; then %s, at %s", a.audit.RetentionText, a.audit.HoldsAt, carried.Binding, a.audit.Carries)
	}
	if a.options.Ingress > 0 && at > carried.Ingress {
		a.audit.BreaksFirst = fmt.Sprintf("%s, at %s: the ingress of %s is above that", carried.Binding, a.audit.Carries, a.audit.At)
	}
	if !a.persistent {
		return
	}
	perBroker := at * float64(a.copies) / float64(a.audit.Brokers)
	a.audit.Holds = float64(a.volume) / perBroker
	a.audit.HoldsText = FormatTime(a.audit.Holds)
	volume := a.firstVolume()
	switch {
	case a.bounded > 0 && a.bounded <= a.volume: // deleted by size before the volume is full
		a.audit.HoldsText += fmt.Sprintf(" (retention.bytes keeps %s a broker at most)", FormatGiB(a.bounded))
	case a.unlimited:
		a.audit.BreaksFirst = fmt.Sprintf("storage: at %s volumes are full after %s, and records are kept for ever", a.audit.At, a.audit.HoldsText)
		values(a.add("SZ031", DiagnosticWarn, volume.Ref, volume.Field("size"), "is full after %s at %s, and records are kept for ever (retention -1); say a retention, or move old records elsewhere", a.audit.HoldsText, a.audit.At), volume.Size(), "")
	case a.audit.Holds < a.audit.Retention:
		a.audit.BreaksFirst = fmt.Sprintf("storage: at %s volumes are full after %s, and records shall be kept for %s; that holds up to %s", a.audit.At, a.audit.HoldsText, a.audit.RetentionText, a.audit.HoldsAt)
		needed := Quantity(RoundStorage(m.claim(a.audit.Brokers) / float64(max(a.volumes(), 1))))
		values(a.add("SZ031", DiagnosticWarn, volume.Ref, volume.Field("size"), "is full after %s at %s, and records shall be kept for %s; that needs %s", a.audit.HoldsText, a.audit.At, a.audit.RetentionText, needed), volume.Size(), needed)
	}
}

// volumes is how many claims a broker has.
func (a *auditor) volumes() int {
	count := 0
	for _, volume := range a.groups[0].Volumes() {
		if volume.Type() == view.PersistentClaim {
			count++
		}
	}
	return count
}

// assume says what the manifests leave open.
func (a *auditor) assume() {
	o, assume := a.options, func(format string, args ...any) {
		a.audit.Assumes = append(a.audit.Assumes, fmt.Sprintf(format, args...))
	}
	if o.Ingress == 0 {
		assume("all that the brokers carry comes in (--ingress)")
	}
	assume("%s (--groups), %s (--zones)", Plural(*o.ConsumerGroups, "consumer group", "consumer groups"), Plural(o.Zones, "zone", "zones"))
	if o.Platform.Disk == 0 {
		assume("%s MB/s a broker's disk (--disk)", number(diskAssumed.Value))
	}
	if o.Platform.Nic == 0 {
		assume("%s MB/s its network (--nic)", number(netAssumed.Value))
	}
}

func (a *auditor) firstVolume() view.KafkaVolume {
	for _, nodes := range a.groups {
		for _, volume := range nodes.Volumes() {
			if volume.Type() == view.PersistentClaim {
				return volume
			}
		}
	}
	return view.KafkaVolume{}
}

func (a *auditor) checkCopies() {
	ref, brokers := a.cluster.Ref(), int64(a.audit.Brokers)
	for _, key := range []string{"default.replication.factor", "offsets.topic.replication.factor", "transaction.state.log.replication.factor"} {
		value, said := a.setting(key, 3)
		if key == "default.replication.factor" && !said {
			value = 1
		}
		field := a.cluster.ConfigField(key)
		switch {
		case value > brokers:
			values(a.add("SZ010", DiagnosticError, ref, field, "is %d%s, and there %s", value, unsaid(said), are(a.audit.Brokers)), text(value, said), strconv.FormatInt(brokers, 10))
		case value == 1 && a.production():
			values(a.add("SZ080", DiagnosticWarn, ref, field, "is 1%s in production: what the one copy's broker holds is lost with it", unsaid(said)), text(value, said), "3")
		}
	}
	inSync, said := a.setting("min.insync.replicas", 1)
	rf := int64(a.audit.ReplicationFactor)
	field := a.cluster.ConfigField("min.insync.replicas")
	switch {
	case inSync >= rf && rf > 1:
		values(a.add("SZ011", DiagnosticError, ref, field, "is %d with %d copies: a rolling update stops producers", inSync, rf), text(inSync, said), strconv.FormatInt(rf-1, 10))
	case inSync == 1 && a.production():
		values(a.add("SZ012", DiagnosticWarn, ref, field, "is 1%s in production: a record may be on one broker only", unsaid(said)), text(inSync, said), "2")
	}
	if isr, said := a.setting("transaction.state.log.min.isr", 2); said {
		if factor, _ := a.setting("transaction.state.log.replication.factor", 3); isr > factor || isr == factor && factor > 1 {
			values(a.add("SZ011", DiagnosticError, ref, a.cluster.ConfigField("transaction.state.log.min.isr"), "is %d with %d copies: a rolling update stops transactions", isr, factor),
				strconv.FormatInt(isr, 10), strconv.FormatInt(max(factor-1, 1), 10))
		}
	}
	for _, t := range a.topics {
		a.checkTopic(t)
	}
}

func (a *auditor) checkTopic(t view.KafkaTopic) {
	replicas, found := t.Number("replicas")
	if !found {
		replicas = int64(a.audit.ReplicationFactor)
	}
	if replicas > int64(a.audit.Brokers) {
		values(a.add("SZ010", DiagnosticError, t.Ref(), "spec.replicas", "is %d, and there %s", replicas, are(a.audit.Brokers)), strconv.FormatInt(replicas, 10), strconv.Itoa(a.audit.Brokers))
	}
	if replicas == 1 && a.production() {
		values(a.add("SZ080", DiagnosticWarn, t.Ref(), "spec.replicas", "is 1 in production: its records are lost with one broker"), "1", "3")
	}
	inSync := int64(a.audit.MinInSync)
	if text, found := t.Config("min.insync.replicas"); found {
		inSync, _ = view.Whole(text)
	}
	if inSync >= replicas && replicas > 1 {
		values(a.add("SZ011", DiagnosticError, t.Ref(), "spec.config[min.insync.replicas]", "is %d with %d copies: a rolling update stops producers", inSync, replicas),
			strconv.FormatInt(inSync, 10), strconv.FormatInt(replicas-1, 10))
	}
}

func are(brokers int) string {
	if brokers == 1 {
		return "is 1 broker"
	}
	return fmt.Sprintf("are %d brokers", brokers)
}

func unsaid(said bool) string {
	if said {
		return ""
	}
	return " (Kafka's default, since it is not said)"
}

func text(value int64, said bool) string {
	if !said {
		return ""
	}
	return strconv.FormatInt(value, 10)
}

func (a *auditor) checkMemory() {
	nodes := a.groups[0]
	if a.request != math.MaxInt64 && a.request < a.heap {
		values(a.add("SZ060", DiagnosticWarn, nodes.Ref, nodes.Field("resources", "requests", "memory"),
			"is %s, below the heap of %s that a broker takes at once: the scheduler puts it where there is no room", Quantity(a.request), Quantity(a.heap)), Quantity(a.request), Quantity(a.heap))
	}
	most := int64(heapMost.Value * gib)
	switch {
	case a.heap > most:
		values(a.add("SZ060", DiagnosticWarn, nodes.Ref, nodes.Field("jvmOptions", "-Xmx"), "is %s, above %s: what the heap takes, the page cache lacks", Quantity(a.heap), Quantity(most)), JVMHeap(a.heap), JVMHeap(BrokerHeap(a.memory)))
	case a.memory > 0 && a.heap*2 > a.memory:
		values(a.add("SZ060", DiagnosticWarn, nodes.Ref, nodes.Field("jvmOptions", "-Xmx"), "is %s, more than half of the limit of %s", Quantity(a.heap), Quantity(a.memory)), JVMHeap(a.heap), JVMHeap(DefaultHeap(a.memory)))
	}
	fetchers, _ := a.setting("num.replica.fetchers", 1)
	if floor := HeapFloor(int(clamp(fetchers, 1000)), a.audit.Brokers); a.memory > 0 && floor*2 > a.heap {
		values(a.add("SZ060", DiagnosticWarn, a.cluster.Ref(), a.cluster.ConfigField("num.replica.fetchers"), "is %d: replica fetchers and log cleaner may take %s of a heap of %s", fetchers, FormatGiB(floor), FormatGiB(a.heap)),
			strconv.FormatInt(fetchers, 10), strconv.Itoa(Fetchers(a.audit.Brokers, cores(a.cpu))))
	}
}

func (a *auditor) checkThreads() {
	fetchers, _ := a.setting("num.replica.fetchers", 1)
	threads := clamp(fetchers, 1000) * int64(a.audit.Brokers-1)
	if a.cpu > 0 && float64(threads) > fetchersWarn.Value*cores(a.cpu) {
		proposed := strconv.Itoa(Fetchers(a.audit.Brokers, cores(a.cpu)))
		values(a.add("SZ061", DiagnosticWarn, a.cluster.Ref(), a.cluster.ConfigField("num.replica.fetchers"),
			"is %d: %d fetcher threads on a broker of %s vCPU", fetchers, threads, FormatThousandths(a.cpu)), strconv.FormatInt(fetchers, 10), proposed)
	}
	if a.cluster.IsEventStreams() && a.cpu > 0 && cores(a.cpu) < cpuMeasured.Value {
		values(a.add("SZ090", DiagnosticInfo, a.groups[0].Ref, a.groups[0].Field("resources", "limits", "cpu"), "IBM's published throughput was measured on brokers of 4 vCPU; these have %s", FormatThousandths(a.cpu)), FormatCPU(a.cpu), number(cpuMeasured.Value))
	}
}

func (a *auditor) checkVolumes() {
	groups := slices.Clone(a.groups)
	for _, pool := range a.cluster.Pools() {
		if !pool.Is(view.BrokerRole) {
			groups = append(groups, pool)
		}
	}
	if zooKeeper := a.cluster.ZooKeeper(); zooKeeper.Present() {
		groups = append(groups, zooKeeper)
	}
	segment, _ := a.setting("log.segment.bytes", int64(diskSegment.Value))
	for _, nodes := range groups {
		for _, volume := range nodes.Volumes() {
			class, found := volume.Class()
			switch {
			case a.production() && volume.Type() == view.Ephemeral:
				values(a.add("SZ026", DiagnosticWarn, volume.Ref, volume.Field("type"), "is ephemeral in production: a restarted pod has lost its data"), view.Ephemeral, view.PersistentClaim)
			case volume.Type() == view.PersistentClaim && found && NoStorageClass(class):
				values(a.add("SZ027", DiagnosticWarn, volume.Ref, volume.Field("class"), "is %q, which names no storage class; name one, or remove the field", class), class, "")
			}
		}
		if replicas := a.audit.PartitionsPer; a.persistent && nodes.Is(view.BrokerRole) && replicas > 0 {
			if needed := 2 * clamp(segment, 1<<40) * int64(replicas); a.volume < needed {
				volume := a.firstVolume()
				values(a.add("SZ032", DiagnosticWarn, volume.Ref, volume.Field("size"), "holds less than two segments for each of %d replicas on a broker, which are %s", replicas, FormatGiB(needed)),
					volume.Size(), Quantity(RoundStorage(float64(needed)/float64(max(a.volumes(), 1)))))
			}
		}
	}
}

// placeholder is what stands in for a value in samples and templates: IBM's up
// to 11.4, and ${NAME}, <name> and {{ name }}.
var placeholder = regexp.MustCompile(`^(enter-storage-class-name-here|\$\{.*\}|<.*>|\{\{.*\}\}|[A-Z][A-Z0-9]*(_[A-Z0-9]+)+)$`)

// NoStorageClass says whether a class is empty or a placeholder: no storage
// class has such a name, which is a DNS one.
func NoStorageClass(class string) bool { return class == "" || placeholder.MatchString(class) }

func (a *auditor) checkPlacement() {
	ref := a.cluster.Ref()
	rack := a.cluster.Rack()
	if rack != "" && a.audit.Brokers%a.options.Zones != 0 {
		values(a.add("SZ040", DiagnosticWarn, a.groups[0].Ref, a.groups[0].Field("replicas"), "%d brokers can't be spread evenly over %d zones", a.audit.Brokers, a.options.Zones),
			strconv.Itoa(a.audit.Brokers), strconv.Itoa(roundBrokers(a.audit.Brokers, a.options.Zones)))
	}
	if n := a.options.Platform.Nodes; n > 0 && n < a.audit.Brokers {
		values(a.add("SZ042", DiagnosticWarn, ref, "nodes", "%s for %d brokers: two of them share a node, and fall with it", Plural(n, "node", "nodes"), a.audit.Brokers), strconv.Itoa(n), strconv.Itoa(a.audit.Brokers))
	}
	for _, nodes := range a.groups {
		if rack != "" && a.cluster.Version() == "v1" && !nodes.Spread() {
			values(a.add("SZ042", DiagnosticWarn, nodes.Ref, nodes.Field("template", "pod", "topologySpreadConstraints"), "is missing: the operator spreads copies over zones by rack, and from Strimzi 0.49 on no pods any more"), "", rack)
		}
		if nodes.Autoscaled() {
			values(a.add("SZ110", DiagnosticInfo, nodes.Ref, nodes.Field("replicas"), "is an autoscaler's (%s)", view.EventStreamsHPAAnnotation), nodes.ReplicasText(), nodes.ReplicasText())
		}
	}
	controllers := 0
	for _, pool := range a.cluster.Pools() {
		if pool.Is(view.ControllerRole) {
			count, _ := pool.Replicas()
			controllers += count
		}
	}
	if controllers > 0 && a.production() && (controllers < 3 || controllers%2 == 0) {
		odd := max(controllers+1-controllers%2, int(quorumDefault.Value))
		values(a.add("SZ022", DiagnosticWarn, ref, "", "%s: a quorum in production has an odd number from 3, and it can't change in place", Plural(controllers, "controller", "controllers")), strconv.Itoa(controllers), strconv.Itoa(odd))
	}
}

func (a *auditor) checkPartitions() {
	replicas := a.audit.PartitionsPer
	limit := PartitionLimit(cores(a.cpu))
	if most := a.options.Policy.MaxReplicasPerBroker; most > 0 {
		limit = most
	}
	switch {
	case float64(replicas) > partitionsMmap.Value || a.cluster.ZooKeeper().Present() && float64(replicas) > partitionsMost.Value:
		most := partitionsMmap.Value
		if a.cluster.ZooKeeper().Present() {
			most = partitionsMost.Value
		}
		values(a.add("SZ050", DiagnosticError, a.cluster.Ref(), "partitionsPerBroker", "is %d replicas; more than 4000 are too many with ZooKeeper, more than 32765 at all: more brokers, or fewer partitions", replicas), strconv.Itoa(replicas), number(most))
	case replicas > limit:
		values(a.add("SZ050", DiagnosticWarn, a.cluster.Ref(), "partitionsPerBroker", "is %d replicas on a broker of %s vCPU; at most %d are advised: more brokers, or fewer partitions", replicas, FormatThousandths(a.cpu), limit), strconv.Itoa(replicas), strconv.Itoa(limit))
	}
}

var capacity = []string{"inboundNetwork", "outboundNetwork"}

func (a *auditor) checkCruiseControl() {
	if !a.cluster.CruiseControl() || a.cpu == 0 || a.audit.At == "" {
		return
	}
	const kib = 1024
	nic := float64(orElse(a.options.Platform.Nic, Rate(netAssumed.Value*mega)))
	util := orElse(a.options.Policy.NetworkUtilization, netUtil.Value)
	for i, share := range []float64{a.audit.Utilization.Ingress, a.audit.Utilization.Egress} {
		needed := int64(ceil(share * nic / util / kib))
		text := a.cluster.BrokerCapacity(capacity[i])
		has, said := CapacityKiB(text)
		if !said && text != "" {
			values(a.add("SZ070", DiagnosticWarn, a.cluster.Ref(), a.cluster.CapacityField(capacity[i]),
				"is %q, which is no capacity: the API takes whole numbers with a unit such as 10000KiB/s", text), text, NetworkCapacity(needed))
			continue
		}
		if !said {
			has = int64(netStrimzi.Value)
			if a.cluster.Version() == "v1" {
				continue // Strimzi 0.48 and later leave the network goals out
			}
		}
		if has < needed {
			values(a.add("SZ070", DiagnosticWarn, a.cluster.Ref(), a.cluster.CapacityField(capacity[i]),
				"is %s%s, below the %s that brokers have at %s", NetworkCapacity(has), strimzis(said), NetworkCapacity(needed), a.audit.At), text, NetworkCapacity(needed))
		}
	}
}

func strimzis(said bool) string {
	if said {
		return ""
	}
	return " (Strimzi's default before 0.48)"
}

func (a *auditor) checkVersion() {
	if a.cluster.Version() != "v1" {
		return
	}
	for _, gone := range RemovedInV1(a.cluster) {
		values(a.add("SZ120", DiagnosticError, gone.Ref, gone.Path, "is no field of v1 any more; %s", gone.Instead), gone.Path, gone.To)
	}
}

func (a *auditor) checkLicence() {
	if !a.cluster.IsEventStreams() {
		return
	}
	use, path := a.cluster.LicenseUse()
	values(a.add("SZ100", DiagnosticInfo, a.cluster.Ref(), path, "%s licence cores (%d:1)", number(a.audit.LicenceCores), LicenceRatio(use)), use, use)
	if use != "" && a.options.Class != "" && a.production() != ForProduction(use) {
		values(a.add("SZ100", DiagnosticWarn, a.cluster.Ref(), path, "is %q in class %s", use, a.audit.Class), use, UseFor(use, a.production()))
	}
}

// auditConnect checks a Connect cluster or a MirrorMaker.
func auditConnect(connect view.KafkaConnect, class string, r Resource, brokersOf func(view.ClusterName) (int, bool)) Audit {
	audit := newAudit(class, r)
	add := func(id string, severity Severity, field, current, proposed, format string, args ...any) {
		audit.Diagnostics = append(audit.Diagnostics, Diagnostic{
			ID: id, Severity: severity, Object: audit.Object, Field: field, Current: current, Proposed: proposed, Message: fmt.Sprintf(format, args...),
		})
	}
	audit.BreaksFirst = connectBreaks(connect, r.Pods.Count)
	for _, factor := range connect.InternalFactors() {
		value, found := factor.Value()
		most, known := brokersOf(factor.Cluster)
		current, three := strconv.FormatInt(value, 10), number(quorumDefault.Value)
		switch {
		case found && known && value > int64(most):
			add("SZ010", DiagnosticError, factor.Path, current, strconv.Itoa(most), "is %d, and there %s in %s", value, are(most), factor.Cluster.Name)
		case found && value == 1 && class == "prod":
			add("SZ080", DiagnosticWarn, factor.Path, current, three, "is 1 in production: what it keeps of its own work is lost with one broker; take 3")
		}
	}
	if connect.Version() == "v1" {
		for _, path := range connect.RemovedInV1() {
			add("SZ120", DiagnosticError, path, path, "", "is no field of v1 any more")
		}
	}
	if connect.Workers().ReplicasText() == "" {
		audit.Assumes = append(audit.Assumes, fmt.Sprintf("%d workers (replicas is not said)", r.Pods.Count))
	}
	if replicas := r.Pods.Count; replicas > 0 && replicas < int(connectNodes.Value) && class == "prod" {
		add("SZ041", DiagnosticWarn, "spec.replicas", strconv.Itoa(replicas), number(connectNodes.Value), "is %d in production: nothing runs while its worker restarts; take %s", replicas, number(connectNodes.Value))
	}
	return audit
}

// connectBreaks is what gives way first: a MirrorMaker's tasks, each of which
// carries a rate; a Connect cluster's connectors are not known by it.
func connectBreaks(connect view.KafkaConnect, workers int) string {
	if workers == 0 {
		return "nothing runs: it has no workers"
	}
	if !connect.IsMirrorMaker() {
		return fmt.Sprintf("can't be told of %s without what the connectors do", Plural(workers, "worker", "workers"))
	}
	tasks := int64(0)
	for _, mirror := range connect.SourceTasks() {
		count, found := mirror.Value()
		if !found || count < 1 {
			count = 1 // Connect's default
		}
		tasks += clamp(count, maxPods)
	}
	carries := math.Min(float64(max(tasks, 1))*mirrorPartition.Value, mirrorTotal.Value) * mega
	return fmt.Sprintf("%s of %s: about %s", Plural(int(max(tasks, 1)), "task", "tasks"), Plural(workers, "worker", "workers"), FormatRate(carries))
}
