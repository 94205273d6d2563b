// Package kustomize_test compares `eda-fn build` with the real kustomize, byte
// for byte, and says for each tree whether the functions ran in process.
package kustomize_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/eda-gitops/functions/tests/host"
)

// tree is a case: a txtar file that holds a folder. Its comment is a sentence,
// then lines of the form "key: value":
//
//	build: in process               the functions run in eda-fn build itself
//	build: exec: TEXT               kustomize calls them; TEXT is in an obstacle
//	build: fails: TEXT              a function's error; so it is in kustomize
//	build: refused: TEXT            one line of eda-fn build, with TEXT
//	kustomize: fails | builds       what kustomize does with a refused tree;
//	                                left out: it is not asked
//	calls: KIND KIND                the functions' calls, in order; left out: any
//	flags: --enable-exec            of eda-fn build
//	dir: PATH                       what is built; left out: the folder itself
type tree struct {
	name                               string
	build, text, kustomize, calls, dir string
	flags                              []string
	archive                            *txtar.Archive
}

func load(t *testing.T, path string) tree {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := tree{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), archive: archive, dir: "."}
	var prose []string
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "build":
			c.build, c.text, _ = strings.Cut(value, ": ")
		case "kustomize":
			c.kustomize = value
		case "calls":
			c.calls = value
		case "flags":
			c.flags = strings.Fields(value)
		case "dir":
			c.dir = value
		default:
			prose = append(prose, line)
		}
	}
	if len(prose) == 0 || prose[0] == "" {
		t.Errorf("%s: begin with a sentence that says what the tree shows", path)
	}
	if !slices.Contains([]string{"in process", "exec", "fails", "refused"}, c.build) {
		t.Errorf("%s: build: is %q", path, c.build)
	}
	return c
}

// write lays the tree out in a folder and returns the folder to build.
func (c tree) write(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range c.archive.Files {
		path := filepath.Join(root, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(root, c.dir)
}

func TestTrees(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no trees in testdata: %v", err)
	}
	for _, path := range paths {
		c := load(t, path)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, c.write(t))
		})
	}
}

// built is one build with eda-build.
type built struct {
	host.Answer
	obstacles string
	calls     []string
}

func edaBuildOf(t *testing.T, dir string, flags ...string) built {
	t.Helper()
	temp := t.TempDir()
	obstacles, calls := filepath.Join(temp, "obstacles"), filepath.Join(temp, "calls")
	answer := host.Run(t, host.Call{
		Program: filepath.Join(doubles, "eda-build"),
		Args:    slices.Concat(flags, []string{"-self", filepath.Join(doubles, "eda-fn"), "-obstacles", obstacles, dir}),
		Env:     []string{callsEnv + "=" + calls},
	})
	return built{Answer: answer, obstacles: content(obstacles), calls: strings.Fields(content(calls))}
}

// content of a file, empty when it is not there.
func content(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text)
}

// secret is a value of the trees that no message may quote.
const secret = "must-not-appear"

func kustomizeBuild(t *testing.T, dir string) host.Answer {
	t.Helper()
	return host.Run(t, host.Call{
		Program: host.Kustomize(t),
		Args:    []string{"build", "--enable-alpha-plugins", "--enable-exec", dir},
	})
}

func (c tree) check(t *testing.T, dir string) {
	t.Helper()
	got := edaBuildOf(t, dir, c.flags...)
	if strings.Contains(got.Stderr, secret) {
		t.Errorf("stderr quotes a value:\n%s", got.Stderr)
	}
	if c.calls != "" && strings.Join(got.calls, " ") != c.calls {
		t.Errorf("functions were called as %q, want %q", got.calls, c.calls)
	}
	switch c.build {
	case "refused":
		c.checkRefused(t, dir, got)
		return
	case "fails":
		c.checkFails(t, dir, got)
		return
	}
	if got.Status != 0 {
		t.Fatalf("eda-fn build: exit %d\n%s", got.Status, got.Stderr)
	}
	switch {
	case c.build == "in process" && got.obstacles != "":
		t.Errorf("was not built in process: %s", got.obstacles)
	case c.build == "in process" && len(got.calls) > 0:
		t.Errorf("was built in process, but called %q", got.calls)
	case c.build == "exec" && (c.text == "" || !strings.Contains(got.obstacles, c.text)):
		t.Errorf("obstacles are %q, want one with %q", got.obstacles, c.text)
	}
	want := kustomizeBuild(t, dir)
	if want.Status != 0 {
		t.Fatalf("kustomize: exit %d\n%s", want.Status, want.Stderr)
	}
	if got.Stdout != want.Stdout {
		t.Errorf("eda-fn build differs from kustomize:\n%s", difference(got.Stdout, want.Stdout))
	}
}

// checkRefused: one line that says why, and nothing else.
func (c tree) checkRefused(t *testing.T, dir string, got built) {
	t.Helper()
	if got.Status == 0 || got.Stdout != "" {
		t.Errorf("was not refused: exit %d\n%s", got.Status, got.Stdout)
	}
	if strings.Count(got.Stderr, "\n") != 1 || !strings.HasPrefix(got.Stderr, "error: ") || !strings.Contains(got.Stderr, c.text) {
		t.Errorf("stderr is\n%s\nwant one line \"error: ...\" with %q", got.Stderr, c.text)
	}
	c.checkKustomize(t, dir, c.kustomize)
}

// checkFails: no output, and one line of the function.
func (c tree) checkFails(t *testing.T, dir string, got built) {
	t.Helper()
	if got.Status == 0 || got.Stdout != "" {
		t.Errorf("did not fail: exit %d\n%s", got.Status, got.Stdout)
	}
	if !strings.Contains(got.Stderr, c.text) {
		t.Errorf("stderr is\n%s\nwant a line with %q", got.Stderr, c.text)
	}
	if lines := strings.Count(got.Stderr, "\n"); lines > 2 {
		t.Errorf("stderr has %d lines:\n%s", lines, got.Stderr)
	}
	c.checkKustomize(t, dir, "fails")
}

func (c tree) checkKustomize(t *testing.T, dir, want string) {
	t.Helper()
	if want == "" {
		return
	}
	if answer := kustomizeBuild(t, dir); (answer.Status == 0) != (want == "builds") {
		t.Errorf("kustomize: exit %d, but the tree says that it %s\n%s", answer.Status, want, answer.Stderr)
	}
}

// difference shows the first lines in which two texts differ.
func difference(got, want string) string {
	const shown = 12
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	from := max(0, i-4)
	return "eda-fn build:\n  " + strings.Join(g[from:min(len(g), i+shown)], "\n  ") +
		"\nkustomize:\n  " + strings.Join(w[from:min(len(w), i+shown)], "\n  ")
}
