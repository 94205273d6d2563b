package diff_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/diff"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
)

const before = `
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: es, namespace: openshift-operators}
spec: {name: ibm-eventstreams, channel: v3.2, startingCSV: ibm-eventstreams.v3.2.5}
---
apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  version: 11.2.5
  license: {use: CloudPakForIntegrationProduction}
  strimziOverrides:
    kafka: {replicas: 6, resources: {limits: {cpu: 2, memory: 8Gi}}, storage: {type: persistent-claim, size: 100Gi}, config: {num.io.threads: 8}}
    zookeeper: {replicas: 3, storage: {type: persistent-claim, size: 4Gi}}
---
apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaTopic
metadata: {name: t, namespace: shop, labels: {eventstreams.ibm.com/cluster: es}}
spec: {partitions: 12, config: {cleanup.policy: compact}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: s, namespace: shop}
spec: {encryptedData: {password: AgOld, user: AgSame, gone: AgGone}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a, namespace: openshift-gitops}
spec: {source: {path: x}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, namespace: shop}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
`

// Every kind of change is found; broken rules are errors.
func TestCompare(t *testing.T) {
	after := strings.NewReplacer(
		"v3.2.5", "v3.3.2", "channel: v3.2", "channel: v3.3", "version: 11.2.5", "version: 11.3.2", "replicas: 6", "replicas: 3", "size: 100Gi", "size: 50Gi",
		"num.io.threads: 8", "num.io.threads: 24", "partitions: 12", "partitions: 24", "AgOld", "AgNew", ", gone: AgGone", ", more: AgMore", "path: x", "path: y",
		"kind: ConfigMap\nmetadata: {name: gone", "kind: ConfigMap\nmetadata: {name: new", "kind: PersistentVolumeClaim\nmetadata: {name: data", "kind: ConfigMap\nmetadata: {name: data",
	).Replace(before)
	r := diff.Compare(fntest.Items(t, before), fntest.Items(t, after), sizing.Prices{Currency: "EUR", LicenceCore: 200, VCPU: 10})
	if !r.Broken() || r.Empty() {
		t.Error("a smaller volume and fewer brokers break rules")
	}
	ids := map[string]bool{}
	for _, d := range r.Findings {
		ids[d.ID] = true
	}
	for _, id := range []string{"SZ020", "SZ023", "SZ025", "SZ062"} {
		if !ids[id] {
			t.Errorf("%s is not found among %v", id, r.Findings)
		}
	}
	var table, markdown bytes.Buffer
	r.WriteTable(&table, "prod since main")
	r.WriteMarkdown(&markdown, "prod since main")
	for _, want := range []string{
		"v3.2 -> v3.3", "11.2.5 -> 11.3.2", "6 -> 3 (-3)", "15 -> 9 (-6)", "12 -> 6 (-6) at 1:1", "2550 -> 1290 (-1260)", "cost EUR", "password, user", "Application openshift-gitops/a: spec.source",
		"ConfigMap shop/new", "ConfigMap shop/gone", "PersistentVolumeClaim shop/data is removed", "24 partitions in place of 12",
	} {
		want = strings.Replace(want, "password, user", "gone (removed), more (new), password", 1)
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	if strings.Contains(table.String()+markdown.String(), "AgNew") {
		t.Error("ciphertext is shown")
	}
	const comment = 65536 // characters that GitHub takes
	if markdown.Len() > comment || !strings.Contains(markdown.String(), "| resource | pods |") || !strings.Contains(markdown.String(), "A change rule is broken") {
		t.Errorf("markdown:\n%s", &markdown)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// What is equal by value is no change; the way back is none either.
func TestNothingChanges(t *testing.T) {
	r := diff.Compare(fntest.Items(t, before), fntest.Items(t, strings.ReplaceAll(before, "replicas: 6", "replicas:    6")), sizing.Prices{})
	var table, markdown bytes.Buffer
	r.WriteTable(&table, "x")
	r.WriteMarkdown(&markdown, "x")
	if !r.Empty() || r.Broken() || !strings.Contains(table.String(), "nothing changes") || !strings.Contains(markdown.String(), "Nothing changes") {
		t.Errorf("%+v", r)
	}
}

// A cluster that goes is what it cost, and a way that can't be taken back; one
// that moves to KRaft and v1 is marked.
func TestOneWay(t *testing.T) {
	r := diff.Compare(fntest.Items(t, before), nil, sizing.Prices{})
	if len(r.Resources) != 1 || r.Resources[0].Before.LicenceCores != 12 || len(r.Removed) == 0 || len(r.OneWay) < 3 {
		t.Errorf("%+v", r)
	}
	kraft := `
apiVersion: eventstreams.ibm.com/v1
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  version: 13.0.0
  strimziOverrides:
    nodePools:
    - {name: kafka, roles: [broker], replicas: 6, resources: {limits: {cpu: 2, memory: 8Gi}}, storage: {type: persistent-claim, size: 200Gi}}
    - {name: c, roles: [controller], replicas: 3, storage: {type: persistent-claim, size: 4Gi}}
`
	r = diff.Compare(fntest.Items(t, before), fntest.Items(t, kraft), sizing.Prices{})
	text := strings.Join(r.OneWay, "\n")
	for _, want := range []string{"ZooKeeper to KRaft", "v1beta2 to eventstreams.ibm.com/v1", "goes up to 13.0.0", "grows from 100Gi to 200Gi"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if r.Broken() {
		t.Errorf("the operator leads this migration: %v", r.Findings)
	}
}
