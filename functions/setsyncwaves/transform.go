package setsyncwaves

import (
	"maps"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// componentLabel names the component that an object is of.
const componentLabel = "app.kubernetes.io/component"

// Waves of an environment, in steps of ten, so that there is room between
// (functions/decisions/0071-waves-are-a-function.md). Apps have their
// component's.
const (
	operatorsWave = 0
	operandsWave  = 10
	topicsWave    = 20
)

// kindWaves are the earliest waves of kinds.
var kindWaves = map[view.GroupKind]int{
	{Kind: "Namespace"}: operatorsWave,
	{Group: "operators.coreos.com", Kind: "CatalogSource"}: operatorsWave,
	{Group: "operators.coreos.com", Kind: "OperatorGroup"}: operatorsWave,
	{Group: "operators.coreos.com", Kind: "Subscription"}:  operatorsWave,

	{Group: view.EventStreamsGroup, Kind: "EventStreams"}:              operandsWave,
	{Group: view.EventStreamsGroup, Kind: "EventStreamsGeoReplicator"}: topicsWave,
	{Group: view.StrimziGroup, Kind: "Kafka"}:                          operandsWave,
	{Group: "mq.ibm.com", Kind: "QueueManager"}:                        operandsWave,
	{Group: "integration.ibm.com", Kind: "PlatformNavigator"}:          operandsWave,
	{Group: "registry.apicur.io", Kind: "ApicurioRegistry"}:            operandsWave,
}

// kafkaWaves are those of kinds that Event Streams and Strimzi have alike.
var kafkaWaves = map[string]int{
	"KafkaNodePool":     operandsWave,
	"KafkaConnect":      operandsWave,
	"KafkaBridge":       operandsWave,
	"KafkaMirrorMaker2": operandsWave,
	"KafkaTopic":        topicsWave,
	"KafkaUser":         topicsWave,
	"KafkaConnector":    topicsWave,
	"KafkaRebalance":    topicsWave,
}

// Transform implements fn.Config.
func (c *SetSyncWaves) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	s, _, results := solution.Lookup(&c.Header, "spec.environment", c.Spec.Environment, items)
	if results.Failed() {
		return items, results
	}
	components := c.components(s)
	used := map[string]bool{}
	for _, o := range view.Manifests(items) {
		component, _ := o.Label(componentLabel)
		used[component] = true
		if _, there := o.Annotation(view.SyncWaveAnnotation); there {
			continue
		}
		wave, known := c.earliest(o)
		switch ofComponent, found := components[component]; {
		case found && known:
			wave = max(wave, ofComponent)
		case found:
			wave, known = ofComponent, true
		}
		if known {
			o.SetAnnotation(view.SyncWaveAnnotation, strconv.Itoa(wave))
		}
	}
	for _, name := range solution.Names(c.Spec.Components) {
		if !used[name] {
			delete(used, "")
			results = append(results, c.Warnf(view.Path("spec", "components", name), "no object has the label %s: %s%s",
				componentLabel, name, suggest(name, solution.Names(used))))
		}
	}
	return items, results
}

func suggest(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	return fnconfig.Suggest(name, known)
}

// components are the Solution's waves and, over them, the config's.
func (c *SetSyncWaves) components(s *solution.Solution) map[string]int {
	waves := map[string]int{}
	if s != nil {
		for name, component := range s.Spec.Components {
			waves[name] = component.Wave
		}
	}
	maps.Copy(waves, c.Spec.Components)
	return waves
}

// earliest is the earliest wave of an object by its kind.
func (c *SetSyncWaves) earliest(o view.Object) (int, bool) {
	kind := o.GroupKind()
	name := kind.Kind
	if kind.Group != "" {
		name += "." + kind.Group
	}
	if wave, said := c.Spec.Kinds[name]; said {
		return wave, true
	}
	if wave, found := kindWaves[kind]; found {
		return wave, true
	}
	if kind.Group != view.EventStreamsGroup && kind.Group != view.StrimziGroup {
		return 0, false
	}
	wave, found := kafkaWaves[kind.Kind]
	// A client that logs in needs its KafkaUser. Where health is assessed, a
	// wave waits until all of the one before is healthy: a client in front of
	// its user would wait for ever.
	if wave == operandsWave && logsIn(o) {
		wave = topicsWave
	}
	return wave, found
}

// logsIn says whether a client of Kafka authenticates.
func logsIn(o view.Object) bool {
	if o.Lookup("spec", "authentication") != nil {
		return true
	}
	clusters := o.Lookup("spec", "clusters")
	if clusters == nil || clusters.Kind != yaml.SequenceNode {
		return false
	}
	for _, cluster := range clusters.Content {
		if view.Lookup(cluster, "authentication") != nil {
			return true
		}
	}
	return false
}
