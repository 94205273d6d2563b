package generateargoapps

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Sync waves of the Applications among each other. Operators come before what
// they make work; the components of a Solution start at 10, as resources'
// waves do.
const (
	operatorsWave   = 0
	environmentWave = 10
)

// classProd is the class whose environments belong to administrators.
const classProd = "prod"

// Labels of what the generator makes.
const (
	partOfLabel      = "app.kubernetes.io/part-of"
	clusterLabel     = fn.Group + "/cluster"
	environmentLabel = fn.Group + "/environment"
	componentLabel   = fn.Group + "/component"
)

// application is one Application as it is wanted.
type application struct {
	name    string
	project string
	// labels beside those that every object of the generator has.
	labels map[string]string
	// path is a folder of the repository, exclude what lies in it and is
	// synced by others: patterns relative to it.
	path    string
	exclude []string
	wave    int
	// destination holds the namespace for objects that name none.
	destination view.ArgoDestination
	// namespaces are all those that it syncs to.
	namespaces []string
	// guarded is what holds operators or data of class prod: nothing is
	// deleted there unless somebody says so.
	guarded bool
}

// project is one AppProject as it is wanted.
type project struct {
	name         string
	description  string
	sourceRepos  []string
	destinations []view.ArgoDestination
	clusterKinds []view.GroupKind
	kinds        []view.GroupKind
	// override is what the config says, zero for nothing.
	override Project
}

// mayCreateNamespace says whether Applications of the project may have
// CreateNamespace=true.
func (p *project) mayCreateNamespace() bool { return slices.Contains(p.clusterKinds, namespaceKind) }

// plan is all that is wanted, projects and Applications sorted by name.
type plan struct {
	projects     []project
	applications []application
}

// planner makes a plan and collects what is wrong with it.
type planner struct {
	*GenerateArgoApps
	solution *solution.Solution
	cluster  solution.Destination
	// names of the Applications so far, and the name by the path.
	names   map[string]bool
	paths   map[string]string
	plan    plan
	results fn.Results
}

// makePlan works out what is wanted. The plan counts only when no result is an
// error.
func (c *GenerateArgoApps) makePlan(s *solution.Solution) (plan, fn.Results) {
	p := &planner{GenerateArgoApps: c, solution: s, names: map[string]bool{}, paths: map[string]string{}}
	cluster, found := s.Spec.Clusters[c.Spec.Cluster]
	if !found {
		p.failf("spec.cluster", "the Solution %s has no cluster %q%s",
			s.Metadata.Name, c.Spec.Cluster, fnconfig.Suggest(c.Spec.Cluster, solution.Names(s.Spec.Clusters)))
		return plan{}, p.results
	}
	p.cluster = cluster.Destination
	p.checkNames()
	if s.Spec.TargetRevision == "" && c.Spec.Template.Spec.Source.TargetRevision == "" {
		p.results = append(p.results, s.Errorf("spec.targetRevision", "is missing; name the branch that Argo CD follows, such as main"))
	}
	p.checkComponents()
	p.planApplications()
	if p.results.Failed() {
		return plan{}, p.results
	}
	p.shareFolders()
	p.planProjects()
	p.checkFences()
	return p.plan, p.results
}

func (p *planner) failf(field, format string, args ...any) {
	p.results = append(p.results, p.Errorf(field, format, args...))
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// checkNames checks the parts of which names and labels are made.
func (p *planner) checkNames() {
	check := func(ref *fn.Header, field, name string) {
		if !dnsLabel.MatchString(name) || len(name) > solution.MaxLabel {
			p.results = append(p.results, ref.Errorf(field,
				"%q becomes a part of Applications' names; expected a DNS label: lower-case letters, digits and '-', at most %d",
				name, solution.MaxLabel))
		}
	}
	check(&p.solution.Header, "metadata.name", p.solution.Metadata.Name)
	check(&p.solution.Header, view.Path("spec", "clusters", p.Spec.Cluster), p.Spec.Cluster)
	for _, name := range p.environments() {
		check(&p.solution.Header, view.Path("spec", "environments", name), name)
	}
	for _, name := range solution.Names(p.Spec.Components) {
		check(&p.Header, view.Path("spec", "components", name), name)
	}
}

// environments returns the names of the cluster's environments, sorted.
func (p *planner) environments() []string {
	return slices.DeleteFunc(solution.Names(p.solution.Spec.Environments), func(name string) bool {
		return p.solution.Spec.Environments[name].Cluster != p.Spec.Cluster
	})
}

// checkComponents checks the environments and the project that the config's
// components name.
func (p *planner) checkComponents() {
	for _, name := range solution.Names(p.Spec.Components) {
		component := p.Spec.Components[name]
		for i, environment := range component.Environments {
			if _, err := p.solution.Environment(environment); err != nil {
				p.failf(view.Path("spec", "components", name, fmt.Sprintf("environments[%d]", i)), "%v", err)
			}
		}
		known := append(solution.Names(p.Spec.Projects), p.developers(), p.administrators())
		if component.Project != "" && !slices.Contains(known, component.Project) {
			p.failf(view.Path("spec", "components", name, "project"), "%q is none of this cluster's projects and not under spec.projects%s",
				component.Project, fnconfig.Suggest(component.Project, known))
		}
	}
}

// developers and administrators are the names of the cluster's two projects.
func (p *planner) developers() string {
	return shorten(p.solution.Metadata.Name + "-" + p.Spec.Cluster)
}

func (p *planner) administrators() string {
	return shorten(p.solution.Metadata.Name + "-" + p.Spec.Cluster + "-admin")
}

// shorten keeps a name within a DNS label's length: a longer one ends with a
// part of its SHA-256, so that it stays the same and apart from others.
func shorten(name string) string {
	const digits = 8 // 32 bits
	if len(name) <= solution.MaxLabel {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:solution.MaxLabel-digits-1], "-") + "-" + hex.EncodeToString(sum[:])[:digits]
}

// folder returns the folder of an environment, or of the cluster's operators.
func (p *planner) folder(parts ...string) string {
	switch {
	case p.Spec.Source == SourceRendered:
		return path.Join(append([]string{"rendered"}, parts...)...)
	case parts[0] == clustersFolder:
		return path.Join(parts...)
	default:
		return path.Join(append([]string{"environments"}, parts...)...)
	}
}

const (
	// clustersFolder has a folder for each cluster's operators.
	clustersFolder = "clusters"
	// argocdFolder, in a cluster's folder, has the Applications themselves. No
	// Application syncs it: it would contain itself.
	argocdFolder = "argocd"
)

func (p *planner) planApplications() {
	p.planOperators()
	for _, name := range p.environments() {
		environment := p.solution.Spec.Environments[name]
		if name == clustersFolder && p.Spec.Source == SourceRendered {
			p.results = append(p.results, p.solution.Errorf(view.Path("spec", "environments", name),
				"its folder %s holds the clusters' operators; give the environment another name", p.folder(name)))
			continue
		}
		p.add(p.inEnvironment(environment, application{
			name:    shorten(p.solution.Metadata.Name + "-" + name),
			project: p.projectOf(environment),
			path:    p.folder(name),
			wave:    environmentWave,
			labels:  map[string]string{environmentLabel: name},
		}))
		for _, component := range solution.Names(p.Spec.Components) {
			p.planComponent(component, name, environment)
		}
	}
	slices.SortFunc(p.plan.applications, func(a, b application) int { return strings.Compare(a.name, b.name) })
}

func (p *planner) planOperators() {
	app := application{
		name:        shorten(p.solution.Metadata.Name + "-" + p.Spec.Cluster + "-operators"),
		project:     p.administrators(),
		path:        p.folder(clustersFolder, p.Spec.Cluster),
		wave:        operatorsWave,
		destination: p.destination(p.Spec.OperatorNamespaces[0]),
		namespaces:  p.Spec.OperatorNamespaces,
		guarded:     true,
	}
	if p.Spec.Source == SourceRendered {
		app.exclude = []string{argocdFolder + "/*"}
	}
	p.add(app)
}

// planComponent adds a component's own Application, if the environment has it.
func (p *planner) planComponent(component, name string, environment solution.Environment) {
	config := p.Spec.Components[component]
	if len(config.Environments) > 0 && !slices.Contains(config.Environments, name) {
		return
	}
	app := application{
		name:    shorten(p.solution.Metadata.Name + "-" + name + "-" + component),
		project: p.projectOf(environment),
		path:    p.folder(name, component),
		wave:    environmentWave,
		labels:  map[string]string{environmentLabel: name, componentLabel: component},
	}
	if config.Path != "" {
		app.path = strings.ReplaceAll(config.Path, solution.DefaultBaseNamespace, name)
	}
	if known, found := p.solution.Spec.Components[component]; found {
		app.wave = known.Wave
	}
	if config.Wave != nil {
		app.wave = *config.Wave
	}
	if config.Project != "" {
		app.project = config.Project
	}
	if app.project == p.developers() && environment.Class == classProd {
		p.failf(view.Path("spec", "components", component, "project"),
			"%q is the developers' project, and environment %s is of class prod; use %s", app.project, name, p.administrators())
	}
	p.add(p.inEnvironment(environment, app))
}

// inEnvironment completes an Application that syncs to an environment.
func (p *planner) inEnvironment(environment solution.Environment, app application) application {
	app.destination = p.destination(environment.Namespace)
	app.namespaces = []string{environment.Namespace}
	app.guarded = environment.Class == classProd
	return app
}

func (p *planner) destination(namespace string) view.ArgoDestination {
	return view.ArgoDestination{Server: p.cluster.Server, Name: p.cluster.Name, Namespace: namespace}
}

// add adds an Application whose name and folder nobody else has.
func (p *planner) add(app application) {
	if p.names[app.name] {
		p.failf("", "two Applications would have the name %s; rename the environment or the component", app.name)
		return
	}
	if other, taken := p.paths[app.path]; taken {
		p.failf("", "Applications %s and %s would both sync %s; give them folders of their own (in a component's path, ENVIRONMENT stands for the environment's name)",
			other, app.name, app.path)
		return
	}
	p.names[app.name], p.paths[app.path] = true, app.name
	p.plan.applications = append(p.plan.applications, app)
}

func (p *planner) projectOf(environment solution.Environment) string {
	if environment.Class == classProd {
		return p.administrators()
	}
	return p.developers()
}

// shareFolders keeps an Application away from folders within its own that
// another one syncs. Only manifests are found by folder; a kustomization lists
// what it takes.
func (p *planner) shareFolders() {
	if p.Spec.Source != SourceRendered {
		return
	}
	byPath := map[string]int{}
	for i := range p.plan.applications {
		byPath[p.plan.applications[i].path] = i
	}
	for i := range p.plan.applications {
		inner := p.plan.applications[i].path
		for outer := path.Dir(inner); outer != "."; outer = path.Dir(outer) {
			if j, found := byPath[outer]; found {
				app := &p.plan.applications[j]
				app.exclude = append(app.exclude, strings.TrimPrefix(inner, outer+"/")+"/*")
			}
		}
	}
	for i := range p.plan.applications {
		slices.Sort(p.plan.applications[i].exclude)
	}
}

// planProjects adds a project for every one that an Application names.
func (p *planner) planProjects() {
	names := map[string]bool{}
	for i := range p.plan.applications {
		names[p.plan.applications[i].project] = true
	}
	for _, name := range solution.Names(p.Spec.Projects) {
		if !names[name] {
			p.failf(view.Path("spec", "projects", name), "no Application is in this project%s", fnconfig.Suggest(name, solution.Names(names)))
		}
	}
	for _, name := range solution.Names(names) {
		made := p.defaultProject(name)
		p.override(&made, p.Spec.Projects[name])
		p.plan.projects = append(p.plan.projects, made)
	}
}

// defaultProject fences in exactly what the project's Applications do.
func (p *planner) defaultProject(name string) project {
	made := project{name: name, sourceRepos: []string{p.solution.Spec.RepoURL}, kinds: allKinds(teamKinds)}
	for i := range p.plan.applications {
		app := &p.plan.applications[i]
		if app.project != name {
			continue
		}
		for _, namespace := range app.namespaces {
			if d := p.destination(namespace); !slices.Contains(made.destinations, d) {
				made.destinations = append(made.destinations, d)
			}
		}
	}
	slices.SortFunc(made.destinations, func(a, b view.ArgoDestination) int { return strings.Compare(a.Namespace, b.Namespace) })
	switch name {
	case p.administrators():
		made.description = fmt.Sprintf("%s in cluster %s: operators, and environments of class prod", p.solution.Metadata.Name, p.Spec.Cluster)
		made.kinds = allKinds(teamKinds, adminKinds)
		made.clusterKinds = []view.GroupKind{namespaceKind}
	case p.developers():
		made.description = fmt.Sprintf("%s in cluster %s: environments of class dev and stage", p.solution.Metadata.Name, p.Spec.Cluster)
	default:
		made.description = fmt.Sprintf("%s in cluster %s: components of their own project", p.solution.Metadata.Name, p.Spec.Cluster)
	}
	return made
}

// override writes what the config says over a project's defaults.
func (p *planner) override(made *project, config Project) {
	made.override = config
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
		p.failf(view.Path("spec", "projects", made.name, "kinds"), "takes away every kind, which Argo CD may read as none forbidden; leave one")
	}
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
			if !strings.HasPrefix(d.Namespace, "!") && matches(d.Namespace, namespace) {
				p.failf(view.Path("spec", "projects", made.name, "destinations"),
					"%q takes in %s, where Argo CD lives: a team that writes there administers Argo CD; name the team's namespaces", d.Namespace, namespace)
			}
		}
	}
}

// checkInside checks that a project lets an Application in.
func (p *planner) checkInside(made *project, app *application) {
	at := []string{"spec", "projects", made.name}
	if !permits(made.sourceRepos, p.solution.Spec.RepoURL) {
		p.failf(view.Path(append(at, "sourceRepos")...), "leaves out the Solution's repoURL %s, from which Application %s syncs; add it",
			p.solution.Spec.RepoURL, app.name)
	}
	for _, namespace := range app.namespaces {
		if d := p.destination(namespace); !permitsDestination(made.destinations, d) {
			p.failf(view.Path(append(at, "destinations")...), "leaves out namespace %s of this cluster, to which Application %s syncs; add it",
				namespace, app.name)
		}
	}
}

// permits follows Argo CD: a pattern that begins with "!" denies what the rest
// of it matches.
func permits(patterns []string, value string) bool {
	permitted := false
	for _, pattern := range patterns {
		if denied, found := strings.CutPrefix(pattern, "!"); found {
			if matches(denied, value) {
				return false
			}
			continue
		}
		permitted = permitted || matches(pattern, value)
	}
	return permitted
}

func permitsDestination(destinations []view.ArgoDestination, d view.ArgoDestination) bool {
	var namespaces []string
	for _, allowed := range destinations {
		sameServer := d.Server != "" && matches(allowed.Server, d.Server)
		sameName := d.Name != "" && matches(allowed.Name, d.Name)
		if sameServer || sameName {
			namespaces = append(namespaces, allowed.Namespace)
		}
	}
	return permits(namespaces, d.Namespace)
}

// matches says whether a pattern with "*" for any text matches a value.
func matches(pattern, value string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == value
	}
	rest, found := strings.CutPrefix(value, parts[0])
	if !found {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
