package sizing

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// SkipScaleDownAnnotation lets Strimzi remove brokers that still hold data.
const SkipScaleDownAnnotation = "strimzi.io/skip-broker-scaledown-check"

// State is what can't change freely once a cluster runs.
type State struct {
	// Ref names the cluster.
	Ref view.Ref
	// Pools by name; "kafka" and "zookeeper" where those are no pools.
	Pools map[string]PoolState
	// Topics by their name in Kafka.
	Topics map[string]TopicState
	// Threads by their setting, and where settings are.
	Threads    map[string]int64
	SettingsAt string
	// SkipScaleDown says that brokers may go with what they hold.
	SkipScaleDown bool
}

// PoolState is a group of equal pods.
type PoolState struct {
	Ref           view.Ref
	ReplicasField string
	Replicas      int
	// Roles joined with +, in the alphabet's order.
	Roles      string
	Autoscaled bool
	// StorageType is ephemeral, persistent-claim or jbod.
	StorageType string
	StorageAt   string
	// Volumes by their id, "" for the one of storage that is no JBOD.
	Volumes map[string]VolumeState
}

// VolumeState is a volume of each pod of a group.
type VolumeState struct {
	Field             string
	Type, Class, Size string
}

// TopicState is a topic.
type TopicState struct {
	Ref        view.Ref
	Partitions int64
	// Keyed says that records have keys for certain: the topic is compacted.
	Keyed bool
}

// Is says whether the group has a role.
func (p PoolState) Is(role string) bool { return slices.Contains(strings.Split(p.Roles, "+"), role) }

var threadSettings = []string{"num.io.threads", "num.network.threads", "num.replica.fetchers"}

// StateOf reads a cluster's state, with its topics among the items.
func StateOf(cluster view.KafkaCluster, items []*yaml.RNode) State {
	s := State{Ref: cluster.Ref(), SettingsAt: cluster.Field("kafka", "config"), Pools: map[string]PoolState{}, Topics: map[string]TopicState{}, Threads: map[string]int64{}}
	skip, _ := cluster.Annotation(SkipScaleDownAnnotation)
	s.SkipScaleDown = skip == "true"
	groups := slices.Clone(cluster.Pools())
	if len(groups) == 0 && cluster.Kafka().Present() {
		groups = append(groups, cluster.Kafka())
	}
	if zooKeeper := cluster.ZooKeeper(); zooKeeper.Present() {
		groups = append(groups, zooKeeper)
	}
	for _, nodes := range groups {
		s.Pools[nodes.Name] = poolState(nodes)
	}
	for _, key := range threadSettings {
		if text, found := cluster.Config(key); found {
			s.Threads[key], _ = view.Whole(text)
		}
	}
	for _, t := range view.KafkaTopics(items) {
		if t.Cluster() != cluster.Name() || t.Group() != cluster.Group() || t.Namespace() != cluster.Namespace() {
			continue
		}
		policy, _ := t.Config("cleanup.policy")
		partitions, _ := t.Number("partitions")
		s.Topics[t.Topic()] = TopicState{Ref: t.Ref(), Partitions: partitions, Keyed: strings.Contains(policy, "compact")}
	}
	return s
}

func poolState(nodes view.KafkaNodes) PoolState {
	roles := slices.Sorted(slices.Values(nodes.Roles()))
	replicas, _ := nodes.Replicas()
	p := PoolState{
		Ref: nodes.Ref, ReplicasField: nodes.Field("replicas"), Replicas: replicas, Roles: strings.Join(roles, "+"),
		Autoscaled: nodes.Autoscaled(), StorageType: nodes.StorageType(), StorageAt: nodes.Field("storage"), Volumes: map[string]VolumeState{},
	}
	for _, volume := range nodes.Volumes() {
		class, _ := volume.Class()
		p.Volumes[volume.ID()] = VolumeState{Field: volume.Field(), Type: volume.Type(), Class: class, Size: volume.Size()}
	}
	return p
}

// changes collects findings about a change.
type changes struct {
	found []Diagnostic
}

func (c *changes) add(id string, severity Severity, ref view.Ref, field, current, proposed, format string, args ...any) {
	c.found = append(c.found, Diagnostic{
		ID: id, Severity: severity, Object: ref.String(), Field: field, Current: current, Proposed: proposed, Message: fmt.Sprintf(format, args...),
	})
}

// Changes says which rules the step from one state to another breaks, with the
// way out: what the operator would refuse, or ignore without a word.
func Changes(before, after State) []Diagnostic {
	c := &changes{}
	quorum := false
	for _, name := range sortedNames(before.Pools) {
		was := before.Pools[name]
		quorum = quorum || was.Is(view.ControllerRole)
		is, found := after.Pools[name]
		if !found {
			c.removed(name, was, after)
			continue
		}
		c.replicas(name, was, is, after.SkipScaleDown)
		c.storage(was, is)
	}
	for _, name := range sortedNames(after.Pools) {
		is := after.Pools[name]
		if _, found := before.Pools[name]; !found && quorum && is.Is(view.ControllerRole) {
			c.add("SZ022", DiagnosticError, is.Ref, is.ReplicasField, "", name, "pool %s adds controllers to a quorum that is fixed when the cluster is made; keep the pools that have them", name)
		}
	}
	c.topics(before, after)
	for _, key := range sortedNames(after.Threads) {
		was, is := before.Threads[key], after.Threads[key]
		if was > 0 && is > 0 && (float64(is) > float64(was)*threadsStep.Value || float64(is)*threadsStep.Value < float64(was)) {
			c.add("SZ062", DiagnosticWarn, after.Ref, after.SettingsAt+"["+key+"]", digits(was), digits(is), "goes from %d to %d: Kafka resizes thread pools while it runs between half and twice; this step restarts every broker", was, is)
		}
	}
	return c.found
}

func digits(x int64) string { return fmt.Sprint(x) }

func (c *changes) removed(name string, was PoolState, after State) {
	switch {
	case was.Roles == view.ZooKeeperRole || name == "kafka" && len(after.Pools) > 0 && was.Roles == view.BrokerRole && anyPool(after):
		return // a migration to node pools or KRaft, which the operator leads
	case was.Is(view.ControllerRole):
		c.add("SZ022", DiagnosticError, after.Ref, was.ReplicasField, name, "", "pool %s with the role controller is gone, and the quorum is fixed when the cluster is made; keep it", name)
	case was.Replicas > 0 && !after.SkipScaleDown:
		c.add("SZ023", DiagnosticError, after.Ref, was.ReplicasField, digits(int64(was.Replicas)), "0", "pool %s and its %s are gone; move what they hold first (KafkaRebalance, mode remove-brokers), then remove it", name, Plural(was.Replicas, "broker", "brokers"))
	}
}

func anyPool(s State) bool {
	for name := range s.Pools {
		if name != "kafka" && name != "zookeeper" {
			return true
		}
	}
	return false
}

func (c *changes) replicas(name string, was, is PoolState, skip bool) {
	from, to := digits(int64(was.Replicas)), digits(int64(is.Replicas))
	controller := was.Is(view.ControllerRole)
	switch {
	case was.Roles != is.Roles && (controller || is.Is(view.ControllerRole)):
		c.add("SZ022", DiagnosticError, is.Ref, strings.TrimSuffix(is.ReplicasField, "replicas")+"roles", was.Roles, is.Roles,
			"pool %s goes from %s to %s: roles of controllers can't change in place; keep them, or make a new cluster and mirror", name, was.Roles, is.Roles)
	case controller && was.Replicas != is.Replicas:
		c.add("SZ022", DiagnosticError, is.Ref, is.ReplicasField, from, to, "goes from %s to %s: the number of controllers is fixed when the cluster is made; keep %s", from, to, from)
	case was.Is(view.BrokerRole) && is.Replicas < was.Replicas && !is.Autoscaled && !skip:
		c.add("SZ023", DiagnosticError, is.Ref, is.ReplicasField, from, to,
			"goes from %s to %s, and brokers that hold data can't go: move it first (KafkaRebalance, mode remove-brokers, brokers %s), then say so in current.brokers, or annotate the cluster %s: \"true\" if what they hold may be lost",
			from, to, lastBrokers(is.Replicas, was.Replicas), SkipScaleDownAnnotation)
	case was.Is(view.BrokerRole) && is.Replicas > was.Replicas:
		c.add("SZ023", DiagnosticInfo, is.Ref, is.ReplicasField, from, to, "goes from %s to %s: new brokers stay empty until a rebalance (KafkaRebalance, mode add-brokers, or autoRebalance)", from, to)
	}
}

// lastBrokers names the brokers that go: the last ones of a pool.
func lastBrokers(left, were int) string {
	const most = 12
	var names []string
	for i := left; i < were && len(names) < most; i++ {
		names = append(names, digits(int64(i)))
	}
	return "[" + strings.Join(names, ", ") + "] of the pool, counted from 0"
}

func (c *changes) storage(was, is PoolState) {
	if was.StorageType == "" || is.StorageType == "" {
		return
	}
	const wayOut = "make a new pool with it and move the data there (KafkaRebalance, mode remove-brokers), or keep it"
	if was.StorageType != is.StorageType {
		id := "SZ021"
		if was.Is(view.ControllerRole) {
			id = "SZ022"
		}
		c.add(id, DiagnosticError, is.Ref, is.StorageAt+".type", was.StorageType, is.StorageType, "goes from %s to %s, which can't be done in place; %s", was.StorageType, is.StorageType, wayOut)
		return
	}
	for _, id := range sortedNames(was.Volumes) {
		before := was.Volumes[id]
		after, found := is.Volumes[id]
		if !found {
			c.add("SZ023", DiagnosticWarn, is.Ref, before.Field, id, "", "volume %s is gone; move what it holds to the others first (KafkaRebalance, intra-broker)", id)
			continue
		}
		switch {
		case before.Type != after.Type:
			c.add("SZ021", DiagnosticError, is.Ref, after.Field+".type", before.Type, after.Type, "goes from %s to %s, which can't be done in place; %s", before.Type, after.Type, wayOut)
		case before.Class != after.Class:
			c.add("SZ021", DiagnosticError, is.Ref, after.Field+".class", before.Class, after.Class, "goes from %q to %q, and a volume's class can't change; %s", before.Class, after.Class, wayOut)
		}
		if Bytes(after.Size) < Bytes(before.Size) {
			c.add("SZ020", DiagnosticError, is.Ref, after.Field+".size", before.Size, after.Size,
				"goes from %s down to %s: volumes can't shrink, and the operator then ignores every change of the pool's storage without a word; keep %s, or make a new pool and move the data there", before.Size, after.Size, before.Size)
		}
	}
}

func (c *changes) topics(before, after State) {
	for _, name := range sortedNames(after.Topics) {
		is := after.Topics[name]
		was, found := before.Topics[name]
		switch {
		case !found:
		case is.Partitions < was.Partitions:
			c.add("SZ024", DiagnosticError, is.Ref, "spec.partitions", digits(was.Partitions), digits(is.Partitions),
				"goes from %d down to %d, which Kafka can't do; keep %d, or make a new topic and copy", was.Partitions, is.Partitions, was.Partitions)
		case is.Partitions > was.Partitions && (is.Keyed || was.Keyed):
			c.add("SZ025", DiagnosticWarn, is.Ref, "spec.partitions", digits(was.Partitions), digits(is.Partitions),
				"goes from %d to %d on a topic with keys: new records of a key go to another partition than its old ones", was.Partitions, is.Partitions)
		}
	}
}
