// Package sizeeventstreams gives Kafka clusters their size: from a T-shirt size,
// a profile or a workload to the number of brokers, their CPU and memory, their
// settings and thread pools, the ZooKeeper ensemble, Cruise Control's
// capacities, and on request volumes, licence use, topics, Connect clusters,
// MirrorMakers and queue managers. It knows EventStreams (v1beta1, v1beta2, v1)
// and Strimzi's Kafka with KafkaNodePools (v1beta2, v1), and writes each number
// where the API version in hand has it.
//
// It never adds or removes an object, and never changes one that the config
// does not name (but for the topics of a workload), a volume unless the config
// says storage or workload, replicas, roles and storage type of a pool that has
// controllers, replicas that an autoscaler owns, and values that are equal
// already (2 and 2000m).
package sizeeventstreams

import (
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
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
	// Profiles are sizes of your own, by the name that size takes.
	Profiles map[string]Profile `yaml:"profiles,omitempty"`
	// Connects by the metadata.name of their KafkaConnect object.
	Connects map[string]Connect `yaml:"connects,omitempty"`
	// Mirrors by the metadata.name of their KafkaMirrorMaker2 object.
	Mirrors map[string]Mirror `yaml:"mirrors,omitempty"`
	// QueueManagers by the metadata.name of their QueueManager object.
	QueueManagers map[string]QueueManager `yaml:"queueManagers,omitempty"`
	// Prices are yours, for the time that you count in: a month, say. With any,
	// the note of each resource says what it costs; none is built in.
	Prices *sizing.Prices `yaml:"prices,omitempty"`
	// CompareWithInput says that the input is what is deployed: packages that
	// are edited in place, as with kpt. Changes that an operator would refuse
	// or ignore are then errors. Under kustomize the input is a base, and
	// current says what is deployed. Defaults to false.
	CompareWithInput bool `yaml:"compareWithInput,omitempty"`
	// Report adds a note for each number that a workload gives, with the id of
	// its constant. Defaults to false.
	Report bool `yaml:"report,omitempty"`
}

// Cluster is the size of one cluster.
type Cluster struct {
	// Size is a T-shirt size: XS, S, M, L, XL, XXL, or L4, XL4, XXL4 with 4
	// vCPU a broker, or the name of a profile. Required, unless workload is
	// given.
	Size Size `yaml:"size,omitempty"`
	// Workload is what the cluster has to carry, in place of a size.
	Workload *sizing.Workload `yaml:"workload,omitempty"`
	// Class is what this cluster is for, where it differs from spec.class.
	Class Class `yaml:"class,omitempty"`
	// Platform is what the brokers run on, for a workload.
	Platform *sizing.Platform `yaml:"platform,omitempty"`
	// Policy is how full things may be, for a workload.
	Policy *sizing.Policy `yaml:"policy,omitempty"`
	// Storage of the brokers. Left out, it stays as the manifests have it, but
	// for a workload, which says how large volumes are.
	Storage *Storage `yaml:"storage,omitempty"`
	// License of an EventStreams. Left out, it stays as the manifest has it.
	License *License `yaml:"license,omitempty"`
	// Current is what is deployed. Changes from it that an operator would
	// refuse or ignore are errors.
	Current *Current `yaml:"current,omitempty"`
}

// Current is what is deployed of a cluster; what is left out is not compared.
type Current struct {
	// Brokers is how many there are.
	Brokers int `yaml:"brokers,omitempty"`
	// Controllers is how many there are, those that are brokers too included.
	Controllers int `yaml:"controllers,omitempty"`
	// Storage of each broker.
	Storage *CurrentStorage `yaml:"storage,omitempty"`
	// Partitions of topics, by their name in Kafka.
	Partitions map[string]int `yaml:"partitions,omitempty"`
	// CPU is a broker's limit, for what a change costs.
	CPU sizing.CPU `yaml:"cpu,omitempty"`
}

// CurrentStorage is the storage that brokers have.
type CurrentStorage struct {
	// Type is ephemeral, persistent-claim or jbod.
	Type StorageType `yaml:"type,omitempty"`
	// Class is the storage class.
	Class string `yaml:"class,omitempty"`
	// Size is that of each volume, with its unit: 100Gi.
	Size sizing.VolumeSize `yaml:"size,omitempty"`
}

// Profile is a size of your own.
type Profile struct {
	// Brokers in the cluster. Required.
	Brokers int `yaml:"brokers"`
	// CPU of a broker, request and limit: 4, 1500m. Required.
	CPU sizing.CPU `yaml:"cpu"`
	// Memory of a broker, request and limit: 16Gi. Required.
	Memory sizing.VolumeSize `yaml:"memory"`
	// ReplicationFactor of topics that don't say one. Defaults to 3, or as
	// many as there are brokers.
	ReplicationFactor int `yaml:"replicationFactor,omitempty"`
	// Controllers, or ZooKeeper nodes, that the cluster needs. Defaults to 3,
	// to 1 for one broker.
	Controllers int `yaml:"controllers,omitempty"`
}

// Connect is the size of a Kafka Connect cluster.
type Connect struct {
	// Connectors that it runs: each adds 1 vCPU and 1Gi to 1 vCPU and 2Gi, over
	// all workers (Red Hat's AMQ Streams sizing tool). Required.
	Connectors int `yaml:"connectors"`
	// Replicas is how many workers there are. Defaults to 2 in class prod, to
	// 1 else.
	Replicas int `yaml:"replicas,omitempty"`
}

// Mirror is the size of a MirrorMaker 2.
type Mirror struct {
	// Ingress is the average rate that is mirrored: 10MB/s. It takes a task
	// for each 2.5MB/s, and one MirrorMaker carries about 35MB/s (IBM Cloud,
	// mirroring). Required.
	Ingress sizing.Rate `yaml:"ingress"`
	// Partitions of the mirrored topics: there are no more tasks than that.
	Partitions int `yaml:"partitions,omitempty"`
}

// QueueManager is the size of an IBM MQ queue manager.
type QueueManager struct {
	// Size is small: 100m to 500m CPU and 512Mi to 1Gi memory a pod, the
	// defaults of IBM's mq-helm chart; medium: twice, and large: four times
	// that. In class prod requests are as high as limits. Required.
	Size QueueManagerSize `yaml:"size"`
}

// QueueManagerSize is a size of a queue manager.
type QueueManagerSize string

// Sizes of queue managers.
const (
	SmallQueueManager  QueueManagerSize = "small"
	MediumQueueManager QueueManagerSize = "medium"
	LargeQueueManager  QueueManagerSize = "large"
)

// Enum lists the values.
func (QueueManagerSize) Enum() []string {
	return []string{string(SmallQueueManager), string(MediumQueueManager), string(LargeQueueManager)}
}

// StorageType is a kind of storage.
type StorageType string

// Enum lists the values.
func (StorageType) Enum() []string { return []string{view.Ephemeral, view.PersistentClaim, "jbod"} }

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

// Size is a T-shirt size, or the name of a profile.
type Size string

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
	if len(c.Spec.Clusters)+len(c.Spec.Topics)+len(c.Spec.Connects)+len(c.Spec.Mirrors)+len(c.Spec.QueueManagers) == 0 {
		results = append(results, c.Errorf("spec.clusters", "is empty; name a cluster and its size: my-cluster: {size: M}"))
	}
	for _, name := range solution.Names(c.Spec.Connects) {
		at := view.Path("spec", "connects", name)
		if n := c.Spec.Connects[name].Connectors; n < 1 || n > maxWorkers {
			results = append(results, c.Errorf(at+".connectors", "is %d; expected 1 to %d", n, maxWorkers))
		}
		if n := c.Spec.Connects[name].Replicas; n < 0 || n > maxWorkers {
			results = append(results, c.Errorf(at+".replicas", "is %d; expected 1 to %d", n, maxWorkers))
		}
	}
	for _, name := range solution.Names(c.Spec.Mirrors) {
		at := view.Path("spec", "mirrors", name)
		if c.Spec.Mirrors[name].Ingress == 0 {
			results = append(results, c.Errorf(at+".ingress", "is missing; expected a rate such as 10MB/s"))
		}
		if n := c.Spec.Mirrors[name].Partitions; n < 0 || n > maxPartitions {
			results = append(results, c.Errorf(at+".partitions", "is %d; expected 1 or more", n))
		}
	}
	for _, name := range solution.Names(c.Spec.QueueManagers) {
		if c.Spec.QueueManagers[name].Size == "" {
			results = append(results, c.Errorf(view.Path("spec", "queueManagers", name)+".size", "is missing; expected one of %s", strings.Join(SmallQueueManager.Enum(), ", ")))
		}
	}
	if c.Spec.Prices != nil {
		if field, message := c.Spec.Prices.Problem(); field != "" {
			results = append(results, c.Errorf("spec.prices."+field, "%s", message))
		}
	}
	for _, name := range solution.Names(c.Spec.Profiles) {
		results = append(results, c.validateProfile(name)...)
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
	_, own := c.Spec.Profiles[string(cluster.Size)]
	_, known := sizing.Lookup(string(cluster.Size))
	switch {
	case cluster.Size == "" && cluster.Workload == nil:
		results = append(results, c.Errorf(at+".size", "is missing; expected one of %s", strings.Join(c.sizes(), ", ")))
	case cluster.Size != "" && cluster.Workload != nil:
		results = append(results, c.Errorf(at+".size", "and workload say the same; keep one of the two").Tag(diagnostic, "SZ001"))
	case cluster.Size != "" && !own && !known:
		results = append(results, c.Errorf(at+".size", "is %q; expected one of %s%s", cluster.Size, strings.Join(c.sizes(), ", "), fnconfig.Suggest(string(cluster.Size), c.sizes())))
	}
	results = append(results, c.validateWorkload(at, cluster)...)
	results = append(results, c.validateCurrent(at+".current", cluster.Current)...)
	if s := cluster.Storage; s != nil && s.Class == "" && s.Size == "" {
		results = append(results, c.Errorf(at+".storage", "says nothing; give class, size or both"))
	}
	if cluster.License != nil && cluster.License.Use == "" {
		results = append(results, c.Errorf(at+".license.use", "is missing; expected one of %s", strings.Join(sizing.LicenceUses(), ", ")))
	}
	return results
}

// sizes are the presets and the profiles, by name.
func (c *SizeEventStreams) sizes() []string {
	return append(sizing.Sizes(), solution.Names(c.Spec.Profiles)...)
}

// validateWorkload makes the plan once, for what is wrong with its input.
func (c *SizeEventStreams) validateWorkload(at string, cluster Cluster) fn.Results {
	if cluster.Workload == nil {
		var results fn.Results
		for field, said := range map[string]bool{"platform": cluster.Platform != nil && *cluster.Platform != sizing.Platform{}, "policy": cluster.Policy != nil} {
			if said {
				results = append(results, c.Errorf(at+"."+field, "is for a workload, and there is none; remove it"))
			}
		}
		slices.SortFunc(results, func(a, b fn.Result) int { return strings.Compare(a.Field, b.Field) })
		return results
	}
	var results fn.Results
	if p, s := cluster.Platform, cluster.Storage; p != nil && s != nil && p.StorageClass != "" && s.Class != "" && p.StorageClass != s.Class {
		results = append(results, c.Errorf(at+".platform.storageClass", "is %q, and storage.class is %q; keep one of the two", p.StorageClass, s.Class).Tag(diagnostic, "SZ001"))
	}
	plan := sizing.Size(cluster.input(""))
	if plan.Brokers > 0 {
		return results
	}
	for _, d := range plan.Diagnostics {
		results = append(results, c.Errorf(at+".workload."+d.Field, "%s", d.Message).Tag(diagnostic, d.ID))
	}
	return results
}

// input is what a plan of the cluster depends on.
func (c Cluster) input(class Class) sizing.Input {
	in := sizing.Input{Workload: *c.Workload, Class: string(class)}
	if c.Platform != nil {
		in.Platform = *c.Platform
	}
	if c.Policy != nil {
		in.Policy = *c.Policy
	}
	if c.License != nil {
		in.LicenseUse = string(c.License.Use)
	}
	return in
}

func (c *SizeEventStreams) validateCurrent(at string, current *Current) fn.Results {
	if current == nil {
		return nil
	}
	var results fn.Results
	if n := current.Brokers; n < 0 || n > maxReplicationFactor {
		results = append(results, c.Errorf(at+".brokers", "is %d; expected 1 or more", n))
	}
	if n := current.Controllers; n < 0 || n > maxReplicationFactor {
		results = append(results, c.Errorf(at+".controllers", "is %d; expected 1 or more", n))
	}
	for _, name := range solution.Names(current.Partitions) {
		if p := current.Partitions[name]; p < 1 || p > maxPartitions {
			results = append(results, c.Errorf(view.Path(at, "partitions", name), "is %d; expected 1 or more", p))
		}
	}
	return results
}

func (c *SizeEventStreams) validateProfile(name string) fn.Results {
	at := view.Path("spec", "profiles", name)
	p := c.Spec.Profiles[name]
	var results fn.Results
	if _, taken := sizing.Lookup(name); taken {
		results = append(results, c.Errorf(at, "is the name of a size already; take another"))
	}
	if p.Brokers < 1 || p.Brokers > maxReplicationFactor {
		results = append(results, c.Errorf(at+".brokers", "is %d; expected 1 or more", p.Brokers))
	}
	if p.CPU == "" {
		results = append(results, c.Errorf(at+".cpu", "is missing; expected cores such as 4 or 1500m"))
	}
	if p.Memory == "" {
		results = append(results, c.Errorf(at+".memory", "is missing; expected a size such as 16Gi"))
	}
	if p.ReplicationFactor < 0 || p.ReplicationFactor > max(p.Brokers, 1) {
		results = append(results, c.Errorf(at+".replicationFactor", "is %d, and there %s %s; expected 1 to %d", p.ReplicationFactor, isAre(p.Brokers), plural(p.Brokers, "broker"), p.Brokers).Tag(diagnostic, "SZ010"))
	}
	if p.Controllers < 0 || p.Controllers > 0 && p.Controllers%2 == 0 {
		results = append(results, c.Errorf(at+".controllers", "is %d; expected an odd number", p.Controllers))
	}
	return results
}

func isAre(count int) string {
	if count == 1 {
		return "is"
	}
	return "are"
}

// maxReplicationFactor is Kafka's: a 16-bit number.
const maxReplicationFactor = 32767

// maxWorkers is more connectors, or workers, than a Connect cluster runs.
const maxWorkers = 1000

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
