package view

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Operand is a lens over a custom resource that an operator runs, and over what
// changed in Kafka's from one version of its API to the next.
type Operand struct{ Object }

// versionPath is where the product's version stands.
func (o Operand) versionPath() []string {
	if o.Is(StrimziGroup, "Kafka") {
		return []string{"spec", "kafka", "version"}
	}
	return []string{"spec", "version"}
}

// ProductVersion returns the version that the operator is to run.
func (o Operand) ProductVersion() string { return o.Text(o.versionPath()...) }

// VersionField is the path of the product's version, for messages.
func (o Operand) VersionField() string { return Path(o.versionPath()...) }

// SetProductVersion writes the version that the operator is to run.
func (o Operand) SetProductVersion(version string) { o.Set(version, o.versionPath()...) }

// SetAPI writes the version of apiVersion: v1beta2.
func (o Operand) SetAPI(version string) { o.Set(o.Group()+"/"+version, "apiVersion") }

// root is the path of Strimzi's Kafka spec, nil where there is none.
func (o Operand) root() []string {
	switch {
	case o.Is(StrimziGroup, "Kafka"):
		return []string{"spec"}
	case o.Is(EventStreamsGroup, "EventStreams"):
		return []string{"spec", "strimziOverrides"}
	}
	return nil
}

func (o Operand) at(keys ...string) []string { return append(slices.Clone(o.root()), keys...) }

// RunsKafka says whether the operand is a Kafka cluster, of either product.
func (o Operand) RunsKafka() bool { return o.root() != nil }

// Field is the path of a field of Strimzi's Kafka spec, for messages.
func (o Operand) Field(keys ...string) string { return Path(o.at(keys...)...) }

// ProtocolKey is the setting of brokers that holds back a new version's
// protocol and format.
const ProtocolKey = "inter.broker.protocol.version"

// Protocol returns the brokers' inter.broker.protocol.version.
func (o Operand) Protocol() string { return o.Text(o.at("kafka", "config", ProtocolKey)...) }

// SetProtocol writes the brokers' inter.broker.protocol.version.
func (o Operand) SetProtocol(version string) {
	value := String(version)
	value.Style = yaml.DoubleQuotedStyle // 3.10 is no number
	o.SetNode(value, o.at("kafka", "config", ProtocolKey)...)
}

// DropProtocol removes the settings that brokers without ZooKeeper do not have
// and returns their paths.
func (o Operand) DropProtocol() []string {
	var dropped []string
	for _, key := range []string{ProtocolKey, "log.message.format.version"} {
		if path := o.at("kafka", "config", key); o.Delete(path...) {
			dropped = append(dropped, Path(path...))
		}
	}
	return dropped
}

// Misshapen returns the path of a part of an operand of Kafka that should be a
// map or a list and is something else, empty when there is none.
func (o Operand) Misshapen() string {
	if wrongKind(o.Lookup("spec"), yaml.MappingNode) {
		return "spec"
	}
	for _, part := range o.MetricsParts() {
		for _, keys := range [][]string{{}, {"config"}, {"authorization"}, {"template"}, {"template", "pod"}} {
			if path := append(slices.Clone(part), keys...); wrongKind(o.Lookup(path...), yaml.MappingNode) {
				return Path(path...)
			}
		}
	}
	if !o.RunsKafka() {
		return ""
	}
	if path := o.root(); wrongKind(o.Lookup(path...), yaml.MappingNode) {
		return Path(path...)
	}
	if path := o.at("nodePools"); wrongKind(o.Lookup(path...), yaml.SequenceNode) {
		return Path(path...)
	}
	return ""
}

// listenerPorts are the ports of v1beta1's three listeners (Strimzi's
// conversion to v1beta2).
var listenerPorts = []struct{ name, port, kind, tls string }{
	{"plain", "9092", "internal", "false"},
	{"tls", "9093", "internal", "true"},
	{"external", "9094", "", "true"},
}

// ListListeners turns the map of listeners of v1beta1 into v1beta2's list and
// returns the names of those that no version has; then nothing is changed.
func (o Operand) ListListeners() (unknown []string) {
	path := o.at("kafka", "listeners")
	listeners := o.Lookup(path...)
	if listeners == nil || listeners.Kind != yaml.MappingNode {
		return nil
	}
	known := map[string]bool{}
	list := Seq()
	for _, preset := range listenerPorts {
		known[preset.name] = true
		old := Field(listeners, preset.name)
		if IsNull(old) { // an API server drops it
			continue
		}
		list.Content = append(list.Content, listener(preset.name, preset.port, preset.kind, preset.tls, old))
	}
	for i := 0; i < len(listeners.Content); i += 2 {
		if name := listeners.Content[i].Value; !known[name] {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		o.SetNode(list, path...)
	}
	return unknown
}

func listener(name, port, kind, tls string, old *yaml.Node) *yaml.Node {
	if given := Text(Field(old, "type")); given != "" {
		kind = given
	}
	if given := Text(Field(old, "tls")); given != "" {
		tls = given
	}
	made := Map("name", String(name), "port", Int(port), "type", String(kind), "tls", Bool(tls == "true"))
	for _, key := range []string{"authentication", "networkPolicyPeers", "configuration"} {
		if value := Field(old, key); !IsNull(value) {
			SetField(made, key, Copy(value))
		}
	}
	for _, key := range []string{"bootstrap", "brokers"} {
		if value := Lookup(old, "overrides", key); value != nil {
			SetField(Ensure(made, "configuration"), key, Copy(value))
		}
	}
	return made
}

// The authorizer of Event Streams before and since v1beta2.
const (
	runAs      = "runas"
	runAsClass = "com.ibm.eventstreams.runas.authorizer.RunAsAuthorizer"
)

// CustomAuthorizer turns authorization of type runas into v1beta2's form of it.
func (o Operand) CustomAuthorizer() {
	if o.Text(o.at("kafka", "authorization", "type")...) != runAs {
		return
	}
	o.Set("custom", o.at("kafka", "authorization", "type")...)
	o.Set(runAsClass, o.at("kafka", "authorization", "authorizerClass")...)
	o.SetScalar("true", yaml.NodeTagBool, o.at("kafka", "authorization", "supportsAdminApi")...)
}

// MetricsParts are the parts of an operand that had metrics in v1beta1: of a
// Kafka cluster, else of a Connect cluster.
func (o Operand) MetricsParts() [][]string {
	if o.RunsKafka() {
		return [][]string{o.at("kafka"), o.at("zookeeper"), o.at("cruiseControl")}
	}
	return [][]string{{"spec"}}
}

// TakeMetrics turns metrics of v1beta1 into metricsConfig, which names a key of
// a ConfigMap, and returns the rules, which belong there; nil when there are
// none.
func (o Operand) TakeMetrics(part []string, configMap, key string) *yaml.Node {
	path := append(slices.Clone(part), "metrics")
	rules := o.Lookup(path...)
	if rules == nil {
		return nil
	}
	rules = Copy(rules)
	o.Delete(path...)
	o.SetNode(Map(
		"type", String("jmxPrometheusExporter"),
		"valueFrom", Map("configMapKeyRef", Map("name", String(configMap), "key", String(key))),
	), append(slices.Clone(part), "metricsConfig")...)
	return rules
}

// MovePlacement moves affinity and tolerations of v1beta1 to template.pod and
// returns the path of one that stands in both places, empty when there is none.
func (o Operand) MovePlacement(part []string) (twice string) {
	for _, key := range []string{"affinity", "tolerations"} {
		from := append(slices.Clone(part), key)
		value := o.Lookup(from...)
		if value == nil {
			continue
		}
		to := append(slices.Clone(part), "template", "pod", key)
		if o.Lookup(to...) != nil {
			return Path(from...)
		}
		value = Copy(value)
		o.Delete(from...)
		o.SetNode(value, to...)
	}
	return ""
}

// Names of the node pools that are made of parts without a name. Pods of a pool
// named kafka keep the names that they have without pools.
const (
	brokerPool     = "kafka"
	controllerPool = "controller"
)

// PoolRoles returns the roles that an EventStreams' node pools have together,
// and whether there are pools.
func (o Operand) PoolRoles() (roles []string, found bool) {
	list := o.Lookup(o.at("nodePools")...)
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, false
	}
	for _, pool := range list.Content {
		if own := Field(pool, "roles"); own != nil {
			for _, role := range own.Content {
				roles = append(roles, Text(role))
			}
		}
	}
	return roles, true
}

// Has says whether a field of Strimzi's Kafka spec is there.
func (o Operand) Has(keys ...string) bool { return o.Lookup(o.at(keys...)...) != nil }

// MoveBrokers makes an EventStreams' node pool of its brokers, and says whether
// there was something to move.
func (o Operand) MoveBrokers() bool {
	return o.addPool("kafka", brokerPool, BrokerRole, "replicas", "resources", "storage", "jvmOptions")
}

// MoveControllers makes an EventStreams' node pool of controllers in place of
// its ZooKeeper, of the same number and size, removes ZooKeeper, and says
// whether there was one.
func (o Operand) MoveControllers() bool {
	moved := o.addPool("zookeeper", controllerPool, ControllerRole, "replicas", "resources", "storage", "jvmOptions")
	o.Delete(o.at("zookeeper")...)
	return moved
}

func (o Operand) addPool(part, name, role string, keys ...string) bool {
	if !o.Has(part) {
		return false
	}
	pool := Map("name", String(name), "roles", Seq(String(role)))
	for _, key := range keys {
		if value := o.Lookup(o.at(part, key)...); value != nil {
			SetField(pool, key, Copy(value))
			o.Delete(o.at(part, key)...)
		}
	}
	list := o.Lookup(o.at("nodePools")...)
	if list == nil {
		o.SetNode(Seq(), o.at("nodePools")...)
		list = o.Lookup(o.at("nodePools")...)
	}
	list.Content = append(list.Content, pool)
	return true
}

// removedInV1 are fields of an EventStreams' spec that v1 does not have any
// more and that nothing takes the place of.
var removedInV1 = [][]string{
	{"spec", "requestIbmServices"},
	{"spec", "kafkaProxy"},
	{"spec", "strimziOverrides", "kafka", "replicas"},
	{"spec", "strimziOverrides", "kafka", "resources"},
	{"spec", "strimziOverrides", "kafka", "storage"},
	{"spec", "strimziOverrides", "cruiseControl", "brokerCapacity", "disk"},
	{"spec", "strimziOverrides", "cruiseControl", "brokerCapacity", "cpuUtilization"},
}

// DropForV1 removes fields of an EventStreams that v1 does not have and returns
// their paths.
func (o Operand) DropForV1() []string {
	var dropped []string
	for _, path := range removedInV1 {
		if o.Delete(path...) {
			dropped = append(dropped, Path(path...))
		}
	}
	return dropped
}

// UserToV1 turns each ACL's operation into v1's list of operations.
func (o Operand) UserToV1() {
	acls := o.Lookup("spec", "authorization", "acls")
	if acls == nil {
		return
	}
	for _, acl := range acls.Content {
		operation := Text(Field(acl, "operation"))
		if operation == "" {
			continue
		}
		if Field(acl, "operations") == nil {
			SetField(acl, "operations", Seq(String(operation)))
		}
		DeleteField(acl, "operation")
	}
}

// Document renders a node as YAML, for a file in a ConfigMap.
func Document(node *yaml.Node) (string, error) { return yaml.NewRNode(node).String() }
