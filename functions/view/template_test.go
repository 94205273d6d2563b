package view_test

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

// Objects of a Template come in its place: with parameters in texts and in place
// of numbers, and with those that have no value as they are.
func TestUnfold(t *testing.T) {
	items := fntest.Items(t, `
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: t}
parameters: [{name: NAME, value: shop}, {name: COUNT, value: "3"}, {name: EMPTY}]
objects:
- apiVersion: kafka.strimzi.io/v1beta2
  kind: Kafka
  metadata: {name: "${NAME}-kafka"}
  spec: {kafka: {replicas: "${{COUNT}}", resources: {limits: {cpu: "${EMPTY}", memory: "${MISSING}Gi"}}}}
- text
---
apiVersion: example.com/v1
kind: Template
metadata: {name: another}
objects: [{kind: Kafka}]
`)
	out := view.Unfold(items)
	if len(out) != 2 {
		t.Fatalf("%d items", len(out))
	}
	kafka := view.Of(out[0])
	for path, want := range map[string]string{
		"metadata/name": "shop-kafka", "spec/kafka/replicas": "3", "spec/kafka/resources/limits/cpu": "${EMPTY}", "spec/kafka/resources/limits/memory": "${MISSING}Gi",
	} {
		if got := kafka.Text(strings.Split(path, "/")...); got != want {
			t.Errorf("%s: %q; expected %q", path, got, want)
		}
	}
	if view.Of(out[1]).Name() != "another" || view.Of(items[0]).Kind() != "Template" {
		t.Error("what is no Template of OpenShift's stays, and the Template itself is not changed")
	}
}
