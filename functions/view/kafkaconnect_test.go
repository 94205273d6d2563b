package view_test

import (
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

const connects = `
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnect
metadata: {name: a}
spec: {replicas: 2, bootstrapServers: "es-kafka-bootstrap.shop.svc:9093", config: {group.id: a, offset.storage.replication.factor: "2"}}
---
apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaMirrorMaker2
metadata: {name: b}
spec:
  connectCluster: t
  clusters: [{alias: s}, {alias: t, bootstrapServers: "k-kafka-bootstrap:9093"}]
  mirrors: [{sourceCluster: s, sourceConnector: {tasksMax: 4}}, text]
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {name: c}
spec: {target: {alias: t, bootstrapServers: "my.host:9092"}, mirrors: [{source: {}, sourceConnector: {}, heartbeatConnector: {}}]}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaConnect
metadata: {name: d}
spec: {config: [], clusters: {}}
---
apiVersion: example.com/v1
kind: KafkaConnect
metadata: {name: other}
`

func TestKafkaConnects(t *testing.T) {
	items := fntest.Items(t, connects)
	found := view.KafkaConnects(items)
	const ours = 4
	if len(found) != ours {
		t.Fatalf("%d", len(found))
	}
	for i, want := range []struct {
		target             string
		factors, tasks     int
		removed, misshapen string
	}{
		{"es", 3, 0, "spec.config[config.storage.topic]", ""},
		{"k", 5, 1, "spec.clusters", ""},
		{"", 6, 1, "spec.mirrors[0].heartbeatConnector", ""},
		{"", 3, 0, "", "spec.config"},
	} {
		c := found[i]
		if got := c.TargetCluster().Name; got != want.target {
			t.Errorf("%s: runs on %q", c.Name(), got)
		}
		if got := len(c.InternalFactors()); got != want.factors {
			t.Errorf("%s: %d factors", c.Name(), got)
		}
		if got := len(c.SourceTasks()); got != want.tasks {
			t.Errorf("%s: %d tasks", c.Name(), got)
		}
		if got := c.Misshapen(); got != want.misshapen {
			t.Errorf("%s: misshapen at %q", c.Name(), got)
		}
	}
	if got := found[0].RemovedInV1(); len(got) != 1 || got[0] != "spec.config[group.id]" {
		t.Errorf("%v", got)
	}
	if got := found[2].RemovedInV1(); len(got) != 1 || got[0] != "spec.mirrors[0].heartbeatConnector" {
		t.Errorf("%v", got)
	}
	if n, _ := found[0].Workers().Replicas(); n != 2 {
		t.Errorf("%d workers", n)
	}
	for _, number := range found[0].InternalFactors() {
		number.Set(3)
	}
	if got := found[0].Lookup("spec", "config", "offset.storage.replication.factor"); got.Value != "3" || got.ShortTag() != "!!str" {
		t.Errorf("a string becomes %v", got)
	}
	tasks := found[1].SourceTasks()[0]
	if value, ok := tasks.Value(); !ok || value != 4 || tasks.Path != "spec.mirrors[0].sourceConnector.tasksMax" {
		t.Errorf("%d at %s", value, tasks.Path)
	}
}

// Capacities, quotas, racks and spread have one place in each product.
func TestKafkaCapacity(t *testing.T) {
	for name, manifest := range map[string]string{
		"strimzi": "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec:\n" +
			"  cruiseControl: {brokerCapacity: {inboundNetwork: 1KB/s}}\n  kafka: {rack: {topologyKey: zone}, quotas: {type: strimzi}}\n",
		"event streams": "apiVersion: eventstreams.ibm.com/v1\nkind: EventStreams\nmetadata: {name: k}\nspec:\n  strimziOverrides:\n" +
			"    cruiseControl: {brokerCapacity: {inboundNetwork: 1KB/s}}\n    kafka: {rack: {topologyKey: zone}, quotas: {type: strimzi}}\n    nodePools: [{name: p}]\n",
	} {
		k := view.KafkaClusters(fntest.Items(t, manifest))[0]
		if !k.CruiseControl() || k.BrokerCapacity("inboundNetwork") != "1KB/s" || k.Rack() != "zone" || k.Quotas() != "strimzi" || k.CapacityMisshapen() != "" {
			t.Errorf("%s is read wrong", name)
		}
		k.SetBrokerCapacity("outboundNetwork", "2KiB/s")
		k.SetQuota("producerByteRate", 5)
		if k.BrokerCapacity("outboundNetwork") != "2KiB/s" || k.Text(append(rootOf(k), "kafka", "quotas", "producerByteRate")...) != "5" {
			t.Errorf("%s is written wrong", name)
		}
		for _, pool := range k.Pools() {
			if pool.Spread() || pool.SpreadMisshapen() != "" {
				t.Errorf("%s: spread", name)
			}
			if pool.SetSpread("zone", "a", "b"); !pool.Spread() {
				t.Errorf("%s: no spread", name)
			}
		}
	}
	broken := view.KafkaClusters(fntest.Items(t, "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {quotas: []}}\n"))[0]
	if broken.CapacityMisshapen() != "spec.kafka.quotas" || broken.CruiseControl() {
		t.Errorf("%q", broken.CapacityMisshapen())
	}
}

func rootOf(k view.KafkaCluster) []string {
	if k.IsEventStreams() {
		return []string{"spec", "strimziOverrides"}
	}
	return []string{"spec"}
}

func TestQueueManagers(t *testing.T) {
	all := view.QueueManagers(fntest.Items(t, `
apiVersion: mq.ibm.com/v1beta1
kind: QueueManager
metadata: {name: a}
spec: {queueManager: {availability: {type: NativeHA}, resources: {limits: {cpu: 2}}}}
---
apiVersion: mq.ibm.com/v1beta1
kind: QueueManager
metadata: {name: b}
spec: {queueManager: {resources: []}}
`))
	if len(all) != 2 || all[0].Availability() != "NativeHA" || all[0].Pods().Quantity("limits", "cpu") != "2" || all[0].Misshapen() != "" {
		t.Error("a is read wrong")
	}
	if all[1].Availability() != "SingleInstance" || all[1].Misshapen() != "spec.queueManager.resources" {
		t.Errorf("b is read wrong: %s", all[1].Misshapen())
	}
}
