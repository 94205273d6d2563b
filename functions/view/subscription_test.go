package view

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const subscriptions = `apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: mq
  namespace: openshift-operators # for all namespaces
spec:
  channel: "v1.5" # with the CRDs
  name: ibm-mq
  startingCSV: ibm-mq.v1.5.0
---
apiVersion: messaging.knative.dev/v1
kind: Subscription
metadata:
  name: orders
spec:
  channel:
    name: orders
---
apiVersion: apps.open-cluster-management.io/v1
kind: Subscription
metadata:
  name: apps
spec:
  name: ibm-mq
---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: example
  annotations: {config.kubernetes.io/local-config: "true"}
spec:
  name: ibm-mq
`

func parseAll(t *testing.T, documents string) []*yaml.RNode {
	t.Helper()
	parts := strings.Split(documents, "---\n")
	items := make([]*yaml.RNode, len(parts))
	for i, document := range parts {
		items[i] = yaml.MustParse(document)
	}
	return items
}

func TestSubscriptionsAreOLMs(t *testing.T) {
	subs := Subscriptions(parseAll(t, subscriptions))
	if len(subs) != 1 || subs[0].Name() != "mq" {
		t.Fatalf("%d Subscriptions; expected OLM's one that gets deployed", len(subs))
	}
}

func TestSubscriptionEdits(t *testing.T) {
	sub := Subscriptions(parseAll(t, subscriptions))[0]
	if sub.Get(SubscriptionPackage) != "ibm-mq" || sub.Get(SubscriptionSource) != "" {
		t.Errorf("package %q, source %q", sub.Get(SubscriptionPackage), sub.Get(SubscriptionSource))
	}
	if sub.Put(SubscriptionChannel, "v1.5") || sub.Move("openshift-operators") || sub.Drop(SubscriptionSource) {
		t.Error("an equal value was written")
	}
	if !sub.Put(SubscriptionChannel, "v1.8") || !sub.Drop(SubscriptionCSV) || !sub.Move("mq") {
		t.Error("a change was not told")
	}
	want := `apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: mq
  namespace: mq # for all namespaces
spec:
  channel: "v1.8" # with the CRDs
  name: ibm-mq
`
	if got := sub.RNode().MustString(); got != want {
		t.Errorf("got\n%s\nexpected\n%s", got, want)
	}
}

func TestNewSubscription(t *testing.T) {
	sub := NewSubscription("openshift-operators", "mq", "ibm-mq")
	for _, field := range SubscriptionFields {
		sub.Put(field, "x")
		if sub.Get(field) != "x" {
			t.Errorf("%s is not read back", field.Path())
		}
	}
	want := Ref{APIVersion: "operators.coreos.com/v1alpha1", Kind: "Subscription", Namespace: "openshift-operators", Name: "mq"}
	if sub.Ref() != want || !sub.Manifest() {
		t.Errorf("%v; expected %v, to be deployed", sub.Ref(), want)
	}
}
