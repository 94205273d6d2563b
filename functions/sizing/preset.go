package sizing

import "strconv"

// Sources of the presets' numbers.
const (
	// SourceSamples are IBM's sample deployments.
	SourceSamples = "IBM/ibm-event-automation event-streams/cr-examples/eventstreams, releases 10.0 to 13.0"
	// SourcePlanning is IBM's table of what those samples use.
	SourcePlanning = "IBM/event-automation _es_13.0/02-installing/02-planning.md, sample deployments"
	// SourceKafka are Kafka's own defaults.
	SourceKafka = "apache/kafka docs, broker configs"
)

// Preset is a T-shirt size: the size of one of IBM's sample deployments.
type Preset struct {
	// Size is what users write: M.
	Size string
	// Sample is the name of IBM's sample deployment.
	Sample string
	// Source says where the numbers are from.
	Source string
	// Brokers in the cluster.
	Brokers int
	// CPU of a broker, in cores as Kubernetes writes them.
	CPU Bounds
	// Memory of a broker, as Kubernetes writes it. Kafka's heap is half of the
	// limit (see DefaultHeap).
	Memory Bounds
	// ReplicationFactor of topics that don't say one, and of Kafka's own.
	ReplicationFactor int
	// Quorum is how many ZooKeeper nodes or controllers the cluster has.
	Quorum int
	// QuorumVolume is the size of a ZooKeeper node's volume.
	QuorumVolume string
	// Threads of a broker.
	Threads Threads
	// InSync is min.insync.replicas; 0 is one less than there are copies.
	InSync int
}

// Bounds are the request and the limit of a resource.
type Bounds struct {
	Request, Limit string
}

// Threads are a broker's thread pools.
type Threads struct {
	// IO is num.io.threads, Network num.network.threads, Cleaner
	// log.cleaner.threads, Fetchers num.replica.fetchers.
	IO, Network, Cleaner, Fetchers int
}

// sampleThreads returns the pools of IBM's samples from "development" up (24,
// 9 and 6 in all of them); there, each broker fetches from every other with as
// many threads as there are brokers (3, 6, 9). The tuning table of IBM's
// Performance Report 2019.4.1 has the same.
func sampleThreads(brokers int) Threads {
	return Threads{IO: 24, Network: 9, Cleaner: 6, Fetchers: brokers}
}

// kafkaThreads are Kafka's defaults, which IBM's sample "light-insecure"
// leaves in force.
var kafkaThreads = Threads{IO: 8, Network: 3, Cleaner: 1, Fetchers: 1} // SourceKafka

// A broker of the small samples. "minimal-prod" of 11.2.1 and later requests
// 100m and has limits of 1000m and 2048Mi; IBM's totals (SourcePlanning) show
// that a sample without resources gets the same from the operator. IBM requests
// 128Mi of memory, below the heap of 1Gi that the broker takes at once: the
// request here is that heap.
var (
	smallCPU    = Bounds{Request: "100m", Limit: "1"}
	smallMemory = Bounds{Request: "1Gi", Limit: "2Gi"}
)

// A broker of the samples prod-3, -6 and -9: request and limit are equal; 2000m
// of CPU from 11.2.1 on, 4000m before (the sizes that end in 4, on which IBM's
// Performance Report 11.0.4 measured), and 8096Mi of memory in all.
var (
	prodCPU    = Bounds{Request: "2", Limit: "2"}
	prodCPU4   = Bounds{Request: "4", Limit: "4"}
	prodMemory = Bounds{Request: "8096Mi", Limit: "8096Mi"}
)

// Volumes of ZooKeeper nodes in the samples minimal-prod, prod-3 and prod-6,
// prod-9 (10.0 to 11.7); the ephemeral samples have none, and take the smallest
// when they get one.
const (
	minimalQuorumVolume = "2Gi"
	prodQuorumVolume    = "4Gi"
	prod9QuorumVolume   = "10Gi"
)

// presets from the smallest to the largest, as often as people ask for them:
// the sizes of before 11.2.1 stand last.
var presets = []Preset{
	{Size: "XS", Sample: "light-insecure", Brokers: 1, CPU: smallCPU, Memory: smallMemory, ReplicationFactor: 1, Quorum: 1, QuorumVolume: minimalQuorumVolume, Threads: kafkaThreads, Source: SourceSamples},
	{Size: "S", Sample: "development", Brokers: 3, CPU: smallCPU, Memory: smallMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: minimalQuorumVolume, Threads: sampleThreads(3), Source: SourceSamples},
	{Size: "M", Sample: "minimal-prod", Brokers: 3, CPU: smallCPU, Memory: smallMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: minimalQuorumVolume, Threads: sampleThreads(3), Source: SourceSamples},
	{Size: "L", Sample: "prod-3-brokers", Brokers: 3, CPU: prodCPU, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prodQuorumVolume, Threads: sampleThreads(3), Source: SourceSamples},
	{Size: "XL", Sample: "prod-6-brokers", Brokers: 6, CPU: prodCPU, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prodQuorumVolume, Threads: sampleThreads(6), Source: SourceSamples},
	{Size: "XXL", Sample: "prod-9-brokers", Brokers: 9, CPU: prodCPU, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prod9QuorumVolume, Threads: sampleThreads(9), Source: SourceSamples},
	{Size: "L4", Sample: "prod-3-brokers as of 10.0 to 11.2.0", Brokers: 3, CPU: prodCPU4, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prodQuorumVolume, Threads: sampleThreads(3), Source: SourceSamples},
	{Size: "XL4", Sample: "prod-6-brokers as of 10.0 to 11.2.0", Brokers: 6, CPU: prodCPU4, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prodQuorumVolume, Threads: sampleThreads(6), Source: SourceSamples},
	{Size: "XXL4", Sample: "prod-9-brokers as of 10.0 to 11.2.0", Brokers: 9, CPU: prodCPU4, Memory: prodMemory, ReplicationFactor: 3, Quorum: 3, QuorumVolume: prod9QuorumVolume, Threads: sampleThreads(9), Source: SourceSamples},
}

// Presets returns all sizes, in the order in which they are listed to people.
func Presets() []Preset { return append([]Preset(nil), presets...) }

// Sizes returns the names of all sizes, in that order.
func Sizes() []string {
	names := make([]string, len(presets))
	for i := range presets {
		names[i] = presets[i].Size
	}
	return names
}

// Lookup returns a size by name.
func Lookup(size string) (Preset, bool) {
	for i := range presets {
		if presets[i].Size == size {
			return presets[i], true
		}
	}
	return Preset{}, false
}

// MinInSyncReplicas is how many copies a record needs before it counts as
// written: one less than there are, so that a broker may be down (Amazon MSK,
// best practices; IBM's samples have 2 of 3).
func MinInSyncReplicas(replicationFactor int) int { return max(1, replicationFactor-1) }

// Setting is one of a broker's settings.
type Setting struct {
	// Key is flat and dotted: min.insync.replicas.
	Key string
	// Value is a whole number.
	Value int
	// Since is the first release of Event Streams whose samples have it, empty
	// for all.
	Since Release
}

// Settings returns what brokers of this size are configured with. Every size
// says all of them, so that none of another size is left behind: where IBM's
// sample is silent, that is Kafka's own default, or for Kafka's internal topics
// the replication factor of the size.
func (p Preset) Settings() []Setting {
	return settings(p.ReplicationFactor, orElse(p.InSync, MinInSyncReplicas(p.ReplicationFactor)), p.Threads)
}

// Guaranteed returns the size with requests as high as limits, as production
// needs them: a broker then has what it is licensed for, and Cruise Control
// knows it.
func (p Preset) Guaranteed() Preset {
	p.CPU.Request, p.Memory.Request = p.CPU.Limit, p.Memory.Limit
	return p
}

// Heap is a broker's heap, as a JVM option has it: 1024m.
func (p Preset) Heap() string {
	return strconv.FormatInt(DefaultHeap(Bytes(p.Memory.Limit))/mebibyte, 10) + "m"
}

// settings are those of brokers with so many copies, and these threads.
func settings(replicationFactor, inSync int, threads Threads) []Setting {
	return []Setting{
		{Key: "offsets.topic.replication.factor", Value: replicationFactor},
		{Key: "transaction.state.log.replication.factor", Value: replicationFactor},
		{Key: "transaction.state.log.min.isr", Value: inSync},
		{Key: "default.replication.factor", Value: replicationFactor, Since: Release{11, 0}},
		{Key: "min.insync.replicas", Value: inSync, Since: Release{11, 0}},
		{Key: "num.replica.fetchers", Value: threads.Fetchers},
		{Key: "num.io.threads", Value: threads.IO},
		{Key: "num.network.threads", Value: threads.Network},
		{Key: "log.cleaner.threads", Value: threads.Cleaner},
	}
}

// Settings returns what brokers of the plan are configured with.
func (p Plan) Settings() []Setting { return settings(p.ReplicationFactor, p.MinInSync, p.Threads) }

// Preset is the plan as a size, for class dev, stage or prod.
func (p Plan) Preset() Preset {
	preset := Preset{
		Size: "workload", Sample: "a workload", Source: "the plan's own sources", Brokers: p.Brokers,
		CPU:               Bounds{Limit: FormatCPU(p.CPU)},
		Memory:            Bounds{Limit: Quantity(p.Memory)},
		ReplicationFactor: p.ReplicationFactor, Quorum: p.Quorum, QuorumVolume: prodQuorumVolume, Threads: p.Threads, InSync: p.MinInSync,
	}
	// Half of the limit: "request 0.1 to 0.5 of the limit" below production, and
	// all of the heap.
	preset.CPU.Request = FormatCPU(p.CPU / 2)
	preset.Memory.Request = Quantity(p.Heap)
	if p.Input.Class == "prod" {
		return preset.Guaranteed()
	}
	return preset
}

// FormatCPU writes thousandths of a core as Kubernetes does: 1500m, 2.
func FormatCPU(thousandths int64) string {
	const core = 1000
	if thousandths%core == 0 {
		return strconv.FormatInt(thousandths/core, 10)
	}
	return strconv.FormatInt(thousandths, 10) + "m"
}

// Network is what Cruise Control should take for a broker's network each way,
// in KiB/s: what the size carries by its CPU, read by two consumer groups, at
// 80% of the capacity.
func (p Preset) Network() (inbound, outbound int64) {
	rf, b := float64(p.ReplicationFactor), float64(p.Brokers)
	carried := b * cores(Millicores(p.CPU.Limit)) * cpuPerVCPU.Value * cpuUtil.Value * mega
	groups := fanoutAssumed.Value
	w := carried / (rf + cpuReadWeight.Value*(groups+rf-1))
	const kib = 1024
	return int64(ceil(w * rf / b / netUtil.Value / kib)), int64(ceil(w * (groups + rf - 1) / b / netUtil.Value / kib))
}

// Own makes a size of a user's figures: request and limit are equal, and
// threads are those of IBM's samples with as many fetchers as the CPU allows.
func Own(name string, brokers int, cpu, memory string, replicationFactor, quorum int) Preset {
	if replicationFactor == 0 {
		replicationFactor = min(3, brokers) // as in IBM's samples
	}
	if quorum == 0 {
		quorum = int(quorumDefault.Value)
		if brokers == 1 {
			quorum = 1
		}
	}
	threads := sampleThreads(brokers)
	threads.Fetchers = Fetchers(brokers, cores(Millicores(cpu)))
	return Preset{
		Size: name, Sample: "a profile", Source: "the config's profiles", Brokers: brokers,
		CPU: Bounds{cpu, cpu}, Memory: Bounds{memory, memory}, ReplicationFactor: replicationFactor,
		Quorum: quorum, QuorumVolume: prodQuorumVolume, Threads: threads,
	}
}
