package generateargoapps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// planProjects adds a project for every one that an Application names.
func (p *planner) planProjects() {
	used := map[string]bool{}
	for i := range p.plan.applications {
		used[p.plan.applications[i].project] = true
	}
	names := solution.Names(used)
	for _, name := range solution.Names(p.Spec.Projects) {
		if !used[name] {
			p.failf(view.Path("spec", "projects", name), "no Application is in this project%s", fnconfig.Suggest(name, names))
		}
	}
	p.checkRoles(names)
	for _, name := range names {
		made := p.defaultProject(name)
		p.override(&made, p.Spec.Projects[name])
		p.plan.projects = append(p.plan.projects, made)
	}
}

// defaultProject fences in exactly what the project's Applications do.
func (p *planner) defaultProject(name string) project {
	made := project{name: name}
	for i := range p.plan.applications {
		app := &p.plan.applications[i]
		if app.project != name {
			continue
		}
		for _, repo := range p.reposOf(app) {
			if !slices.Contains(made.sourceRepos, repo) {
				made.sourceRepos = append(made.sourceRepos, repo)
			}
		}
		for _, namespace := range app.namespaces {
			if d := p.destination(namespace); !slices.Contains(made.destinations, d) {
				made.destinations = append(made.destinations, d)
			}
		}
	}
	slices.Sort(made.sourceRepos)
	slices.SortFunc(made.destinations, func(a, b view.ArgoDestination) int { return strings.Compare(a.Namespace, b.Namespace) })
	p.defaultKinds(&made)
	switch name {
	case p.administrators():
		made.description = fmt.Sprintf("%s in cluster %s: operators, and environments of class prod", p.solution.Metadata.Name, p.Spec.Cluster)
	case p.developers():
		made.description = fmt.Sprintf("%s in cluster %s: environments of class dev and stage", p.solution.Metadata.Name, p.Spec.Cluster)
	default:
		made.description = fmt.Sprintf("%s in cluster %s: components of their own project", p.solution.Metadata.Name, p.Spec.Cluster)
	}
	return made
}

// reposOf returns the repositories from which an Application syncs.
func (p *planner) reposOf(app *application) []string {
	if len(app.sources) == 0 {
		return []string{p.solution.Spec.RepoURL}
	}
	var repos []string
	for i := range app.sources {
		repos = append(repos, app.sources[i].RepoURL)
	}
	return repos
}

// defaultKinds allows the kinds that the facts have for the project's
// Applications. Where they have none, it allows what event-driven solutions are
// made of.
func (p *planner) defaultKinds(made *project) {
	isAdmin := made.name == p.administrators()
	if isAdmin {
		made.clusterKinds = []view.GroupKind{namespaceKind}
	}
	var unknown, known []string
	for i := range p.plan.applications {
		app := &p.plan.applications[i]
		if app.project != made.name {
			continue
		}
		kinds, found := p.Spec.Kinds[app.key]
		if !found {
			unknown = append(unknown, app.key)
			continue
		}
		known = append(known, app.key)
		for _, text := range kinds {
			kind := ParseKind(text)
			switch cluster := p.scopes.Of(kind) == view.Cluster; {
			case withheld(kind, isAdmin):
			case !cluster:
				made.kinds = append(made.kinds, kind)
			case isAdmin:
				made.clusterKinds = append(made.clusterKinds, kind)
			}
		}
	}
	made.clusterKinds = sortKinds(made.clusterKinds)
	if len(unknown) > 0 {
		made.kinds = append(made.kinds, allKinds(teamKinds)...)
		if isAdmin {
			made.kinds = append(made.kinds, allKinds(adminKinds)...)
		}
		if len(known) > 0 {
			p.results = append(p.results, p.Warnf("spec.kinds", "has %s and not %s; project %s allows what solutions are usually made of until you run eda-fn argo update",
				strings.Join(known, ", "), strings.Join(unknown, ", "), made.name))
		}
	}
	made.kinds = sortKinds(made.kinds)
}

// override writes what the config says over a project's defaults.
func (p *planner) override(made *project, config Project) {
	if config.Description != "" {
		made.description, made.described = config.Description, true
	}
	made.roles = p.rolesOf(made.name, config.Roles)
	made.says = config.Roles != nil || len(made.roles) > 0
	if config.SourceRepos != nil {
		made.sourceRepos = config.SourceRepos
	}
	if config.Destinations != nil {
		made.destinations = nil
	}
	for _, d := range config.Destinations {
		destination := view.ArgoDestination(d)
		if d.Server == "" && d.Name == "" {
			destination = p.destination(d.Namespace)
		}
		made.destinations = append(made.destinations, destination)
	}
	if config.ClusterResourceWhitelist != nil {
		made.clusterKinds = viewKinds(config.ClusterResourceWhitelist)
	}
	if config.NamespaceResourceWhitelist != nil {
		made.kinds = viewKinds(config.NamespaceResourceWhitelist)
	}
	made.kinds = change(made.kinds, config.Kinds)
	if len(made.kinds) == 0 {
		p.failf(view.Path("spec", "projects", made.name, "kinds"), "no kind is left, which Argo CD may read as none forbidden; leave one")
	}
	p.warnOfForbidden(made)
}

// warnOfForbidden tells of kinds that are rendered and not allowed: Argo CD
// would refuse the whole sync.
func (p *planner) warnOfForbidden(made *project) {
	for i := range p.plan.applications {
		app := &p.plan.applications[i]
		if app.project != made.name {
			continue
		}
		for _, text := range p.Spec.Kinds[app.key] {
			kind := ParseKind(text)
			list, field := made.kinds, view.Path("spec", "projects", made.name, "kinds")
			if p.scopes.Of(kind) == view.Cluster {
				list, field = made.clusterKinds, view.Path("spec", "projects", made.name, "clusterResourceWhitelist")
			}
			if !permitsKind(list, kind) {
				p.results = append(p.results, p.Warnf(view.Path("spec", "kinds", app.key),
					"holds %s, which project %s does not allow, so Argo CD will refuse to sync %s; render it elsewhere, or allow it in %s",
					text, made.name, app.name, field))
			}
		}
	}
}

func permitsKind(list []view.GroupKind, kind view.GroupKind) bool {
	return slices.ContainsFunc(list, func(k view.GroupKind) bool {
		return view.MatchesPattern(k.Group, kind.Group) && view.MatchesPattern(k.Kind, kind.Kind)
	})
}

func viewKinds(kinds []GroupKind) []view.GroupKind {
	out := make([]view.GroupKind, len(kinds))
	for i, k := range kinds {
		out[i] = view.GroupKind(k)
	}
	return out
}

// checkFences holds the projects against Argo CD's own namespace and against
// their Applications.
func (p *planner) checkFences() {
	for i := range p.plan.projects {
		made := &p.plan.projects[i]
		p.checkControlPlane(made)
		for j := range p.plan.applications {
			if app := &p.plan.applications[j]; app.project == made.name {
				p.checkInside(made, app)
			}
		}
	}
}

// checkControlPlane refuses a team that can write where Argo CD lives: whoever
// writes Applications there administers it.
func (p *planner) checkControlPlane(made *project) {
	if made.name == p.administrators() {
		return
	}
	for _, d := range made.destinations {
		for _, namespace := range slices.Compact([]string{p.Spec.ArgocdNamespace, DefaultArgocdNamespace}) {
			if view.Lets(d.Namespace, namespace) {
				p.failf(view.Path("spec", "projects", made.name, "destinations"),
					"%q takes in %s, where Argo CD lives: a team that writes there administers Argo CD; name the team's namespaces", d.Namespace, namespace)
			}
		}
	}
}

// checkInside checks that a project lets an Application in.
func (p *planner) checkInside(made *project, app *application) {
	at := []string{"spec", "projects", made.name}
	for _, repo := range p.reposOf(app) {
		if !view.PermitsRepo(made.sourceRepos, repo) {
			p.failf(view.Path(append(at, "sourceRepos")...), "leaves out %s, from which Application %s syncs; add it", repo, app.name)
		}
	}
	for _, namespace := range app.namespaces {
		if d := p.destination(namespace); !view.PermitsDestination(made.destinations, d) {
			p.failf(view.Path(append(at, "destinations")...), "leaves out namespace %s of this cluster, to which Application %s syncs; add it",
				namespace, app.name)
		}
	}
}

// Planned is an Application as a config plans it, for what reads the tree.
type Planned struct {
	// Name of the Application.
	Name string
	// Key of its facts.
	Key string
	// Path is its folder from the repository's root, empty for one of other
	// sources; Exclude are the folders in it that it leaves out.
	Path    string
	Exclude []string
	// Component is the component's name, empty for others.
	Component string
	// Optional says that the Solution or the config does not say outright that
	// the folder is there.
	Optional bool
}

// Planned returns the Applications of a config in a Solution, without regard
// to its facts: with all components in all environments that may have them.
func (c *GenerateArgoApps) Planned(s *solution.Solution) ([]Planned, fn.Results) {
	free := *c
	free.Spec.Kinds, free.Spec.GeneratePaths = nil, nil
	made, results := free.makePlan(s, view.ScopesOf(nil))
	var out []Planned
	for i := range made.applications {
		app := &made.applications[i]
		component := app.labels[componentLabel]
		planned := Planned{Name: app.name, Key: app.key, Path: app.path, Component: component}
		planned.Optional = component != "" && len(c.Spec.Components[component].Environments) == 0
		for _, pattern := range app.exclude {
			planned.Exclude = append(planned.Exclude, strings.TrimSuffix(pattern, "/*"))
		}
		out = append(out, planned)
	}
	return out, results
}
