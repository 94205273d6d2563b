package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// StrimziGroup is the API group of Strimzi and Streams for Apache Kafka.
const StrimziGroup = "kafka.strimzi.io"

// Names by which Strimzi ties objects to a cluster and says how it runs.
const (
	// StrimziClusterLabel on topics, users and node pools names their cluster.
	StrimziClusterLabel = "strimzi.io/cluster"
	// StrimziNodePoolsAnnotation on a Kafka says "enabled" or "disabled"; from
	// Strimzi 0.46 on it is not looked at any more.
	StrimziNodePoolsAnnotation = "strimzi.io/node-pools"
	// StrimziPauseAnnotation stops the operator when it is "true".
	StrimziPauseAnnotation = "strimzi.io/pause-reconciliation"
)

// Roles of Kafka nodes, as node pools name them, and ZooKeeper's.
const (
	BrokerRole     = "broker"
	ControllerRole = "controller"
	ZooKeeperRole  = "zookeeper"
)

// KafkaCluster is a lens over a Kafka cluster of either product: EventStreams
// (eventstreams.ibm.com) or Kafka (kafka.strimzi.io) with the KafkaNodePool
// objects that belong to it.
type KafkaCluster struct {
	Object
	// root is the path of Strimzi's Kafka spec in the object.
	root []string
	// pools are the node pools, of the object itself or objects of their own.
	pools []KafkaNodes
}

// KafkaClusters returns the clusters among the items that get deployed, in the
// order of the items.
func KafkaClusters(items []*yaml.RNode) []KafkaCluster {
	objects := Manifests(items)
	pools := poolsOf(objects)
	var clusters []KafkaCluster
	for _, o := range objects {
		switch {
		case o.Is(StrimziGroup, "Kafka"):
			own := pools[owner{o.Namespace(), o.Name()}]
			slices.SortFunc(own, func(a, b KafkaNodes) int { return strings.Compare(a.Name, b.Name) })
			clusters = append(clusters, KafkaCluster{Object: o, root: []string{"spec"}, pools: own})
		case o.Is(EventStreamsGroup, "EventStreams"):
			clusters = append(clusters, eventStreams(o))
		}
	}
	return clusters
}

// owner is a Kafka object's place and name.
type owner struct{ namespace, name string }

// poolsOf are the KafkaNodePools by the Kafka that their label names. Files that
// are applied with kubectl -n say a namespace in one object and not in the
// other: where the pool, or the only Kafka of that name, has none, they are of
// one namespace all the same.
func poolsOf(objects []Object) map[owner][]KafkaNodes {
	kafkas := map[string][]string{} // the namespaces of a name
	for _, o := range objects {
		if o.Is(StrimziGroup, "Kafka") {
			kafkas[o.Name()] = append(kafkas[o.Name()], o.Namespace())
		}
	}
	pools := map[owner][]KafkaNodes{}
	for _, o := range objects {
		name, found := o.Label(StrimziClusterLabel)
		if !found || !o.Is(StrimziGroup, "KafkaNodePool") {
			continue
		}
		key := owner{o.Namespace(), name}
		if in := kafkas[name]; len(in) == 1 && (in[0] == "" || key.namespace == "") {
			key.namespace = in[0]
		}
		pools[key] = append(pools[key], KafkaNodes{Ref: o.Ref(), Name: o.Name(), object: o, path: []string{"spec"}, prefix: []string{"spec"}})
	}
	return pools
}

// StrayPools are the KafkaNodePools whose Kafka is not among the items, by the
// cluster that their label names ("" for none).
func StrayPools(items []*yaml.RNode) map[string][]KafkaNodes {
	objects := Manifests(items)
	known := map[Ref]bool{}
	for _, c := range KafkaClusters(items) {
		for _, pool := range c.pools {
			known[pool.Ref] = true
		}
	}
	stray := map[string][]KafkaNodes{}
	for _, o := range objects {
		if o.Is(StrimziGroup, "KafkaNodePool") && !known[o.Ref()] {
			name, _ := o.Label(StrimziClusterLabel)
			stray[name] = append(stray[name], KafkaNodes{Ref: o.Ref(), Name: o.Name(), object: o, path: []string{"spec"}, prefix: []string{"spec"}})
		}
	}
	return stray
}

// IsEventStreams says whether the cluster is IBM's product.
func (c KafkaCluster) IsEventStreams() bool { return c.Is(EventStreamsGroup, "EventStreams") }

// Paused says whether the operator is told to leave the cluster alone, and by
// which annotation.
func (c KafkaCluster) Paused() (annotation string, paused bool) {
	annotation = StrimziPauseAnnotation
	if c.IsEventStreams() {
		annotation = EventStreamsPauseAnnotation
	}
	value, _ := c.Annotation(annotation)
	return annotation, value == "true"
}

// Pools returns the node pools: those of an EventStreams in its own order, a
// Strimzi cluster's KafkaNodePool objects by name.
func (c KafkaCluster) Pools() []KafkaNodes { return c.pools }

// Kafka returns the brokers' part that all pools share, and that holds the
// brokers themselves where there are no pools.
func (c KafkaCluster) Kafka() KafkaNodes { return c.part("kafka", BrokerRole) }

// ZooKeeper returns the ZooKeeper ensemble; Present says whether there is one.
func (c KafkaCluster) ZooKeeper() KafkaNodes { return c.part("zookeeper", ZooKeeperRole) }

func (c KafkaCluster) part(key, role string) KafkaNodes {
	path := append(slices.Clone(c.root), key)
	return KafkaNodes{Ref: c.Ref(), Name: key, object: c.Object, path: path, prefix: path, role: role}
}

// Field is the path of a field of Strimzi's Kafka spec in the object, for
// messages.
func (c KafkaCluster) Field(keys ...string) string {
	return Path(append(slices.Clone(c.root), keys...)...)
}

// Misshapen returns the path of a field above and beside the brokers' part that
// should be a map and is something else, empty when there is none.
func (c KafkaCluster) Misshapen() string {
	config := append(slices.Clone(c.root), "kafka", "config")
	for _, path := range [][]string{{"spec"}, c.root, config, {"spec", "license"}} {
		if wrongKind(c.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	return ""
}

// Config returns one of the brokers' settings, as written, and whether it is
// there. Its key is flat and dotted: min.insync.replicas.
func (c KafkaCluster) Config(key string) (string, bool) {
	return scalarField(c.Lookup(append(slices.Clone(c.root), "kafka", "config")...), key)
}

// SetConfig writes one of the brokers' settings that is a whole number. A value
// that is a string already stays one.
func (c KafkaCluster) SetConfig(key string, value int) {
	if current, found := c.Config(key); found {
		if same, ok := Whole(current); ok && same == int64(value) {
			return
		}
	}
	path := append(slices.Clone(c.root), "kafka", "config", key)
	c.SetScalar(strconv.Itoa(value), tagOr(c.Lookup(path...), yaml.NodeTagInt), path...)
}

// ConfigField is the path of one of the brokers' settings, for messages.
func (c KafkaCluster) ConfigField(key string) string { return c.Field("kafka", "config", key) }

// KafkaNodes is a lens over a group of equal pods of a Kafka cluster: a node
// pool, spec.kafka or spec.zookeeper.
type KafkaNodes struct {
	// Ref names the object that the group is in.
	Ref Ref
	// Name of the pool; "kafka" or "zookeeper" where there is none.
	Name string

	object Object
	// path of the group in the object, empty when the object's node is the
	// group itself.
	path []string
	// prefix is the path for messages.
	prefix []string
	// role of a group that is no pool.
	role string
}

func (n KafkaNodes) at(keys ...string) []string { return append(slices.Clone(n.path), keys...) }

// Present says whether the group is there.
func (n KafkaNodes) Present() bool { return n.object.Lookup(n.path...) != nil }

// Has says whether one of the group's fields is there.
func (n KafkaNodes) Has(keys ...string) bool { return n.object.Lookup(n.at(keys...)...) != nil }

// Field is the path of one of the group's fields in its object, for messages.
func (n KafkaNodes) Field(keys ...string) string {
	return Path(append(slices.Clone(n.prefix), keys...)...)
}

// Misshapen returns the path of a field that should be a map or a list and is
// something else, empty when there is none.
func (n KafkaNodes) Misshapen() string {
	for _, keys := range [][]string{
		{}, {"resources"}, {"resources", "requests"}, {"resources", "limits"}, {"jvmOptions"}, {"storage"},
	} {
		if wrongKind(n.object.Lookup(n.at(keys...)...), yaml.MappingNode) {
			return n.Field(keys...)
		}
	}
	if wrongKind(n.object.Lookup(n.at("roles")...), yaml.SequenceNode) {
		return n.Field("roles")
	}
	volumes := n.object.Lookup(n.at("storage", "volumes")...)
	if wrongKind(volumes, yaml.SequenceNode) {
		return n.Field("storage", "volumes")
	}
	if volumes == nil {
		return ""
	}
	for i, volume := range volumes.Content {
		if volume.Kind != yaml.MappingNode {
			return n.Field("storage", fmt.Sprintf("volumes[%d]", i))
		}
	}
	return ""
}

// Roles returns a pool's roles, and the one role of a group that is no pool.
func (n KafkaNodes) Roles() []string {
	if n.role != "" {
		return []string{n.role}
	}
	var roles []string
	if list := n.object.Lookup(n.at("roles")...); list != nil && list.Kind == yaml.SequenceNode {
		for _, role := range list.Content {
			roles = append(roles, Text(role))
		}
	}
	return roles
}

// Is says whether the group has a role.
func (n KafkaNodes) Is(role string) bool { return slices.Contains(n.Roles(), role) }

// Autoscaled says whether a HorizontalPodAutoscaler owns the group's replicas
// (EventStreamsHPAAnnotation, on the pool or on the object that it is).
func (n KafkaNodes) Autoscaled() bool {
	for _, path := range [][]string{n.at("annotations"), {"metadata", "annotations"}} {
		if value, _ := scalarField(n.object.Lookup(path...), EventStreamsHPAAnnotation); value == "true" {
			return true
		}
	}
	return false
}

// ReplicasText is the number of pods as written.
func (n KafkaNodes) ReplicasText() string { return n.object.Text(n.at("replicas")...) }

// Replicas returns the number of pods and whether it is there as a whole
// number, 0 or more.
func (n KafkaNodes) Replicas() (int, bool) {
	value, ok := Whole(n.object.Text(n.at("replicas")...))
	if !ok || value < 0 || value > maxReplicas {
		return 0, false
	}
	return int(value), true
}

// maxReplicas is the largest value of the field (int32 in the CRDs).
const maxReplicas = 1<<31 - 1

// SetReplicas writes the number of pods.
func (n KafkaNodes) SetReplicas(replicas int) {
	node := n.object.Lookup(n.at("replicas")...)
	if current, ok := n.Replicas(); ok && current == replicas && node.ShortTag() == yaml.NodeTagInt {
		return
	}
	n.object.SetScalar(strconv.Itoa(replicas), yaml.NodeTagInt, n.at("replicas")...)
}

// Quantity returns a quantity of the pods' resources: Quantity("limits", "cpu").
func (n KafkaNodes) Quantity(bound, resource string) string {
	return n.object.Text(n.at("resources", bound, resource)...)
}

// SetQuantity writes a quantity of the pods' resources.
func (n KafkaNodes) SetQuantity(value, bound, resource string) {
	n.object.Set(value, n.at("resources", bound, resource)...)
}

// JVMOption returns one of the JVM's options, such as -Xmx, and whether it is
// there.
func (n KafkaNodes) JVMOption(option string) (string, bool) {
	return scalarField(n.object.Lookup(n.at("jvmOptions")...), option)
}

// SetJVMOption writes one of the JVM's options.
func (n KafkaNodes) SetJVMOption(option, value string) {
	n.object.Set(value, n.at("jvmOptions", option)...)
}

// StorageOverrides says whether the group's storage, or one of its volumes, has
// classes by broker (overrides), which v1 does not have.
func (n KafkaNodes) StorageOverrides() (path string, found bool) {
	for _, volume := range n.Volumes() {
		if volume.object.Lookup("overrides") != nil {
			return volume.Field("overrides"), true
		}
	}
	return "", false
}

// Volumes returns the storage of one pod: each volume of a JBOD, the one volume
// of other storage, none where there is no storage.
func (n KafkaNodes) Volumes() []KafkaVolume {
	storage := n.object.Lookup(n.at("storage")...)
	if storage == nil {
		return nil
	}
	if Text(Field(storage, "type")) != "jbod" {
		return []KafkaVolume{{Ref: n.Ref, object: OfNode(storage), prefix: append(slices.Clone(n.prefix), "storage")}}
	}
	var volumes []KafkaVolume
	if list := Lookup(storage, "volumes"); list != nil {
		for i, volume := range list.Content {
			prefix := append(slices.Clone(n.prefix), "storage", fmt.Sprintf("volumes[%d]", i))
			volumes = append(volumes, KafkaVolume{Ref: n.Ref, object: OfNode(volume), prefix: prefix})
		}
	}
	return volumes
}

// StorageType returns ephemeral, persistent-claim or jbod, empty where there is
// no storage.
func (n KafkaNodes) StorageType() string { return n.object.Text(n.at("storage", "type")...) }

// AddVolume makes the group's storage, which it does not have, and returns it.
func (n KafkaNodes) AddVolume() KafkaVolume {
	n.object.SetNode(Map(), n.at("storage")...)
	return n.Volumes()[0]
}

// Kinds of storage.
const (
	Ephemeral       = "ephemeral"
	PersistentClaim = "persistent-claim"
)

// KafkaVolume is a lens over one volume of a Kafka pod.
type KafkaVolume struct {
	// Ref names the object that the volume is in.
	Ref Ref

	object Object
	prefix []string
}

// Field is the path of one of the volume's fields in its object, for messages.
func (v KafkaVolume) Field(keys ...string) string {
	return Path(append(slices.Clone(v.prefix), keys...)...)
}

// Type returns ephemeral or persistent-claim.
func (v KafkaVolume) Type() string { return v.object.Text("type") }

// ID returns a volume's number in a JBOD, empty where there is none.
func (v KafkaVolume) ID() string { return v.object.Text("id") }

// Size returns the volume's size, empty when there is none.
func (v KafkaVolume) Size() string { return v.object.Text("size") }

// Class returns the storage class and whether the field is there.
func (v KafkaVolume) Class() (string, bool) { return scalarField(v.object.Node(), "class") }

// SetSize writes the volume's size.
func (v KafkaVolume) SetSize(size string) { v.object.Set(size, "size") }

// SetClass writes the storage class.
func (v KafkaVolume) SetClass(class string) { v.object.Set(class, "class") }

// Persist makes an ephemeral volume a persistent claim; sizeLimit, which only
// ephemeral ones have, goes.
func (v KafkaVolume) Persist() {
	v.object.Set(PersistentClaim, "type")
	v.object.Delete("sizeLimit")
}

// KafkaTopic is a lens over a KafkaTopic of either product.
type KafkaTopic struct {
	Object
}

// KafkaTopics returns the topics among the items that get deployed.
func KafkaTopics(items []*yaml.RNode) []KafkaTopic {
	var topics []KafkaTopic
	for _, o := range Manifests(items) {
		if o.Is(StrimziGroup, "KafkaTopic") || o.Is(EventStreamsGroup, "KafkaTopic") {
			topics = append(topics, KafkaTopic{o})
		}
	}
	return topics
}

// Topic is the name in Kafka: spec.topicName, or metadata.name where that is
// not said.
func (t KafkaTopic) Topic() string {
	if name := t.Text("spec", "topicName"); name != "" {
		return name
	}
	return t.Name()
}

// Cluster is the name of the cluster that the topic is in, by its label.
func (t KafkaTopic) Cluster() string {
	label := StrimziClusterLabel
	if t.Group() == EventStreamsGroup {
		label = EventStreamsClusterLabel
	}
	name, _ := t.Label(label)
	return name
}

// Misshapen returns the path of a field that should be a map and is something
// else, empty when there is none.
func (t KafkaTopic) Misshapen() string {
	for _, path := range [][]string{{"spec"}, {"spec", "config"}} {
		if wrongKind(t.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	return ""
}

// Number returns spec.partitions or spec.replicas and whether it is there as a
// whole number.
func (t KafkaTopic) Number(field string) (int64, bool) { return Whole(t.Text("spec", field)) }

// SetNumber writes spec.partitions or spec.replicas.
func (t KafkaTopic) SetNumber(field string, value int) {
	node := t.Lookup("spec", field)
	if current, ok := t.Number(field); ok && current == int64(value) && node.ShortTag() == yaml.NodeTagInt {
		return
	}
	t.SetScalar(strconv.Itoa(value), yaml.NodeTagInt, "spec", field)
}

// Config returns one of the topic's settings, as written, and whether it is
// there: retention.ms.
func (t KafkaTopic) Config(key string) (string, bool) {
	return scalarField(t.Lookup("spec", "config"), key)
}

// SetConfig writes one of the topic's settings that is a whole number. A new
// one is a string: kustomize prints large numbers as 2.592e+08.
func (t KafkaTopic) SetConfig(key string, value int64) {
	if current, found := t.Config(key); found {
		if same, ok := Whole(current); ok && same == value {
			return
		}
	}
	tag := tagOr(t.Lookup("spec", "config", key), yaml.NodeTagString)
	t.SetScalar(strconv.FormatInt(value, 10), tag, "spec", "config", key)
}

// Whole reads a whole number in any of YAML's notations.
func Whole(text string) (int64, bool) {
	if value, err := strconv.ParseInt(text, 0, 64); err == nil {
		return value, true
	}
	// kustomize prints 604800000 as 6.048e+08.
	const exact = 1 << 53
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(value) > exact || value != math.Trunc(value) || !strings.ContainsAny(text, "eE") {
		return 0, false
	}
	return int64(value), true
}

// tagOr returns the tag of a number that is written as a string or an integer,
// and another tag for everything else.
func tagOr(node *yaml.Node, other string) string {
	if node != nil && node.Kind == yaml.ScalarNode {
		if tag := node.ShortTag(); tag == yaml.NodeTagString || tag == yaml.NodeTagInt {
			return tag
		}
	}
	return other
}

// wrongKind says whether a node is there and not of a kind.
func wrongKind(node *yaml.Node, kind yaml.Kind) bool {
	return node != nil && node.Kind != kind
}
