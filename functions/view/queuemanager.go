package view

import "sigs.k8s.io/kustomize/kyaml/yaml"

// MQGroup is the API group of IBM MQ.
const MQGroup = "mq.ibm.com"

// QueueManagerRole is that of a queue manager's pods.
const QueueManagerRole = "queuemanager"

// QueueManager is a lens over a QueueManager.
type QueueManager struct {
	Object
}

// QueueManagers returns the queue managers among the items that get deployed.
func QueueManagers(items []*yaml.RNode) []QueueManager {
	var found []QueueManager
	for _, o := range Manifests(items) {
		if o.Is(MQGroup, "QueueManager") {
			found = append(found, QueueManager{o})
		}
	}
	return found
}

// Pods are the queue manager's pods.
func (q QueueManager) Pods() KafkaNodes {
	path := []string{"spec", "queueManager"}
	return KafkaNodes{Ref: q.Ref(), Name: q.Name(), object: q.Object, path: path, prefix: path, role: QueueManagerRole}
}

// Availability is SingleInstance, MultiInstance or NativeHA; the operator's
// default is SingleInstance.
func (q QueueManager) Availability() string {
	if kind := q.Text("spec", "queueManager", "availability", "type"); kind != "" {
		return kind
	}
	return "SingleInstance"
}

// Misshapen returns the path of a field that should be a map and is something
// else, empty when there is none.
func (q QueueManager) Misshapen() string {
	for _, path := range [][]string{{"spec"}, {"spec", "queueManager"}, {"spec", "queueManager", "availability"}} {
		if wrongKind(q.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	for _, keys := range [][]string{{"resources"}, {"resources", "requests"}, {"resources", "limits"}} {
		if path := append([]string{"spec", "queueManager"}, keys...); wrongKind(q.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	return ""
}

// License is the licence use (Production, NonProduction, Development), and what
// the annotations that the License Service reads say in its place: the
// chargeable cores for each licence core (2:1 is 2), or that it is free.
func (q QueueManager) License() (use string, ratio int64, free bool) {
	use = q.Text("spec", "license", "use")
	ratio = licenceRatio(q.Lookup("spec", "annotations"))
	metric, _ := scalarField(q.Lookup("spec", "annotations"), "productMetric")
	return use, ratio, metric == "FREE"
}

// Volumes are the sizes of the claims of each pod.
func (q QueueManager) Volumes() []string {
	var sizes []string
	for _, part := range []string{"queueManager", "recoveryLogs", "persistedData"} {
		volume := q.Lookup("spec", "queueManager", "storage", part)
		if size := Text(Lookup(volume, "size")); size != "" && Text(Lookup(volume, "type")) != Ephemeral {
			sizes = append(sizes, size)
		}
	}
	return sizes
}
