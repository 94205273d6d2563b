package generateargoapps

import (
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// SourceHydrator is Argo CD's source hydrator (v3.2): it renders what is in one
// branch into another, and syncs that one.
type SourceHydrator struct {
	// DrySource is what is rendered: the Solution's repository, the
	// Application's folder.
	DrySource DrySource `yaml:"drySource,omitempty"`
	// SyncSource is what is synced.
	SyncSource SyncSource `yaml:"syncSource,omitempty"`
	// HydrateTo is the branch to which is pushed, when people promote from
	// there to syncSource's.
	HydrateTo HydrateTo `yaml:"hydrateTo,omitempty"`
}

// DrySource is what the hydrator renders.
type DrySource struct {
	// TargetRevision is the branch. Defaults to the Solution's.
	TargetRevision string `yaml:"targetRevision,omitempty"`
}

// SyncSource is what is synced.
type SyncSource struct {
	// TargetBranch, with the word ENVIRONMENT for the environment's name (the
	// cluster's, for operators). Defaults to environments/ENVIRONMENT.
	TargetBranch string `yaml:"targetBranch,omitempty"`
	// Path is the folder in that branch, below which each Application has one
	// of its own: <environment>, <environment>/<component> or
	// clusters/<cluster>. Defaults to none.
	Path string `yaml:"path,omitempty"`
}

// HydrateTo is where the hydrator pushes to.
type HydrateTo struct {
	// TargetBranch, with the word ENVIRONMENT as in syncSource. Defaults to
	// syncSource's branch.
	TargetBranch string `yaml:"targetBranch,omitempty"`
}

func (h *SourceHydrator) fill() {
	if h.SyncSource.TargetBranch == "" {
		h.SyncSource.TargetBranch = "environments/" + solution.DefaultBaseNamespace
	}
}

// ApplicationSet is how an ApplicationSet treats its Applications.
type ApplicationSet struct {
	// ApplicationsSync is create-only, create-update, create-delete or sync.
	// Defaults to create-update: an entry that goes deletes nothing.
	ApplicationsSync ApplicationsSync `yaml:"applicationsSync,omitempty"`
	// PreserveResourcesOnDeletion keeps what the Applications synced when the
	// ApplicationSet goes. Defaults to true.
	PreserveResourcesOnDeletion *bool `yaml:"preserveResourcesOnDeletion,omitempty"`
}

// ApplicationsSync is what an ApplicationSet may do with its Applications.
type ApplicationsSync string

// Enum lists the values (argo-cd v3.2.11, applicationset_types.go).
func (ApplicationsSync) Enum() []string {
	return []string{"create-only", "create-update", "create-delete", "sync"}
}

func (a *ApplicationSet) fill() {
	if a.ApplicationsSync == "" {
		a.ApplicationsSync = "create-update"
	}
	if a.PreserveResourcesOnDeletion == nil {
		keep := true
		a.PreserveResourcesOnDeletion = &keep
	}
}

// branchName is a part of what Git allows: what people call branches.
var branchName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

// validateOptions checks the hydrator, the ApplicationSet and health.
func (c *GenerateArgoApps) validateOptions() fn.Results {
	var results fn.Results
	fail := func(field, format string, args ...any) {
		results = append(results, c.Errorf("spec."+field, format, args...))
	}
	if h := c.Spec.SourceHydrator; h != nil {
		if c.Spec.Source != SourceKustomize {
			fail("source", "%q goes with no sourceHydrator, which renders kustomizations itself; take one of the two out", c.Spec.Source)
		}
		for field, branch := range map[string]string{"syncSource.targetBranch": h.SyncSource.TargetBranch, "hydrateTo.targetBranch": h.HydrateTo.TargetBranch} {
			if branch != "" && !branchName.MatchString(branch) {
				fail("sourceHydrator."+field, "%q is no branch; expected a name such as environments/ENVIRONMENT", branch)
			}
		}
		if err := validPath(h.SyncSource.Path); err != nil {
			fail("sourceHydrator.syncSource.path", "%v", err)
		}
		if c.Spec.Template.Spec.Source.Kustomize != nil || c.Spec.Template.Spec.Source.Plugin != nil {
			fail("template.spec.source", "says how to render, which goes with no sourceHydrator; take it out")
		}
	}
	if c.Spec.ApplicationSet != nil {
		for _, name := range solution.Names(c.Spec.Components) {
			if len(c.Spec.Components[name].Sources) > 0 {
				fail(view.Path("components", name, "sources"), "goes with no applicationSet, whose template has one source; give the component a config of its own")
			}
		}
	}
	if c.Spec.Health != nil {
		results = append(results, c.validateHealth()...)
	}
	return results
}

// hydrator returns spec.sourceHydrator of an Application.
func (g *generator) hydrator(want *application) *yaml.Node {
	h := g.Spec.SourceHydrator
	revision := h.DrySource.TargetRevision
	if revision == "" {
		revision = g.revision()
	}
	in := func(branch string) string {
		return strings.ReplaceAll(branch, solution.DefaultBaseNamespace, want.place)
	}
	folder := want.key
	if h.SyncSource.Path != "" {
		folder = fmt.Sprintf("%s/%s", h.SyncSource.Path, want.key)
	}
	hydrator := view.Map(
		"drySource", view.Map("repoURL", view.String(g.solution.Spec.RepoURL), "targetRevision", view.String(revision), "path", view.String(want.path)),
		"syncSource", view.Map("targetBranch", view.String(in(h.SyncSource.TargetBranch)), "path", view.String(folder)))
	if h.HydrateTo.TargetBranch != "" {
		view.SetField(hydrator, "hydrateTo", view.Map("targetBranch", view.String(in(h.HydrateTo.TargetBranch))))
	}
	return hydrator
}

// revision is what Argo CD follows in the Solution's repository.
func (g *generator) revision() string {
	if revision := g.Spec.Template.Spec.Source.TargetRevision; revision != "" {
		return revision
	}
	return g.solution.Spec.TargetRevision
}
