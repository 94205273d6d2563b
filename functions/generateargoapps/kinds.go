package generateargoapps

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// teamKinds are the namespaced kinds that event-driven solutions are made of,
// by API group: workloads and what stands around them, Event Streams, Strimzi,
// MQ, Apicurio, sealed secrets and monitoring.
//
// Left out on purpose: Secret (it is sealed in Git), Role and RoleBinding
// (rights are for administrators to give), Subscription and OperatorGroup
// (operators belong to the cluster), Application and AppProject (whoever writes
// them administers Argo CD). Sources of the kinds: IBM's operators' CRDs
// (eventstreams.ibm.com, mq.ibm.com), Strimzi's and Apicurio's.
var teamKinds = map[string][]string{
	"":                      {"ConfigMap", "PersistentVolumeClaim", "Service", "ServiceAccount"},
	"apps":                  {"Deployment", "StatefulSet"},
	"autoscaling":           {"HorizontalPodAutoscaler"},
	"batch":                 {"CronJob", "Job"},
	"bitnami.com":           {"SealedSecret"},
	"eventstreams.ibm.com":  append([]string{"EventStreams", "EventStreamsGeoReplicator"}, kafkaKinds...),
	"kafka.strimzi.io":      append([]string{"Kafka"}, kafkaKinds...),
	"monitoring.coreos.com": {"PodMonitor", "PrometheusRule", "ServiceMonitor"},
	"mq.ibm.com":            {"QueueManager"},
	"networking.k8s.io":     {"Ingress", "NetworkPolicy"},
	"policy":                {"PodDisruptionBudget"},
	"registry.apicur.io":    {"ApicurioRegistry"},
	"route.openshift.io":    {"Route"},
}

// kafkaKinds are those that Event Streams and Strimzi have alike.
var kafkaKinds = []string{
	"KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker2", "KafkaNodePool", "KafkaRebalance",
	"KafkaTopic", "KafkaUser",
}

// adminKinds are those that administrators sync besides: what OLM installs
// operators from, the Cloud Pak's own objects, and rights.
var adminKinds = map[string][]string{
	"integration.ibm.com":       {"PlatformNavigator"},
	"operator.ibm.com":          {"CommonService"},
	"operators.coreos.com":      {"CatalogSource", "OperatorGroup", "Subscription"},
	"rbac.authorization.k8s.io": {"Role", "RoleBinding"},
}

// withheld says whether a kind that is rendered is allowed only where the config
// says so: what the tables above leave out on purpose. OpenShift's own rights
// (authorization.openshift.io) are like Kubernetes'.
func withheld(kind view.GroupKind, isAdmin bool) bool {
	switch kind.Group {
	case view.ArgoGroup:
		return true
	case "operators.coreos.com":
		return !isAdmin
	case "rbac.authorization.k8s.io", "authorization.openshift.io":
		return !isAdmin
	}
	return kind == view.GroupKind{Kind: "Secret"}
}

// namespaceKind is what an Application must be allowed to sync before it can
// make its namespace: Argo CD holds CreateNamespace=true against the project
// too (argo-cd v3.2.11, gitops-engine getSyncTasks).
var namespaceKind = view.GroupKind{Kind: "Namespace"}

// allKinds joins tables into one list, sorted by group and kind.
func allKinds(tables ...map[string][]string) []view.GroupKind {
	var kinds []view.GroupKind
	for _, table := range tables {
		for _, group := range solution.Names(table) {
			for _, kind := range table[group] {
				kinds = append(kinds, view.GroupKind{Group: group, Kind: kind})
			}
		}
	}
	return sortKinds(kinds)
}

func sortKinds(kinds []view.GroupKind) []view.GroupKind {
	slices.SortFunc(kinds, func(a, b view.GroupKind) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Kind, b.Kind))
	})
	return slices.Compact(kinds)
}

// change adds and takes away kinds, written as <Kind>.<group>. A list that
// nobody changes stays in its order.
func change(kinds []view.GroupKind, changes map[string]bool) []view.GroupKind {
	if len(changes) == 0 {
		return kinds
	}
	kinds = slices.Clone(kinds)
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		gk := ParseKind(name)
		if changes[name] {
			kinds = append(kinds, gk)
			continue
		}
		kinds = slices.DeleteFunc(kinds, func(k view.GroupKind) bool { return k == gk })
	}
	return sortKinds(kinds)
}
