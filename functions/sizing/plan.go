package sizing

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
)

// Input is all that a plan depends on.
type Input struct {
	// Workload is what the cluster carries.
	Workload Workload
	// Platform is what it runs on.
	Platform Platform
	// Policy is how full things may be.
	Policy Policy
	// Class is dev, stage or prod; empty counts as prod.
	Class string
	// CPU of one broker in cores; 0 lets the model choose.
	CPU float64
	// LicenseUse is an EventStreams' spec.license.use; empty counts each core.
	LicenseUse string
	// Prices are the user's; without any, a plan has no cost.
	Prices Prices
}

// Constraint names what binds a plan.
type Constraint string

// Constraints, in the order in which they are named when several bind alike.
const (
	Availability      Constraint = "availability"
	CPUConstraint     Constraint = "cpu"
	IngressConstraint Constraint = "ingress"
	EgressConstraint  Constraint = "egress"
	DiskConstraint    Constraint = "disk"
	PartitionsLimit   Constraint = "partitions"
	StorageConstraint Constraint = "storage"
	ConnectionsLimit  Constraint = "connections"
)

// Need is how many brokers one constraint asks for.
type Need struct {
	Constraint Constraint
	Brokers    int
	// By are the constants that the need comes from.
	By []Constant
}

// Utilization is shares of what the brokers can do, at the peak.
type Utilization struct {
	CPU     float64 `json:"cpu"`
	Ingress float64 `json:"ingress"`
	Egress  float64 `json:"egress"`
	Disk    float64 `json:"disk"`
}

// most is the largest share, and of what.
func (u Utilization) most() (float64, Constraint) {
	share, of := u.CPU, CPUConstraint
	for _, other := range []struct {
		share float64
		of    Constraint
	}{{u.Ingress, IngressConstraint}, {u.Egress, EgressConstraint}, {u.Disk, DiskConstraint}} {
		if other.share > share {
			share, of = other.share, other.of
		}
	}
	return share, of
}

// TopicPlan is what a topic needs.
type TopicPlan struct {
	Name string
	// Partitions that it gets, has already (0: not known), and needs: before they
	// are rounded up to a multiple of the brokers.
	Partitions, Current, Needed int
}

// Plan is a cluster's size, with every number's source.
type Plan struct {
	// Input is what the plan was made for, defaults filled in.
	Input Input
	// Brokers of the cluster, and why there are so many.
	Brokers int
	Binding Constraint
	// BindingDegraded says that the constraint binds with a zone or broker
	// lost, and not before.
	BindingDegraded bool
	Needs           []Need
	// CPU of one broker in thousandths of a core, the rest in bytes.
	CPU                   int64
	Memory, Heap, Storage int64
	// StorageNeeded is what records and their overhead take up on a broker,
	// before margins.
	StorageNeeded float64
	// StorageLeast is what all brokers together have to store, before topics are
	// rounded up to multiples of the brokers and copies spread in whole numbers.
	StorageLeast float64
	// Normal is with all brokers, Degraded with what Failure says lost; nil
	// where nothing is left then.
	Normal   Utilization
	Degraded *Utilization
	Failure  Failure
	// Partitions of all topics without copies, and copies on each broker.
	Partitions, PartitionsPerBroker int
	Topics                          []TopicPlan
	// ReplicationFactor and the copies that have to be in sync.
	ReplicationFactor, MinInSync int
	// Quorum is how many controllers or ZooKeeper nodes there are.
	Quorum  int
	Threads Threads
	// InboundNetwork and OutboundNetwork are Cruise Control's capacities, in
	// KiB/s.
	InboundNetwork, OutboundNetwork int64
	// ProducerQuota and ConsumerQuota are bytes a second of one broker.
	ProducerQuota, ConsumerQuota int64
	// MaxIngress is the average ingress at which the first limit is reached,
	// and IBMIngress the share of the maximum that IBM would use, in bytes a
	// second; IBMKept says that the peak stays below.
	MaxIngress, IBMIngress float64
	IBMKept                bool
	// LicenceCores are thousandths of IBM's licence cores, unrounded.
	LicenceCores int64
	// Assumptions are the constants that stand in for what the input does not
	// say, or that no document gives.
	Assumptions []Constant
	// Guides are what other sizing guides ask for.
	Guides []Guide
	// Diagnostics of the plan.
	Diagnostics []Diagnostic
}

// model is a workload in the model's variables.
type model struct {
	in Input
	// w and e are peak rates with growth, in bytes on the wire; avg is the
	// average ingress with growth.
	w, e, avg    float64
	rf           int
	nic, disk    float64
	coef         float64
	zones        int
	failure      Failure
	cpuUtil      float64
	netUtil      float64
	diskUtil     float64
	lagging      float64
	production   bool
	topicNeeds   []TopicPlan
	partitions   int
	maxVolume    float64
	availability int
}

// leastBrokers is how many production has at least: one may be down for an
// update, and two copies are left (IBM's and Strimzi's production samples).
const leastBrokers = 3

const (
	mega = 1e6
	gib  = float64(gibibyte)
)

// orElse is a value, or a default for zero.
func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// assumptions are what the user does not say of the platform, and what no
// document says of any.
func (in Input) assumptions() []Constant {
	var found []Constant
	if in.Platform.Disk == 0 {
		found = append(found, diskAssumed)
	}
	if in.Platform.Nic == 0 {
		found = append(found, netAssumed)
	}
	return append(found, memoryOff, fetchersPerVCPU, fetchersWarn)
}

// Pods are all brokers of the plan.
func (p Plan) Pods() Pods {
	return Pods{VCPU: p.CPU, MemoryBytes: p.Memory, DiskBytes: p.Storage}.times(p.Brokers)
}

// Cost is what the brokers cost at the input's prices.
func (p Plan) Cost() float64 { return p.Input.Prices.Of(p.Pods(), p.LicenceCores) }

// withDefaults fills what the user left out.
func (in Input) withDefaults() Input {
	w := &in.Workload
	if w.Ingress == 0 {
		w.Ingress = Rate(float64(w.MessageRate) * float64(w.MessageSize))
	}
	w.PeakFactor = orElse(w.PeakFactor, 1)
	w.CompressionRatio = orElse(w.CompressionRatio, 1)
	w.Growth = orElse(w.Growth, 1)
	if w.ConsumerGroups == nil {
		one := 1
		w.ConsumerGroups = &one
	}
	if w.Retention == (Retention{}) {
		w.Retention = Retention{Time: milliseconds(diskRetention.Value)}
	}
	w.ReplicationFactor = orElse(w.ReplicationFactor, 3)
	w.MinInSyncReplicas = orElse(w.MinInSyncReplicas, MinInSyncReplicas(w.ReplicationFactor))
	w.Zones = orElse(w.Zones, 3)
	if w.SurviveFailure == "" {
		w.SurviveFailure = defaultFailure(in.Class, w.Zones)
	}
	p := &in.Platform
	p.Disk = orElse(p.Disk, Rate(diskAssumed.Value*mega))
	p.Nic = orElse(p.Nic, Rate(netAssumed.Value*mega))
	p.MaxCPU = orElse(p.MaxCPU, cpuMeasured.Value)
	if p.NodeAllocatable != nil { // no broker larger than a node
		if room := p.NodeAllocatable.cores(); room > 0 {
			p.MaxCPU = math.Min(p.MaxCPU, room)
		}
	}
	o := &in.Policy
	o.CPUUtilization = orElse(o.CPUUtilization, cpuUtil.Value)
	o.DiskUtilization = orElse(o.DiskUtilization, diskUtil.Value)
	o.NetworkUtilization = orElse(o.NetworkUtilization, netUtil.Value)
	o.CPUProfile = orElse(o.CPUProfile, GoogleProfile)
	in.Class = orElse(in.Class, "prod")
	return in
}

// cores is the largest broker that fits on the node: its CPU and, at the
// model's memory a vCPU, its memory, rounded down as cores are rounded; 0 where
// nothing is said.
func (a Allocatable) cores() float64 {
	room := math.Inf(1)
	if has := Millicores(string(a.CPU)); has > 0 {
		room = cores(has)
	}
	if has := Bytes(string(a.Memory)); has > 0 {
		room = math.Min(room, math.Floor(float64(has)/gib)/cpuMemory.Value)
	}
	const half = 2
	switch {
	case math.IsInf(room, 1):
		return 0
	case room >= half:
		return math.Floor(room)
	}
	return math.Max(math.Floor(room*half)/half, 1/float64(half))
}

func defaultFailure(class string, zones int) Failure {
	switch {
	case class == "dev":
		return NoFailure
	case class == "stage" || zones < 2:
		return BrokerFailure
	}
	return ZoneFailure
}

func newModel(in Input) *model {
	w := in.Workload
	m := &model{
		in: in, rf: w.ReplicationFactor, zones: w.Zones, failure: w.SurviveFailure,
		nic: float64(in.Platform.Nic), disk: float64(in.Platform.Disk),
		coef:    in.Policy.CPUProfile.constant().Value * mega,
		cpuUtil: in.Policy.CPUUtilization, netUtil: in.Policy.NetworkUtilization, diskUtil: in.Policy.DiskUtilization,
		production: in.Class == "prod",
		maxVolume:  float64(Bytes(string(in.Platform.MaxVolume))),
	}
	m.avg = float64(w.Ingress) * w.CompressionRatio * w.Growth
	m.w = m.avg * w.PeakFactor
	m.e = m.w * float64(*w.ConsumerGroups)
	wire := w.PeakFactor * w.CompressionRatio * w.Growth
	if w.Egress > 0 {
		m.e = float64(w.Egress) * wire
	}
	m.e += float64(w.Mirrored) * wire
	m.lagging = m.w * float64(w.LaggingGroups)
	least := 1
	if m.production {
		least = leastBrokers
	}
	m.availability = roundBrokers(max(m.rf, least), m.zones)
	m.countPartitions()
	return m
}

// countPartitions finds what each listed topic needs, and the sum of all.
func (m *model) countPartitions() {
	w := m.in.Workload
	share := 0.0
	if len(w.Topics) > 0 {
		share = float64(w.Ingress) / float64(len(w.Topics))
	}
	perPartition := partitionProduce.Value * mega
	for _, name := range sortedNames(w.Topics) {
		t := w.Topics[name]
		rate := orElse(float64(t.Ingress), share) * w.PeakFactor * w.CompressionRatio * w.Growth
		perSecond := float64(t.MessageRate) * w.PeakFactor * w.Growth
		need := TopicPartitions(rate, perPartition, perPartition, t.Consumers, perSecond, t.Processing.Seconds())
		m.topicNeeds = append(m.topicNeeds, TopicPlan{Name: name, Partitions: max(need, t.Partitions), Current: t.Partitions, Needed: max(need, t.Partitions)})
		m.partitions += max(need, t.Partitions)
	}
	m.partitions += w.Partitions
	if m.partitions == 0 {
		m.partitions = TopicPartitions(m.w, perPartition, perPartition, 0, 0, 0)
	}
}

// needs are the brokers that each constraint asks for, with so many cores.
func (m *model) needs(cpu float64) []Need {
	rf := float64(m.rf)
	util := cpuUtil
	limit := PartitionLimit(cpu)
	if most := m.in.Policy.MaxReplicasPerBroker; most > 0 {
		limit = most
	}
	return []Need{
		{Availability, m.availability, nil},
		{CPUConstraint, ceil(WriteEquivalent(m.w, m.e, m.rf) / m.coef / m.cpuUtil / cpu), []Constant{m.in.Policy.CPUProfile.constant(), cpuReadWeight, util}},
		{IngressConstraint, ceil(m.w * rf / (m.nic * m.netUtil)), []Constant{netUtil, netAssumed}},
		{EgressConstraint, ceil((m.w*(rf-1) + m.e) / (m.nic * m.netUtil)), []Constant{netUtil, netAssumed}},
		{DiskConstraint, ceil((m.w*rf + m.lagging) / (m.disk * m.diskUtil)), []Constant{diskUtil, diskAssumed}},
		{PartitionsLimit, ceil(float64(m.partitions*m.rf) / float64(limit)), []Constant{partitionsPerVCPU, partitionsLeast, partitionsMost}},
		{StorageConstraint, m.storageBrokers(), []Constant{diskUtil, diskOverhead, diskMargin, diskCleanup}},
		{ConnectionsLimit, ceil(float64(m.in.Workload.Connections) / connections.Value), []Constant{connections}},
	}
}

// unholdable is more brokers than any cluster has.
const unholdable = 10000

// storageBrokers is the least number with volumes no larger than the largest.
func (m *model) storageBrokers() int {
	if m.maxVolume == 0 || m.claim(m.availability) <= m.maxVolume {
		return 1
	}
	// The margin of each broker does not get smaller with more of them.
	total := m.claim(m.availability) * float64(m.availability)
	first := roundBrokers(max(ceil(total/m.maxVolume)/2, m.availability), m.zones)
	for b := first; b <= unholdable; b += max(m.zones, 1) {
		if m.claim(b) <= m.maxVolume {
			return b
		}
	}
	return m.availability // SZ030 says that no number does
}

// stored is what is on each of so many brokers.
func (m *model) stored(brokers int) float64 {
	w := m.in.Workload
	partitions := m.partitionsOn(brokers)
	replicas := float64(ceil(float64(partitions*m.rf) / float64(brokers)))
	segmentSeconds := diskSegmentTime.Value / 1000
	perPartition := m.avg / float64(partitions)
	keep := w.Retention
	if w.LocalRetention != (Retention{}) {
		keep = w.LocalRetention
	}
	if keep.Bytes > 0 {
		indexes := 2 * diskIndexes.Value * diskIndex.Value
		return replicas * (RetentionBytesOnDisk(keep.Bytes, diskSegment.Value) + indexes)
	}
	return LogBytes(m.avg*float64(m.rf)/float64(brokers), keep.Time.Seconds()) +
		replicas*SegmentOverhead(perPartition, diskSegment.Value, segmentSeconds)
}

// storedLeast is what all brokers store together, with the partitions that are
// needed and no whole numbers but theirs.
func (m *model) storedLeast() float64 {
	w := m.in.Workload
	keep := w.Retention
	if w.LocalRetention != (Retention{}) {
		keep = w.LocalRetention
	}
	copies := float64(m.partitions * m.rf)
	if keep.Bytes > 0 {
		return copies * (RetentionBytesOnDisk(keep.Bytes, diskSegment.Value) + 2*diskIndexes.Value*diskIndex.Value)
	}
	perPartition := m.avg / float64(m.partitions)
	return LogBytes(m.avg*float64(m.rf), keep.Time.Seconds()) + copies*SegmentOverhead(perPartition, diskSegment.Value, diskSegmentTime.Value/1000)
}

// claim is the volume of each of so many brokers, before it is rounded.
func (m *model) claim(brokers int) float64 {
	margin := diskMargin.Value * gib
	if m.in.Class == "dev" {
		margin = diskMarginDev.Value * gib
	}
	return ClaimBytes(m.stored(brokers), margin, m.w*float64(m.rf)/float64(brokers), m.diskUtil)
}

// normal is the use that all of so many brokers are put to.
func (m *model) normal(brokers int, cpu float64) Utilization {
	return m.utilization(float64(m.rf), float64(m.rf-1), float64(brokers), cpu)
}

// degraded is the use that the rest is put to, nil when there is none.
//
// With a copy of everything in each zone, a lost zone takes a copy's writes and
// its follower's reads with it; with fewer copies than zones some records lose
// none, and all traffic counts. A lost broker takes its share of the copies.
func (m *model) degraded(brokers int, cpu float64, failure Failure) *Utilization {
	rf, b := float64(m.rf), float64(brokers)
	left, lost := b-1, rf/b
	if failure == ZoneFailure && m.zones > 1 {
		left, lost = b-b/float64(m.zones), 0
		if m.rf >= m.zones {
			lost = 1
		}
	}
	if left < 1 {
		return nil
	}
	u := m.utilization(rf-lost, math.Max(rf-1-lost, 0), left, cpu)
	return &u
}

// utilization is that of so many brokers, with so many copies written and
// fetched of each record.
func (m *model) utilization(writes, fetches, brokers, cpu float64) Utilization {
	return Utilization{
		CPU:     (m.w*writes + cpuReadWeight.Value*(m.e+m.w*fetches)) / (m.coef * brokers * cpu),
		Ingress: m.w * writes / (m.nic * brokers),
		Egress:  (m.w*fetches + m.e) / (m.nic * brokers),
		Disk:    (m.w*writes + m.lagging) / (m.disk * brokers),
	}
}

// brokers is the smallest multiple of the zones that all constraints and the
// failure leave, with so many cores; and what bound it.
func (m *model) brokers(cpu float64) (count int, binding Constraint, degraded bool, needs []Need) {
	needs = m.needs(cpu)
	most := slices.MaxFunc(needs, func(a, b Need) int { return a.Brokers - b.Brokers })
	binding = most.Constraint
	count = roundBrokers(most.Brokers, m.zones)
	if m.failure == NoFailure {
		return count, binding, false, needs
	}
	step := max(m.zones, 1)
	holds := func(count int) bool {
		const slack = 1e-9
		u := m.degraded(count, cpu, m.failure)
		if u == nil {
			return false
		}
		share, _ := u.most()
		return share <= degradedUtil.Value+slack
	}
	if more := sort.Search(unholdable, func(i int) bool { return holds(count + i*step) }); more > 0 {
		if u := m.degraded(count+(more-1)*step, cpu, m.failure); u != nil {
			_, binding = u.most()
			degraded = true
		}
		count += more * step
	}
	return count, binding, degraded, needs
}

// survivors is the smallest number of brokers, a multiple of the zones, that
// carries the load below the limit with the failure.
func (m *model) survivors(brokers int, cpu float64) int {
	for step := max(m.zones, 1); brokers < unholdable; brokers += step {
		if u := m.degraded(brokers, cpu, m.failure); u != nil {
			if share, _ := u.most(); share <= degradedUtil.Value+1e-9 {
				break
			}
		}
	}
	return brokers
}

// cores chooses the CPU of a broker: what the load needs on three brokers (as
// many as spread over the zones), and at most what one may have; more brokers
// carry the rest. So more load, or more copies, never mean a smaller broker.
func (m *model) cores() float64 {
	if m.in.CPU > 0 {
		return m.in.CPU
	}
	few := roundBrokers(leastBrokers, m.zones)
	need := m.normal(few, 1).CPU / m.cpuUtil
	if m.failure != NoFailure {
		if u := m.degraded(few, 1, m.failure); u != nil {
			need = math.Max(need, u.CPU/degradedUtil.Value)
		}
	}
	return math.Min(math.Max(RoundCPU(need), cpuSmallest.Value), m.in.Platform.MaxCPU)
}

// memory is the limit of a broker: 4 GiB for each vCPU, or what heap, the rest
// of the JVM and 30 seconds of page cache need; the heap is twice what the log
// cleaner and the fetchers may take of it.
func (m *model) memory(brokers int, cpu float64) int64 {
	limit := RoundMemory(math.Max(cpu*cpuMemory.Value, heapLeast.Value+memoryOff.Value) * gib)
	cache := m.w * float64(m.rf) / float64(brokers) * cacheTime.Value
	heap := min(2*HeapFloor(Fetchers(brokers, cpu), brokers), int64(heapCap.Value*gib))
	for BrokerHeap(limit) < heap || float64(limit) < float64(BrokerHeap(limit))+memoryOff.Value*gib+cache {
		limit += gibibyte
	}
	return limit
}

// Size makes the plan of a workload. A workload that can't be sized gives a
// plan with errors among its diagnostics and no brokers.
func Size(in Input) Plan {
	if problems := in.check(); len(problems) > 0 {
		return Plan{Input: in, Diagnostics: problems}
	}
	assumptions := in.assumptions()
	in = in.withDefaults()
	m := newModel(in)
	cpu := m.cores()
	p := Plan{Input: in, Assumptions: assumptions, Failure: in.Workload.SurviveFailure, ReplicationFactor: m.rf, MinInSync: in.Workload.MinInSyncReplicas}
	p.Brokers, p.Binding, p.BindingDegraded, p.Needs = m.brokers(cpu)
	if problem := m.tooLarge(p.Brokers); problem != "" {
		return Plan{Input: in, Diagnostics: []Diagnostic{{ID: "SZ001", Severity: DiagnosticError, Field: "ingress", Message: problem}}}
	}
	b := float64(p.Brokers)
	p.CPU = int64(math.Round(cpu * 1000))
	p.Memory = m.memory(p.Brokers, cpu)
	p.Heap = BrokerHeap(p.Memory)
	p.StorageNeeded, p.StorageLeast = m.stored(p.Brokers), m.storedLeast()
	p.Storage = RoundStorage(m.claim(p.Brokers))
	if most := int64(m.maxVolume); most > 0 && p.Storage > most && m.claim(p.Brokers) <= m.maxVolume {
		p.Storage = most // rounding does not go past the largest
	}
	p.Normal = m.normal(p.Brokers, cpu)
	if p.Failure == NoFailure {
		p.Failure = defaultFailure("prod", m.zones) // reported all the same
	}
	p.Degraded = m.degraded(p.Brokers, cpu, p.Failure)
	m.placePartitions(&p)
	p.Quorum = int(quorumDefault.Value)
	if p.Brokers == 1 && !m.production {
		p.Quorum = 1
	}
	p.Threads = Threads{
		IO: int(threadsIO.Value), Network: int(threadsNetwork.Value), Cleaner: int(threadsCleaner.Value),
		Fetchers: Fetchers(p.Brokers, cpu),
	}
	rf := float64(m.rf)
	p.InboundNetwork = int64(ceil(m.w * rf / b / m.netUtil / 1024))
	p.OutboundNetwork = int64(ceil((m.w*(rf-1) + m.e) / b / m.netUtil / 1024))
	m.headroom(&p)
	p.LicenceCores = LicenceCores(int64(p.Brokers)*p.CPU, in.LicenseUse)
	p.Guides = guides(in.Workload, m.w, m.e, m.nic, m.disk)
	p.Diagnostics = p.diagnose(m)
	return p
}

// partitionsOn is the partitions of all topics on so many brokers: topics are
// rounded up to multiples of the brokers, what is counted without a name is not.
func (m *model) partitionsOn(brokers int) int {
	if m.in.Workload.Partitions == 0 && len(m.topicNeeds) == 0 {
		return roundPartitions(m.partitions, brokers)
	}
	sum := m.in.Workload.Partitions
	for _, t := range m.topicNeeds {
		sum += roundPartitions(t.Partitions, brokers)
	}
	return sum
}

// tooLarge says why no cluster carries the workload, empty when one does.
func (m *model) tooLarge(brokers int) string {
	const exbibyte = 1 << 60
	switch {
	case brokers > unholdable:
		return fmt.Sprintf("and the rest of the workload need more than %d brokers; check the figures and their units", unholdable)
	case m.claim(brokers) > exbibyte:
		return "and retention need more than an exbibyte a broker; check the figures and their units"
	}
	return ""
}

// placePartitions rounds topics up to multiples of the brokers.
func (m *model) placePartitions(p *Plan) {
	for _, t := range m.topicNeeds {
		t.Partitions = roundPartitions(t.Partitions, p.Brokers)
		p.Topics = append(p.Topics, t)
	}
	p.Partitions = m.partitionsOn(p.Brokers)
	p.PartitionsPerBroker = ceil(float64(p.Partitions*m.rf) / float64(p.Brokers))
}

// headroom is how much more the plan carries, and IBM's own margin.
func (m *model) headroom(p *Plan) {
	carried := Carries(*p)
	full, _ := p.Normal.most()
	if math.IsInf(carried.Ingress, 1) || full == 0 {
		return
	}
	ingress := float64(m.in.Workload.Ingress)
	p.MaxIngress = carried.Ingress
	factor := carried.Ingress / ingress
	// IBM's margin is on the maximum: all of the CPUs and the network.
	p.IBMIngress = Headroom(ingress/full, m.zones)
	p.IBMKept = ingress <= p.IBMIngress
	p.ProducerQuota = ProducerQuota(m.w*factor, p.Brokers)
	p.ConsumerQuota = ProducerQuota(m.e*factor, p.Brokers)
}

// check finds what makes a workload one that can't be sized.
func (in Input) check() []Diagnostic {
	w := in.Workload
	var found []Diagnostic
	fail := func(id, field, format string, args ...any) {
		found = append(found, Diagnostic{ID: id, Severity: DiagnosticError, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case w.Ingress == 0 && (w.MessageRate == 0 || w.MessageSize == 0):
		fail("SZ001", "ingress", "is missing; say it (50MB/s), or a rate of messages and their size")
	case w.Ingress != 0 && w.MessageRate != 0:
		fail("SZ001", "ingress", "and a rate of messages say the same; keep one of the two")
	}
	if w.Egress != 0 && w.ConsumerGroups != nil {
		fail("SZ001", "egress", "and consumerGroups say the same; keep one of the two")
	}
	for _, f := range []struct {
		field       string
		value       float64
		least, most float64
	}{
		{"peakFactor", w.PeakFactor, 1, 1000},
		{"compressionRatio", w.CompressionRatio, 0.001, 10},
		{"growth", w.Growth, 0.01, 1000},
		{"replicationFactor", float64(w.ReplicationFactor), 1, 100},
		{"zones", float64(w.Zones), 1, 100},
		{"minInSyncReplicas", float64(w.MinInSyncReplicas), 1, 100},
		{"partitions", float64(w.Partitions), 0, 10e6},
		{"connections", float64(w.Connections), 0, 1e9},
		{"laggingGroups", float64(w.LaggingGroups), 0, 1e4},
		{"cpuUtilization", in.Policy.CPUUtilization, 0.01, 1},
		{"diskUtilization", in.Policy.DiskUtilization, 0.01, 1},
		{"networkUtilization", in.Policy.NetworkUtilization, 0.01, 1},
		{"maxReplicasPerBroker", float64(in.Policy.MaxReplicasPerBroker), 1, partitionsMmap.Value},
		{"maxCPU", in.Platform.MaxCPU, 0.1, 1024},
		{"nodes", float64(in.Platform.Nodes), 1, 1e6},
		{"cpu", in.CPU, 0.1, 1024},
	} {
		if f.value != 0 && !(f.value >= f.least && f.value <= f.most) {
			fail("SZ001", f.field, "is %s; expected %s to %s", number(f.value), number(f.least), number(f.most))
			values(&found[len(found)-1], number(f.value), number(math.Min(math.Max(f.value, f.least), f.most)))
		}
	}
	if g := w.ConsumerGroups; g != nil && (*g < 0 || *g > 10000) {
		fail("SZ001", "consumerGroups", "is %d; expected 0 to 10000", *g)
	}
	w.checkTopics(fail)
	full := in.withDefaults().Workload
	if full.MinInSyncReplicas >= full.ReplicationFactor && full.ReplicationFactor > 1 {
		fail("SZ011", "minInSyncReplicas", "is %d with %d copies: a rolling update stops producers; take %d", full.MinInSyncReplicas, full.ReplicationFactor, full.ReplicationFactor-1)
		values(&found[len(found)-1], strconv.Itoa(full.MinInSyncReplicas), strconv.Itoa(full.ReplicationFactor-1))
	}
	if full.MinInSyncReplicas > full.ReplicationFactor {
		fail("SZ011", "minInSyncReplicas", "is %d with %s", full.MinInSyncReplicas, Plural(full.ReplicationFactor, "copy", "copies"))
		values(&found[len(found)-1], strconv.Itoa(full.MinInSyncReplicas), strconv.Itoa(full.ReplicationFactor))
	}
	if local, all := full.LocalRetention, full.Retention; local.Time > all.Time && all.Time > 0 || local.Bytes > all.Bytes && all.Bytes > 0 {
		fail("SZ001", "localRetention", "is %s, and records are kept for %s in all; what stays on the brokers is a part of that", local.String(), all.String())
	}
	if w.SurviveFailure == ZoneFailure && full.Zones < 2 {
		fail("SZ001", "surviveFailure", "is zone, and there is one zone; say zones, or broker")
	}
	return found
}

func (w Workload) checkTopics(fail func(id, field, format string, args ...any)) {
	const most = 1e6
	for _, name := range sortedNames(w.Topics) {
		t := w.Topics[name]
		if t.Processing != 0 && t.MessageRate == 0 {
			fail("SZ001", "topics."+name+".processing", "needs messageRate: how many records come in")
		}
		if t.Partitions < 0 || t.Partitions > most || t.Consumers < 0 || t.Consumers > most {
			fail("SZ001", "topics."+name, "has a count below 0 or above a million")
		}
	}
}
