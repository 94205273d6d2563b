package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ConnectRole is that of workers of Kafka Connect and of MirrorMaker 2, which
// runs on it.
const ConnectRole = "connect"

// KafkaConnect is a lens over a KafkaConnect or a KafkaMirrorMaker2 of either
// product, in v1beta2 and v1.
type KafkaConnect struct {
	Object
}

// KafkaConnects returns Connect clusters and MirrorMakers among the items that
// get deployed.
func KafkaConnects(items []*yaml.RNode) []KafkaConnect {
	var found []KafkaConnect
	for _, o := range Manifests(items) {
		if group := o.Group(); group != StrimziGroup && group != EventStreamsGroup {
			continue
		}
		switch o.Kind() {
		case "KafkaConnect", "KafkaMirrorMaker2":
			found = append(found, KafkaConnect{o})
		}
	}
	return found
}

// IsMirrorMaker says whether it is a KafkaMirrorMaker2.
func (c KafkaConnect) IsMirrorMaker() bool { return c.Kind() == "KafkaMirrorMaker2" }

// Workers are its pods.
func (c KafkaConnect) Workers() KafkaNodes {
	return KafkaNodes{Ref: c.Ref(), Name: c.Name(), object: c.Object, path: []string{"spec"}, prefix: []string{"spec"}, role: ConnectRole}
}

// Misshapen returns the path of a field that should be a map or a list and is
// something else, empty when there is none.
func (c KafkaConnect) Misshapen() string {
	if wrongKind(c.Lookup("spec"), yaml.MappingNode) {
		return "spec"
	}
	if at := c.Workers().Misshapen(); at != "" {
		return at
	}
	for _, key := range []string{"config", "target"} {
		if wrongKind(c.Lookup("spec", key), yaml.MappingNode) {
			return Path("spec", key)
		}
	}
	for _, key := range []string{"clusters", "mirrors"} {
		if wrongKind(c.Lookup("spec", key), yaml.SequenceNode) {
			return Path("spec", key)
		}
	}
	return ""
}

// ClusterName is a Kafka cluster as a bootstrap address names it; the zero
// ClusterName is one that it does not name.
type ClusterName struct{ Name, Namespace string }

// Names says whether it is the name of a cluster; an object that says no
// namespace is in any.
func (n ClusterName) Names(cluster Object) bool {
	same := n.Namespace == cluster.Namespace() || n.Namespace == "" || cluster.Namespace() == ""
	return n.Name != "" && n.Name == cluster.Name() && same
}

// bootstrap reads <cluster>-kafka-bootstrap[.<namespace>[.svc]]:<port>; without
// a namespace it is the object's own.
func (c KafkaConnect) bootstrap(address string) ClusterName {
	name, rest, found := strings.Cut(address, "-kafka-bootstrap")
	if !found || name == "" || strings.ContainsAny(name, ".:,/") {
		return ClusterName{}
	}
	host, _, _ := strings.Cut(rest, ":")
	labels := strings.Split(host, ".")
	const service = 2 // ".namespace"
	switch {
	case host == "":
		return ClusterName{name, c.Namespace()}
	case labels[0] != "" || len(labels) > service && labels[service] != "svc":
		return ClusterName{} // a route or an ingress: another cluster's, perhaps
	}
	return ClusterName{name, labels[1]}
}

// TargetCluster is the Kafka cluster that it runs on.
func (c KafkaConnect) TargetCluster() ClusterName {
	switch {
	case !c.IsMirrorMaker():
		return c.bootstrap(c.Text("spec", "bootstrapServers"))
	case c.Lookup("spec", "target") != nil:
		return c.bootstrap(c.Text("spec", "target", "bootstrapServers"))
	}
	return c.byAlias(c.Text("spec", "connectCluster"))
}

// byAlias is the cluster of an alias among spec.clusters.
func (c KafkaConnect) byAlias(alias string) ClusterName {
	for _, cluster := range c.list("clusters") {
		if Text(Field(cluster.node, "alias")) == alias {
			return c.bootstrap(Text(Field(cluster.node, "bootstrapServers")))
		}
	}
	return ClusterName{}
}

// mirrored are the clusters that a mirror reads from and writes to.
func (c KafkaConnect) mirrored(mirror entry) (source, target ClusterName) {
	if node := Field(mirror.node, "source"); node != nil {
		return c.bootstrap(Text(Lookup(node, "bootstrapServers"))), c.TargetCluster()
	}
	return c.byAlias(Text(Field(mirror.node, "sourceCluster"))), c.byAlias(Text(Field(mirror.node, "targetCluster")))
}

// entry is an entry of a list with its path.
type entry struct {
	node *yaml.Node
	path []string
}

func (c KafkaConnect) list(key string) []entry {
	list := c.Lookup("spec", key)
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	var entries []entry
	for i, node := range list.Content {
		if node.Kind == yaml.MappingNode {
			entries = append(entries, entry{node, []string{"spec", fmt.Sprintf("%s[%d]", key, i)}})
		}
	}
	return entries
}

// Number is a lens over a whole number that may be there.
type Number struct {
	// Ref names the object that the field is in.
	Ref Ref
	// Path of the field, for messages.
	Path string
	// Cluster is where the topic is that a replication factor is of.
	Cluster ClusterName

	owner *yaml.Node
	keys  []string
}

// Value returns the number and whether it is there.
func (n Number) Value() (int64, bool) { return Whole(Text(Lookup(n.owner, n.keys...))) }

// Set writes the number. A value that is a string stays one.
func (n Number) Set(value int) {
	if current, found := n.Value(); found && current == int64(value) {
		return
	}
	tag := tagOr(Lookup(n.owner, n.keys...), yaml.NodeTagInt)
	OfNode(n.owner).SetScalar(strconv.Itoa(value), tag, n.keys...)
}

func (c KafkaConnect) number(e entry, keys ...string) Number {
	return Number{Ref: c.Ref(), Path: Path(append(slices.Clone(e.path), keys...)...), owner: e.node, keys: keys}
}

// Settings of Connect's own topics.
var storageFactors = []string{
	"config.storage.replication.factor", "offset.storage.replication.factor", "status.storage.replication.factor",
}

const offsetSyncs = "offset-syncs.topic.replication.factor"

// InternalFactors returns the replication factors of the topics that Connect
// and MirrorMaker keep for themselves, where the API version has them.
func (c KafkaConnect) InternalFactors() []Number {
	var numbers []Number
	on := func(cluster ClusterName, n Number) {
		n.Cluster = cluster
		numbers = append(numbers, n)
	}
	whole := entry{c.Node(), nil}
	base := []string{"spec", "config"}
	if c.IsMirrorMaker() {
		if c.Version() == "v1" {
			base = []string{"spec", "target", "config"}
		} else {
			base = nil
		}
	}
	if base != nil {
		for _, key := range storageFactors {
			on(c.TargetCluster(), c.number(whole, append(slices.Clone(base), key)...))
		}
	}
	for _, cluster := range c.list("clusters") {
		if Text(Field(cluster.node, "alias")) != c.Text("spec", "connectCluster") || c.Version() == "v1" {
			continue
		}
		for _, key := range storageFactors {
			on(c.TargetCluster(), c.number(cluster, "config", key))
		}
	}
	for _, mirror := range c.list("mirrors") {
		source, target := c.mirrored(mirror)
		for _, f := range [][2]string{
			{"sourceConnector", "replication.factor"},
			{"sourceConnector", offsetSyncs},
			{"checkpointConnector", "checkpoints.topic.replication.factor"},
			{"heartbeatConnector", "heartbeats.topic.replication.factor"},
		} {
			node := Field(mirror.node, f[0])
			if node == nil || node.Kind != yaml.MappingNode {
				continue
			}
			cluster := target
			// Kafka keeps the offsets' topic at the source, unless told otherwise.
			if f[1] == offsetSyncs && Text(Lookup(node, "config", "offset-syncs.topic.location")) != "target" {
				cluster = source
			}
			on(cluster, c.number(mirror, f[0], "config", f[1]))
		}
	}
	return numbers
}

// SourceTasks returns tasksMax of MirrorMaker's source connectors.
func (c KafkaConnect) SourceTasks() []Number {
	var numbers []Number
	for _, mirror := range c.list("mirrors") {
		if node := Field(mirror.node, "sourceConnector"); node != nil && node.Kind == yaml.MappingNode {
			numbers = append(numbers, c.number(mirror, "sourceConnector", "tasksMax"))
		}
	}
	return numbers
}

// RemovedInV1 returns the paths of fields of v1beta2 that are there and that v1
// does not have.
func (c KafkaConnect) RemovedInV1() []string {
	var paths []string
	removed := [][]string{
		{"spec", "config", "group.id"}, {"spec", "config", "config.storage.topic"},
		{"spec", "config", "offset.storage.topic"}, {"spec", "config", "status.storage.topic"},
	}
	if c.IsMirrorMaker() {
		removed = [][]string{{"spec", "connectCluster"}, {"spec", "clusters"}}
		for _, mirror := range c.list("mirrors") {
			for _, key := range []string{"sourceCluster", "targetCluster", "heartbeatConnector"} {
				if Field(mirror.node, key) != nil {
					paths = append(paths, Path(append(slices.Clone(mirror.path), key)...))
				}
			}
		}
	}
	for _, path := range removed {
		if c.Lookup(path...) != nil {
			paths = append(paths, Path(path...))
		}
	}
	slices.Sort(paths)
	return paths
}

// License is the chargeable cores for each licence core that the annotations say
// which IBM's License Service reads of the pods (2:1 is 2), 0 where they say none.
func (c KafkaConnect) License() int64 {
	return licenceRatio(c.Lookup("spec", "template", "pod", "metadata", "annotations"))
}

// licenceRatio reads productCloudpakRatio among annotations: 2:1 is 2, and 0 is
// none.
func licenceRatio(annotations *yaml.Node) int64 {
	const most = 100 // more than any of IBM's
	text, _ := scalarField(annotations, "productCloudpakRatio")
	left, right, _ := strings.Cut(text, ":")
	ratio, ok := Whole(left)
	if !ok || right != "1" || ratio < 1 || ratio > most {
		return 0
	}
	return ratio
}
