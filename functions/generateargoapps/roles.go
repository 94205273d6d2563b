package generateargoapps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Role is what some people or a robot may do with a project's Applications.
type Role struct {
	// Description is what people read.
	Description string `yaml:"description,omitempty"`
	// Actions on all Applications of the project: get, create, update, delete,
	// sync, override, and action/<group>/<kind>/<action>. Each becomes a
	// policy.
	Actions []string `yaml:"actions,omitempty"`
	// Policies beside those of actions have six fields, with the word PROJECT
	// for the project's name: "p, proj:PROJECT:<role>, applications, get,
	// PROJECT/*, allow".
	Policies []string `yaml:"policies,omitempty"`
	// Groups of people, as Argo CD's login names them.
	Groups []string `yaml:"groups,omitempty"`
}

// SharedRole is a role that several projects have.
type SharedRole struct {
	Role `yaml:",inline"`
	// Projects that have the role, by name. Defaults to all of this config but
	// the administrators'.
	Projects []string `yaml:"projects,omitempty"`
}

// projectWord in a policy stands for the project's name.
const projectWord = "PROJECT"

// policiesIn returns the role's policies in a project.
func (r *Role) policiesIn(project, role string) []string {
	var policies []string
	for _, action := range r.Actions {
		policies = append(policies, fmt.Sprintf("p, proj:%s:%s, applications, %s, %s/*, allow", project, role, action, project))
	}
	for _, policy := range r.Policies {
		policies = append(policies, strings.ReplaceAll(policy, projectWord, project))
	}
	return policies
}

// What Argo CD itself checks of a role. Source: argo-cd v3.2.11,
// pkg/apis/application/v1alpha1/types.go (validatePolicy, validateRoleName) and
// util/rbac (ProjectScoped).
var (
	roleName        = regexp.MustCompile(`^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$`)
	policyResources = []string{"applications", "applicationsets", "clusters", "exec", "logs", "repositories"}
	roleActions     = []string{"get", "create", "update", "delete", "sync", "override"}
)

func (c *GenerateArgoApps) validateRoles() fn.Results {
	var results fn.Results
	for _, name := range solution.Names(c.Spec.Roles) {
		role := c.Spec.Roles[name]
		at := view.Path("spec", "roles", name)
		results = append(results, c.validateRole(at, name, &role.Role)...)
		results = append(results, c.validatePolicies(at, "x", name, &role.Role)...)
	}
	return results
}

func (c *GenerateArgoApps) validateRole(at, name string, role *Role) fn.Results {
	var results fn.Results
	if !roleName.MatchString(name) {
		results = append(results, c.Errorf(at, "%q is no role name: letters, digits, '-' and '_', beginning and ending with a letter or digit", name))
	}
	for i, action := range role.Actions {
		if !slices.Contains(roleActions, action) && !strings.HasPrefix(action, "action/") {
			results = append(results, c.Errorf(fmt.Sprintf("%s.actions[%d]", at, i), "%q is no action on Applications; expected one of %s, or action/<group>/<kind>/<action>",
				action, strings.Join(roleActions, ", ")))
		}
	}
	return results
}

// validatePolicies checks the policies that the user wrote, in a project.
func (c *GenerateArgoApps) validatePolicies(at, project, name string, role *Role) fn.Results {
	var results fn.Results
	for i, policy := range role.Policies {
		if err := ValidPolicy(project, name, strings.ReplaceAll(policy, projectWord, project)); err != nil {
			results = append(results, c.Errorf(fmt.Sprintf("%s.policies[%d]", at, i), "%v", err))
		}
	}
	return results
}

// ValidPolicy checks a policy of a role of a project, as Argo CD does.
func ValidPolicy(project, role, policy string) error {
	fields := strings.Split(policy, ",")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	subject, prefix := "proj:"+project+":"+role, project+"/"
	switch {
	case len(fields) != 6 || fields[0] != "p":
		return fmt.Errorf("%q has not the six fields of a policy; expected \"p, %s, applications, get, %s*, allow\"", policy, subject, prefix)
	case fields[1] != subject:
		return fmt.Errorf("is about %q; expected %q", fields[1], subject)
	case !slices.Contains(policyResources, fields[2]):
		return fmt.Errorf("%q is no resource of a project; expected one of %s", fields[2], strings.Join(policyResources, ", "))
	case fields[3] == "":
		return fmt.Errorf("has no action; expected get, sync or another of Argo CD's")
	case !strings.HasPrefix(fields[4], prefix):
		return fmt.Errorf("is about the objects %q; expected %s* or one that begins with %s", fields[4], prefix, prefix)
	case fields[5] != "allow" && fields[5] != "deny":
		return fmt.Errorf("ends with %q; expected allow or deny", fields[5])
	}
	return nil
}

// rolesOf returns a project's roles: its own, and those it shares.
func (p *planner) rolesOf(project string, own map[string]Role) []view.ProjectRole {
	roles := map[string]Role{}
	for name := range p.Spec.Roles {
		if shared := p.Spec.Roles[name]; p.has(project, &shared) {
			roles[name] = shared.Role
		}
	}
	for name := range own {
		roles[name] = own[name]
	}
	var out []view.ProjectRole
	for _, name := range solution.Names(roles) {
		role := roles[name]
		out = append(out, view.ProjectRole{
			Name: name, Description: role.Description, Policies: role.policiesIn(project, name), Groups: role.Groups,
		})
	}
	return out
}

func (p *planner) has(project string, role *SharedRole) bool {
	if role.Projects != nil {
		return slices.Contains(role.Projects, project)
	}
	return project != p.administrators()
}

// checkRoles checks that every shared role has a project.
func (p *planner) checkRoles(projects []string) {
	for _, name := range solution.Names(p.Spec.Roles) {
		role := p.Spec.Roles[name]
		for i, project := range role.Projects {
			if !slices.Contains(projects, project) {
				p.failf(view.Path("spec", "roles", name, fmt.Sprintf("projects[%d]", i)), "%q is no project of this config%s",
					project, fnconfig.Suggest(project, projects))
			}
		}
		if role.Projects == nil && !slices.ContainsFunc(projects, func(project string) bool { return p.has(project, &role) }) {
			p.failf(view.Path("spec", "roles", name, "projects"), "is missing, and the only project is the administrators', %s; name it if the role is theirs",
				p.administrators())
		}
	}
}
