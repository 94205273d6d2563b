package view_test

import (
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

const eventStreams = `
apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata:
  name: es
  annotations: {eventstreams.ibm.com/pause-reconciliation: "true", strimzi.io/pause-reconciliation: "false"}
spec:
  version: 12.2.0
  license: {accept: true, use: CloudPakForIntegrationProduction}
  strimziOverrides:
    kafka: {config: {num.io.threads: 8}}
    nodePools:
    - {name: kafka, roles: [broker, controller], replicas: 3}
    - {name: scaled, roles: [broker], replicas: 5, annotations: {eventstreams.ibm.com/hpa-enabled: "true"}}
`

func TestEventStreams(t *testing.T) {
	items := fntest.Items(t, eventStreams)
	es := view.KafkaClusters(items)[0]
	if !es.IsEventStreams() || es.ProductVersion() != "12.2.0" || es.Field("kafka") != "spec.strimziOverrides.kafka" {
		t.Errorf("%v", es)
	}
	if use, path := es.LicenseUse(); use != "CloudPakForIntegrationProduction" || path != "spec.license.use" {
		t.Errorf("%s at %s", use, path)
	}
	es.SetLicenseUse("CloudPakForIntegrationNonProduction")
	if got := view.Of(items[0]).Text("spec", "license", "use"); got != "CloudPakForIntegrationNonProduction" {
		t.Error(got)
	}
	if annotation, paused := es.Paused(); !paused || annotation != view.EventStreamsPauseAnnotation {
		t.Errorf("%s: %v", annotation, paused)
	}
	if es.ZooKeeper().Present() || !es.Kafka().Present() {
		t.Error("there is a kafka part and no ZooKeeper")
	}
	if value, found := es.Config("num.io.threads"); value != "8" || !found {
		t.Errorf("%q %v", value, found)
	}
}

// Pools of an EventStreams are entries of its list, in its order.
func TestEventStreamsPools(t *testing.T) {
	items := fntest.Items(t, eventStreams)
	pools := view.KafkaClusters(items)[0].Pools()
	if len(pools) != 2 || pools[0].Name != "kafka" || pools[1].Name != "scaled" {
		t.Fatalf("%v", pools)
	}
	if pools[0].Autoscaled() || !pools[1].Autoscaled() {
		t.Error("the second pool is autoscaled, the first is not")
	}
	if at := pools[1].Field("resources", "limits"); at != "spec.strimziOverrides.nodePools[1].resources.limits" {
		t.Error(at)
	}
	pools[0].SetQuantity("2", "limits", "cpu")
	pools[0].SetJVMOption("-Xmx", "1024m")
	got, err := view.OfNode(view.Of(items[0]).Lookup("spec", "strimziOverrides", "nodePools").Content[0]).RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	if want := "{name: kafka, roles: [broker, controller], replicas: 3, resources: {limits: {cpu: \"2\"}}, jvmOptions: {-Xmx: 1024m}}\n"; got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}

// A list of pools that is none is found, with its path.
func TestEventStreamsPoolsMisshapen(t *testing.T) {
	for pools, want := range map[string]string{
		"[]": "", "null": "", "[{name: a}]": "",
		"{name: a}":      "spec.strimziOverrides.nodePools",
		"[{name: a}, b]": "spec.strimziOverrides.nodePools[1]",
	} {
		es := view.KafkaClusters(fntest.Items(t, `{apiVersion: eventstreams.ibm.com/v1, kind: EventStreams, metadata: {name: es}, spec: {strimziOverrides: {nodePools: `+pools+`}}}`))[0]
		if at, misshapen := es.PoolsField(); misshapen != (want != "") || misshapen && at != want {
			t.Errorf("%s: %q %v; expected %q", pools, at, misshapen, want)
		}
	}
}
