package view

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// CruiseControl says whether the cluster has a Cruise Control.
func (c KafkaCluster) CruiseControl() bool {
	return Field(c.Lookup(c.root...), "cruiseControl") != nil
}

func (c KafkaCluster) under(keys ...string) []string {
	return append(append([]string(nil), c.root...), keys...)
}

// BrokerCapacity returns one of Cruise Control's capacities: inboundNetwork,
// outboundNetwork.
func (c KafkaCluster) BrokerCapacity(key string) string {
	return c.Text(c.under("cruiseControl", "brokerCapacity", key)...)
}

// SetBrokerCapacity writes one of Cruise Control's capacities, and those of
// single brokers (overrides) that say it.
func (c KafkaCluster) SetBrokerCapacity(key, value string) {
	c.Set(value, c.under("cruiseControl", "brokerCapacity", key)...)
	overrides := c.Lookup(c.under("cruiseControl", "brokerCapacity", "overrides")...)
	if overrides == nil || overrides.Kind != yaml.SequenceNode {
		return
	}
	for _, broker := range overrides.Content {
		if Field(broker, key) != nil {
			OfNode(broker).Set(value, key)
		}
	}
}

// CapacityField is the path of one of Cruise Control's capacities.
func (c KafkaCluster) CapacityField(key string) string {
	return c.Field("cruiseControl", "brokerCapacity", key)
}

// CapacityMisshapen returns the path of a field of Cruise Control, quotas or
// rack that should be a map and is something else, empty when there is none.
func (c KafkaCluster) CapacityMisshapen() string {
	for _, keys := range [][]string{
		{"cruiseControl"}, {"cruiseControl", "brokerCapacity"}, {"kafka", "quotas"}, {"kafka", "rack"},
	} {
		if wrongKind(c.Lookup(c.under(keys...)...), yaml.MappingNode) {
			return c.Field(keys...)
		}
	}
	return ""
}

// Quotas says which quota plugin the cluster has: kafka, strimzi, or empty for
// none.
func (c KafkaCluster) Quotas() string { return c.Text(c.under("kafka", "quotas", "type")...) }

// SetQuota writes a quota: producerByteRate, consumerByteRate.
func (c KafkaCluster) SetQuota(key string, value int64) {
	path := c.under("kafka", "quotas", key)
	if current, ok := Whole(c.Text(path...)); ok && current == value {
		return
	}
	c.SetScalar(strconv.FormatInt(value, 10), yaml.NodeTagInt, path...)
}

// Rack returns the topology key that spreads copies over zones, empty for none.
func (c KafkaCluster) Rack() string { return c.Text(c.under("kafka", "rack", "topologyKey")...) }

// Spread says whether the group's pods have topology spread constraints.
func (n KafkaNodes) Spread() bool {
	return n.object.Lookup(n.at("template", "pod", "topologySpreadConstraints")...) != nil
}

// SpreadMisshapen returns the path of a field of the pods' template that should
// be a map and is something else.
func (n KafkaNodes) SpreadMisshapen() string {
	for _, keys := range [][]string{{"template"}, {"template", "pod"}} {
		if wrongKind(n.object.Lookup(n.at(keys...)...), yaml.MappingNode) {
			return n.Field(keys...)
		}
	}
	return ""
}

// SetSpread spreads the group's pods evenly over a topology: pods with these
// labels are counted, and one more in a zone than in another is allowed.
func (n KafkaNodes) SetSpread(topologyKey string, labels ...string) {
	match := Map()
	for i := 0; i+1 < len(labels); i += 2 {
		SetField(match, labels[i], String(labels[i+1]))
	}
	n.object.SetNode(Seq(Map(
		"labelSelector", Map("matchLabels", match),
		"maxSkew", Int("1"),
		"topologyKey", String(topologyKey),
		"whenUnsatisfiable", String("ScheduleAnyway"),
	)), n.at("template", "pod", "topologySpreadConstraints")...)
}
