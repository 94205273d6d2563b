package generateargoapps

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Facts are what a config knows of the tree, which a function does not see:
// spec.kinds and spec.generatePaths, by the key of an Application.

// factKey is the key of an Application: <environment>,
// <environment>/<component> or clusters/<cluster>.
var factKey = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(/[A-Za-z0-9][-A-Za-z0-9._]*)?$`)

// ParseKind reads Deployment.apps, or ConfigMap for the core group.
func ParseKind(text string) view.GroupKind {
	kind, group, _ := strings.Cut(text, ".")
	return view.GroupKind{Group: group, Kind: kind}
}

// FormatKind is ParseKind's text.
func FormatKind(k view.GroupKind) string {
	if k.Group == "" {
		return k.Kind
	}
	return k.Kind + "." + k.Group
}

func (c *GenerateArgoApps) validateFacts() fn.Results {
	var results fn.Results
	for _, key := range solution.Names(c.Spec.Kinds) {
		at := view.Path("spec", "kinds", key)
		if !factKey.MatchString(key) {
			results = append(results, c.Errorf(at, badKey))
		}
		for i, kind := range c.Spec.Kinds[key] {
			if !kindName.MatchString(kind) {
				results = append(results, c.Errorf(fmt.Sprintf("%s[%d]", at, i), "%q "+noKind, kind))
			}
		}
	}
	for _, key := range solution.Names(c.Spec.GeneratePaths) {
		at := view.Path("spec", "generatePaths", key)
		if !factKey.MatchString(key) {
			results = append(results, c.Errorf(at, badKey))
		}
		for i, p := range c.Spec.GeneratePaths[key] {
			if err := validGeneratePath(p); err != nil {
				results = append(results, c.Errorf(fmt.Sprintf("%s[%d]", at, i), "%v", err))
			}
		}
	}
	return results
}

const badKey = "is no key of these facts; expected <environment>, <environment>/<component> or clusters/<cluster>, as eda-fn argo update writes them"

// validGeneratePath checks a folder or file from the repository's root; "." is
// the whole repository.
func validGeneratePath(p string) error {
	switch {
	case p == "":
		return fmt.Errorf("is empty; name a folder or file of the repository")
	case path.IsAbs(p) || path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../"):
		return fmt.Errorf("%q is no plain path from the repository's root, such as base/services", p)
	case strings.ContainsAny(p, ";\n*?[{"):
		return fmt.Errorf("%q holds a character that means something to Argo CD", p)
	}
	return nil
}

// found says whether the facts know an environment, and the components that
// they name in it.
func (c *GenerateArgoApps) found(environment string) (components []string, known bool) {
	for _, key := range solution.Names(c.Spec.Kinds) {
		folder, component, _ := strings.Cut(key, "/")
		if folder != environment || folder == clustersFolder {
			continue
		}
		known = true
		if component != "" {
			components = append(components, component)
		}
	}
	return components, known
}

// generatePathsText is the annotation's value for an Application: paths from
// the repository's root.
func (c *GenerateArgoApps) generatePathsText(key string) string {
	var paths []string
	for _, p := range c.Spec.GeneratePaths[key] {
		paths = append(paths, path.Join("/", p))
	}
	slices.Sort(paths)
	return strings.Join(paths, ";")
}
