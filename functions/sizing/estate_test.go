package sizing_test

import (
	"math"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
)

// connect is one of IBM's workers with a CPU limit, annotated with a ratio.
func connect(kind, cpu, annotations string) string {
	return "apiVersion: eventstreams.ibm.com/v1beta2\nkind: " + kind + "\nmetadata: {name: c, namespace: shop}\nspec: {replicas: 1, resources: {limits: {cpu: " + cpu +
		", memory: 2Gi}}, template: {pod: {metadata: {annotations: {productMetric: VIRTUAL_PROCESSOR_CORE" + annotations + "}}}}}\n"
}

const nine = `apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  license: {use: USE}
  strimziOverrides:
    kafka: {replicas: 9, resources: {limits: {cpu: 4, memory: 8096Mi}}, storage: {type: persistent-claim, size: 100Gi}}
    zookeeper: {replicas: 3}
`

const replicator = `apiVersion: eventstreams.ibm.com/v1beta1
kind: EventStreamsGeoReplicator
metadata: {name: es, namespace: shop, labels: {eventstreams.ibm.com/cluster: es}}
spec: {replicas: REPLICAS}
`

func queueManager(use, more string) string {
	return "apiVersion: mq.ibm.com/v1beta1\nkind: QueueManager\nmetadata: {name: qm, namespace: shop}\nspec: {license: {use: " + use + "}" + more + "}\n"
}

// What IBM charges for is counted in whole estates: its own example of nine
// brokers, a geo-replicator and a Connect worker, and what else there is.
func TestEstate(t *testing.T) {
	production := strings.Replace(nine, "USE", "CloudPakForIntegrationProduction", 1)
	half := strings.Replace(nine, "USE", "CloudPakForIntegrationNonProduction", 1)
	one, two := strings.Replace(replicator, "REPLICAS", "1", 1), strings.Replace(replicator, "REPLICAS", "2", 1)
	for name, tc := range map[string]struct {
		reason  string
		objects []string
		cores   float64
	}{
		"IBM's example":    {"9 x 4 + 1 + 1 = 38", []string{production, one, connect("KafkaConnect", "1", "")}, 38},
		"half":             {"2:1 of brokers and replicators, 1:1 of a worker that says nothing: 18 + 1 + 1", []string{half, two, connect("KafkaConnect", "1", "")}, 20},
		"annotated":        {"the License Service reads 2:1 of the pods: 2 of 4 cores", []string{connect("KafkaMirrorMaker2", "4", `, productCloudpakRatio: "2:1"`)}, 2},
		"nonsense":         {"a ratio that is none is 1:1", []string{connect("KafkaMirrorMaker2", "4", `, productCloudpakRatio: "0:7"`)}, 4},
		"rounded":          {"half a core is one, for the estate", []string{connect("KafkaConnect", "500m", "")}, 1},
		"Strimzi's":        {"no licence", []string{strings.ReplaceAll(connect("KafkaConnect", "4", ""), "eventstreams.ibm.com", "kafka.strimzi.io")}, 0},
		"queue manager":    {"2:1 of half a core, rounded up", []string{queueManager("Production", "")}, 1},
		"Native HA":        {"three pods of 4 cores at 2:1", []string{queueManager("Production", ", queueManager: {availability: {type: NativeHA}, resources: {limits: {cpu: 4}}}")}, 6},
		"MQ beside prod":   {"three pods of 4 cores at 4:1", []string{queueManager("NonProduction", ", queueManager: {availability: {type: NativeHA}, resources: {limits: {cpu: 4}}}")}, 3},
		"MQ for ACE":       {"entitled by another product", []string{queueManager("Production", ", annotations: {productMetric: FREE}")}, 0},
		"MQ for nothing":   {"developers' edition", []string{queueManager("Development", "")}, 0},
		"MQ with a ratio":  {"as annotated: 12 / 10", []string{queueManager("Production", ", annotations: {productCloudpakRatio: '10:1'}, queueManager: {availability: {type: NativeHA}, resources: {limits: {cpu: 4}}}")}, 2},
		"nobody's charged": {"ZooKeeper is not chargeable", []string{strings.Replace(production, "replicas: 9", "replicas: 1", 1)}, 4},
	} {
		estate := sizing.Estate(fntest.Items(t, strings.Join(tc.objects, "---\n")))
		if got := float64(sizing.EstateLicenceCores(estate)) / 1000; got != tc.cores || len(estate) != len(tc.objects) {
			t.Errorf("%s: %v licence cores; expected %v (%s)\n%+v", name, got, tc.cores, tc.reason, estate)
		}
	}
	sum := sizing.Total(sizing.Estate(fntest.Items(t, production+"---\n"+queueManager("Production", ", queueManager: {storage: {queueManager: {type: persistent-claim, size: 2Gi}, recoveryLogs: {type: ephemeral, size: 9Gi}}}"))))
	if sum.Count != 13 || sum.VCPU != 39500 || sum.DiskBytes != 902*gib {
		t.Errorf("%+v", sum)
	}
}

// Amounts are the users' prices and nothing else.
func TestPrices(t *testing.T) {
	var p sizing.Prices
	if p.Known() || p.JSON(1) != nil {
		t.Error("there are no prices to begin with")
	}
	for _, text := range []string{"vCPU=20", "memoryGiB=2.5", "diskGiB=0.1", "licenceCore=100", "currency=EUR"} {
		if err := p.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	amount := p.Of(sizing.Pods{VCPU: 1500, MemoryBytes: 4 * gib, DiskBytes: 100 * gib}, 500)
	if math.Abs(amount-100) > 1e-9 || p.Cost(amount) != "100 EUR" { // 30 + 10 + 10 + 50
		t.Errorf("%v, %s", amount, p.Cost(amount))
	}
	for _, text := range []string{"", "vCPU", "cpu=1", "vCPU=x", "vCPU=-1", "vCPU=NaN", "vCPU=Inf", "currency=a|b", "currency=\n"} {
		if err := new(sizing.Prices).Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
