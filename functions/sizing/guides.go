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

// AMQBrokers is the count of Red Hat's AMQ Streams sizing tool: the busier of
// network and disk at a utilization, times a safety factor of 1.6, and never
// fewer than one more than the copies.
func AMQBrokers(ingress, egress float64, replication int, nic, disk, utilization float64) int {
	rf := float64(replication)
	const safety = 1.6 // sourceAMQ
	busiest := math.Max(ingress*rf/disk, math.Max(ingress*rf, ingress*(rf-1)+egress)/nic)
	return max(ceil(busiest/utilization*safety), replication+1)
}

// AMQDisk is the volume of one broker in that tool: a tenth more than its share
// of what a retention writes.
func AMQDisk(total float64, brokers int) float64 {
	const spare = 1.1 // sourceAMQ
	return total / float64(brokers) * spare
}

// SubscriptionCores is how Red Hat counts: two vCPU are a core.
func SubscriptionCores(vcpu int) int { return (vcpu + 1) / 2 }

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
	const perBroker, least = 400e6, 4 // sourceAlibaba
	return max(least, ceil(peak*float64(groups+2*replication-1)*2/perBroker))
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
	const amqUtil = 0.65 // sourceAMQ, its default
	rf := w.ReplicationFactor
	groups := ceil(egress / math.Max(ingress, 1))
	_, calculator := CalculatorBrokers(0, 1, rf, ingress, groups, disk, nic)
	return []Guide{
		{"Red Hat AMQ Streams sizing tool", AMQBrokers(ingress, egress, rf, nic, disk, amqUtil), "network or disk at 65%, times 1.6, at least copies+1", sourceAMQ},
		{"Alibaba ApsaraMQ", AlibabaBrokers(ingress, groups, rf), "traffic in and out twice, over 400 MB/s a broker, at least 4", sourceAlibaba},
		{"purbon's calculator", calculator, "copies, and reads over the slower of disk and network", sourcePurbon},
		{"AWS, Equation 1", max(rf, ceil(ingress*float64(rf)/disk), ceil(ingress*(float64(groups+rf-1))/nic)), "disk and network throughput at 100%, no CPU", sourceAWSBlog},
	}
}
