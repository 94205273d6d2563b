package harness

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kubectl is the path of kubectl, built from this module; its name is kubectl.
func (c *Cluster) Kubectl() string { return c.tools.path("kubectl") }

// Account makes a kubeconfig with a token of a ServiceAccount, as a pod would
// have it, and returns its path.
func (c *Cluster) Account(t testing.TB, namespace, name string) string {
	t.Helper()
	accounts, err := c.resource(schema.GroupVersionKind{Version: "v1", Kind: "ServiceAccount"}, namespace)
	if err != nil {
		t.Fatal(err)
	}
	request := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"metadata": map[string]any{"name": name, "namespace": namespace}, "spec": map[string]any{},
	}}
	answer, err := accounts.Create(t.Context(), request, metav1.CreateOptions{}, "token")
	if err != nil {
		t.Fatalf("a token of ServiceAccount %s/%s: %v", namespace, name, err)
	}
	token, _, _ := unstructured.NestedString(answer.Object, "status", "token")
	path, err := c.kubeconfigOf(token, "account-"+namespace+"-"+name, c.config.Host, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
