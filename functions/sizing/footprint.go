package sizing

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// ClusterFootprint is what a Kafka cluster's manifests ask for.
type ClusterFootprint struct {
	// Ref names the EventStreams or Kafka object.
	Ref view.Ref
	// Name and Namespace are the object's.
	Name, Namespace string
	// Brokers is the number of broker pods; with dual roles they are
	// controllers too.
	Brokers int
	// VCPU is the sum of the brokers' CPU limits, in thousandths of a core.
	VCPU int64
	// MemoryBytes is the sum of the brokers' memory limits.
	MemoryBytes int64
	// DiskBytes is the sum of the brokers' volumes; ephemeral ones are none.
	DiskBytes int64
	// LicenceCores are thousandths of IBM's licence cores for the brokers, 0
	// for a Strimzi cluster.
	LicenceCores int64
	// LicenseUse is the EventStreams' spec.license.use.
	LicenseUse string
	// Quorum is what ZooKeeper nodes and pods that are controllers only ask
	// for.
	Quorum Pods
}

// Pods is what some pods ask for, in the units of ClusterFootprint.
type Pods struct {
	Count                        int
	VCPU, MemoryBytes, DiskBytes int64
}

// What the Event Streams operator gives pods whose resources are not said, as
// limits: for brokers those of its sample "minimal-prod" (IBM's totals for
// samples with and without resources agree), for a quorum node 1 core and 1 GiB
// (the difference between IBM's totals for one and three such nodes;
// SourcePlanning). Strimzi gives none.
var (
	defaultBroker = Pods{VCPU: 1000, MemoryBytes: 2 * gibibyte}
	defaultQuorum = Pods{VCPU: 1000, MemoryBytes: gibibyte}
)

// Footprint adds up every Kafka cluster among finished manifests, in their
// order.
func Footprint(items []*yaml.RNode) []ClusterFootprint {
	clusters := view.KafkaClusters(items)
	footprints := make([]ClusterFootprint, len(clusters))
	for i, cluster := range clusters {
		footprints[i] = footprint(cluster)
	}
	return footprints
}

func footprint(c view.KafkaCluster) ClusterFootprint {
	f := ClusterFootprint{Ref: c.Ref(), Name: c.Name(), Namespace: c.Namespace()}
	if c.IsEventStreams() {
		f.LicenseUse, _ = c.LicenseUse()
	}
	groups := c.Pools()
	if len(groups) == 0 && c.Kafka().Present() {
		groups = []view.KafkaNodes{c.Kafka()}
	}
	for _, nodes := range groups {
		if !nodes.Is(view.BrokerRole) {
			f.Quorum = f.Quorum.plus(ask(c, nodes, defaultQuorum))
			continue
		}
		pods := ask(c, nodes, defaultBroker)
		f.Brokers += pods.Count
		f.VCPU += pods.VCPU
		f.MemoryBytes += pods.MemoryBytes
		f.DiskBytes += pods.DiskBytes
	}
	if zooKeeper := c.ZooKeeper(); zooKeeper.Present() {
		f.Quorum = f.Quorum.plus(ask(c, zooKeeper, defaultQuorum))
	}
	if c.IsEventStreams() {
		f.LicenceCores = LicenceCores(f.VCPU, f.LicenseUse)
	}
	return f
}

func (p Pods) plus(other Pods) Pods {
	return Pods{p.Count + other.Count, p.VCPU + other.VCPU, p.MemoryBytes + other.MemoryBytes, p.DiskBytes + other.DiskBytes}
}

// ask adds up the pods of a group; a pool takes what it does not say from the
// cluster's kafka part, and then the operator's.
func ask(c view.KafkaCluster, nodes view.KafkaNodes, operator Pods) Pods {
	one := Pods{}
	if c.IsEventStreams() {
		one = operator
	}
	givers := []view.KafkaNodes{nodes}
	if !nodes.Is(view.ZooKeeperRole) {
		givers = []view.KafkaNodes{c.Kafka(), nodes}
	}
	for _, giver := range givers {
		if cpu := giver.Quantity("limits", "cpu"); cpu != "" {
			one.VCPU = Millicores(cpu)
		}
		if memory := giver.Quantity("limits", "memory"); memory != "" {
			one.MemoryBytes = Bytes(memory)
		}
	}
	for _, volume := range nodes.Volumes() {
		if volume.Type() == view.PersistentClaim {
			one.DiskBytes += Bytes(volume.Size())
		}
	}
	count, _ := nodes.Replicas()
	n := int64(count)
	return Pods{Count: count, VCPU: n * one.VCPU, MemoryBytes: n * one.MemoryBytes, DiskBytes: n * one.DiskBytes}
}
