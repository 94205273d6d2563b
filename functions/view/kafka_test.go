package view_test

import (
	"slices"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

const strimzi = `
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: {name: b, namespace: shop, labels: {strimzi.io/cluster: k}}
spec: {roles: [broker], replicas: 0x3}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: {name: a, namespace: shop, labels: {strimzi.io/cluster: k}}
spec: {roles: [controller], replicas: "3"}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: {name: c, namespace: other, labels: {strimzi.io/cluster: k}}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: k, namespace: shop}
spec:
  kafka:
    replicas: 3
    config: {num.io.threads: "8", min.insync.replicas: 1}
`

// Pools belong to the Kafka of their label and namespace, in one order.
func TestKafkaPools(t *testing.T) {
	clusters := view.KafkaClusters(fntest.Items(t, strimzi))
	if len(clusters) != 1 || clusters[0].IsEventStreams() {
		t.Fatalf("%v", clusters)
	}
	names := make([]string, 0, 2)
	for _, pool := range clusters[0].Pools() {
		names = append(names, pool.Name)
	}
	if !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("pools %v", names)
	}
	controllers, brokers := clusters[0].Pools()[0], clusters[0].Pools()[1]
	if !controllers.Is(view.ControllerRole) || controllers.Is(view.BrokerRole) || brokers.Ref.Name != "b" || brokers.Field("replicas") != "spec.replicas" {
		t.Errorf("%+v %+v", controllers, brokers)
	}
}

// Numbers are compared by value: 0x3 is 3 and stays, while a string is no
// number of replicas and is written anew.
func TestKafkaReplicas(t *testing.T) {
	items := fntest.Items(t, strimzi)
	pools := view.KafkaClusters(items)[0].Pools()
	for _, pool := range pools {
		if n, ok := pool.Replicas(); n != 3 || !ok {
			t.Errorf("%s: %d %v", pool.Name, n, ok)
		}
		pool.SetReplicas(3)
	}
	if got := view.Of(items[0]).Text("spec", "replicas"); got != "0x3" {
		t.Errorf("an equal number was rewritten to %s", got)
	}
	if node := view.Of(items[1]).Lookup("spec", "replicas"); node.ShortTag() != yaml.NodeTagInt {
		t.Errorf("replicas stay a string: %v", node)
	}
	for _, text := range []string{"-1", "many", "99999999999"} {
		o := view.OfNode(view.Map("apiVersion", view.String("kafka.strimzi.io/v1"), "kind", view.String("Kafka"),
			"metadata", view.Map("name", view.String("k")), "spec", view.Map("kafka", view.Map("replicas", view.Int(text)))))
		if n, ok := view.KafkaClusters([]*yaml.RNode{o.RNode()})[0].Kafka().Replicas(); ok {
			t.Errorf("%s replicas are read as %d", text, n)
		}
	}
}

// A setting that is a string stays one.
func TestKafkaConfig(t *testing.T) {
	items := fntest.Items(t, strimzi)
	k := view.KafkaClusters(items)[0]
	k.SetConfig("num.io.threads", 24)
	k.SetConfig("min.insync.replicas", 2)
	k.SetConfig("log.cleaner.threads", 6)
	got, err := view.Of(items[3]).RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	const want = `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: k, namespace: shop}
spec:
  kafka:
    replicas: 3
    config: {num.io.threads: "24", min.insync.replicas: 2, log.cleaner.threads: 6}
`
	if got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
	if at := k.ConfigField("num.io.threads"); at != "spec.kafka.config[num.io.threads]" {
		t.Error(at)
	}
}

// Volumes of every kind of storage are read alike.
func TestKafkaVolumes(t *testing.T) {
	for storage, want := range map[string][]string{
		"{type: ephemeral, sizeLimit: 1Gi}":                                             {"ephemeral:"},
		"{type: persistent-claim, size: 1Gi}":                                           {"persistent-claim:1Gi"},
		"{type: jbod, volumes: [{type: ephemeral}, {type: persistent-claim, size: 2}]}": {"ephemeral:", "persistent-claim:2"},
		"{type: jbod}": nil,
		"null":         nil,
	} {
		k := view.KafkaClusters(fntest.Items(t, `{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: {name: k}, spec: {kafka: {storage: `+storage+`}}}`))[0]
		got := make([]string, 0, len(want))
		for _, volume := range k.Kafka().Volumes() {
			got = append(got, volume.Type()+":"+volume.Size())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v; expected %v", storage, got, want)
		}
	}
}

func TestKafkaVolumeEdits(t *testing.T) {
	items := fntest.Items(t, `{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: {name: k}, spec: {kafka: {storage: {type: ephemeral, sizeLimit: 1Gi}}}}`)
	k := view.KafkaClusters(items)[0]
	volume := k.Kafka().Volumes()[0]
	volume.Persist()
	volume.SetSize("10Gi")
	volume.SetClass("gold")
	if class, found := volume.Class(); class != "gold" || !found || volume.Type() != view.PersistentClaim || volume.Field("size") != "spec.kafka.storage.size" {
		t.Errorf("%+v", volume)
	}
	if view.Of(items[0]).Lookup("spec", "kafka", "storage", "sizeLimit") != nil {
		t.Error("a claim has no sizeLimit")
	}
	added := k.ZooKeeper().AddVolume()
	if added.Persist(); !k.ZooKeeper().Present() || k.ZooKeeper().Volumes()[0].Type() != view.PersistentClaim {
		t.Error("the added volume is not in the manifest")
	}
}

// What stands where a map or a list belongs is found, with its path.
func TestKafkaMisshapen(t *testing.T) {
	for spec, want := range map[string]string{
		"{kafka: {}}":                            "",
		"{kafka: null}":                          "",
		"[]":                                     "spec",
		"{kafka: 1}":                             "spec.kafka",
		"{kafka: {config: []}}":                  "spec.kafka.config",
		"{license: yes}":                         "spec.license",
		"{kafka: {resources: 1}}":                "spec.kafka.resources",
		"{kafka: {resources: {limits: []}}}":     "spec.kafka.resources.limits",
		"{kafka: {jvmOptions: -Xmx1g}}":          "spec.kafka.jvmOptions",
		"{kafka: {roles: broker}}":               "spec.kafka.roles",
		"{kafka: {storage: ephemeral}}":          "spec.kafka.storage",
		"{kafka: {storage: {volumes: {}}}}":      "spec.kafka.storage.volumes",
		"{kafka: {storage: {volumes: [1Gi]}}}":   "spec.kafka.storage.volumes[0]",
		"{kafka: {storage: {volumes: [{}]}}}":    "",
		"{kafka: {resources: {requests: null}}}": "",
	} {
		k := view.KafkaClusters(fntest.Items(t, `{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: {name: k}, spec: `+spec+`}`))[0]
		got := k.Misshapen()
		if got == "" {
			got = k.Kafka().Misshapen()
		}
		if got != want {
			t.Errorf("%s: %q; expected %q", spec, got, want)
		}
	}
}

func TestKafkaTopic(t *testing.T) {
	items := fntest.Items(t, `
apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaTopic
metadata: {name: item-inventory, labels: {eventstreams.ibm.com/cluster: es, strimzi.io/cluster: other}}
spec: {topicName: item.inventory, partitions: 3, config: {retention.ms: 1000, segment.ms: "2000"}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {name: items, labels: {strimzi.io/cluster: k}}
spec: []
`)
	topics := view.KafkaTopics(items)
	if len(topics) != 2 || topics[0].Topic() != "item.inventory" || topics[0].Cluster() != "es" || topics[1].Topic() != "items" || topics[1].Cluster() != "k" {
		t.Fatalf("%v", topics)
	}
	if topics[0].Misshapen() != "" || topics[1].Misshapen() != "spec" {
		t.Errorf("misshapen: %q, %q", topics[0].Misshapen(), topics[1].Misshapen())
	}
	topic := topics[0]
	topic.SetNumber("partitions", 6)
	topic.SetNumber("replicas", 3)
	topic.SetConfig("retention.ms", 1000)
	topic.SetConfig("segment.ms", 3000)
	topic.SetConfig("retention.bytes", 1<<40)
	got, err := items[0].String()
	if err != nil {
		t.Fatal(err)
	}
	const want = `apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaTopic
metadata: {name: item-inventory, labels: {eventstreams.ibm.com/cluster: es, strimzi.io/cluster: other}}
spec: {topicName: item.inventory, partitions: 6, config: {retention.ms: 1000, segment.ms: "3000", retention.bytes: "1099511627776"}, replicas: 3}
`
	if got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}
