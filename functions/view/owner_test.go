package view

import (
	"fmt"
	"slices"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func TestDerives(t *testing.T) {
	for suffix, want := range map[string]OwnerClass{
		"kafka-bootstrap": KafkaOwner, "kafka-brokers": KafkaOwner, "kafka-external-bootstrap": KafkaOwner, "kafka-0": KafkaOwner,
		"kafka-tls-12": KafkaOwner, "kafka": KafkaOwner, "zookeeper-client": KafkaOwner, "cluster-ca-cert": KafkaOwner,
		"clients-ca": KafkaOwner, "entity-operator": KafkaOwner, "entity-user-operator-certs": KafkaOwner,
		"ibm-es-ac-reg-external": KafkaOwner, "cruise-control": KafkaOwner,
		"connect-api": ConnectOwner, "connect": ConnectOwner, "connect-0": ConnectOwner,
		"ibm-mq": QueueManagerOwner, "ibm-mq-web": QueueManagerOwner, "ibm-mq-0": QueueManagerOwner,
		"metrics": "", "kafka-guide": "", "kafka-": "", "": "", "ibm-mqx": "", "connector": "", "cluster-ca-certs": "", "ibm-es-": "",
	} {
		for _, class := range OwnerClasses {
			if got := class.Derives(suffix); got != (class == want) {
				t.Errorf("%s derives %q: %v", class, suffix, got)
			}
		}
	}
	if OwnerClass("").Derives("kafka-bootstrap") {
		t.Error("no class derives nothing")
	}
}

func TestOwnerClass(t *testing.T) {
	for object, want := range map[string]OwnerClass{
		"{apiVersion: eventstreams.ibm.com/v1beta2, kind: EventStreams}":   KafkaOwner,
		"{apiVersion: kafka.strimzi.io/v1, kind: Kafka}":                   KafkaOwner,
		"{apiVersion: ibmevents.ibm.com/v1beta2, kind: Kafka}":             KafkaOwner,
		"{apiVersion: eventstreams.ibm.com/v1beta2, kind: KafkaConnect}":   ConnectOwner,
		"{apiVersion: mq.ibm.com/v1beta1, kind: QueueManager}":             QueueManagerOwner,
		"{apiVersion: platform.example.com/v1, kind: Kafka}":               "",
		"{apiVersion: eventstreams.ibm.com/v1beta2, kind: KafkaConnector}": "",
	} {
		if got := Of(yaml.MustParse(object)).OwnerClass(); got != want {
			t.Errorf("%s is %q, expected %q", object, got, want)
		}
	}
	for resource, want := range map[string]OwnerClass{
		"kafkas": KafkaOwner, "Kafka": KafkaOwner, "eventstreams.eventstreams.ibm.com": KafkaOwner,
		"kafkaconnects": ConnectOwner, "queuemanagers": QueueManagerOwner, "kafkatopics": "", "": "",
	} {
		if got := OwnerResource(resource); got != want {
			t.Errorf("%s is %q, expected %q", resource, got, want)
		}
	}
}

func TestOwnerLabels(t *testing.T) {
	for object, want := range map[string]string{
		"{kind: KafkaTopic, metadata: {labels: {strimzi.io/cluster: es, app: es}}}":                                                  "metadata.labels[strimzi.io/cluster] es [Kafka cluster]",
		"{kind: KafkaConnector, metadata: {labels: {eventstreams.ibm.com/cluster: c}}}":                                              "metadata.labels[eventstreams.ibm.com/cluster] c [Kafka Connect cluster]",
		"{kind: PodMonitor, spec: {selector: {matchLabels: {strimzi.io/cluster: es}}}}":                                              "spec.selector.matchLabels[strimzi.io/cluster] es [Kafka cluster Kafka Connect cluster]",
		"{kind: PodMonitor, spec: {selector: {matchLabels: {strimzi.io/cluster: es, strimzi.io/kind: KafkaConnect}}}}":               "spec.selector.matchLabels[strimzi.io/cluster] es [Kafka Connect cluster]",
		"{kind: PodMonitor, spec: {selector: {matchLabels: {strimzi.io/cluster: es, strimzi.io/kind: KafkaMirrorMaker2}}}}":          "",
		"{kind: PodMonitor, spec: {namespaceSelector: {any: true}, selector: {matchLabels: {strimzi.io/cluster: es}}}}":              "",
		"{kind: NetworkPolicy, spec: {podSelector: {matchLabels: {app.kubernetes.io/name: ibm-mq, app.kubernetes.io/instance: q}}}}": "spec.podSelector.matchLabels[app.kubernetes.io/instance] q [queue manager]",
		"{kind: NetworkPolicy, spec: {podSelector: {matchLabels: {app.kubernetes.io/instance: q}}}}":                                 "",
		"{kind: NetworkPolicy, spec: {podSelector: {matchLabels: [a]}}}":                                                             "",
		"{kind: KafkaUser}": "",
		"{kind: Deployment, metadata: {labels: {strimzi.io/cluster: es}}}": "",
	} {
		got := ""
		for _, l := range Of(yaml.MustParse(object)).OwnerLabels() {
			got += fmt.Sprintf("%s %s %s", l.Field, l.Name, l.Classes)
		}
		if got != want {
			t.Errorf("%s: %q, expected %q", object, got, want)
		}
	}
}

func TestSubjectWhere(t *testing.T) {
	o := Of(yaml.MustParse(`
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
subjects:
- {kind: ServiceAccount, name: a, namespace: one}
- {kind: ServiceAccount, name: 'system:serviceaccount:x:y'}
- {kind: User, name: 'system:serviceaccount:two:app'}
- {kind: Group, name: 'system:serviceaccounts:three'}
- {kind: Group, name: 'system:serviceaccounts'}
- {kind: User, name: 'system:admin'}
- {kind: Group, name: 'serviceaccounts:x'}
`))
	var got []string
	for _, s := range o.Subjects() {
		got = append(got, s.Where())
	}
	if want := []string{"one", "", "two", "three", "", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
	if !o.BindsEverywhere() || Of(yaml.MustParse("{kind: ClusterRoleBinding, apiVersion: example.com/v1}")).BindsEverywhere() {
		t.Error("only Kubernetes' and OpenShift's ClusterRoleBindings bind everywhere")
	}
}
