package sizing_test

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// kafka is a cluster in production that nothing is wrong with at 100 kB/s, with
// replacements; two of them say what was and what is.
func kafka(pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(`
apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  version: 11.5.0
  license: {use: CloudPakForIntegrationProduction}
  strimziOverrides:
    kafka:
      replicas: 3
      resources: {requests: {cpu: 4, memory: 16Gi}, limits: {cpu: 4, memory: 16Gi}}
      rack: {topologyKey: topology.kubernetes.io/zone}
      config: {default.replication.factor: 3, min.insync.replicas: 2, offsets.topic.replication.factor: 3, transaction.state.log.min.isr: 2, num.io.threads: 24, num.replica.fetchers: 3}
      storage: {type: persistent-claim, size: 900Gi, class: gold}
    zookeeper: {replicas: 3, storage: {type: persistent-claim, size: 4Gi, class: gold}}
---
apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaTopic
metadata: {name: t, namespace: shop, labels: {eventstreams.ibm.com/cluster: es}}
spec: {partitions: 12, replicas: 3, config: {cleanup.policy: compact}}
`)
}

// pools is the same with node pools.
func pools(pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(`
apiVersion: eventstreams.ibm.com/v1
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  license: {use: CloudPakForIntegrationProduction}
  strimziOverrides:
    kafka:
      rack: {topologyKey: topology.kubernetes.io/zone}
      config: {default.replication.factor: 3, min.insync.replicas: 2}
    nodePools:
    - name: brokers
      roles: [broker]
      replicas: 3
      resources: {requests: {cpu: 4, memory: 16Gi}, limits: {cpu: 4, memory: 16Gi}}
      storage: {type: persistent-claim, size: 900Gi}
      template: {pod: {topologySpreadConstraints: []}}
    - {name: controllers, roles: [controller], replicas: 3, storage: {type: persistent-claim, size: 4Gi}}
`)
}

func audit(t *testing.T, manifest string, options sizing.AuditOptions) []sizing.Diagnostic {
	t.Helper()
	if options.Ingress == 0 {
		options.Ingress = 1e5
	}
	var found []sizing.Diagnostic
	for _, a := range sizing.AuditAll(fntest.Items(t, manifest), options) {
		found = append(found, a.Diagnostics...)
	}
	return found
}

func change(t *testing.T, before, after string) []sizing.Diagnostic {
	t.Helper()
	state := func(manifest string) sizing.State {
		items := fntest.Items(t, manifest)
		return sizing.StateOf(view.KafkaClusters(items)[0], items)
	}
	return sizing.Changes(state(before), state(after))
}

func planned(in sizing.Input) []sizing.Diagnostic { return sizing.Size(in).Diagnostics }

// The clusters of this test have nothing to find but what IBM measured on, and
// what they are licensed for.
func TestNothingIsWrong(t *testing.T) {
	for _, manifest := range []string{kafka(), pools()} {
		for _, d := range audit(t, manifest, sizing.AuditOptions{}) {
			if d.Severity != sizing.DiagnosticInfo {
				t.Error(d)
			}
		}
	}
}

// Each diagnostic of the model, in each place where it is found: with its
// severity, the field, and what that is and should be.
func TestDiagnostics(t *testing.T) {
	const kafkaPath, poolsPath = "spec.strimziOverrides.kafka.", "spec.strimziOverrides.nodePools"
	config := func(key string) string { return kafkaPath + "config[" + key + "]" }
	none := sizing.AuditOptions{}
	load := func(w sizing.Workload) sizing.Workload {
		w.Ingress = 10 * mb
		return w
	}
	tested := map[string]bool{}
	for name, tc := range map[string]struct {
		found                    []sizing.Diagnostic
		id                       string
		severity                 sizing.Severity
		field, current, proposed string
	}{
		"SZ001 no ingress":     {found: planned(sizing.Input{}), id: "SZ001", severity: "error", field: "ingress"},
		"SZ001 both":           {found: planned(sizing.Input{Workload: load(sizing.Workload{MessageRate: 5, MessageSize: 5})}), id: "SZ001", severity: "error", field: "ingress"},
		"SZ001 replicas":       {found: audit(t, kafka("replicas: 3\n      resources", "replicas: ${N}\n      resources"), none), id: "SZ001", severity: "error", field: kafkaPath + "replicas", current: "${N}"},
		"SZ001 no CPU":         {found: audit(t, "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3}}", none), id: "SZ001", severity: "warn", field: "spec.kafka.resources", proposed: "1"},
		"SZ001 quantity":       {found: audit(t, kafka("limits: {cpu: 4, memory: 16Gi}", "limits: {cpu: four, memory: 16Gi}"), none), id: "SZ001", severity: "warn", field: kafkaPath + "resources.limits.cpu", current: "four"},
		"SZ010 default":        {found: audit(t, kafka("default.replication.factor: 3", "default.replication.factor: 4"), none), id: "SZ010", severity: "error", field: config("default.replication.factor"), current: "4", proposed: "3"},
		"SZ010 topic":          {found: audit(t, kafka("partitions: 12, replicas: 3", "partitions: 12, replicas: 5"), none), id: "SZ010", severity: "error", field: "spec.replicas", current: "5", proposed: "3"},
		"SZ011 brokers":        {found: audit(t, kafka("min.insync.replicas: 2", "min.insync.replicas: 3"), none), id: "SZ011", severity: "error", field: config("min.insync.replicas"), current: "3", proposed: "2"},
		"SZ011 transactions":   {found: audit(t, kafka("min.isr: 2", "min.isr: 3"), none), id: "SZ011", severity: "error", field: config("transaction.state.log.min.isr"), current: "3", proposed: "2"},
		"SZ011 topic":          {found: audit(t, kafka("{cleanup.policy: compact}", "{min.insync.replicas: 3}"), none), id: "SZ011", severity: "error", field: "spec.config[min.insync.replicas]", current: "3", proposed: "2"},
		"SZ011 plan":           {found: planned(sizing.Input{Workload: load(sizing.Workload{MinInSyncReplicas: 3})}), id: "SZ011", severity: "error", field: "minInSyncReplicas", current: "3", proposed: "2"},
		"SZ012 audit":          {found: audit(t, kafka("min.insync.replicas: 2", "min.insync.replicas: 1"), none), id: "SZ012", severity: "warn", field: config("min.insync.replicas"), current: "1", proposed: "2"},
		"SZ012 plan":           {found: planned(sizing.Input{Workload: load(sizing.Workload{MinInSyncReplicas: 1})}), id: "SZ012", severity: "warn", field: "minInSyncReplicas", current: "1", proposed: "2"},
		"SZ020":                {found: change(t, kafka(), kafka("900Gi", "800Gi")), id: "SZ020", severity: "error", field: kafkaPath + "storage.size", current: "900Gi", proposed: "800Gi"},
		"SZ021 class":          {found: change(t, kafka(), kafka("size: 900Gi, class: gold", "size: 900Gi, class: fast")), id: "SZ021", severity: "error", field: kafkaPath + "storage.class", current: "gold", proposed: "fast"},
		"SZ021 type":           {found: change(t, kafka(), kafka("{type: persistent-claim, size: 900Gi, class: gold}", "{type: ephemeral}")), id: "SZ021", severity: "error", field: kafkaPath + "storage.type", current: "persistent-claim", proposed: "ephemeral"},
		"SZ022 replicas":       {found: change(t, pools(), pools("[controller], replicas: 3", "[controller], replicas: 5")), id: "SZ022", severity: "error", field: poolsPath + "[1].replicas", current: "3", proposed: "5"},
		"SZ022 roles":          {found: change(t, pools(), pools("roles: [controller]", "roles: [controller, broker]")), id: "SZ022", severity: "error", field: poolsPath + "[1].roles", current: "controller", proposed: "broker+controller"},
		"SZ022 storage":        {found: change(t, pools(), pools("{type: persistent-claim, size: 4Gi}", "{type: ephemeral}")), id: "SZ022", severity: "error", field: poolsPath + "[1].storage.type", current: "persistent-claim", proposed: "ephemeral"},
		"SZ022 name":           {found: change(t, pools(), pools("name: controllers", "name: quorum")), id: "SZ022", severity: "error", field: poolsPath + "[1].replicas", current: "controllers", proposed: ""},
		"SZ022 even":           {found: audit(t, pools("[controller], replicas: 3", "[controller], replicas: 2"), none), id: "SZ022", severity: "warn", field: "", current: "2", proposed: "3"},
		"SZ023":                {found: change(t, kafka(), kafka("replicas: 3\n      resources", "replicas: 2\n      resources")), id: "SZ023", severity: "error", field: kafkaPath + "replicas", current: "3", proposed: "2"},
		"SZ023 grows":          {found: change(t, kafka(), kafka("replicas: 3\n      resources", "replicas: 6\n      resources")), id: "SZ023", severity: "info", field: kafkaPath + "replicas", current: "3", proposed: "6"},
		"SZ024":                {found: change(t, kafka(), kafka("partitions: 12", "partitions: 6")), id: "SZ024", severity: "error", field: "spec.partitions", current: "12", proposed: "6"},
		"SZ025 change":         {found: change(t, kafka(), kafka("partitions: 12", "partitions: 24")), id: "SZ025", severity: "warn", field: "spec.partitions", current: "12", proposed: "24"},
		"SZ025 plan":           {found: planned(sizing.Input{Workload: load(sizing.Workload{Topics: map[string]sizing.TopicLoad{"a": {Partitions: 4, CleanupPolicy: "compact"}}})}), id: "SZ025", severity: "warn", field: "topics.a.partitions", current: "4", proposed: "6"},
		"SZ026":                {found: audit(t, kafka("{type: persistent-claim, size: 4Gi, class: gold}", "{type: ephemeral}"), none), id: "SZ026", severity: "warn", field: "spec.strimziOverrides.zookeeper.storage.type", current: "ephemeral", proposed: "persistent-claim"},
		"SZ027 empty":          {found: audit(t, kafka("size: 900Gi, class: gold", "size: 900Gi, class: ''"), none), id: "SZ027", severity: "warn", field: kafkaPath + "storage.class"},
		"SZ027 placeholder":    {found: audit(t, kafka("size: 900Gi, class: gold", "size: 900Gi, class: STORAGE_CLASS"), none), id: "SZ027", severity: "warn", field: kafkaPath + "storage.class", current: "STORAGE_CLASS"},
		"SZ030":                {found: planned(sizing.Input{Workload: load(sizing.Workload{}), Platform: sizing.Platform{MaxVolume: "5Gi"}}), id: "SZ030", severity: "error", field: "storage", current: "5Gi", proposed: "7500Gi"},
		"SZ031":                {found: audit(t, kafka("900Gi", "20Gi"), none), id: "SZ031", severity: "warn", field: kafkaPath + "storage.size", current: "20Gi", proposed: "150Gi"},
		"SZ032":                {found: audit(t, kafka("900Gi", "20Gi"), none), id: "SZ032", severity: "warn", field: kafkaPath + "storage.size", current: "20Gi", proposed: "30Gi"},
		"SZ040":                {found: audit(t, kafka("replicas: 3\n      resources", "replicas: 4\n      resources"), none), id: "SZ040", severity: "warn", field: kafkaPath + "replicas", current: "4", proposed: "6"},
		"SZ041 audit":          {found: audit(t, kafka(), sizing.AuditOptions{Ingress: 60 * mb}), id: "SZ041", severity: "warn", field: kafkaPath + "replicas", current: "3", proposed: "6"},
		"SZ041 IBM":            {found: planned(sizing.Input{CPU: 4, Policy: sizing.Policy{CPUUtilization: 0.8}, Workload: sizing.Workload{Ingress: 47 * mb, SurviveFailure: sizing.NoFailure}}), id: "SZ041", severity: "warn", field: "ingress", current: "47MB/s", proposed: "42.7MB/s"},
		"SZ042 nodes":          {found: audit(t, kafka(), sizing.AuditOptions{Platform: sizing.Platform{Nodes: 2}}), id: "SZ042", severity: "warn", field: "nodes", current: "2", proposed: "3"},
		"SZ042 spread":         {found: audit(t, pools("template: {pod: {topologySpreadConstraints: []}}", "template: {}"), none), id: "SZ042", severity: "warn", field: poolsPath + "[0].template.pod.topologySpreadConstraints", proposed: "topology.kubernetes.io/zone"},
		"SZ042 plan":           {found: planned(sizing.Input{Workload: load(sizing.Workload{}), Platform: sizing.Platform{Nodes: 2}}), id: "SZ042", severity: "warn", field: "nodes", current: "2", proposed: "3"},
		"SZ042 no node":        {found: planned(sizing.Input{CPU: 8, Workload: load(sizing.Workload{}), Platform: sizing.Platform{NodeAllocatable: &sizing.Allocatable{CPU: "4"}}}), id: "SZ042", severity: "error", field: "platform.nodeAllocatable.cpu", current: "4", proposed: "8"},
		"SZ050 many":           {found: audit(t, kafka("partitions: 12", "partitions: 1500"), none), id: "SZ050", severity: "warn", field: "partitionsPerBroker", current: "1500", proposed: "1000"},
		"SZ050 too many":       {found: audit(t, kafka("partitions: 12", "partitions: 4001"), none), id: "SZ050", severity: "error", field: "partitionsPerBroker", current: "4001", proposed: "4000"},
		"SZ050 KRaft":          {found: audit(t, pools()+topicOf("33000"), none), id: "SZ050", severity: "error", field: "partitionsPerBroker", current: "33000", proposed: "32765"},
		"SZ060 request":        {found: audit(t, kafka("requests: {cpu: 4, memory: 16Gi}", "requests: {cpu: 4, memory: 128Mi}"), none), id: "SZ060", severity: "warn", field: kafkaPath + "resources.requests.memory", current: "128Mi", proposed: "5Gi"},
		"SZ060 half":           {found: audit(t, kafka("rack:", "jvmOptions: {-Xmx: 6g}\n      rack:", "16Gi", "8Gi"), none), id: "SZ060", severity: "warn", field: kafkaPath + "jvmOptions.-Xmx", current: "6144m", proposed: "4096m"},
		"SZ060 large":          {found: audit(t, kafka("rack:", "jvmOptions: {-Xmx: 7g}\n      rack:"), none), id: "SZ060", severity: "warn", field: kafkaPath + "jvmOptions.-Xmx", current: "7168m", proposed: "5120m"},
		"SZ061":                {found: audit(t, kafka("num.replica.fetchers: 3", "num.replica.fetchers: 20"), none), id: "SZ061", severity: "warn", field: config("num.replica.fetchers"), current: "20", proposed: "3"},
		"SZ062":                {found: change(t, kafka(), kafka("num.io.threads: 24", "num.io.threads: 64")), id: "SZ062", severity: "warn", field: config("num.io.threads"), current: "24", proposed: "64"},
		"SZ070 default":        {found: audit(t, kafka("    zookeeper:", "    cruiseControl: {}\n    zookeeper:"), sizing.AuditOptions{Ingress: 20 * mb}), id: "SZ070", severity: "warn", field: "spec.strimziOverrides.cruiseControl.brokerCapacity.inboundNetwork", current: "", proposed: "24415KiB/s"},
		"SZ070 said":           {found: audit(t, kafka("    zookeeper:", "    cruiseControl: {brokerCapacity: {inboundNetwork: 5000KiB/s}}\n    zookeeper:"), sizing.AuditOptions{Ingress: 20 * mb}), id: "SZ070", severity: "warn", field: "spec.strimziOverrides.cruiseControl.brokerCapacity.inboundNetwork", current: "5000KiB/s", proposed: "24415KiB/s"},
		"SZ070 unreadable":     {found: audit(t, kafka("    zookeeper:", "    cruiseControl: {brokerCapacity: {inboundNetwork: 500Mi}}\n    zookeeper:"), none), id: "SZ070", severity: "warn", field: "spec.strimziOverrides.cruiseControl.brokerCapacity.inboundNetwork", current: "500Mi", proposed: "153KiB/s"},
		"SZ080 brokers":        {found: audit(t, kafka("offsets.topic.replication.factor: 3", "offsets.topic.replication.factor: 1"), none), id: "SZ080", severity: "warn", field: config("offsets.topic.replication.factor"), current: "1", proposed: "3"},
		"SZ080 topic":          {found: audit(t, kafka("partitions: 12, replicas: 3", "partitions: 12, replicas: 1"), none), id: "SZ080", severity: "warn", field: "spec.replicas", current: "1", proposed: "3"},
		"SZ080 MirrorMaker":    {found: audit(t, mirror, none), id: "SZ080", severity: "warn", field: "spec.target.config[offset.storage.replication.factor]", current: "1", proposed: "3"},
		"SZ090":                {found: audit(t, kafka("limits: {cpu: 4", "limits: {cpu: 2"), none), id: "SZ090", severity: "info", field: kafkaPath + "resources.limits.cpu", current: "2", proposed: "4"},
		"SZ100 cores":          {found: audit(t, kafka(), none), id: "SZ100", severity: "info", field: "spec.license.use", current: "CloudPakForIntegrationProduction", proposed: "CloudPakForIntegrationProduction"},
		"SZ100 dev":            {found: audit(t, kafka(), sizing.AuditOptions{Class: "dev"}), id: "SZ100", severity: "warn", field: "spec.license.use", current: "CloudPakForIntegrationProduction", proposed: "CloudPakForIntegrationNonProduction"},
		"SZ100 plan":           {found: planned(sizing.Input{Workload: load(sizing.Workload{}), LicenseUse: "EventAutomationNonProduction"}), id: "SZ100", severity: "warn", field: "license.use", current: "EventAutomationNonProduction", proposed: "EventAutomationProduction"},
		"SZ110":                {found: audit(t, pools("    - name: brokers", "    - annotations: {eventstreams.ibm.com/hpa-enabled: 'true'}\n      name: brokers"), none), id: "SZ110", severity: "info", field: poolsPath + "[0].replicas", current: "3", proposed: "3"},
		"SZ120 replicas":       {found: audit(t, pools("    kafka:\n", "    kafka:\n      replicas: 3\n"), none), id: "SZ120", severity: "error", field: kafkaPath + "replicas", current: kafkaPath + "replicas", proposed: poolsPath + "[].replicas"},
		"SZ120 services":       {found: audit(t, pools("spec:\n  license", "spec:\n  requestIbmServices: {}\n  license"), none), id: "SZ120", severity: "error", field: "spec.requestIbmServices", current: "spec.requestIbmServices"},
		"SZ120 overrides":      {found: audit(t, pools("size: 900Gi}", "size: 900Gi, overrides: []}"), none), id: "SZ120", severity: "error", field: poolsPath + "[0].storage.overrides", current: poolsPath + "[0].storage.overrides"},
		"SZ120 Cruise Control": {found: audit(t, pools("    kafka:\n", "    cruiseControl: {brokerCapacity: {disk: 100Gi}}\n    kafka:\n"), none), id: "SZ120", severity: "error", field: "spec.strimziOverrides.cruiseControl.brokerCapacity.disk", current: "spec.strimziOverrides.cruiseControl.brokerCapacity.disk"},
	} {
		tested[tc.id] = true
		matched := false
		for _, d := range tc.found {
			if d.ID == tc.id && d.Severity == tc.severity && d.Field == tc.field && d.Current == tc.current && d.Proposed == tc.proposed {
				matched = matched || d.Message != ""
			}
		}
		if !matched {
			t.Errorf("%s: expected %s at %q from %q to %q among", name, tc.severity, tc.field, tc.current, tc.proposed)
			for _, d := range tc.found {
				t.Logf("   %s %s %q %q -> %q", d.ID, d.Severity, d.Field, d.Current, d.Proposed)
			}
		}
	}
	for id := range strings.FieldsSeq(`SZ001 SZ010 SZ011 SZ012 SZ020 SZ021 SZ022 SZ023 SZ024 SZ025 SZ026 SZ027 SZ030 SZ031 SZ032 SZ040 SZ041 SZ042
		SZ050 SZ060 SZ061 SZ062 SZ070 SZ080 SZ090 SZ100 SZ110 SZ120`) {
		if !tested[id] {
			t.Errorf("%s of the model has no case", id)
		}
	}
}

func topicOf(partitions string) string {
	return "---\napiVersion: eventstreams.ibm.com/v1\nkind: KafkaTopic\nmetadata: {name: many, namespace: shop, labels: {eventstreams.ibm.com/cluster: es}}\nspec: {partitions: " + partitions + ", replicas: 3}\n"
}

const mirror = `
apiVersion: eventstreams.ibm.com/v1
kind: KafkaMirrorMaker2
metadata: {name: mm}
spec:
  replicas: 2
  target: {alias: b, bootstrapServers: "b-kafka-bootstrap:9093", config: {offset.storage.replication.factor: 1}}
`
