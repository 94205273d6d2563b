package generateargoapps

import (
	"slices"
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
	wanted, problems := c.makePlan(s, view.ScopesOf(items))
	results = append(results, problems...)
	if results.Failed() {
		return items, results
	}
	g, err := newGenerator(c, s, items)
	if err != nil {
		return items, append(results, c.Errorf("spec.template", "%v", err))
	}
	g.namespaces()
	g.health()
	g.lockDefault()
	for i := range wanted.projects {
		g.project(&wanted.projects[i])
	}
	g.applications(&wanted)
	kept := g.removeStale(items)
	return append(kept, g.added...), append(results, g.results...)
}

// applications writes the Applications, or the ApplicationSets in their place.
func (g *generator) applications(wanted *plan) {
	if g.Spec.ApplicationSet != nil {
		g.applicationSets(wanted)
		return
	}
	for i := range wanted.applications {
		app := &wanted.applications[i]
		g.application(app, wanted.project(app.project).mayCreateNamespace())
	}
}

// project returns a project of the plan by its name.
func (p *plan) project(name string) *project {
	return &p.projects[slices.IndexFunc(p.projects, func(made project) bool { return made.name == name })]
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
		switch o.GroupKind() {
		case view.GroupKind{Group: view.ArgoGroup, Kind: "Application"},
			view.GroupKind{Group: view.ArgoGroup, Kind: "ApplicationSet"},
			view.GroupKind{Group: view.ArgoGroup, Kind: "AppProject"},
			view.GroupKind{Group: view.ArgoGroup, Kind: "ArgoCD"},
			view.GroupKind{Kind: "ConfigMap"},
			namespaceKind:
			out = append(out, o)
		}
	}
	return out
}

// find returns the object of that name, or the new one in its place; ok is
// false when it is not for this config to write.
func (g *generator) find(fresh view.Object) (o view.Object, isNew, ok bool) {
	o, isNew, ok = g.lookup(fresh)
	if _, owned := o.Annotation(OwnedByAnnotation); ok && !isNew && !owned {
		g.results = append(g.results, fn.Infof(o.Ref(), "", "was not generated; %s keeps it up to date from now on", g.owner()))
	}
	return o, isNew, ok
}

// lookup is find for what stays others' when it was there.
func (g *generator) lookup(fresh view.Object) (o view.Object, isNew, ok bool) {
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
	if owner, owned := o.Annotation(OwnedByAnnotation); owned && owner != g.owner() {
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
	if want.described {
		p.SetDescription(want.description)
	}
	p.FillDescription(want.description)
	p.SetSourceRepos(want.sourceRepos)
	p.SetDestinations(want.destinations)
	p.SetClusterResourceWhitelist(want.clusterKinds)
	p.SetNamespaceResourceWhitelist(want.kinds)
	if want.says {
		p.SetRoles(want.roles)
	}
	p.DeleteStatus()
}

// lockDefault writes the project default as one that permits nothing. Source:
// argo-cd's page "Projects", section "The default project".
func (g *generator) lockDefault() {
	if !g.Spec.LockDefaultProject {
		return
	}
	o, _, ok := g.find(view.NewAppProject(g.Spec.ArgocdNamespace, "default").Object)
	if !ok {
		return
	}
	g.mark(o, nil)
	o.SetAnnotation(view.SyncOptionsAnnotation, "Prune=false")
	p := view.AppProject{Object: o}
	p.FillDescription("permits nothing; name another project")
	p.SetSourceRepos(nil)
	p.SetDestinations(nil)
	p.SetClusterResourceWhitelist(nil)
	p.SetNamespaceResourceBlacklist([]view.GroupKind{{Group: "*", Kind: "*"}})
	p.DeleteStatus()
}

func (g *generator) application(want *application, mayCreateNamespace bool) {
	o, isNew, ok := g.find(view.NewApplication(g.Spec.ArgocdNamespace, want.name).Object)
	if !ok {
		return
	}
	g.mark(o, want.labels)
	app := view.Application{Object: o}
	g.fill(app, want, fillOptions{isNew: isNew, mayCreateNamespace: mayCreateNamespace})
	app.DeleteStatus()
}

// fillOptions are what fill needs to know beside the plan.
type fillOptions struct {
	// isNew says that the Application was not there; mayCreateNamespace that
	// its project lets it make one.
	isNew, mayCreateNamespace bool
}

// fill writes an Application, or an ApplicationSet's template.
func (g *generator) fill(app view.Application, want *application, options fillOptions) {
	app.SetAnnotation(view.SyncWaveAnnotation, want.wave)
	g.generatePaths(app, want)
	app.SetProject(want.project)
	g.sources(app, want)
	app.SetDestination(want.destination)
	// An Application that is there and has no automated sync was switched off.
	if said := g.Spec.Template.Spec.SyncPolicy.Automated != nil; !app.Automated() && (options.isNew || said) {
		app.SetPrune(!want.guarded)
	}
	app.FillRetry(defaultRetry())
	app.FillSyncOptions(g.syncOptions(options.mayCreateNamespace))
	template := g.template
	if !options.mayCreateNamespace {
		template = g.plain
	}
	if len(want.sources) > 0 || g.Spec.SourceHydrator != nil {
		template = view.Copy(template)
		view.DeleteField(view.Lookup(template, "spec"), "source")
	}
	app.Merge(template)
	g.warn(app, want, options.mayCreateNamespace)
}

// generatePaths says which changes matter to an Application: of rendered
// manifests those in their own folder, otherwise what the facts have. Without
// either it takes the own folder back; what people wrote stays.
func (g *generator) generatePaths(app view.Application, want *application) {
	const ownFolder = "."
	value, _ := app.Annotation(view.GeneratePathsAnnotation)
	switch {
	case len(want.sources) == 0 && g.Spec.Source == SourceRendered:
		app.SetAnnotation(view.GeneratePathsAnnotation, ownFolder)
	case want.generatePaths != "":
		app.SetAnnotation(view.GeneratePathsAnnotation, want.generatePaths)
	case value == ownFolder && app.SyncsDirectory():
		app.Delete("metadata", "annotations", view.GeneratePathsAnnotation)
	}
}

// sources writes what is synced: several sources, a hydrator's, or one.
func (g *generator) sources(app view.Application, want *application) {
	switch {
	case len(want.sources) > 0:
		var sources []*yaml.Node
		for i := range want.sources {
			sources = append(sources, want.sources[i].node())
		}
		if len(sources) == 1 {
			app.SetSource(sources[0])
			return
		}
		app.SetSources(sources)
	case g.Spec.SourceHydrator != nil:
		app.SetHydrator(g.hydrator(want))
	default:
		app.SetSource(g.source(want))
	}
}

// node returns the source as Argo CD has it.
func (s *ComponentSource) node() *yaml.Node {
	m := view.Map()
	for _, field := range [][2]string{
		{"repoURL", s.RepoURL}, {"targetRevision", s.TargetRevision}, {"path", s.Path}, {"chart", s.Chart}, {"ref", s.Ref},
	} {
		if field[1] != "" {
			view.SetField(m, field[0], view.String(field[1]))
		}
	}
	if s.Helm == nil || s.Helm.ReleaseName == "" && len(s.Helm.ValueFiles) == 0 {
		return m
	}
	helm := view.Map()
	if s.Helm.ReleaseName != "" {
		view.SetField(helm, "releaseName", view.String(s.Helm.ReleaseName))
	}
	if len(s.Helm.ValueFiles) > 0 {
		files := view.Seq()
		for _, file := range s.Helm.ValueFiles {
			files.Content = append(files.Content, view.String(file))
		}
		view.SetField(helm, "valueFiles", files)
	}
	view.SetField(m, "helm", helm)
	return m
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
	if len(patterns) == 0 {
		return ""
	}
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
			g.results = append(g.results, fn.Infof(o.Ref(), "", "removed: neither the Solution nor %s asks for it any more", g.owner()))
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
