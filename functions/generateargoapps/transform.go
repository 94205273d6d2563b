package generateargoapps

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// OwnedByAnnotation marks what a config made: GenerateArgoApps/<its name>.
const OwnedByAnnotation = fn.Group + "/owned-by"

// finalizer with which deleting an Application deletes all that it synced.
const finalizer = "resources-finalizer.argocd.argoproj.io"

// Transform implements fn.Config.
func (c *GenerateArgoApps) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	s, results := solution.Find(items)
	if results.Failed() {
		return items, results
	}
	if s == nil {
		return items, append(results, c.Errorf("",
			"there is no Solution among the objects; list this config under transformers (under generators it sees nothing but itself) and the Solution's folder under resources"))
	}
	wanted, problems := c.makePlan(s)
	results = append(results, problems...)
	if results.Failed() {
		return items, results
	}
	g, err := newGenerator(c, s, items)
	if err != nil {
		return items, append(results, c.Errorf("spec.template", "%v", err))
	}
	g.namespaces()
	for i := range wanted.projects {
		g.project(&wanted.projects[i])
	}
	for i := range wanted.applications {
		app := &wanted.applications[i]
		j := slices.IndexFunc(wanted.projects, func(p project) bool { return p.name == app.project })
		g.application(app, wanted.projects[j].mayCreateNamespace())
	}
	kept := g.removeStale(items)
	return append(kept, g.added...), append(results, g.results...)
}

// key is what an object is recognised by; no kind is in two groups.
type key struct{ kind, namespace, name string }

// generator writes a plan into the items.
type generator struct {
	*GenerateArgoApps
	solution *solution.Solution
	// template is the config's; plain is without what only an Application that
	// may create its namespace can use.
	template, plain *yaml.Node
	// there are the objects of the function's kinds among the items.
	there map[key][]view.Object
	// wanted are the keys of the plan's objects.
	wanted  map[key]bool
	added   []*yaml.RNode
	results fn.Results
}

func newGenerator(c *GenerateArgoApps, s *solution.Solution, items []*yaml.RNode) (*generator, error) {
	g := &generator{GenerateArgoApps: c, solution: s, there: map[key][]view.Object{}, wanted: map[key]bool{}}
	for _, o := range ownKinds(items) {
		k := keyOf(o)
		g.there[k] = append(g.there[k], o)
	}
	var err error
	if g.template, err = c.Spec.Template.node(); err != nil {
		return nil, err
	}
	g.plain = view.Copy(g.template)
	view.DeleteField(view.Lookup(g.plain, "spec", "syncPolicy"), "managedNamespaceMetadata")
	return g, nil
}

func keyOf(o view.Object) key { return key{o.Kind(), o.Namespace(), o.Name()} }

// ownKinds returns the objects of the kinds that this function writes.
func ownKinds(items []*yaml.RNode) []view.Object {
	var out []view.Object
	for _, o := range view.Manifests(items) {
		if o.Is(view.ArgoGroup, "Application") || o.Is(view.ArgoGroup, "AppProject") || o.Is("", "Namespace") {
			out = append(out, o)
		}
	}
	return out
}

// find returns the object of that name, or the new one in its place; ok is
// false when it is not for this config to write.
func (g *generator) find(fresh view.Object) (o view.Object, isNew, ok bool) {
	k := keyOf(fresh)
	g.wanted[k] = true
	there := g.there[k]
	if len(there) == 0 {
		g.added = append(g.added, fresh.RNode())
		return fresh, true, true
	}
	o = there[0]
	if len(there) > 1 {
		g.results = append(g.results, fn.Errorf(o.Ref(), "", "is there %d times; keep one", len(there)))
		return o, false, false
	}
	owner, owned := o.Annotation(OwnedByAnnotation)
	switch {
	case !owned:
		g.results = append(g.results, fn.Infof(o.Ref(), "", "was not generated; %s keeps it up to date from now on", g.owner()))
	case owner != g.owner():
		g.results = append(g.results, fn.Errorf(o.Ref(), view.Path("metadata", "annotations", OwnedByAnnotation),
			"belongs to %q; two configs may not write one object: take the annotation off, or give this config that name", owner))
		return o, false, false
	}
	return o, false, true
}

func (g *generator) owner() string { return g.Kind + "/" + g.Metadata.Name }

// mark writes the labels and annotations that say what an object is part of.
func (g *generator) mark(o view.Object, labels map[string]string) {
	o.Set(view.ArgoAPIVersion, "apiVersion")
	o.SetLabel(partOfLabel, g.solution.Metadata.Name)
	o.SetLabel(clusterLabel, g.Spec.Cluster)
	for _, name := range solution.Names(labels) {
		o.SetLabel(name, labels[name])
	}
	o.SetAnnotation(OwnedByAnnotation, g.owner())
}

// namespaces writes the Namespace of each environment of the cluster.
func (g *generator) namespaces() {
	create := g.Spec.CreateNamespace
	if create == nil {
		return
	}
	for _, name := range solution.Names(g.solution.Spec.Environments) {
		environment := g.solution.Spec.Environments[name]
		if environment.Cluster != g.Spec.Cluster {
			continue
		}
		o, _, ok := g.find(view.NewNamespace(environment.Namespace))
		if !ok {
			continue
		}
		for _, key := range solution.Names(create.Labels) {
			o.SetLabel(key, create.Labels[key])
		}
		o.SetLabel(partOfLabel, g.solution.Metadata.Name)
		o.SetLabel(clusterLabel, g.Spec.Cluster)
		o.SetAnnotation(OwnedByAnnotation, g.owner())
		o.SetAnnotation(view.SyncOptionsAnnotation, "Prune=false")
		for _, key := range solution.Names(create.Annotations) {
			o.SetAnnotation(key, create.Annotations[key])
		}
	}
}

func (g *generator) project(want *project) {
	o, _, ok := g.find(view.NewAppProject(g.Spec.ArgocdNamespace, want.name).Object)
	if !ok {
		return
	}
	g.mark(o, nil)
	p := view.AppProject{Object: o}
	if want.override.Description != "" {
		p.SetDescription(want.override.Description)
	}
	p.FillDescription(want.description)
	p.SetSourceRepos(want.sourceRepos)
	p.SetDestinations(want.destinations)
	p.SetClusterResourceWhitelist(want.clusterKinds)
	p.SetNamespaceResourceWhitelist(want.kinds)
	if want.override.Roles != nil {
		p.SetRoles(roles(want.override.Roles))
	}
	p.DeleteStatus()
}

func roles(config map[string]Role) []view.ProjectRole {
	out := make([]view.ProjectRole, 0, len(config))
	for _, name := range solution.Names(config) {
		role := config[name]
		out = append(out, view.ProjectRole{Name: name, Description: role.Description, Policies: role.Policies, Groups: role.Groups})
	}
	return out
}

func (g *generator) application(want *application, mayCreateNamespace bool) {
	o, isNew, ok := g.find(view.NewApplication(g.Spec.ArgocdNamespace, want.name).Object)
	if !ok {
		return
	}
	g.mark(o, want.labels)
	o.SetAnnotation(view.SyncWaveAnnotation, strconv.Itoa(want.wave))
	app := view.Application{Object: o}
	g.generatePaths(app)
	app.SetProject(want.project)
	app.SetSource(g.source(want))
	app.SetDestination(want.destination)
	// An Application that is there and has no automated sync was switched off.
	if said := g.Spec.Template.Spec.SyncPolicy.Automated != nil; !app.Automated() && (isNew || said) {
		app.SetPrune(!want.guarded)
	}
	app.FillRetry(defaultRetry())
	app.FillSyncOptions(g.syncOptions(mayCreateNamespace))
	template := g.template
	if !mayCreateNamespace {
		template = g.plain
	}
	app.Merge(template)
	app.DeleteStatus()
	g.warn(app, want, mayCreateNamespace)
}

// generatePaths says that rendered manifests depend on their own folder alone,
// and takes that back when the source becomes another.
func (g *generator) generatePaths(app view.Application) {
	const ownFolder = "."
	if g.Spec.Source == SourceRendered {
		app.SetAnnotation(view.GeneratePathsAnnotation, ownFolder)
		return
	}
	if value, _ := app.Annotation(view.GeneratePathsAnnotation); value == ownFolder && app.SyncsDirectory() {
		app.Delete("metadata", "annotations", view.GeneratePathsAnnotation)
	}
}

// source returns spec.source, the template's part included.
func (g *generator) source(want *application) *yaml.Node {
	base := view.Map(
		"repoURL", view.String(g.solution.Spec.RepoURL),
		"targetRevision", view.String(g.solution.Spec.TargetRevision),
		"path", view.String(want.path))
	switch g.Spec.Source {
	case SourceRendered:
		// The folder has one for each component. Said outright, so that Argo CD
		// does not look for anything but manifests there.
		directory := view.Map("recurse", view.Bool(true))
		if len(want.exclude) > 0 {
			view.SetField(directory, "exclude", view.String(anyOf(want.exclude)))
		}
		view.SetField(base, "directory", directory)
	case SourcePlugin:
		view.SetField(base, "plugin", view.Map("name", view.String(defaultPlugin),
			"env", view.Seq(view.Map("name", view.String(versionVariable), "value", view.String(fn.Version)))))
	case SourceKustomize:
	}
	app := view.NewApplication("", "")
	app.SetSource(base)
	app.Merge(g.template)
	return app.Lookup("spec", "source")
}

const (
	// defaultPlugin is the name of the plugin that runs eda-fn.
	defaultPlugin = "eda-fn"
	// versionVariable changes with eda-fn, so that Argo CD renders again.
	versionVariable = "EDA_FN_VERSION"
)

// anyOf is a pattern for paths that match one of some patterns.
func anyOf(patterns []string) string {
	if len(patterns) == 1 {
		return patterns[0]
	}
	return "{" + strings.Join(patterns, ",") + "}"
}

// defaultRetry waits some 17 minutes in all (5 s, doubled up to 3 minutes, ten
// times): an operator that is installed in the same sync needs up to ten. The
// steps are Argo CD's own defaults (argo-cd v3.2.11, application_defaults.go).
func defaultRetry() *yaml.Node {
	return view.Map("limit", view.Int("10"), "backoff", view.Map(
		"duration", view.String("5s"), "factor", view.Int("2"), "maxDuration", view.String("3m")))
}

// syncOptions are the default ones: operands may come before their CRDs, and
// what is ignored in the diff is left alone by the sync.
func (g *generator) syncOptions(mayCreateNamespace bool) []string {
	options := []string{"ServerSideApply=true", "SkipDryRunOnMissingResource=true", "RespectIgnoreDifferences=true"}
	if mayCreateNamespace {
		options = append([]string{createNamespace}, options...)
	}
	return options
}

// warn tells of what somebody set by hand and the defaults would not have, and
// of what can't work.
func (g *generator) warn(app view.Application, want *application, mayCreateNamespace bool) {
	t := &g.Spec.Template
	if want.guarded && app.Prunes() && !t.saysPrune() {
		g.results = append(g.results, fn.Warnf(app.Ref(), "spec.syncPolicy.automated.prune",
			"is true by hand, and what it deletes is in production; say it in the config's template, or set it to false"))
	}
	if want.guarded && app.HasFinalizer(finalizer) && !t.saysFinalizers() {
		g.results = append(g.results, fn.Warnf(app.Ref(), "metadata.finalizers",
			"holds %s by hand, and what it deletes is in production; say it in the config's template, or take it out", finalizer))
	}
	if mayCreateNamespace {
		return
	}
	const instead = "render the Namespace with the cluster's operators, or list {group: \"\", kind: Namespace} under the project's clusterResourceWhitelist"
	if slices.Contains(app.SyncOptions(), createNamespace) {
		g.results = append(g.results, fn.Warnf(app.Ref(), "spec.syncPolicy.syncOptions",
			"%s fails for a namespace that is not there: project %s may not sync a Namespace; %s", createNamespace, want.project, instead))
	}
	if t.Spec.SyncPolicy.ManagedNamespaceMetadata != nil {
		g.results = append(g.results, fn.Warnf(app.Ref(), "spec.syncPolicy.managedNamespaceMetadata",
			"is left out: project %s may not sync a Namespace; %s", want.project, instead))
	}
}

// removeStale drops what this config made and does not want any more.
func (g *generator) removeStale(items []*yaml.RNode) []*yaml.RNode {
	stale := map[*yaml.Node]bool{}
	for _, o := range ownKinds(items) {
		if !g.wanted[keyOf(o)] && g.owns(o) {
			stale[o.Node()] = true
			g.results = append(g.results, fn.Infof(o.Ref(), "", "removed: the Solution has it no more"))
		}
	}
	if len(stale) == 0 {
		return slices.Clip(items)
	}
	var kept []*yaml.RNode
	for _, item := range items {
		if !stale[view.Of(item).Node()] {
			kept = append(kept, item)
		}
	}
	return kept
}

// owns says whether this config made an object. A config of the same name for
// another cluster (kpt fn eval names all of its configs alike) makes others.
func (g *generator) owns(o view.Object) bool {
	if owner, _ := o.Annotation(OwnedByAnnotation); owner != g.owner() {
		return false
	}
	cluster, found := o.Label(clusterLabel)
	_, there := g.solution.Spec.Clusters[cluster]
	return !found || cluster == g.Spec.Cluster || !there
}
