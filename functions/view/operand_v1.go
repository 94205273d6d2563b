package view

import (
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// What v1 of Strimzi's API, which Event Streams shares, has in place of what
// v1beta2 had; as Strimzi's own conversion tool turns it (v1-api-conversion).

// Misfit is a part of an operand that has no one form in v1.
type Misfit struct{ Path, Message string }

// connectFields are settings of Kafka Connect, and of MirrorMaker 2's target,
// that are fields of their own in v1; without one the operator took the default.
var connectFields = []struct{ setting, field, connect, mirror string }{
	{"group.id", "groupId", "connect-cluster", "mirrormaker2-cluster"},
	{"config.storage.topic", "configStorageTopic", "connect-cluster-configs", "mirrormaker2-cluster-configs"},
	{"offset.storage.topic", "offsetStorageTopic", "connect-cluster-offsets", "mirrormaker2-cluster-offsets"},
	{"status.storage.topic", "statusStorageTopic", "connect-cluster-status", "mirrormaker2-cluster-status"},
}

// defaultReplicas is what the operator took where spec.replicas is missing, which
// v1 demands.
var defaultReplicas = map[string]int{"KafkaConnect": 3, "KafkaMirrorMaker2": 3, "KafkaBridge": 1}

// MisfitsOfV1 lists what somebody has to write for v1 by hand.
func (o Operand) MisfitsOfV1() []Misfit {
	if path := o.misshapenClient(); path != "" {
		return []Misfit{{path, "is missing, or neither a map nor a list of what belongs there"}}
	}
	var found []Misfit
	if volumes := o.Lookup("spec", "externalConfiguration", "volumes"); volumes != nil && len(volumes.Content) > 0 {
		found = append(found, Misfit{"spec.externalConfiguration.volumes", "is no field of v1 any more, and a volume's path changes with its new place: " +
			"list each under spec.template.pod.volumes, mount it below /mnt (spec.template.connectContainer.volumeMounts), and write that path into the connectors in place of /opt/kafka/external-configuration"})
	}
	for _, part := range o.authenticated() {
		if Text(Lookup(part.node, "authentication", "type")) == "oauth" {
			found = append(found, Misfit{part.path + ".authentication.type", "oauth is no type of v1 any more; write it as type custom, with the settings in sasl and config"})
		}
	}
	if o.Kind() == "KafkaMirrorMaker2" {
		found = append(found, o.mirrorMisfits()...)
	}
	return found
}

// misshapenClient returns the path of a part of Connect, MirrorMaker 2 or the
// bridge that is not of its kind, empty when there is none.
func (o Operand) misshapenClient() string {
	if defaultReplicas[o.Kind()] == 0 {
		return ""
	}
	if o.Lookup("spec") == nil {
		return "spec"
	}
	for _, path := range [][]string{
		{"spec", "target"}, {"spec", "build"}, {"spec", "build", "output"}, {"spec", "template", "connectContainer"}, {"spec", "externalConfiguration"},
	} {
		if wrongKind(o.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	for _, path := range [][]string{
		{"spec", "template", "connectContainer", "env"}, {"spec", "externalConfiguration", "env"}, {"spec", "clusters"}, {"spec", "mirrors"},
	} {
		list := o.Lookup(path...)
		if wrongKind(list, yaml.SequenceNode) || slices.ContainsFunc(entries(list), func(n *yaml.Node) bool { return n.Kind != yaml.MappingNode }) {
			return Path(path...)
		}
	}
	for i, mirror := range entries(o.Lookup("spec", "mirrors")) {
		for _, key := range []string{"source", "sourceConnector", "checkpointConnector"} {
			if wrongKind(Field(mirror, key), yaml.MappingNode) {
				return "spec.mirrors[" + strconv.Itoa(i) + "]." + key
			}
		}
	}
	return ""
}

type part struct {
	path string
	node *yaml.Node
}

// authenticated lists the parts of an operand that are clients of Kafka.
func (o Operand) authenticated() []part {
	parts := []part{{"spec", o.Lookup("spec")}, {"spec.target", o.Lookup("spec", "target")}}
	for i, cluster := range entries(o.Lookup("spec", "clusters")) {
		parts = append(parts, part{"spec.clusters[" + strconv.Itoa(i) + "]", cluster})
	}
	for i, mirror := range entries(o.Lookup("spec", "mirrors")) {
		parts = append(parts, part{"spec.mirrors[" + strconv.Itoa(i) + "].source", Field(mirror, "source")})
	}
	return parts
}

// entries are those of a list, none where there is no list.
func entries(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	return list.Content
}

// cluster is the entry of a MirrorMaker 2's clusters with an alias.
func (o Operand) cluster(alias string) *yaml.Node {
	clusters := entries(o.Lookup("spec", "clusters"))
	i := slices.IndexFunc(clusters, func(c *yaml.Node) bool { return alias != "" && Text(Field(c, "alias")) == alias })
	if i < 0 {
		return nil
	}
	return clusters[i]
}

func (o Operand) mirrorMisfits() []Misfit {
	target := o.Text("spec", "target", "alias")
	if o.Lookup("spec", "target") == nil {
		target = o.Text("spec", "connectCluster")
		if o.cluster(target) == nil {
			return []Misfit{{"spec.connectCluster", "is " + strconv.Quote(target) + ", and no entry of spec.clusters has that alias, so that nothing can become spec.target; correct it"}}
		}
	}
	var found []Misfit
	for i, mirror := range entries(o.Lookup("spec", "mirrors")) {
		at := "spec.mirrors[" + strconv.Itoa(i) + "]"
		if to := Text(Field(mirror, "targetCluster")); to != "" && to != target {
			found = append(found, Misfit{at + ".targetCluster", "is " + strconv.Quote(to) + ", and in v1 all mirrors go to the cluster that Connect runs on, " + strconv.Quote(target) + "; write a KafkaMirrorMaker2 of its own for it"})
		}
		if from := Text(Field(mirror, "sourceCluster")); Field(mirror, "source") == nil && o.cluster(from) == nil {
			found = append(found, Misfit{at + ".sourceCluster", "is " + strconv.Quote(from) + ", and no entry of spec.clusters has that alias; correct it"})
		}
	}
	return found
}

// ConnectToV1 moves a Connect cluster's group and topics to v1's fields.
func (o Operand) ConnectToV1() {
	spec := o.Lookup("spec")
	for _, f := range connectFields {
		value := takeField(Field(spec, "config"), f.setting)
		switch {
		case Field(spec, f.field) != nil:
		case value != nil:
			SetField(spec, f.field, value)
		default:
			SetField(spec, f.field, String(f.connect))
		}
	}
	output := o.Lookup("spec", "build", "output")
	if options := takeField(output, "additionalKanikoOptions"); options != nil {
		SetField(output, "additionalBuildOptions", options)
	}
}

// takeField removes a field and returns its value, nil when it is not there.
func takeField(mapping *yaml.Node, key string) *yaml.Node {
	value := Field(mapping, key)
	if value == nil {
		return nil
	}
	value = Copy(value)
	DeleteField(mapping, key)
	return value
}

// MirrorToV1 puts the cluster that a MirrorMaker 2's Connect runs on into target,
// and each mirror's source beside it, in place of the list of clusters.
func (o Operand) MirrorToV1() {
	spec := o.Lookup("spec")
	if Field(spec, "target") == nil {
		SetField(spec, "target", mirrorTarget(o.cluster(o.Text("spec", "connectCluster"))))
	}
	for _, mirror := range entries(Field(spec, "mirrors")) {
		if Field(mirror, "source") == nil {
			SetField(mirror, "source", Copy(o.cluster(Text(Field(mirror, "sourceCluster")))))
		}
		for _, key := range []string{"sourceCluster", "targetCluster"} {
			DeleteField(mirror, key)
		}
		for _, old := range [][2]string{{"topicsBlacklistPattern", "topicsExcludePattern"}, {"groupsBlacklistPattern", "groupsExcludePattern"}} {
			if value := takeField(mirror, old[0]); value != nil && Field(mirror, old[1]) == nil {
				SetField(mirror, old[1], value)
			}
		}
		for _, connector := range []string{"sourceConnector", "checkpointConnector"} {
			unpause(Field(mirror, connector))
		}
	}
	DeleteField(spec, "connectCluster")
	DeleteField(spec, "clusters")
}

// mirrorTarget is v1's form of the cluster that Connect runs on.
func mirrorTarget(cluster *yaml.Node) *yaml.Node {
	cluster = Copy(cluster)
	config := Field(cluster, "config")
	target := Map()
	for _, key := range []string{"alias", "bootstrapServers"} {
		if value := Field(cluster, key); value != nil {
			SetField(target, key, value)
		}
	}
	for _, f := range connectFields {
		value := takeField(config, f.setting)
		if value == nil {
			value = String(f.mirror)
		}
		SetField(target, f.field, value)
	}
	for _, key := range []string{"tls", "authentication", "config"} {
		if value := Field(cluster, key); value != nil {
			SetField(target, key, value)
		}
	}
	return target
}

// unpause turns a connector's pause into v1's state.
func unpause(connector *yaml.Node) {
	if pause := takeField(connector, "pause"); Text(pause) == "true" && Field(connector, "state") == nil {
		SetField(connector, "state", String("paused"))
	}
}

// ConnectorToV1 turns a connector's pause into v1's state.
func (o Operand) ConnectorToV1() { unpause(o.Lookup("spec")) }

// ExternalEnvToV1 moves environment variables of externalConfiguration into the
// container's template.
func (o Operand) ExternalEnvToV1() {
	for _, variable := range entries(o.Lookup("spec", "externalConfiguration", "env")) {
		list := o.Lookup("spec", "template", "connectContainer", "env")
		if list == nil {
			o.SetNode(Seq(), "spec", "template", "connectContainer", "env")
			list = o.Lookup("spec", "template", "connectContainer", "env")
		}
		list.Content = append(list.Content, Copy(variable))
	}
	o.Delete("spec", "externalConfiguration")
}

// RequireReplicas writes spec.replicas where it is missing and returns the number
// that the operator took, empty where there was nothing to write.
func (o Operand) RequireReplicas() string {
	replicas := defaultReplicas[o.Kind()]
	if replicas == 0 || o.Lookup("spec", "replicas") != nil {
		return ""
	}
	digits := strconv.Itoa(replicas)
	o.SetNode(Int(digits), "spec", "replicas")
	return digits
}

// DropClientsForV1 removes what v1 of Connect, MirrorMaker 2 and the bridge does
// not have and returns the paths.
func (o Operand) DropClientsForV1() []string {
	var dropped []string
	if o.Delete("spec", "template", "deployment") {
		dropped = append(dropped, "spec.template.deployment")
	}
	if o.Text("spec", "tracing", "type") == "jaeger" && o.Delete("spec", "tracing") {
		dropped = append(dropped, "spec.tracing")
	}
	for i, mirror := range entries(o.Lookup("spec", "mirrors")) {
		if DeleteField(mirror, "heartbeatConnector") {
			dropped = append(dropped, "spec.mirrors["+strconv.Itoa(i)+"].heartbeatConnector")
		}
	}
	return dropped
}
