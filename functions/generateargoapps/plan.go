package generateargoapps

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
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
	// what it is, for ApplicationSets: they take those that are alike.
	what string
	// key of the facts, and the folder in a hydrator's branch.
	key string
	// place is the environment's name, or the cluster's.
	place string
	// labels beside those that every object of the generator has.
	labels map[string]string
	// path is a folder of the repository, exclude what lies in it and is
	// synced by others: patterns relative to it.
	path    string
	exclude []string
	// sources in place of path.
	sources []ComponentSource
	wave    string
	// generatePaths is the annotation's text, empty for none.
	generatePaths string
	// destination holds the namespace for objects that name none.
	destination view.ArgoDestination
	// namespaces are all those that it syncs to.
	namespaces []string
	// guarded is what holds operators or data of class prod: nothing is
	// deleted there unless somebody says so.
	guarded bool
}

// What an Application is.
const (
	whatOperators   = "operators"
	whatEnvironment = "environments"
	whatComponent   = "components"
)

// project is one AppProject as it is wanted.
type project struct {
	name        string
	description string
	// described says that the config has the description.
	described    bool
	sourceRepos  []string
	destinations []view.ArgoDestination
	clusterKinds []view.GroupKind
	kinds        []view.GroupKind
	roles        []view.ProjectRole
	// says is true when the config has roles for the project.
	says bool
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
	scopes   view.Scopes
	cluster  solution.Destination
	// names of the Applications so far, and the name by the path.
	names   map[string]bool
	paths   map[string]string
	plan    plan
	results fn.Results
}

// makePlan works out what is wanted. The plan counts only when no result is an
// error.
func (c *GenerateArgoApps) makePlan(s *solution.Solution, scopes view.Scopes) (plan, fn.Results) {
	p := &planner{GenerateArgoApps: c, solution: s, scopes: scopes, names: map[string]bool{}, paths: map[string]string{}}
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
	if p.Spec.Granularity == GranularityComponent {
		for _, name := range solution.Names(p.solution.Spec.Components) {
			check(&p.solution.Header, view.Path("spec", "components", name), name)
		}
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
	if p.Spec.Project != "" {
		return p.Spec.Project
	}
	return shorten(p.solution.Metadata.Name + "-" + p.Spec.Cluster)
}

func (p *planner) administrators() string {
	if p.Spec.Project != "" {
		return shorten(p.Spec.Project + "-admin")
	}
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
	if len(p.Spec.OperatorNamespaces) > 0 {
		p.planOperators()
	}
	for _, name := range p.environments() {
		environment := p.solution.Spec.Environments[name]
		if name == clustersFolder && p.Spec.Source == SourceRendered {
			p.results = append(p.results, p.solution.Errorf(view.Path("spec", "environments", name),
				"its folder %s holds the clusters' operators; give the environment another name", p.folder(name)))
			continue
		}
		if p.Spec.Granularity == GranularityEnvironment {
			p.add(p.inEnvironment(environment, application{
				name:    shorten(p.solution.Metadata.Name + "-" + name),
				project: p.projectOf(environment),
				what:    whatEnvironment,
				key:     name,
				place:   name,
				path:    p.folder(name),
				wave:    strconv.Itoa(environmentWave),
				labels:  map[string]string{environmentLabel: name},
			}))
		}
		for _, component := range p.components(name) {
			p.planComponent(component, name, environment)
		}
	}
	slices.SortFunc(p.plan.applications, func(a, b application) int { return strings.Compare(a.name, b.name) })
}

// components returns the names of an environment's components that have an
// Application of their own, sorted.
func (p *planner) components(environment string) []string {
	found, known := p.found(environment)
	names := map[string]bool{}
	for name := range p.Spec.Components {
		names[name] = true
	}
	if p.Spec.Granularity == GranularityComponent {
		for name := range p.solution.Spec.Components {
			names[name] = true
		}
		for _, name := range found {
			names[name] = true
		}
	}
	return slices.DeleteFunc(solution.Names(names), func(name string) bool {
		config := p.Spec.Components[name]
		if len(config.Environments) > 0 {
			return !slices.Contains(config.Environments, environment)
		}
		return known && len(config.Sources) == 0 && !slices.Contains(found, name)
	})
}

func (p *planner) planOperators() {
	app := application{
		name:        shorten(p.solution.Metadata.Name + "-" + p.Spec.Cluster + "-operators"),
		project:     p.administrators(),
		what:        whatOperators,
		key:         clustersFolder + "/" + p.Spec.Cluster,
		place:       p.Spec.Cluster,
		path:        p.folder(clustersFolder, p.Spec.Cluster),
		wave:        strconv.Itoa(operatorsWave),
		destination: p.destination(p.Spec.OperatorNamespaces[0]),
		namespaces:  p.Spec.OperatorNamespaces,
		guarded:     true,
	}
	if p.Spec.OperatorsPath != "" {
		app.path = p.Spec.OperatorsPath
	}
	if p.Spec.Source == SourceRendered {
		app.exclude = []string{argocdFolder + "/*"}
	}
	p.add(app)
}

// planComponent adds a component's own Application to an environment.
func (p *planner) planComponent(component, name string, environment solution.Environment) {
	config := p.Spec.Components[component]
	app := application{
		name:    shorten(p.solution.Metadata.Name + "-" + name + "-" + component),
		project: p.projectOf(environment),
		what:    whatComponent,
		key:     name + "/" + component,
		place:   name,
		path:    p.folder(name, component),
		wave:    strconv.Itoa(environmentWave),
		labels:  map[string]string{environmentLabel: name, componentLabel: component},
	}
	if config.Name != "" {
		app.name = inPlace(config.Name, name)
	}
	if config.Path != "" {
		app.path = inPlace(config.Path, name)
	}
	for _, source := range config.Sources {
		app.sources = append(app.sources, p.complete(source, name))
		app.path = ""
	}
	if known, found := p.solution.Spec.Components[component]; found {
		app.wave = strconv.Itoa(known.Wave)
	}
	if config.Wave != nil {
		app.wave = strconv.Itoa(*config.Wave)
	}
	if config.Project != "" {
		app.project = config.Project
	}
	if app.project == p.developers() && environment.Class == classProd {
		p.failf(view.Path("spec", "components", component, "project"),
			"%q is the developers' project, and environment %s is of class prod; use %s", app.project, name, p.administrators())
	}
	if config.Namespace != "" {
		environment.Namespace = inPlace(config.Namespace, name)
	}
	p.add(p.inEnvironment(environment, app))
}

// inPlace puts an environment's name in place of ENVIRONMENT.
func inPlace(pattern, environment string) string {
	return strings.ReplaceAll(pattern, solution.DefaultBaseNamespace, environment)
}

// complete fills a source for an environment.
func (p *planner) complete(s ComponentSource, environment string) ComponentSource {
	if s.RepoURL == "" {
		s.RepoURL = p.solution.Spec.RepoURL
		if s.TargetRevision == "" {
			s.TargetRevision = p.solution.Spec.TargetRevision
		}
	}
	s.Path = inPlace(s.Path, environment)
	if s.Helm != nil {
		helm := *s.Helm
		helm.ValueFiles = nil
		for _, file := range s.Helm.ValueFiles {
			helm.ValueFiles = append(helm.ValueFiles, inPlace(file, environment))
		}
		s.Helm = &helm
	}
	return s
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
		p.failf("", "two Applications would have the name %s; rename the environment or the component, or put ENVIRONMENT into the component's name", app.name)
		return
	}
	if other, taken := p.paths[app.path]; taken && app.path != "" {
		p.failf("", "Applications %s and %s would both sync %s; give them folders of their own (in a component's path, ENVIRONMENT stands for the environment's name)",
			other, app.name, app.path)
		return
	}
	app.generatePaths = p.generatePathsText(app.key)
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
