package pinoperators

import (
	_ "embed"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// approverName is the Job's, the Role's and the RoleBinding's.
const approverName = "installplan-approver"

// approverScript runs in the Job.
//
//go:embed approver.sh
var approverScript string

// Limits of the Job: it asks an API server a few times.
const (
	// approverDeadline ends the Job, in seconds; the script gives up before, and
	// says why.
	approverDeadline = "900"
	// approverWait is how long the script waits for the InstallPlan, in seconds:
	// OLM resolves within a minute or two of the Subscription.
	approverWait = "600"
)

// approve makes, for each namespace with pinned releases, a Job that approves
// the InstallPlan of exactly these, and what it needs to.
func (c *PinOperators) approve(items []*yaml.RNode, subs *subscriptions) []*yaml.RNode {
	wanted := map[string][]string{}
	for _, sub := range subs.all {
		csv := sub.Get(view.SubscriptionCSV)
		if !subs.pinned[sub.Node()] || csv == "" || sub.Get(view.SubscriptionApproval) != string(Manual) || sub.Namespace() == "" {
			continue
		}
		wanted[sub.Namespace()] = append(wanted[sub.Namespace()], csv)
	}
	made := c.shelve(items)
	for _, namespace := range solution.Names(wanted) {
		csvs := wanted[namespace]
		slices.Sort(csvs)
		c.approverOf(namespace, slices.Compact(csvs), made)
	}
	return made.items
}

func (c *PinOperators) approverOf(namespace string, csvs []string, made *shelf) {
	ref := func(apiVersion, kind string) view.Ref {
		return view.Ref{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: approverName}
	}
	account := view.OfNode(view.Map("metadata", view.Map("name", view.String(c.Spec.Approver.ServiceAccountName), "namespace", view.String(namespace))))
	if c.Spec.Approver.ServiceAccountName == "" {
		account = made.upsert(ref("v1", "ServiceAccount"))
	}
	made.grant("", namespace, approverName, account, view.Seq(
		rule(view.OLMGroup, []string{"installplans"}, "get", "list", "patch"),
		rule(view.OLMGroup, []string{"clusterserviceversions"}, "get"),
	))
	job := made.upsert(ref("batch/v1", "Job"))
	job.SetAnnotation("argocd.argoproj.io/hook", "Sync")
	job.SetAnnotation("argocd.argoproj.io/hook-delete-policy", "BeforeHookCreation")
	job.SetNode(c.approverJob(namespace, account.Name(), csvs), "spec")
}

// rbacGroup is the API group of roles and their bindings.
const rbacGroup = "rbac.authorization.k8s.io"

// rule is one of a role's.
func rule(group string, resources []string, verbs ...string) *yaml.Node {
	list := func(values []string) *yaml.Node {
		seq := view.Seq()
		for _, value := range values {
			seq.Content = append(seq.Content, view.String(value))
		}
		return seq
	}
	return view.Map("apiGroups", list([]string{group}), "resources", list(resources), "verbs", list(verbs))
}

// approverJob is the Job's spec: one try, no rights in the pod.
func (c *PinOperators) approverJob(namespace, account string, csvs []string) *yaml.Node {
	env := func(name, value string) *yaml.Node {
		return view.Map("name", view.String(name), "value", quoted(value))
	}
	script := view.String(approverScript)
	script.Style = yaml.LiteralStyle
	container := view.Map(
		"name", view.String("approve"),
		"image", view.String(c.Spec.Approver.Image),
		"command", view.Seq(view.String("/bin/sh"), view.String("-eu"), view.String("-c"), script),
		"env", view.Seq(
			env("HOME", "/tmp"), // kubectl keeps its cache there
			env("NAMESPACE", namespace),
			env("WANTED", strings.Join(csvs, " ")),
			env("WAIT", approverWait),
		),
		"resources", view.Map(
			"requests", view.Map("cpu", view.String("10m"), "memory", view.String("64Mi")),
			"limits", view.Map("memory", view.String("256Mi")),
		),
		"securityContext", view.Map(
			"allowPrivilegeEscalation", view.Bool(false),
			"capabilities", view.Map("drop", view.Seq(view.String("ALL"))),
		),
	)
	return view.Map(
		"activeDeadlineSeconds", view.Int(approverDeadline),
		"backoffLimit", view.Int("0"),
		"template", view.Map("spec", view.Map(
			"restartPolicy", view.String("Never"),
			"serviceAccountName", view.String(account),
			"securityContext", view.Map(
				"runAsNonRoot", view.Bool(true),
				"seccompProfile", view.Map("type", view.String("RuntimeDefault")),
			),
			"containers", view.Seq(container),
		)),
	)
}

// quoted is a string in quotes: digits stay text.
func quoted(value string) *yaml.Node {
	node := view.String(value)
	node.Style = yaml.DoubleQuotedStyle
	return node
}
