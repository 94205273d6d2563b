// Package sizeeventstreams gives Kafka clusters their size: from a T-shirt size
// to the number of brokers, their CPU and memory, their settings and thread
// pools, the ZooKeeper ensemble, and on request volumes, licence use and
// topics. It knows EventStreams (v1beta1, v1beta2, v1) and Strimzi's Kafka with
// KafkaNodePools (v1beta2, v1), and writes each number where the API version in
// hand has it.
//
// It never adds or removes an object, and never changes a cluster or topic that
// the config does not name, a volume unless the config says storage, replicas,
// roles and storage type of a pool that has controllers, replicas that an
// autoscaler owns, and values that are equal already (2 and 2000m).
package sizeeventstreams

import (
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is the entry in functions.All.
var Function = fn.Function{
	Name:  "size-event-streams",
	Kind:  "SizeEventStreams",
	Short: "size Event Streams and Strimzi clusters and their topics",
	New:   func() fn.Config { return &SizeEventStreams{} },
}

// SizeEventStreams is the function's config.
type SizeEventStreams struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of a SizeEventStreams.
type Spec struct {
	// Environment is a name among the Solution's environments, whose class is
	// the default of class.
	Environment string `yaml:"environment,omitempty"`
	// Class is what the clusters are for: dev, stage or prod. In prod, requests
	// are as high as limits, and what loses data is warned of. Defaults to the
	// environment's class; without either, nothing depends on it.
	Class Class `yaml:"class,omitempty"`
	// Clusters by the metadata.name of their EventStreams or Kafka object.
	Clusters map[string]Cluster `yaml:"clusters,omitempty"`
	// Topics by the metadata.name of their KafkaTopic object, or by its
	// spec.topicName.
	Topics map[string]Topic `yaml:"topics,omitempty"`
}

// Cluster is the size of one cluster.
type Cluster struct {
	// Size is a T-shirt size: XS, S, M, L, XL, XXL, or L4, XL4, XXL4 with 4
	// vCPU a broker. Required.
	Size Size `yaml:"size"`
	// Storage of the brokers. Left out, it stays as the manifests have it.
	Storage *Storage `yaml:"storage,omitempty"`
	// License of an EventStreams. Left out, it stays as the manifest has it.
	License *License `yaml:"license,omitempty"`
}

// Storage makes the brokers' volumes persistent claims; ephemeral ZooKeeper
// nodes get one of their own size too.
type Storage struct {
	// Class is the storage class of brokers and ZooKeeper nodes. Left out, it
	// stays as it is; a new claim then gets the platform's default class.
	Class string `yaml:"class,omitempty"`
	// Size is that of each volume of each broker, with its unit: 100Gi.
	// Required where the brokers are ephemeral.
	Size sizing.VolumeSize `yaml:"size,omitempty"`
}

// License of an EventStreams.
type License struct {
	// Use is the value of spec.license.use. Required.
	Use LicenseUse `yaml:"use"`
}

// Topic is the size of one topic.
type Topic struct {
	// Partitions is spec.partitions, 1 or more.
	Partitions *int `yaml:"partitions,omitempty"`
	// Replicas is spec.replicas, from 1 to the cluster's number of brokers.
	Replicas *int `yaml:"replicas,omitempty"`
	// Retention is how long records are kept (retention.ms): 72h, 7d.
	Retention sizing.Duration `yaml:"retention,omitempty"`
}

// Class of an environment.
type Class string

// Classes of environments.
const (
	Dev   Class = "dev"
	Stage Class = "stage"
	Prod  Class = "prod"
)

// Enum lists the values.
func (Class) Enum() []string { return solution.Classes }

// Size is a T-shirt size.
type Size string

// Enum lists the values.
func (Size) Enum() []string { return sizing.Sizes() }

// LicenseUse is a value of spec.license.use.
type LicenseUse string

// Enum lists the values.
func (LicenseUse) Enum() []string { return sizing.LicenceUses() }

// TakeEnvironment sets the environment unless the config names one.
func (c *SizeEventStreams) TakeEnvironment(name string) {
	if c.Spec.Environment == "" {
		c.Spec.Environment = name
	}
}

// Default has nothing to fill: what is left out stays as the manifests have it.
func (c *SizeEventStreams) Default() {}

// Validate checks the config alone.
func (c *SizeEventStreams) Validate() fn.Results {
	var results fn.Results
	if len(c.Spec.Clusters) == 0 && len(c.Spec.Topics) == 0 {
		results = append(results, c.Errorf("spec.clusters", "is empty; name a cluster and its size: my-cluster: {size: M}"))
	}
	for _, name := range solution.Names(c.Spec.Clusters) {
		results = append(results, c.validateCluster(view.Path("spec", "clusters", name), c.Spec.Clusters[name])...)
	}
	for _, name := range solution.Names(c.Spec.Topics) {
		results = append(results, c.validateTopic(view.Path("spec", "topics", name), c.Spec.Topics[name])...)
	}
	return results
}

func (c *SizeEventStreams) validateCluster(at string, cluster Cluster) fn.Results {
	var results fn.Results
	if cluster.Size == "" {
		results = append(results, c.Errorf(at+".size", "is missing; expected one of %s", strings.Join(sizing.Sizes(), ", ")))
	}
	if s := cluster.Storage; s != nil && s.Class == "" && s.Size == "" {
		results = append(results, c.Errorf(at+".storage", "says nothing; give class, size or both"))
	}
	if cluster.License != nil && cluster.License.Use == "" {
		results = append(results, c.Errorf(at+".license.use", "is missing; expected one of %s", strings.Join(sizing.LicenceUses(), ", ")))
	}
	return results
}

// maxReplicationFactor is Kafka's: a 16-bit number.
const maxReplicationFactor = 32767

// maxPartitions is Kafka's: a 32-bit number.
const maxPartitions = 1<<31 - 1

func (c *SizeEventStreams) validateTopic(at string, topic Topic) fn.Results {
	var results fn.Results
	if topic == (Topic{}) {
		results = append(results, c.Errorf(at, "says nothing; give partitions, replicas or retention"))
	}
	if p := topic.Partitions; p != nil && (*p < 1 || *p > maxPartitions) {
		results = append(results, c.Errorf(at+".partitions", "is %d; expected 1 or more", *p))
	}
	if r := topic.Replicas; r != nil && (*r < 1 || *r > maxReplicationFactor) {
		results = append(results, c.Errorf(at+".replicas", "is %d; expected 1 to the number of brokers", *r))
	}
	return results
}
