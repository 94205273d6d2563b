package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/operator-framework/api/crds"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// waitLimit is how long a controller may take for what takes it a second.
const waitLimit = time.Minute

var customResourceDefinitions = schema.GroupVersionResource{
	Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
}

// Object is one YAML document, as text, since the API server finds duplicate
// and unknown fields in the text.
type Object struct {
	unstructured.Unstructured
	Text string
}

// Objects reads YAML documents.
func Objects(text string) ([]Object, error) {
	var objects []Object
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		o := Object{Text: string(document)}
		if err := yaml.Unmarshal(document, &o.Object); err != nil {
			return nil, err
		}
		if len(o.Object) > 0 {
			objects = append(objects, o)
		}
	}
}

// MustObjects is Objects for text that has to be YAML.
func MustObjects(t testing.TB, text string) []Object {
	t.Helper()
	objects, err := Objects(text)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// Apply applies an object on the server's side, with strict validation of its
// fields. What a test does to the cluster stays.
func (c *Cluster) Apply(ctx context.Context, o Object) error { return c.apply(ctx, o, nil) }

// DryRun is Apply that changes nothing.
func (c *Cluster) DryRun(ctx context.Context, o Object) error {
	return c.apply(ctx, o, []string{metav1.DryRunAll})
}

func (c *Cluster) apply(ctx context.Context, o Object, dryRun []string) error {
	client, err := c.resource(o.GroupVersionKind(), o.GetNamespace())
	if err != nil {
		return err
	}
	force := true
	_, err = client.Patch(ctx, o.GetName(), types.ApplyPatchType, []byte(o.Text), metav1.PatchOptions{
		FieldManager: "e2e", Force: &force, FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun,
	})
	return err
}

// resource is the client for a kind.
func (c *Cluster) resource(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == "root" {
		return c.client.Resource(mapping.Resource), nil
	}
	return c.client.Resource(mapping.Resource).Namespace(namespace), nil
}

// MustApply applies each document of a text.
func (c *Cluster) MustApply(t testing.TB, text string) {
	t.Helper()
	for _, o := range MustObjects(t, text) {
		if err := c.Apply(t.Context(), o); err != nil {
			t.Fatalf("applying %s %s/%s: %v", o.GetKind(), o.GetNamespace(), o.GetName(), err)
		}
	}
}

// Namespace makes a namespace, unless it is there.
func (c *Cluster) Namespace(t testing.TB, name string) {
	t.Helper()
	c.MustApply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+name+"}\n")
}

// Get returns an object, nil when there is none.
func (c *Cluster) Get(t testing.TB, apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	t.Helper()
	client, err := c.resource(schema.FromAPIVersionAndKind(apiVersion, kind), namespace)
	if err != nil {
		t.Fatal(err)
	}
	o, err := client.Get(t.Context(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Wait returns an object as soon as it is as it should be, and fails the test
// when it does not become so; good sees nil as long as there is none.
func (c *Cluster) Wait(t testing.TB, apiVersion, kind, namespace, name string, good func(*unstructured.Unstructured) bool) *unstructured.Unstructured {
	t.Helper()
	for end := time.Now().Add(waitLimit); ; time.Sleep(pollEvery) {
		o := c.Get(t, apiVersion, kind, namespace, name)
		if good(o) {
			return o
		}
		if time.Now().After(end) {
			status := "there is none"
			if o != nil {
				text, _ := yaml.Marshal(o.Object["status"])
				status = "its status:\n" + string(text)
			}
			t.Fatalf("%s %s/%s is not as it should be after %s; %s", kind, namespace, name, waitLimit, status)
		}
	}
}

// Exists is the simplest of what Wait may wait for.
func Exists(o *unstructured.Unstructured) bool { return o != nil }

// Secret waits for a Secret.
func (c *Cluster) Secret(t testing.TB, namespace, name string) *corev1.Secret {
	t.Helper()
	o := c.Wait(t, "v1", "Secret", namespace, name, Exists)
	var secret corev1.Secret
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &secret); err != nil {
		t.Fatal(err)
	}
	return &secret
}

// HasKind says whether the API server knows a kind.
func (c *Cluster) HasKind(o Object) bool {
	_, err := c.mapper.RESTMapping(o.GroupVersionKind().GroupKind(), o.GroupVersionKind().Version)
	return err == nil
}

// installCRDs installs the definitions that the examples need: those of Argo
// CD, sealed-secrets and OLM from their modules, the others from tests/e2e/crds.
func (c *Cluster) installCRDs() error {
	start := time.Now()
	texts, err := c.definitions()
	if err != nil {
		return err
	}
	var names []string
	for _, text := range texts {
		objects, err := Objects(text)
		if err != nil {
			return err
		}
		for _, o := range objects {
			for _, o := range bothGroups(o) {
				if err := c.Apply(c.ctx, o); err != nil {
					return fmt.Errorf("CustomResourceDefinition %s: %w", o.GetName(), err)
				}
				names = append(names, o.GetName())
			}
		}
	}
	for _, name := range names {
		if err := c.established(name); err != nil {
			return err
		}
	}
	c.mapper.Reset()
	say("%-25s %-10d ready in %s", "kinds of others", len(names), since(start))
	return nil
}

// bothGroups returns a definition, and, where it is one of Event Streams' kinds
// that are Strimzi's under another name, Strimzi's too.
func bothGroups(o Object) []Object {
	const events, strimzi = "eventstreams.ibm.com", "kafka.strimzi.io"
	if !strings.HasPrefix(o.GetName(), "kafka") || !strings.HasSuffix(o.GetName(), events) {
		return []Object{o}
	}
	other := Object{Unstructured: *o.DeepCopy(), Text: strings.ReplaceAll(o.Text, events, strimzi)}
	other.SetName(strings.ReplaceAll(o.GetName(), events, strimzi))
	return []Object{o, other}
}

func (c *Cluster) definitions() ([]string, error) {
	var files []string
	for module, pattern := range map[string]string{
		sealedSecretsModule: "helm/sealed-secrets/crds/*.yaml",
		argoModule:          "manifests/crds/*-crd.yaml",
	} {
		folder, err := c.tools.folder(c.ctx, module)
		if err != nil {
			return nil, err
		}
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("%s has no %s: %w", module, pattern, err)
		}
		files = append(files, found...)
	}
	own, err := filepath.Glob(filepath.Join(c.tools.module, "crds", "*.yaml"))
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, file := range slices.Concat(files, own) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	for _, definition := range []any{crds.CatalogSource(), crds.ClusterServiceVersion(), crds.InstallPlan(), crds.OperatorGroup(), crds.Subscription()} {
		text, err := yaml.Marshal(definition)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// established waits until the API server serves a definition.
func (c *Cluster) established(name string) error {
	for end := time.Now().Add(waitLimit); ; time.Sleep(pollEvery) {
		o, err := c.client.Resource(customResourceDefinitions).Get(c.ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if Condition(o, "Established") == "True" {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("CustomResourceDefinition %s is not served: %v", name, o.Object["status"])
		}
	}
}

// Condition is the status of one of an object's conditions, empty when it has
// none of that type.
func Condition(o *unstructured.Unstructured, kind string) string {
	if o == nil {
		return ""
	}
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, condition := range conditions {
		if fields, ok := condition.(map[string]any); ok && fields["type"] == kind {
			status, _ := fields["status"].(string)
			return status
		}
	}
	return ""
}
