package build

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
)

// kustomize's legacy order is in none of its public packages, and it is frozen
// there ("DO NOT CHANGE"): these are its lists, and sortResources its rule.
// Source: kustomize api v0.21.2, internal/builtins/SortOrderTransformer.go.
var (
	legacyFirst = []string{
		"Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
		"PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret",
		"Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim",
		"Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
	}
	legacyLast = []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
)

// sortKey is an object's place in the legacy order: by rank, then by the text
// of its group, version and kind, then by its id.
type sortKey struct {
	rank    int
	gvk, id string
	r       *resource.Resource
}

// sortResources sorts as sortOptions of the top kustomization say; without
// them, as kustomize's command line does.
func sortResources(list []*resource.Resource, options *types.SortOptions) {
	first, last := legacyFirst, legacyLast
	if options != nil {
		if options.Order == types.FIFOSortOrder || options.Order == "" {
			return
		}
		if custom := options.LegacySortOptions; custom != nil {
			first, last = custom.OrderFirst, custom.OrderLast
		}
	}
	ranks := map[string]int{}
	for i, kind := range first {
		ranks[kind] = i - len(first)
	}
	for i, kind := range last {
		ranks[kind] = i + 1
	}
	keys := make([]sortKey, len(list))
	for i, r := range list {
		id := r.CurId()
		keys[i] = sortKey{rank: ranks[id.Kind], gvk: legacyGVK(id.Gvk), id: legacyID(id), r: r}
	}
	slices.SortFunc(keys, compareKeys)
	for i := range keys {
		list[i] = keys[i].r
	}
}

func compareKeys(a, b sortKey) int {
	if a.rank != b.rank {
		return a.rank - b.rank
	}
	if c := strings.Compare(a.gvk, b.gvk); c != 0 {
		if bothNamespaces(a.gvk, b.gvk) {
			return -c
		}
		return c
	}
	return strings.Compare(a.id, b.id)
}

// bothNamespaces is the rule's one exception: a core Namespace stands before
// the Namespace kinds of other groups, in spite of its text.
func bothNamespaces(a, b string) bool {
	const suffix = "_" + types.NamespaceKind
	return strings.HasSuffix(a, suffix) && strings.HasSuffix(b, suffix) &&
		(strings.HasPrefix(a, "~G_") || strings.HasPrefix(b, "~G_"))
}

func legacyGVK(gvk resid.Gvk) string {
	return strings.Join([]string{or(gvk.Group, "~G"), or(gvk.Version, "~V"), or(gvk.Kind, "~K")}, "_")
}

func legacyID(id resid.ResId) string {
	return strings.Join([]string{id.Gvk.String(), or(id.Namespace, "~X"), or(id.Name, "~N")}, "|")
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
