// Package host finds, or builds, the programs that the tests call: eda-fn
// itself, the hosts kustomize and kpt, and a container engine with our image.
//
// EDA_KUSTOMIZE and EDA_KPT name programs that are there already. Without them
// kustomize is built from the module that pins it, which needs Go alone; kpt is
// not, since it takes minutes: the test is skipped, loudly, and with
// EDA_REQUIRE_HOSTS=1 it fails.
package host

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/eda-gitops/functions/functions/fn"
)

// Answer is what a caller sees of a program that ran.
type Answer struct {
	Stdout, Stderr string
	Status         int
}

// Call is a program to run.
type Call struct {
	Program string
	Args    []string
	// Dir is where it runs; empty: where the test does.
	Dir string
	// Stdin is its input.
	Stdin string
	// Env is added to the test's own environment, as "NAME=value".
	Env []string
}

// Run runs a program. That it fails is an answer; that it is not there, or
// killed, ends the test.
func Run(t testing.TB, c Call) Answer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewBufferString(c.Stdin), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", c.Program, err)
	}
	return Answer{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
}

// MustRun is Run for a call that has to succeed; it returns stdout.
func MustRun(t testing.TB, c Call) string {
	t.Helper()
	answer := Run(t, c)
	if answer.Status != 0 {
		t.Fatalf("%s %v: exit %d\n%s", c.Program, c.Args, answer.Status, answer.Stderr)
	}
	return answer.Stdout
}

// Main runs a package's tests and removes what was built for them. It returns
// the exit status.
func Main(m *testing.M) int {
	defer func() {
		if temp, err := folder(); err == nil {
			_ = os.RemoveAll(temp)
		}
	}()
	return m.Run()
}

// folder is where this test run's programs stand.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "eda-hosts-") })

// Root is the repository's folder.
func Root(t testing.TB) string {
	t.Helper()
	root, err := root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

var root = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "functions", "functions.go")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("this test runs outside the repository")
		}
		dir = parent
	}
})

// EdaFn is the path of eda-fn, built from this tree; its name is eda-fn, so that
// its folder may stand on PATH.
func EdaFn(t testing.TB) string {
	t.Helper()
	path, err := edaFn()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var edaFn = sync.OnceValues(func() (string, error) {
	return build(".", "eda-fn", "./functions/cmd/eda-fn")
})

// Kustomize is the path of the pinned kustomize.
func Kustomize(t testing.TB) string {
	t.Helper()
	path, err := kustomize()
	if err != nil {
		Missing(t, "kustomize: %v", err)
	}
	return path
}

var kustomize = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("EDA_KUSTOMIZE"); path != "" {
		return path, nil
	}
	return build("tests/tools/kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5")
})

// Kpt is the path of the pinned kpt.
func Kpt(t testing.TB) string {
	t.Helper()
	path := os.Getenv("EDA_KPT")
	if path == "" {
		Missing(t, "kpt: EDA_KPT names none (make tools builds it)")
	}
	return path
}

// Image is the full name of our image that holds every function, after a check
// that a container engine answers and has it.
func Image(t testing.TB) string {
	t.Helper()
	name, err := image()
	if err != nil {
		Missing(t, "containers: %v (make test-hosts starts an engine)", err)
	}
	return name
}

var image = sync.OnceValues(func() (string, error) {
	name := cmp.Or(os.Getenv("EDA_IMAGE_REGISTRY"), "ghcr.io/eda-gitops") + "/eda-fn:" +
		cmp.Or(os.Getenv("EDA_IMAGE_VERSION"), fn.Version)
	out, err := exec.CommandContext(context.Background(), "docker", "image", "inspect", name).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker image inspect %s: %w: %s", name, err, lastLine(out))
	}
	return name, nil
})

// Missing ends a test whose host is not there: it is skipped, or fails where
// EDA_REQUIRE_HOSTS=1 says that every host must be there.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	reason := fmt.Sprintf(format, args...)
	if os.Getenv("EDA_REQUIRE_HOSTS") == "1" {
		t.Fatalf("EDA_REQUIRE_HOSTS=1, and there is no %s", reason)
	}
	t.Skipf("NOT TESTED HERE: there is no %s", reason)
}

// build builds a package of the module in a folder of the repository.
func build(module, name, pkg string) (string, error) {
	root, err := root()
	if err != nil {
		return "", err
	}
	temp, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(temp, name)
	cmd := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", path, pkg)
	cmd.Dir = filepath.Join(root, module)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return path, nil
}

func lastLine(out []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return lines[len(lines)-1]
}
