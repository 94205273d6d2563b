package sizeeventstreams

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// topicIndex finds topics by name.
type topicIndex struct {
	all []view.KafkaTopic
	// byObject has them by metadata.name, byTopic by their name in Kafka.
	byObject, byTopic map[string][]view.KafkaTopic
	names             []string
}

func indexTopics(items []*yaml.RNode) topicIndex {
	index := topicIndex{all: view.KafkaTopics(items), byObject: map[string][]view.KafkaTopic{}, byTopic: map[string][]view.KafkaTopic{}}
	for _, topic := range index.all {
		index.byObject[topic.Name()] = append(index.byObject[topic.Name()], topic)
		index.byTopic[topic.Topic()] = append(index.byTopic[topic.Topic()], topic)
		index.names = append(index.names, topic.Name(), topic.Topic())
	}
	return index
}

// sizeTopics sizes the named topics and returns the objects that they are.
func (c *SizeEventStreams) sizeTopics(index topicIndex) (map[view.Ref]bool, fn.Results) {
	var results fn.Results
	sized := map[view.Ref]bool{}
	for _, name := range solution.Names(c.Spec.Topics) {
		topic, problem := c.findTopic(name, index)
		if problem != nil {
			results = append(results, *problem)
			continue
		}
		if sized[topic.Ref()] {
			results = append(results, c.Errorf(view.Path("spec", "topics", name), "is %s, which the config sizes under another name already; keep one", topic.Ref()))
			continue
		}
		sized[topic.Ref()] = true
		results = append(results, sizeTopic(topic, c.Spec.Topics[name])...)
	}
	return sized, results
}

// findTopic returns the one topic of a name: that of its object, or else the
// one in Kafka.
func (c *SizeEventStreams) findTopic(name string, index topicIndex) (view.KafkaTopic, *fn.Result) {
	found := index.byObject[name]
	if len(found) == 0 {
		found = index.byTopic[name]
	}
	at := view.Path("spec", "topics", name)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		problem := c.Errorf(at, "%s", absent("KafkaTopic", name, index.names))
		return view.KafkaTopic{}, &problem
	}
	refs := make([]string, len(found))
	for i := range found {
		refs[i] = found[i].Ref().String()
	}
	slices.Sort(refs)
	problem := c.Errorf(at, "%d topics have this name: %s; size them in packages of their own", len(found), strings.Join(refs, ", "))
	return view.KafkaTopic{}, &problem
}

func sizeTopic(topic view.KafkaTopic, want Topic) fn.Results {
	if at := topic.Misshapen(); at != "" {
		return fn.Results{fn.Errorf(topic.Ref(), at, "is no map")}
	}
	var results fn.Results
	if want.Partitions != nil {
		results = append(results, setPartitions(topic, *want.Partitions)...)
	}
	if want.Replicas != nil {
		results = append(results, setReplicas(topic, *want.Replicas)...)
	}
	if want.Retention != 0 {
		results = append(results, setRetention(topic, want.Retention)...)
	}
	return results
}

func setPartitions(topic view.KafkaTopic, partitions int) fn.Results {
	current, found := topic.Number("partitions")
	topic.SetNumber("partitions", partitions)
	if !found || current <= int64(partitions) {
		return nil
	}
	was, is := strconv.FormatInt(current, 10), strconv.Itoa(partitions)
	return fn.Results{fn.Warnf(topic.Ref(), "spec.partitions",
		"goes from %s down to %s: a topic that runs with more keeps them, and its operator reports an error; take %s unless it is new", was, is, was).
		Change(was, is).Tag(diagnostic, "SZ024")}
}

// inSync is the setting that must leave one copy to spare.
const inSync = "min.insync.replicas"

// setReplicas writes the replication factor, and lowers the topic's own
// min.insync.replicas where it would stop producers.
func setReplicas(topic view.KafkaTopic, replicas int) fn.Results {
	topic.SetNumber("replicas", replicas)
	text, _ := topic.Config(inSync)
	current, found := view.Whole(text)
	most := sizing.MinInSyncReplicas(replicas)
	if !found || current <= int64(most) {
		return nil
	}
	topic.SetConfig(inSync, int64(most))
	is := strconv.Itoa(most)
	return fn.Results{fn.Infof(topic.Ref(), view.Path("spec", "config", inSync),
		"goes from %s to %s, since with %d replicas no more can be lost", text, is, replicas).
		Change(text, is).Tag(diagnostic, "SZ011")}
}

func setRetention(topic view.KafkaTopic, retention sizing.Duration) fn.Results {
	topic.SetConfig("retention.ms", retention.Milliseconds())
	if policy, _ := topic.Config("cleanup.policy"); policy != "compact" {
		return nil
	}
	return fn.Results{fn.Warnf(topic.Ref(), view.Path("spec", "config", "retention.ms"),
		"has no effect: cleanup.policy is compact, which keeps the last record of each key; remove retention, or set the policy to compact,delete in the base")}
}

// clusterKey finds a topic's cluster: the product's API group, and the place.
type clusterKey struct {
	group, namespace, name string
}

// checkTopics reports topics of sized clusters, and sized topics, that have
// more replicas than their cluster has brokers.
func checkTopics(index topicIndex, footprints []sizing.ClusterFootprint, relevant map[view.Ref]bool) fn.Results {
	clusters := map[clusterKey]sizing.ClusterFootprint{}
	for _, f := range footprints {
		group, _, _ := strings.Cut(f.Ref.APIVersion, "/")
		clusters[clusterKey{group, f.Namespace, f.Name}] = f
	}
	var results fn.Results
	for _, topic := range index.all {
		cluster, found := clusters[clusterKey{topic.Group(), topic.Namespace(), topic.Cluster()}]
		if !found || !relevant[topic.Ref()] && !relevant[cluster.Ref] {
			continue
		}
		if replicas, _ := topic.Number("replicas"); replicas > int64(cluster.Brokers) {
			results = append(results, fn.Errorf(topic.Ref(), "spec.replicas",
				"is %d, but cluster %s has %s; say %s, or take a larger size", replicas, cluster.Name, plural(cluster.Brokers, "broker"),
				view.Path("topics", topic.Name(), "replicas")).
				Change(strconv.FormatInt(replicas, 10), strconv.Itoa(cluster.Brokers)).Tag(diagnostic, "SZ010"))
		}
	}
	return results
}
