package sizing

import "math"

// Guide is what another sizing guide says of the same workload.
type Guide struct {
	// Name of the guide.
	Name string `json:"name"`
	// Brokers that it asks for.
	Brokers int `json:"brokers"`
	// Rule is how it counts.
	Rule string `json:"rule"`
	// Source is where it is published.
	Source string `json:"source"`
}

// AMQInput is what Red Hat's AMQ Streams sizing tool asks for: records a second
// and their size in bytes, the time that they are kept in seconds, and what a
// broker's network and disk carry in bytes a second. Utilization is the share of
// those that may be used; 0 is the tool's own default.
type AMQInput struct {
	PerSecond, Size, Retention float64
	Groups, Replication        int
	Nic, Disk, Utilization     float64
}

// AMQPlan is what that tool answers: bytes that are written in a day and kept in
// all, brokers with the vCPU and bytes of disk of each, and subscription cores.
type AMQPlan struct {
	Daily, Total         float64
	Brokers, VCPU, Cores int
	Disk                 float64
}

// AMQTool counts as the tool does: the busier of network and disk at a
// utilization, times a safety factor, and never fewer brokers than one more than
// the copies.
func AMQTool(in AMQInput) AMQPlan {
	const day = 86400
	rate, rf := in.PerSecond*in.Size, float64(in.Replication)
	egress := rate * float64(in.Groups)
	busiest := math.Max(rate*rf/in.Disk, math.Max(rate*rf, rate*(rf-1)+egress)/in.Nic)
	p := AMQPlan{
		Daily:   rate * day * rf,
		Total:   StoredBytes(in.PerSecond, in.Size, in.Retention, in.Replication),
		Brokers: max(ceil(busiest/orElse(in.Utilization, amqUtil.Value)*amqSafety.Value), in.Replication+1),
		VCPU:    int(amqVCPU.Value),
	}
	p.Disk = p.Total / float64(p.Brokers) * amqSpare.Value
	p.Cores = ceil(float64(p.Brokers*p.VCPU) / amqCore.Value)
	return p
}

// GooglePlan is what Google's managed Kafka counts: written bytes a second, the
// vCPU that carry them at a utilization, and GiB of memory.
func GooglePlan(ingress, egress float64, replication int, utilization float64) (equivalent float64, vcpu int, gibs float64) {
	equivalent = WriteEquivalent(ingress, egress, replication)
	vcpu = VCPU(equivalent, cpuPerVCPU.Value*mega, utilization)
	return equivalent, vcpu, float64(vcpu) * cpuMemory.Value
}

// Traffic is what a workload puts on a cluster's network and disks, in bytes a
// second: what is written, copied to followers, and read by both.
type Traffic struct{ Ingress, Replication, Egress, DiskWrite float64 }

// TrafficOf is that of a workload at its peak.
func TrafficOf(w Workload) Traffic {
	m := newModel(Input{Workload: w}.withDefaults())
	copies := m.w * float64(m.rf-1)
	return Traffic{Ingress: m.w, Replication: copies, Egress: copies + m.e, DiskWrite: m.w + copies}
}

// CalculatorPartitions is purbon's count for one topic, of what all copies take.
func CalculatorPartitions(rate float64) int {
	return TopicPartitions(rate, purbonProduce.Value*mebibyte, purbonConsume.Value*mebibyte, 0, 0, 0)
}

// StoredBytes is records of a size at a rate, kept for a time in so many copies
// and nothing beside (most calculators' storage).
func StoredBytes(perSecond, size, retention float64, replication int) float64 {
	return perSecond * size * retention * float64(replication)
}

// CalculatorBrokers is the count of purbon's calculator: what storage, copies
// and the slower of disk and network for all subscribers ask for.
func CalculatorBrokers(stored, capacity float64, replication int, ingress float64, subscribers int, disk, nic float64) (storage, all int) {
	storage = max(ceil(stored/capacity), replication)
	return storage, max(storage, ceil(ingress*float64(subscribers)/math.Min(disk, nic)))
}

// AlibabaBrokers is Alibaba's count: peak traffic in and out, twice, over
// brokers of 400 MB/s, and at least 4.
func AlibabaBrokers(peak float64, groups, replication int) int {
	return max(int(alibabaLeast.Value), ceil(peak*float64(groups+2*replication-1)*2/(alibabaBroker.Value*mega)))
}

// DiskBrokers is how many brokers hold what is written in a retention, on disks
// that are filled to a share.
func DiskBrokers(ingress, retention float64, replication int, disk, util float64) int {
	return ceil(ingress * retention * float64(replication) / disk / util)
}

// DiskTraffic is Oracle's: what all copies of all topics write in a second, and
// what followers and consumers read of it.
func DiskTraffic(rate float64, topics, replication, consumers int) (write, read float64) {
	copies := float64(replication * topics)
	return rate * copies, rate * (copies + float64(consumers) - 1)
}

// DiskTrafficPerBroker spreads traffic over brokers, with a share in reserve.
func DiskTrafficPerBroker(total float64, brokers int, reserve float64) int {
	return ceil(total / float64(brokers) * (1 + reserve))
}

// guides compares a plan with what others would say.
func guides(w Workload, ingress, egress, nic, disk float64) []Guide {
	rf := w.ReplicationFactor
	groups := ceil(egress / math.Max(ingress, 1))
	_, calculator := CalculatorBrokers(0, 1, rf, ingress, groups, disk, nic)
	return []Guide{
		{"Red Hat AMQ Streams sizing tool", AMQTool(AMQInput{PerSecond: 1, Size: ingress, Groups: groups, Replication: rf, Nic: nic, Disk: disk}).Brokers, "network or disk at 65%, times 1.6, at least copies+1", sourceAMQ},
		{"Alibaba ApsaraMQ", AlibabaBrokers(ingress, groups, rf), "traffic in and out twice, over 400 MB/s a broker, at least 4", sourceAlibaba},
		{"purbon's calculator", calculator, "copies, and reads over the slower of disk and network", sourcePurbon},
		{"AWS, Equation 1", max(rf, ceil(ingress*float64(rf)/disk), ceil(ingress*(float64(groups+rf-1))/nic)), "disk and network throughput at 100%, no CPU", sourceAWSBlog},
	}
}
