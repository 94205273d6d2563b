package sizing

import "math"

// The equations of the model, each on its own so that it can be held against
// what its source prints. Rates are bytes a second, sizes bytes, times seconds.

// ceil rounds up, and forgives what floating point adds to a whole number.
func ceil(x float64) int {
	const slack = 1e-9
	switch r := math.Ceil(x - slack*math.Max(1, math.Abs(x))); {
	case r > math.MaxInt32:
		return math.MaxInt32
	case r < 0:
		return 0
	default:
		return int(r)
	}
}

// WriteEquivalent is the load on CPUs, in written bytes a second: each copy is
// a write, and a read (by consumers, and by RF-1 followers) is a quarter of one
// (Google's managed Kafka, plan-cluster-size).
func WriteEquivalent(ingress, egress float64, replication int) float64 {
	rf := float64(replication)
	return ingress*rf + cpuReadWeight.Value*(egress+ingress*(rf-1))
}

// VCPU is how many CPUs carry a load in written bytes a second, at a share of
// what they could do, perVCPU being bytes a second at 100%.
func VCPU(writeEquivalent, perVCPU, utilization float64) int {
	return ceil(writeEquivalent / perVCPU / utilization)
}

// MaxIngress is what a cluster can take in, in bytes a second: the least of
// what its disks, the network to its disks and its network carry (AWS,
// Equation 1). All three are bytes a second of one broker.
func MaxIngress(brokers, replication, groups int, disk, diskNetwork, nic float64) float64 {
	b, rf := float64(brokers), float64(replication)
	limit := math.Min(disk, diskNetwork) * b / rf
	if readers := float64(groups) + rf - 1; readers > 0 {
		limit = math.Min(limit, nic*b/readers)
	}
	return limit
}

// Headroom is what IBM asks users to stay under, so that the loss of a zone can
// be carried: (zones-1)/zones of the maximum, two thirds for three.
func Headroom(maximum float64, zones int) float64 {
	if zones < 2 {
		return maximum
	}
	return maximum * float64(zones-1) / float64(zones)
}

// UnitPartitions is how many partitions IBM's capacity units hold.
func UnitPartitions(units int) int { return units * int(ibmPartitions.Value) }

// LogBytes is what records written at a rate take up before they are deleted:
// the retention, and the time that the deletion takes (IBM, capacity planning).
func LogBytes(rate, retention float64) float64 { return rate * (retention + diskCleanup.Value) }

// Segments is how many files hold the log of one partition, the one that is
// written to included.
func Segments(log, segment float64) int { return ceil(log/segment) + int(diskSpare.Value) }

// RetentionBytesOnDisk is what size-based retention takes up on each replica:
// whole segments, and the one that is written to.
func RetentionBytesOnDisk(retention, segment float64) float64 {
	return float64(ceil(retention/segment)+int(diskSpare.Value)) * segment
}

// SegmentOverhead is what one replica has beside its retained records: the
// segment that is written to, full or as much as comes in before it is rolled,
// and the indexes of two segments.
func SegmentOverhead(rate, segment, segmentSeconds float64) float64 {
	indexes := 2 * diskIndexes.Value * diskIndex.Value
	return math.Min(segment, rate*segmentSeconds) + indexes
}

// ClaimBytes is the volume that a broker needs for an amount of records: a
// margin, what comes in while the quota is checked (twice), and what the file
// system takes (RHOSAK). The share of it that records may fill is util; RHOSAK,
// whose quota stops producers, has 1.
func ClaimBytes(stored, margin, ingressPerBroker, util float64) float64 {
	inFlight := ingressPerBroker * diskQuotaCheck.Value * diskQuotaSafety.Value
	return (stored + margin + inFlight) / util * (1 + diskOverhead.Value)
}

// ProducerQuota is the bytes a second that one broker may be sent, so that all
// together get no more than the cluster's maximum (RHOSAK's practice).
func ProducerQuota(ingress float64, brokers int) int64 {
	return int64(math.Floor(ingress / float64(brokers)))
}

// PartitionLimit is how many replicas a broker should have: 250 for each vCPU,
// from 1000 to 4000.
func PartitionLimit(vcpu float64) int {
	return int(math.Min(partitionsMost.Value, math.Max(partitionsLeast.Value, partitionsPerVCPU.Value*vcpu)))
}

// TopicPartitions is how many partitions a topic needs: for what is written and
// what is read of it at what one partition carries, a partition for each
// consumer, and enough for records that take processing seconds each.
func TopicPartitions(rate, produce, consume float64, consumers int, perSecond, processing float64) int {
	return max(1, ceil(rate/produce), ceil(rate/consume), consumers, ceil(perSecond*processing))
}

// PageCache is the memory that is left over for it, in bytes.
func PageCache(memory, heap, system float64) float64 { return math.Max(memory-heap-system, 0) }

// PageCacheSeconds is how long records stay in memory that is left over.
func PageCacheSeconds(memory, writeRate float64) float64 { return memory / writeRate }

// CleanerEntries is how many keys the log cleaner's buffer holds.
func CleanerEntries(buffer, loadFactor, entry float64) int64 {
	return int64(math.Floor(buffer * loadFactor / entry))
}

// BrokerHeap is the heap that Strimzi gives a broker, within what this model
// gives: half of the limit, from 1 to 5 GiB.
func BrokerHeap(limit int64) int64 {
	return max(DefaultHeap(limit), int64(heapLeast.Value*gibibyte)) / mebibyte * mebibyte
}

// ConnectHeap is the heap that Strimzi gives a Connect worker.
func ConnectHeap(limit int64) int64 {
	return int64(float64(limit)*heapConnect.Value/100) / mebibyte * mebibyte
}

// Controllers is how many a quorum needs so that so many may fail.
func Controllers(failures int) int { return 2*failures + 1 }

// Tiered is what tiered storage keeps on brokers: the records of hot seconds on
// each replica, in how many segments, and what a consumer that lags by a time
// reads again.
func Tiered(rate float64, replication int, hot, segment, lag float64) (bytes float64, replicas int, lagging float64) {
	bytes = rate * float64(replication) * hot
	return bytes, ceil(bytes / segment), rate * lag
}

// Compressed is a rate of so many records of a size after compression, wire
// bytes for each byte being ratio.
func Compressed(perSecond, size, ratio float64) float64 { return perSecond * size * ratio }

// SideComponents is what an Event Streams instance asks for beside its brokers:
// its quorum nodes (ZooKeeper or controllers), Admin API, UI, registry, REST
// producer, collector and operators. Solved from IBM's table of samples, in
// cores and GiB.
func SideComponents(quorum int) (cpuRequest, cpuLimit, memoryRequest, memoryLimit float64) {
	q := float64(quorum)
	return 2.2 + 0.1*q, 6.2 + q, 5.15 + 0.125*q, 5.2 + q // sourceIBMTable
}

// Fetchers is num.replica.fetchers: as many as brokers, at most two for each
// vCPU, and so few that their threads for all other brokers are at most eight
// for each vCPU (above, SZ061).
func Fetchers(brokers int, vcpu float64) int {
	most := min(brokers, int(fetchersPerVCPU.Value*vcpu))
	if brokers > 1 {
		most = min(most, int(fetchersWarn.Value*vcpu)/(brokers-1))
	}
	return max(1, most)
}

// roundBrokers rounds up to a multiple of the zones.
func roundBrokers(brokers, zones int) int {
	if zones < 2 {
		return max(brokers, 1)
	}
	return max((brokers+zones-1)/zones, 1) * zones
}

// RoundCPU rounds cores up: to halves below 2, to whole ones above.
func RoundCPU(cores float64) float64 {
	if halves := float64(ceil(cores*2)) / 2; halves < 2 {
		return halves
	}
	return float64(ceil(cores))
}

// RoundMemory rounds bytes up to whole GiB, of which there are less than 2^31.
func RoundMemory(bytes float64) int64 { return int64(ceil(bytes/gibibyte)) * gibibyte }

// RoundStorage rounds bytes up: to 10 GiB below 100 GiB, to 50 below 1 TiB, to
// 100 above.
func RoundStorage(bytes float64) int64 {
	const most = 1 << 32 // 4 EiB, below what 64 bits hold
	gib := math.Min(bytes/gibibyte, most)
	step := 100
	switch {
	case gib <= 100:
		step = 10
	case gib <= 1024:
		step = 50
	}
	return int64(ceil(gib/float64(step))) * int64(step) * gibibyte
}

// roundPartitions rounds up to a multiple of the brokers.
func roundPartitions(partitions, brokers int) int {
	return (partitions + brokers - 1) / brokers * brokers
}
