package sizing_test

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
)

// strimziPools is a cluster with a pool, each with metadata of its own.
func strimziPools(kafka, pool, spec string) string {
	return "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k" + kafka + "}\nspec: {kafka: {config: {default.replication.factor: 3, min.insync.replicas: 2}}}\n---\n" +
		"apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaNodePool\nmetadata: {name: p, labels: {strimzi.io/cluster: k}" + pool + "}\nspec: {roles: [broker, controller], " + spec + "}\n"
}

func strimziTopic(config string) string {
	return "---\napiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic\nmetadata: {name: t, labels: {strimzi.io/cluster: k}}\nspec: {partitions: 12, replicas: 3, config: {" + config + "}}\n"
}

const roomy = "replicas: 3, resources: {requests: {cpu: 2, memory: 8Gi}, limits: {cpu: 2, memory: 8Gi}}, storage: {type: persistent-claim, size: 100Gi}"

// The forms that people's manifests have.
func TestAuditOfForms(t *testing.T) {
	for name, tc := range map[string]struct {
		manifest string
		brokers  int
		says     []string // somewhere in the report
		not      []string
	}{
		"old API": {
			strings.Replace("apiVersion: kafka.strimzi.io/VERSION\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3, resources: {limits: {cpu: 2, memory: 8Gi}}, storage: {type: jbod, volumes: [{id: 0, type: persistent-claim, size: 100Gi}]}}, zookeeper: {replicas: 3}}", "VERSION", "v1beta1", 1),
			3, []string{"carries", "SZ080"}, []string{"SZ120"},
		},
		"namespace in one file only": {strimziPools(", namespace: kafka", "", roomy), 3, []string{"18MB/s"}, []string{"SZ001"}},
		"and in the other":           {strimziPools("", ", namespace: kafka", roomy), 3, []string{"18MB/s"}, []string{"SZ001"}},
		"of another namespace":       {strimziPools(", namespace: a", ", namespace: b", roomy), 0, []string{"no KafkaNodePool with the label strimzi.io/cluster: k", `names the Kafka "k", which is not among`}, nil},
		"pools somewhere else":       {strings.Split(strimziPools("", "", roomy), "---\n")[0], 0, []string{"audit the folder that has both"}, nil},
		"a pool alone":               {strings.Split(strimziPools("", "", roomy), "---\n")[1], 0, []string{`names the Kafka "k"`}, nil},
		"requests alone":             {strimziPools("", "", strings.Replace(roomy, "limits: {cpu: 2, memory: 8Gi}", "limits: {memory: 8Gi}", 1)), 3, []string{"2 vCPU (requested; nothing limits it)", "18MB/s"}, nil},
		"kept for ever":              {strimziPools("", "", roomy) + strimziTopic("retention.ms: -1"), 3, []string{"SZ031", "records are kept for ever"}, nil},
		"deleted by size":            {strimziPools("", "", roomy) + strimziTopic("retention.bytes: 1073741824"), 3, []string{"retention.bytes keeps 24 GiB a broker at most"}, []string{"SZ031"}},
		"too much by size":           {strimziPools("", "", roomy) + strimziTopic("retention.bytes: 10737418240"), 3, []string{"SZ031"}, nil},
		"as kustomize prints it":     {strimziPools("", "", roomy) + strimziTopic("retention.ms: 3.6e+06"), 3, []string{"records shall be kept for 60 min"}, nil},
		"compacted":                  {strimziPools("", "", roomy) + strimziTopic("cleanup.policy: compact"), 3, []string{"what keys leave is not known"}, nil},
		"copies of topics":           {strings.Replace(strimziPools("", "", roomy), "default.replication.factor: 3, min.insync.replicas: 2", "", 1) + strimziTopic(""), 3, []string{"18MB/s"}, []string{"1 copy of each record"}},
		"copies not said":            {strings.Replace(strimziPools("", "", roomy), "default.replication.factor: 3, min.insync.replicas: 2", "", 1), 3, []string{"1 copy of each record"}, nil},
	} {
		audits := sizing.AuditAll(fntest.Items(t, tc.manifest), sizing.AuditOptions{})
		var b strings.Builder
		sizing.WriteAudits(&b, audits)
		if len(audits) == 0 || audits[0].Brokers != tc.brokers {
			t.Errorf("%s: %d brokers\n%s", name, tc.brokers, &b)
		}
		for _, want := range tc.says {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q is not said\n%s", name, want, &b)
			}
		}
		for _, bad := range tc.not {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: %q is said\n%s", name, bad, &b)
			}
		}
	}
}

// Workers that stand still, and those that nobody counts.
func TestAuditWorkers(t *testing.T) {
	mm := "apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaMirrorMaker2\nmetadata: {name: mm}\nspec: {connectCluster: a, REPLICAS}\n"
	for replicas, tc := range map[string]struct {
		breaks string
		warns  bool
	}{
		"replicas: 0": {"it has no workers", false},
		"replicas: 1": {"1 task of 1 worker", true},
		"version: x":  {"1 task of 3 workers", false},
	} {
		a := sizing.AuditAll(fntest.Items(t, strings.Replace(mm, "REPLICAS", replicas, 1)), sizing.AuditOptions{})[0]
		if !strings.Contains(a.BreaksFirst, tc.breaks) || has(a.Diagnostics, "SZ041") != tc.warns {
			t.Errorf("%s: %+v", replicas, a)
		}
	}
}

// What nothing says can be assumed, and is marked.
func TestAuditAssumesCPU(t *testing.T) {
	manifest := strimziPools("", "", "replicas: 3, storage: {type: persistent-claim, size: 100Gi}")
	if a := sizing.AuditAll(fntest.Items(t, manifest), sizing.AuditOptions{})[0]; a.Carries != "" || !has(a.Diagnostics, "SZ001") {
		t.Errorf("%+v", a)
	}
	if a := sizing.AuditAll(fntest.Items(t, manifest), sizing.AuditOptions{CPU: 2})[0]; a.Carries != "18MB/s" || a.CPUFrom != "assumed" || has(a.Diagnostics, "SZ001") {
		t.Errorf("%+v", a)
	}
}

// A MirrorMaker's topics are on the cluster where Kafka keeps them: offset syncs
// at the source, all else at the target, each found by name and namespace.
func TestMirrorsClusters(t *testing.T) {
	small := func(namespace, brokers string) string {
		return "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k, namespace: " + namespace + "}\nspec: {kafka: {replicas: " + brokers + ", resources: {limits: {cpu: 1, memory: 2Gi}}}, zookeeper: {replicas: 1}}\n---\n"
	}
	mirror := `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaMirrorMaker2
metadata: {name: mm, namespace: b}
spec:
  replicas: 2
  connectCluster: target
  clusters: [{alias: source, bootstrapServers: "k-kafka-bootstrap.a.svc:9092"}, {alias: target, bootstrapServers: "k-kafka-bootstrap:9092", config: {config.storage.replication.factor: 3}}]
  mirrors:
  - sourceCluster: source
    targetCluster: target
    sourceConnector: {tasksMax: 4, config: {replication.factor: 3, offset-syncs.topic.replication.factor: 3LOCATION}}
`
	for name, tc := range map[string]struct {
		source, target, location string
		fields                   []string
	}{
		"small source":          {"1", "3", "", []string{"spec.mirrors[0].sourceConnector.config[offset-syncs.topic.replication.factor]"}},
		"small target":          {"3", "1", "", []string{"spec.clusters[1].config[config.storage.replication.factor]", "spec.mirrors[0].sourceConnector.config[replication.factor]"}},
		"all at a small target": {"3", "1", ", offset-syncs.topic.location: target", []string{"spec.clusters[1].config[config.storage.replication.factor]", "spec.mirrors[0].sourceConnector.config[replication.factor]", "spec.mirrors[0].sourceConnector.config[offset-syncs.topic.replication.factor]"}},
		"large enough":          {"3", "3", "", nil},
	} {
		var fields []string
		for _, a := range sizing.AuditAll(fntest.Items(t, small("a", tc.source)+small("b", tc.target)+strings.Replace(mirror, "LOCATION", tc.location, 1)), sizing.AuditOptions{}) {
			if a.Ref().Kind != "KafkaMirrorMaker2" {
				continue
			}
			if !strings.Contains(a.BreaksFirst, "10MB/s") { // 4 tasks of 2.5
				t.Errorf("%s: %s", name, a.BreaksFirst)
			}
			for _, d := range a.Diagnostics {
				if d.ID == "SZ010" {
					fields = append(fields, d.Field)
				}
			}
		}
		if strings.Join(fields, " ") != strings.Join(tc.fields, " ") {
			t.Errorf("%s: %q; expected %q", name, fields, tc.fields)
		}
	}
}
