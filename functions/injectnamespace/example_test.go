package injectnamespace_test

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

// render builds a folder of the examples in this process.
func render(t *testing.T, dir string) []view.Object {
	t.Helper()
	result, err := build.Build(build.Options{Functions: functions.All, Env: fntest.Env()}, "../../examples/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	items, err := result.Objects()
	if err != nil || result.Results.Failed() || len(items) == 0 {
		t.Fatalf("%s: %d objects, %v, %v", dir, len(items), err, result.Results)
	}
	return view.Objects(items)
}

// TestNoOtherEnvironment looks for any other environment in what the examples
// render, with a search of its own: every string and every key, whatever stands
// around the name; ciphertexts aside.
func TestNoOtherEnvironment(t *testing.T) {
	for dir, others := range map[string]string{
		"rt-inventory/environments/qa":           `rt-inventory-(dev|stage|prod)|ENVIRONMENT`,
		"rt-inventory/environments/dev":          `rt-inventory-(qa|stage|prod)|ENVIRONMENT`,
		"rt-inventory/environments/prod":         `rt-inventory-(dev|qa|stage)|ENVIRONMENT`,
		"rt-inventory-shared/environments/dev":   `stage|ENVIRONMENT`,
		"rt-inventory-shared/environments/stage": `\bdev\b|ENVIRONMENT`,
	} {
		search := regexp.MustCompile(others)
		for _, o := range render(t, dir) {
			if _, sealed := view.AsSealedSecret(o); sealed {
				o.Delete("spec", "encryptedData")
			}
			for _, text := range texts(o.Node()) {
				if search.MatchString(text) {
					t.Errorf("%s: %s holds %q", dir, o.Ref(), text)
				}
			}
		}
	}
}

// texts returns every scalar below a node, keys included.
func texts(node *yaml.Node) []string {
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	var all []string
	for _, child := range node.Content {
		all = append(all, texts(child)...)
	}
	return all
}

// TestSharedTenant: what lives with the tenant stays there, and the app finds
// it.
func TestSharedTenant(t *testing.T) {
	tenants := 0
	for _, o := range render(t, "rt-inventory-shared/environments/stage") {
		switch {
		case o.Group() == view.EventStreamsGroup:
			if tenants++; o.Namespace() != "cp4i-eventstreams" || !strings.HasPrefix(o.Name(), "inventory-stage-") {
				t.Errorf("%s is not the tenant's", o.Ref())
			}
		case o.Namespace() != "rt-inventory-shared-stage":
			t.Errorf("%s is not in the environment", o.Ref())
		case o.Kind() == "ConfigMap":
			if host := o.Text("data", "KAFKA_BOOTSTRAP_SERVERS"); host != "es-kafka-bootstrap.cp4i-eventstreams.svc:9093" {
				t.Errorf("%s: the app talks to %s", o.Ref(), host)
			}
		}
	}
	if tenants != 3 {
		t.Errorf("%d objects with the tenant, expected 3", tenants)
	}
}
