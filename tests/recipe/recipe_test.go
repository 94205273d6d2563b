// Package recipe_test runs the commands of the CI recipes in
// examples/argocd-plugin/ci, as they stand there, on a clone of the example
// solution with a remote.
package recipe_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/tests/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// step is one of a recipe: a shell script.
type step struct{ name, script string }

// recipe is a pipeline in two modes.
type recipe struct {
	check, open []step
	// env are the variables that the recipe itself sets.
	env func(mode string) []string
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(host.Root(t), "examples/argocd-plugin/ci", name))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n---\n")
	if err := sigsyaml.Unmarshal([]byte(first), into); err != nil {
		t.Fatal(err)
	}
}

// github reads the workflow: steps that run something, but for the one that
// fetches the program.
func github(t *testing.T) recipe {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Name, Run string
				Env       map[string]string
			}
		}
	}
	load(t, "github.yaml", &workflow)
	steps := func(job string) []step {
		var all []step
		for _, s := range workflow.Jobs[job].Steps {
			if s.Run != "" && s.Name != "eda-fn" {
				all = append(all, step{s.Name, "set -e\n" + s.Run}) // GitHub's shell is bash -e
			}
			if strings.Contains(s.Run, "${{") {
				t.Errorf("%s: %s: an expression in a script is a way in for whoever names a branch; pass it in env", job, s.Name)
			}
		}
		return all
	}
	return recipe{check: steps("check"), open: steps("open"), env: func(string) []string { return nil }}
}

// tekton reads the Task; its steps know the mode.
func tekton(t *testing.T) recipe {
	t.Helper()
	var task struct {
		Spec struct {
			Steps []struct{ Name, Script string }
		}
	}
	load(t, "tekton.yaml", &task)
	var steps []step
	for _, s := range task.Spec.Steps {
		if s.Script != "" {
			steps = append(steps, step{s.Name, s.Script})
		}
		if strings.Contains(s.Script, "$(params.") {
			t.Errorf("%s: a parameter in a script is a way in for whoever names a branch; pass it in env", s.Name)
		}
	}
	return recipe{check: steps, open: steps, env: func(mode string) []string {
		if mode == "open" {
			return []string{"OPEN=true"}
		}
		return []string{"OPEN=false"}
	}}
}

// clone is a working copy of the example with a remote, on a branch.
type clone struct{ dir, remote, tools string }

func newClone(t *testing.T) clone {
	t.Helper()
	c := clone{dir: filepath.Join(t.TempDir(), "solution"), remote: filepath.Join(t.TempDir(), "solution.git"), tools: t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(filepath.Join(host.Root(t), "examples/rt-inventory"))); err != nil {
		t.Fatal(err)
	}
	c.git(t, "init", "-q", "--bare", "-b", "main", c.remote)
	c.git(t, "init", "-q", "-b", "main")
	c.git(t, "remote", "add", "origin", c.remote)
	c.commit(t, "the solution")
	c.git(t, "push", "-q", "origin", "main")
	c.git(t, "switch", "-q", "-c", "source/change")
	if err := os.Symlink(host.EdaFn(t), filepath.Join(c.tools, "eda-fn")); err != nil {
		t.Fatal(err)
	}
	// No GitHub answers here: what would be asked of it goes to a file.
	gh := "#!/bin/sh\necho \"$@\" >" + c.tools + "/gh.log\nwhile [ $# -gt 0 ]; do [ \"$1\" != --body-file ] || cat \"$2\" >>" + c.tools + "/gh.log; shift; done\n"
	if err := os.WriteFile(filepath.Join(c.tools, "gh"), []byte(gh), 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c clone) git(t *testing.T, args ...string) string {
	t.Helper()
	return host.MustRun(t, host.Call{Program: "git", Dir: c.dir, Args: append([]string{
		"-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"}, args...)})
}

func (c clone) commit(t *testing.T, message string) {
	t.Helper()
	c.git(t, "add", "--all")
	c.git(t, "commit", "-q", "--allow-empty", "-m", message)
}

func (c clone) replace(t *testing.T, name, old, text string) {
	t.Helper()
	path := filepath.Join(c.dir, name)
	content, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(content), old) {
		t.Fatalf("%s has no %q (%v)", name, old, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), old, text)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs steps until one fails, and returns its name and all that they said.
func (c clone) run(t *testing.T, steps []step, env []string) (failed, said string) {
	t.Helper()
	env = slices.Concat([]string{
		"PATH=" + c.tools + string(filepath.ListSeparator) + os.Getenv("PATH"), "BASE=origin/main", "BRANCH=source/change",
		"GITHUB_STEP_SUMMARY=" + filepath.Join(c.tools, "summary.md"), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}, env)
	for _, s := range steps {
		if strings.Contains(s.script, "eda-fn argo") && strings.Contains(host.Run(t, host.Call{Program: host.EdaFn(t), Args: []string{"argo"}}).Stderr, `no command "argo"`) {
			t.Logf("this eda-fn has no verb argo; step %q is left out", s.name)
			continue
		}
		// /tools is a folder that the steps of a pod share.
		script := strings.ReplaceAll(s.script, "/tools/", c.tools+"/")
		answer := host.Run(t, host.Call{Program: "sh", Args: []string{"-c", script}, Dir: c.dir, Env: env})
		said += answer.Stdout + answer.Stderr
		if answer.Status != 0 {
			return s.name, said
		}
	}
	return "", said
}

func recipes(t *testing.T) map[string]recipe {
	t.Helper()
	return map[string]recipe{"github": github(t), "tekton": tekton(t)}
}

// A change passes with its manifests, and fails where they are missing, plain or
// break a rule; the step that fails says why.
func TestCheck(t *testing.T) {
	for name, r := range recipes(t) {
		for what, tc := range map[string]struct {
			change func(t *testing.T, c clone)
			step   int // that fails; -1 for none
			want   string
		}{
			"nothing changed": {func(*testing.T, clone) {}, -1, "environments/dev since origin/main"},
			"rendered": {func(t *testing.T, c clone) {
				c.replace(t, "environments/dev/kustomization.yaml", "newTag: 1.5.0-rc.2", "newTag: 1.5.0")
				host.MustRun(t, host.Call{Program: host.EdaFn(t), Dir: c.dir, Args: []string{"build", "environments/dev", "-o", "rendered/dev/"}})
			}, -1, "Deployment rt-inventory-dev/store-simulator"},
			"not rendered": {func(t *testing.T, c clone) {
				c.replace(t, "environments/dev/kustomization.yaml", "newTag: 1.5.0-rc.2", "newTag: 1.5.0")
			}, 0, "rendered/dev/ is not what the sources render"},
			"a plain secret by hand": {func(t *testing.T, c clone) {
				text := "apiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: rt-inventory-dev}\nstringData: {password: by-hand}\n"
				if err := os.WriteFile(filepath.Join(c.dir, "rendered/dev/plain.yaml"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}, 1, "v1 Secret rt-inventory-dev/plain: is a plain Secret"},
			"smaller disks": {func(t *testing.T, c clone) {
				c.replace(t, "environments/stage/functions/stage.yaml", "size: 100Gi", "size: 50Gi")
				host.MustRun(t, host.Call{Program: host.EdaFn(t), Dir: c.dir, Args: []string{"build", "environments/stage", "-o", "rendered/stage/"}})
			}, 3, "SZ02"},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				c := newClone(t)
				tc.change(t, c)
				c.commit(t, "change")
				failed, said := c.run(t, r.check, r.env("check"))
				want := ""
				if tc.step >= 0 {
					want = r.check[tc.step].name
				}
				summary, _ := os.ReadFile(filepath.Join(c.tools, "summary.md")) // Tekton has none
				if failed != want || !strings.Contains(said+string(summary), tc.want) {
					t.Errorf("failed in %q, expected %q with %q:\n%s%s", failed, want, tc.want, said, summary)
				}
				if status := c.git(t, "status", "--porcelain", "--untracked-files=no"); status != "" {
					t.Errorf("a check changed the tree:\n%s", status)
				}
			})
		}
	}
}

// The change is rendered, committed on its branch, pushed and opened, with what
// it means for people as its text.
func TestOpen(t *testing.T) {
	for name, r := range recipes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClone(t)
			c.replace(t, "environments/dev/kustomization.yaml", "newTag: 1.5.0-rc.2", "newTag: 1.5.0")
			c.commit(t, "dev runs 1.5.0")
			if failed, said := c.run(t, r.open, r.env("open")); failed != "" {
				t.Fatalf("%s: %s", failed, said)
			}
			pushed := c.git(t, "ls-tree", "-r", "--name-only", "origin/source/change")
			deployment := c.git(t, "show", "origin/source/change:rendered/dev/store-simulator/deployment-store-simulator.yaml")
			if !strings.Contains(deployment, ":1.5.0\n") || strings.Contains(pushed, "change.md") {
				t.Errorf("what was pushed:\n%s\n%s", pushed, deployment)
			}
			asked, err := os.ReadFile(filepath.Join(c.tools, "gh.log"))
			if err != nil || !strings.Contains(string(asked), "pr create --base main --head source/change") || !strings.Contains(string(asked), "Deployment rt-inventory-dev/store-simulator") {
				t.Errorf("%v\n%s", err, asked)
			}
		})
	}
}
