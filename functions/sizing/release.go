package sizing

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/eda-gitops/functions/functions/view"
)

// Release is a release of Event Streams: major and minor. The zero Release is
// one that is not known.
type Release struct {
	Major, Minor int
}

var release = regexp.MustCompile(`^([0-9]{1,4})\.([0-9]{1,4})(\.|$)`)

// ParseRelease reads spec.version, such as 11.0.4; "latest" and what is no
// version give the zero Release.
func ParseRelease(version string) Release {
	parts := release.FindStringSubmatch(version)
	if parts == nil {
		return Release{}
	}
	major, _ := strconv.Atoi(parts[1]) // digits
	minor, _ := strconv.Atoi(parts[2])
	return Release{Major: major, Minor: minor}
}

// Known says whether this is a release at all.
func (r Release) Known() bool { return r != Release{} }

// Before says whether this release came before another.
func (r Release) Before(other Release) bool {
	return r.Major < other.Major || r.Major == other.Major && r.Minor < other.Minor
}

// String is the form of messages: 11.7.
func (r Release) String() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }

// Removed is a field of v1beta2 that v1 does not have.
type Removed struct {
	Ref  view.Ref
	Path string
	// Instead says what to do, To is where its value goes, empty for nowhere.
	Instead, To string
}

// RemovedInV1 returns the fields of a cluster that are there and that v1 does
// not have: of both products replicas, resources and storage of kafka,
// ZooKeeper, storage.overrides and two of Cruise Control's capacities; of Event
// Streams requestIbmServices and kafkaProxy too (deprecated from 12.3).
func RemovedInV1(cluster view.KafkaCluster) []Removed {
	var found []Removed
	add := func(ref view.Ref, path, instead, to string) { found = append(found, Removed{ref, path, instead, to}) }
	pools := "spec"
	if cluster.IsEventStreams() {
		pools, _ = cluster.PoolsField()
		pools += "[]"
	}
	kafka := cluster.Kafka()
	for _, field := range []string{"replicas", "resources", "storage"} {
		if kafka.Has(field) {
			add(cluster.Ref(), kafka.Field(field), "move it to the node pools", pools+"."+field)
		}
	}
	if zooKeeper := cluster.ZooKeeper(); zooKeeper.Present() {
		add(cluster.Ref(), zooKeeper.Field(), "v1 runs with controllers in a node pool", pools+".roles")
	}
	for _, nodes := range cluster.Pools() {
		if path, has := nodes.StorageOverrides(); has {
			add(nodes.Ref, path, "give each class a node pool of its own", "")
		}
	}
	for _, key := range []string{"disk", "cpuUtilization"} {
		if cluster.BrokerCapacity(key) != "" {
			add(cluster.Ref(), cluster.CapacityField(key), "remove it: Cruise Control reads the volumes and the CPU itself", "")
		}
	}
	if cluster.IsEventStreams() {
		for _, key := range []string{"requestIbmServices", "kafkaProxy"} {
			if cluster.Lookup("spec", key) != nil {
				add(cluster.Ref(), "spec."+key, "remove it", "")
			}
		}
	}
	return found
}
