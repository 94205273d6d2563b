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
	account := c.Spec.Approver.ServiceAccountName
	if account == "" {
		account = approverName
		made.upsert(ref("v1", "ServiceAccount"))
	}
	const rbac = "rbac.authorization.k8s.io"
	role := made.upsert(ref(rbac+"/v1", "Role"))
	role.SetNode(view.Seq(
		rule("installplans", "get", "list", "patch"),
		rule("clusterserviceversions", "get"),
	), "rules")
	binding := made.upsert(ref(rbac+"/v1", "RoleBinding"))
	binding.SetNode(view.Map("apiGroup", view.String(rbac), "kind", view.String("Role"), "name", view.String(approverName)), "roleRef")
	binding.SetNode(view.Seq(view.Map(
		"kind", view.String("ServiceAccount"), "name", view.String(account), "namespace", view.String(namespace),
	)), "subjects")
	job := made.upsert(ref("batch/v1", "Job"))
	job.SetAnnotation("argocd.argoproj.io/hook", "Sync")
	job.SetAnnotation("argocd.argoproj.io/hook-delete-policy", "BeforeHookCreation")
	job.SetNode(c.approverJob(namespace, account, csvs), "spec")
}

func rule(resource string, verbs ...string) *yaml.Node {
	list := view.Seq()
	for _, verb := range verbs {
		list.Content = append(list.Content, view.String(verb))
	}
	return view.Map("apiGroups", view.Seq(view.String(view.OLMGroup)), "resources", view.Seq(view.String(resource)), "verbs", list)
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
