package view

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// EventStreamsGroup is the API group of IBM Event Streams, whose topics, users
// and connectors are Strimzi's under another name.
const EventStreamsGroup = "eventstreams.ibm.com"

// Names by which Event Streams ties objects to a cluster and says how it runs.
const (
	// EventStreamsClusterLabel on topics and users names their cluster.
	EventStreamsClusterLabel = "eventstreams.ibm.com/cluster"
	// EventStreamsPauseAnnotation stops the operator when it is "true".
	EventStreamsPauseAnnotation = "eventstreams.ibm.com/pause-reconciliation"
	// EventStreamsHPAAnnotation among a pool's annotations gives its replicas
	// to a HorizontalPodAutoscaler when it is "true".
	EventStreamsHPAAnnotation = "eventstreams.ibm.com/hpa-enabled"
)

// eventStreams returns the lens over an EventStreams; its node pools are
// entries of a list in it (11.7 and later).
func eventStreams(o Object) KafkaCluster {
	c := KafkaCluster{Object: o, root: []string{"spec", "strimziOverrides"}}
	list := o.Lookup("spec", "strimziOverrides", "nodePools")
	if list == nil || list.Kind != yaml.SequenceNode {
		return c
	}
	for i, entry := range list.Content {
		pool := OfNode(entry)
		c.pools = append(c.pools, KafkaNodes{
			Ref: o.Ref(), Name: pool.Text("name"), object: pool,
			prefix: []string{"spec", "strimziOverrides", fmt.Sprintf("nodePools[%d]", i)},
		})
	}
	return c
}

// PoolsField returns the path of an EventStreams' list of node pools, and
// whether something stands there that is no list of maps.
func (c KafkaCluster) PoolsField() (path string, misshapen bool) {
	list := c.Lookup("spec", "strimziOverrides", "nodePools")
	path = c.Field("nodePools")
	if wrongKind(list, yaml.SequenceNode) {
		return path, true
	}
	for i := range c.pools {
		if c.pools[i].object.IsZero() {
			return c.pools[i].Field(), true
		}
	}
	return path, false
}

// ProductVersion returns an EventStreams' spec.version, such as 11.0.4 or
// latest.
func (c KafkaCluster) ProductVersion() string { return c.Text("spec", "version") }

// LicenseUse returns an EventStreams' spec.license.use and its path.
func (c KafkaCluster) LicenseUse() (use, path string) {
	return c.Text("spec", "license", "use"), "spec.license.use"
}

// SetLicenseUse writes an EventStreams' spec.license.use.
func (c KafkaCluster) SetLicenseUse(use string) { c.Set(use, "spec", "license", "use") }
