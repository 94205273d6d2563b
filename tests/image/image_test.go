// Package image tests the container images that `make image` builds: what is in
// them, who may run them, and that each answers as the library does.
//
// It runs with the engine that docker reaches (DOCKER_HOST) and pulls nothing;
// see package host for what it does without one.
package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/tests/host"
)

// pinned is a call that succeeds: a Subscription gets the channel of its pin.
const pinned = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: fn.eda-gitops.io/v1alpha1
  kind: PinOperators
  metadata: {name: operators}
  spec:
    operators:
      ibm-eventstreams: {channel: v3.0}
items:
- apiVersion: operators.coreos.com/v1alpha1
  kind: Subscription
  metadata: {name: ibm-eventstreams, namespace: openshift-operators}
  spec:
    channel: v2.5 # of the base
    name: ibm-eventstreams
    source: ibm-operator-catalog
    sourceNamespace: openshift-marketplace
`

// configMap is a call as `kpt fn eval -- misspelt=1` makes it: only a function
// that was named can answer it, and its answer names its kind.
const configMap = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: function-input}
  data: {misspelt: "1"}
items: []
`

func TestAnyUserRunsIt(t *testing.T) {
	want := inProcess(pinned)
	if want.Status != 0 || !strings.Contains(want.Stdout, "channel: v3.0 # of the base") {
		t.Fatalf("the library's own answer is wrong: %+v", want)
	}
	for name, tc := range map[string]struct {
		reason string
		flags  []string
	}{
		"default": {"nobody by the image itself", nil},
		"nobody":  {"kustomize and kpt say --user nobody, which needs /etc/passwd", []string{"--user", "nobody"}},
		"uid":     {"OpenShift picks a uid of the namespace's range and group 0", []string{"--user", "1000680000:0"}},
		"any uid": {"an uid without a group", []string{"--user", "12345"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inContainer(t, "eda-fn", pinned, tc.flags...); got != want {
				t.Errorf("%s: container answered\n%+v\nlibrary\n%+v", tc.reason, got, want)
			}
		})
	}
}

// A function's image is its CMD: the same call without a name is refused.
func TestEachFunctionAnswers(t *testing.T) {
	if nameless := inContainer(t, "eda-fn", configMap); nameless != inProcess(configMap) || nameless.Status == 0 {
		t.Errorf("eda-fn took a ConfigMap without a function's name: %+v", nameless)
	}
	for _, function := range imaged() {
		t.Run(function.Name, func(t *testing.T) {
			want := inProcess(configMap, function.Name)
			if !strings.Contains(want.Stderr, function.Kind) {
				t.Fatalf("the library's answer does not name %s: %+v", function.Kind, want)
			}
			if got := inContainer(t, function.Name, configMap); got != want {
				t.Errorf("container answered\n%+v\nlibrary\n%+v", got, want)
			}
		})
	}
}

func TestTagsShareLayers(t *testing.T) {
	all := inspect(t, "eda-fn")
	if len(all.RootFS.Layers) != 1 {
		t.Errorf("eda-fn has %d layers, want the one with the binary", len(all.RootFS.Layers))
	}
	if all.Config.Cmd != nil {
		t.Errorf("eda-fn has the argument %q, want none: it picks by kind", all.Config.Cmd)
	}
	for _, function := range imaged() {
		image := inspect(t, function.Name)
		if !slices.Equal(image.RootFS.Layers, all.RootFS.Layers) {
			t.Errorf("%s has layers %q, eda-fn %q", function.Name, image.RootFS.Layers, all.RootFS.Layers)
		}
		if !slices.Equal(image.Config.Cmd, []string{function.Name}) {
			t.Errorf("%s has the argument %q, want its name", function.Name, image.Config.Cmd)
		}
		if image.Config.User != "65534:65534" {
			t.Errorf("%s runs as %q, want nobody by number (runAsNonRoot)", function.Name, image.Config.User)
		}
		if title := image.Config.Labels["org.opencontainers.image.title"]; title != function.Name {
			t.Errorf("%s has the title %q", function.Name, title)
		}
	}
}

// Nothing else is in it: no shell, no libraries, no place that is writable.
func TestContents(t *testing.T) {
	id := strings.TrimSpace(docker(t, "create", "--network", "none", reference(t, "eda-fn")))
	archive := docker(t, "export", id)
	docker(t, "rm", id)

	files := map[string]string{} // by name; of the binary its first bytes
	var writable []string
	for r := tar.NewReader(strings.NewReader(archive)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		// The engine's own: mount points and files for each container.
		if header.Typeflag != tar.TypeReg || header.Size == 0 {
			continue
		}
		start, err := io.ReadAll(io.LimitReader(r, 1<<10))
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(start)
		if header.Mode&0o022 != 0 {
			writable = append(writable, header.Name)
		}
	}
	if names := slices.Sorted(maps.Keys(files)); !slices.Equal(names, []string{"eda-fn", "etc/group", "etc/passwd"}) {
		t.Errorf("the image has %q, want the binary, passwd and group", names)
	}
	if len(writable) > 0 {
		t.Errorf("writable by others than root: %q", writable)
	}
	if !strings.HasPrefix(files["etc/passwd"], "nobody:x:65534:65534:") {
		t.Errorf("/etc/passwd is %q, want nobody", files["etc/passwd"])
	}
}

// inProcess calls the library with a function's name, if any.
func inProcess(stdin string, args ...string) host.Answer {
	var stdout, stderr bytes.Buffer
	status := functions.Main(args, strings.NewReader(stdin), &stdout, &stderr)
	return host.Answer{Stdout: stdout.String(), Stderr: stderr.String(), Status: status}
}

// inContainer calls an image without arguments, as kustomize and kpt do, with
// everything taken away that an engine can take away.
func inContainer(t *testing.T, image, stdin string, flags ...string) host.Answer {
	t.Helper()
	return host.Run(t, host.Call{Program: "docker", Stdin: stdin, Args: slices.Concat([]string{
		"run", "--rm", "--interactive", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
	}, flags, []string{reference(t, image)})})
}

// imaged returns the functions that have an image of their name: all but
// Pipeline, whose steps need every function and so the image eda-fn.
func imaged() []fn.Function {
	return slices.DeleteFunc(slices.Clone(functions.All), func(f fn.Function) bool { return f.Kind == "Pipeline" })
}

// inspected is the part of `docker image inspect` that is tested.
type inspected struct {
	RootFS struct{ Layers []string }
	Config struct {
		User   string
		Cmd    []string
		Labels map[string]string
	}
}

func inspect(t *testing.T, image string) inspected {
	t.Helper()
	var got inspected
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", "--format", "{{json .}}", reference(t, image))), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// reference returns the full name of an image that `make image` built beside
// the one of all functions.
func reference(t *testing.T, image string) string {
	t.Helper()
	return strings.Replace(host.Image(t), "/eda-fn:", "/"+image+":", 1)
}

// docker runs a docker command that has to succeed and returns its stdout.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	return host.MustRun(t, host.Call{Program: "docker", Args: args})
}
