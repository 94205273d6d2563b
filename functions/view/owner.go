package view

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// OwnerClass is a class of custom resources from whose name an operator derives
// the names and labels of what it makes. Empty is none of them.
type OwnerClass string

// The classes, as messages name them.
const (
	KafkaOwner        OwnerClass = "Kafka cluster"
	ConnectOwner      OwnerClass = "Kafka Connect cluster"
	QueueManagerOwner OwnerClass = "queue manager"
)

// OwnerClasses lists the classes.
var OwnerClasses = []OwnerClass{KafkaOwner, ConnectOwner, QueueManagerOwner}

// ibmEventsGroup is the API group of the Kafka that comes with the Cloud Paks'
// foundational services, a Strimzi under another name.
const ibmEventsGroup = "ibmevents.ibm.com"

const mqGroup = "mq.ibm.com"

// OwnerClass returns the class of an object, empty when it is none of them.
func (o Object) OwnerClass() OwnerClass {
	switch o.Group() {
	case EventStreamsGroup, StrimziGroup, ibmEventsGroup, mqGroup:
		return OwnerKind(o.Kind())
	}
	return ""
}

// OwnerKind returns the class of the objects of a kind.
func OwnerKind(kind string) OwnerClass {
	switch kind {
	case "EventStreams", "Kafka":
		return KafkaOwner
	case "KafkaConnect", "KafkaConnectS2I":
		return ConnectOwner
	case "QueueManager":
		return QueueManagerOwner
	}
	return ""
}

// OwnerResource returns the class of a resource's name, as a Role's rules and
// kubectl name it: eventstreams, kafkas, kafkaconnect.
func OwnerResource(resource string) OwnerClass {
	resource, _, _ = strings.Cut(strings.ToLower(resource), ".")
	switch resource {
	case "eventstreams", "kafka", "kafkas":
		return KafkaOwner
	case "kafkaconnect", "kafkaconnects":
		return ConnectOwner
	case "queuemanager", "queuemanagers", "qmgr":
		return QueueManagerOwner
	}
	return ""
}

// derivedForms are what stands behind an owner's name and a '-' in the names of
// what its operator makes: Services, Secrets, pods and so on (Strimzi's
// KafkaResources and KafkaConnectResources; Event Streams' ibm-es-*; MQ's
// ibm-mq-*).
var derivedForms = map[OwnerClass]*regexp.Regexp{
	KafkaOwner: regexp.MustCompile(`^(kafka(-[0-9]+)?|kafka-([a-z0-9]+-)?(bootstrap|[0-9]+)|kafka-(brokers|config|exporter|jmx|tls)|` +
		`zookeeper(-[0-9]+|-client|-nodes|-config|-jmx)?|entity-(topic-|user-)?operator(-certs|-config)?|` +
		`cluster-ca(-cert)?|clients-ca(-cert)?|cluster-operator-certs|(kafka-exporter|cruise-control)(-certs|-config)?|` +
		`network-policy-(kafka|zookeeper)|ibm-es-[-a-z0-9]+)$`),
	ConnectOwner:      regexp.MustCompile(`^connect(-api|-config|-metrics-and-log|-build|-dockerfile|-jmx|-[0-9]+)?$`),
	QueueManagerOwner: regexp.MustCompile(`^ibm-mq(-[-a-z0-9]+)?$`),
}

// Derives says whether an operator puts this behind an owner's name and a '-':
// kafka-bootstrap, cluster-ca-cert, connect-api, ibm-mq.
func (c OwnerClass) Derives(suffix string) bool {
	form := derivedForms[c]
	return form != nil && form.MatchString(suffix)
}

// OwnedSecret says whether the object is a Secret or a SealedSecret that users
// make under a name that the operator derives: a cluster's own certificate
// authority.
func (o Object) OwnedSecret() bool {
	_, secret := AsSecret(o)
	_, sealed := AsSealedSecret(o)
	return secret || sealed
}

// IsClusterLabel says whether a label names a Kafka cluster or what is built
// like one (Kafka Connect, MirrorMaker).
func IsClusterLabel(key string) bool {
	return slices.Contains(clusterLabels, key)
}

// clusterLabels are the labels of IsClusterLabel.
var clusterLabels = []string{EventStreamsClusterLabel, StrimziClusterLabel, ibmEventsGroup + "/cluster"}

// Labels of Kubernetes' recommendation that MQ's operator puts on pods, and
// Strimzi's beside its own: instance is the cluster's name, part-of that name
// behind one of PartOfPrefixes.
const (
	appNameLabel     = "app.kubernetes.io/name"
	appInstanceLabel = "app.kubernetes.io/instance"
	appPartOfLabel   = "app.kubernetes.io/part-of"
	mqAppName        = "ibm-mq"
)

// PartOfPrefixes stand in front of a cluster's name in the label part-of, as
// Strimzi and Event Streams write it: strimzi-my-cluster.
var PartOfPrefixes = []string{"strimzi-", "eventstreams-"}

// LabelOwners returns the classes of which a label's value in a mapping of
// labels is the name, the likeliest first; nil when it names none. Kind is that
// of the object where the labels are its own, and empty in a selector.
func LabelOwners(labels *yaml.Node, key, kind string) []OwnerClass {
	switch {
	case key == appInstanceLabel && Text(Field(labels, appNameLabel)) == mqAppName:
		return []OwnerClass{QueueManagerOwner}
	case kind == "" && (key == appInstanceLabel || key == appPartOfLabel): // of the pods that Strimzi makes
		if i := slices.IndexFunc(clusterLabels, func(label string) bool { return Field(labels, label) != nil }); i >= 0 {
			key = clusterLabels[i]
		}
	}
	if !IsClusterLabel(key) {
		return nil
	}
	switch kind {
	case "KafkaConnector":
		return []OwnerClass{ConnectOwner}
	case "KafkaTopic", "KafkaUser", "KafkaNodePool", "KafkaRebalance":
		return []OwnerClass{KafkaOwner}
	}
	if pods := Text(Field(labels, strings.TrimSuffix(key, "cluster")+"kind")); pods != "" {
		if class := OwnerKind(pods); class != "" {
			return []OwnerClass{class}
		}
		return nil // MirrorMaker's or the Bridge's pods
	}
	return []OwnerClass{KafkaOwner, ConnectOwner}
}

// OwnerLabel is a label that names an owner.
type OwnerLabel struct {
	// Field is the label's path in its object.
	Field string
	// Key and Name are the label.
	Key, Name string
	// Classes are those that the owner may be of (see LabelOwners).
	Classes []OwnerClass
}

// OwnerLabels returns the labels by which an object says to which owner in its
// own namespace it belongs: those of topics, users, node pools, rebalances and
// connectors, and those that a PodMonitor, a ServiceMonitor or a NetworkPolicy
// selects pods by.
func (o Object) OwnerLabels() []OwnerLabel {
	kind, path := o.Kind(), []string{"metadata", "labels"}
	switch kind {
	case "KafkaConnector", "KafkaTopic", "KafkaUser", "KafkaNodePool", "KafkaRebalance":
	case "PodMonitor", "ServiceMonitor":
		if o.Lookup("spec", "namespaceSelector") != nil {
			return nil // of other namespaces
		}
		kind, path = "", []string{"spec", "selector", "matchLabels"}
	case "NetworkPolicy":
		kind, path = "", []string{"spec", "podSelector", "matchLabels"}
	default:
		return nil
	}
	labels := o.Lookup(path...)
	if labels == nil || labels.Kind != yaml.MappingNode {
		return nil
	}
	var found []OwnerLabel
	for i := 0; i+1 < len(labels.Content); i += 2 {
		key, name := labels.Content[i].Value, Text(labels.Content[i+1])
		if key == appInstanceLabel && Text(Field(labels, appNameLabel)) != mqAppName || key == appPartOfLabel {
			continue // beside the cluster's own label, which says the same
		}
		if classes := LabelOwners(labels, key, kind); name != "" && classes != nil {
			found = append(found, OwnerLabel{Field: Path(append(path, key)...), Key: key, Name: name, Classes: classes})
		}
	}
	return found
}

// BindsEverywhere says whether the object is a ClusterRoleBinding, Kubernetes'
// or OpenShift's: the one binding that has no namespace.
func (o Object) BindsEverywhere() bool {
	return o.Kind() == "ClusterRoleBinding" &&
		(o.Group() == "rbac.authorization.k8s.io" || o.Group() == "authorization.openshift.io")
}
