package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

const (
	approverNamespace = "approver"
	olm               = "operators.coreos.com/v1alpha1"
)

// approver is a cluster's operator, pinned, with its approver.
const approver = `apiVersion: v1
kind: Namespace
metadata: {name: approver}
---
apiVersion: operators.coreos.com/v1
kind: OperatorGroup
metadata: {name: approver, namespace: approver}
---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: ibm-eventstreams, namespace: approver}
spec: {channel: stable, name: ibm-eventstreams, source: ibm-operator-catalog, sourceNamespace: openshift-marketplace}
---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: ibm-mq, namespace: approver}
spec: {channel: v1.5, name: ibm-mq, source: ibm-operator-catalog, sourceNamespace: openshift-marketplace}
`

const approverPins = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: PinOperators
metadata: {name: nonprod}
spec:
  operators:
    ibm-eventstreams: {version: 3.0.5}
    ibm-mq: {version: 1.8.0}
  approver:
    enabled: true
    image: registry.example.com/openshift4/ose-cli@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`

// renderApprover renders a cluster's operators and returns the objects.
func renderApprover(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"operators.yaml": approver, "pins.yaml": approverPins,
		"kustomization.yaml": "resources: [operators.yaml]\ntransformers: [pins.yaml]\n",
	} {
		harness.MustWrite(t, filepath.Join(dir, file), text)
	}
	return harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", dir}})
}

// approverCall is what the Job's container runs, as its ServiceAccount, but does
// not wait.
func approverCall(t *testing.T, objects string) harness.Call {
	t.Helper()
	var job harness.Object
	for _, o := range harness.MustObjects(t, objects) {
		if o.GetKind() == "Job" {
			job = o
		}
	}
	pod, _, _ := unstructured.NestedMap(job.Object, "spec", "template", "spec")
	account, _ := pod["serviceAccountName"].(string)
	container := pod["containers"].([]any)[0].(map[string]any)
	call := harness.Call{Env: []string{
		"PATH=" + filepath.Dir(cluster.Kubectl()) + ":/usr/bin:/bin",
		"KUBECONFIG=" + cluster.Account(t, approverNamespace, account),
	}}
	for _, variable := range container["env"].([]any) {
		v := variable.(map[string]any)
		call.Env = append(call.Env, v["name"].(string)+"="+v["value"].(string))
	}
	call.Env = append(call.Env, "WAIT=0", "HOME="+t.TempDir()) // the last of a name counts
	for i, argument := range container["command"].([]any) {
		if i == 0 {
			call.Program = argument.(string)
			continue
		}
		call.Args = append(call.Args, argument.(string))
	}
	return call
}

func installPlan(name string, csvs ...string) string {
	return "apiVersion: " + olm + "\nkind: InstallPlan\nmetadata: {name: " + name + ", namespace: " + approverNamespace +
		"}\nspec: {approval: Manual, approved: false, clusterServiceVersionNames: [" + strings.Join(csvs, ", ") + "]}\n"
}

// approved lists the InstallPlans that are.
func approved(t *testing.T, names ...string) []string {
	t.Helper()
	var is []string
	for _, name := range names {
		plan := cluster.Get(t, olm, "InstallPlan", approverNamespace, name)
		if yes, _, _ := unstructured.NestedBool(plan.Object, "spec", "approved"); yes {
			is = append(is, name)
		}
	}
	return is
}

// With a real API server, a real kubectl and the rights that are rendered, the
// Job's script approves the plan of exactly the pinned releases.
func TestApprover(t *testing.T) {
	objects := renderApprover(t)
	cluster.MustApply(t, objects)
	call := approverCall(t, objects)
	const first, second = "ibm-eventstreams.v3.0.5", "ibm-mq.v1.8.0"
	plans := []string{"install-newer", "install-more", "install-one", "install-right", "install-rest"}
	expect := func(reason string, status int, output string, want ...string) {
		t.Helper()
		answer := harness.Run(t, call)
		said := answer.Stdout + answer.Stderr
		if answer.Status != status || !strings.Contains(said, output) {
			t.Errorf("%s: exit %d\n%s\nexpected exit %d and %q", reason, answer.Status, said, status, output)
		}
		var there []string
		for _, name := range plans {
			if cluster.Get(t, olm, "InstallPlan", approverNamespace, name) != nil {
				there = append(there, name)
			}
		}
		if got := approved(t, there...); !slices.Equal(got, want) {
			t.Errorf("%s: approved %v; expected %v", reason, got, want)
		}
	}

	expect("OLM has planned nothing", 1, "offered: nothing")
	cluster.MustApply(t, installPlan("install-newer", "ibm-eventstreams.v3.1.6", second))
	cluster.MustApply(t, "---\n"+installPlan("install-more", first, second, "acme.v1.0.0"))
	cluster.MustApply(t, installPlan("install-one", second))
	expect("other releases, more and fewer", 1, "wanted: "+first+" "+second)
	expect("what is offered", 1, "install-newer (ibm-eventstreams.v3.1.6 ibm-mq.v1.8.0)")

	cluster.MustApply(t, installPlan("install-right", second, first))
	expect("the right one, whatever the order", 0, "approved install-right", "install-right")

	cluster.MustApply(t, installed(first))
	cluster.MustApply(t, installPlan("install-rest", second))
	// Both of the plans with the rest are right; one is approved.
	answer := harness.Run(t, call)
	if rest := approved(t, "install-one", "install-rest"); answer.Status != 0 || len(rest) != 1 {
		t.Errorf("the one that is missing: exit %d, approved %v\n%s", answer.Status, rest, answer.Stdout+answer.Stderr)
	}

	cluster.MustApply(t, installed(second))
	if answer := harness.Run(t, call); answer.Status != 0 || !strings.Contains(answer.Stdout, "installed: "+first+" "+second) {
		t.Errorf("all there: exit %d\n%s", answer.Status, answer.Stdout+answer.Stderr)
	}
	if got := approved(t, "install-newer", "install-more"); got != nil {
		t.Errorf("approved %v in the end", got)
	}
}

func installed(csv string) string {
	return "apiVersion: " + olm + "\nkind: ClusterServiceVersion\nmetadata: {name: " + csv + ", namespace: " + approverNamespace +
		"}\nspec: {displayName: a test, install: {strategy: deployment}}\n"
}

// The approver's ServiceAccount may do what its script does, and nothing more.
func TestApproverMayNoMore(t *testing.T) {
	objects := renderApprover(t)
	cluster.MustApply(t, objects)
	kubeconfig := cluster.Account(t, approverNamespace, "installplan-approver")
	may := func(namespace, verb, resource string) bool {
		answer := harness.Run(t, harness.Call{Program: cluster.Kubectl(), Args: []string{
			"--kubeconfig", kubeconfig, "-n", namespace, "auth", "can-i", verb, resource, "--quiet",
		}})
		return answer.Status == 0
	}
	const plans, csvs = "installplans.operators.coreos.com", "clusterserviceversions.operators.coreos.com"
	allowed := map[string][]string{plans: {"get", "list", "patch"}, csvs: {"get"}}
	for _, resource := range []string{
		plans, csvs, "subscriptions.operators.coreos.com", "operatorgroups.operators.coreos.com", "catalogsources.operators.coreos.com",
		"secrets", "configmaps", "pods", "serviceaccounts", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
	} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
			if got, want := may(approverNamespace, verb, resource), slices.Contains(allowed[resource], verb); got != want {
				t.Errorf("%s %s: allowed %t; expected %t", verb, resource, got, want)
			}
		}
	}
	for _, namespace := range []string{"default", "kube-system"} {
		if may(namespace, "get", plans) || may(namespace, "patch", plans) {
			t.Errorf("it may touch InstallPlans of namespace %s", namespace)
		}
	}
}
