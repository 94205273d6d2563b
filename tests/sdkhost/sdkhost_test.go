// Package sdkhost_test runs every function in a Go host that is built on kpt's
// SDK, in process, and compares with the program.
package sdkhost_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	kpt "github.com/kptdev/krm-functions-sdk/go/fn"
	"golang.org/x/tools/txtar"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sdk"
	"github.com/eda-gitops/functions/functions/view"
	"github.com/eda-gitops/functions/tests/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// processor is all that a host needs of this project.
func processor() kpt.ResourceListProcessor {
	return sdk.Processor(functions.All, func() fn.Env { return fn.Env{Now: time.Now(), Rand: rand.Reader} })
}

// The goldens of all functions are the input; each function has some that
// succeed and some that fail.
func TestSameAsTheProgram(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(host.Root(t), "functions", "*", "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		config, items, found := golden(t, path)
		if !found {
			continue
		}
		name := filepath.Base(filepath.Dir(filepath.Dir(path))) + "/" + filepath.Base(path)
		if strings.HasPrefix(name, "pinoperators/") {
			run(t, seen, "pipeline/"+filepath.Base(path), asPipeline(t, config), items)
		}
		run(t, seen, name, config, items)
	}
	for _, function := range functions.All {
		for _, outcome := range []string{" succeeds", " fails"} {
			if !seen[function.Kind+outcome] {
				t.Errorf("no case in which %s%s", function.Kind, outcome)
			}
		}
	}
}

// run compares one call and notes what became of it.
func run(t *testing.T, seen map[string]bool, name, config, items string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		input := asSDK(t, fntest.List(t, config, items))
		kind := view.Of(fntest.Items(t, config)[0]).Kind()
		program := host.Run(t, host.Call{Program: host.EdaFn(t), Stdin: string(input)})
		output, err := kpt.Run(processor(), input)
		if (err == nil) != (program.Status == 0) {
			t.Fatalf("the host says %v, the program exits %d", err, program.Status)
		}
		seen[kind+map[bool]string{true: " succeeds", false: " fails"}[err == nil]] = true
		compare(t, masked(output), masked([]byte(program.Stdout)))
	})
}

// A function that is handed nothing generates what its config says.
func TestNoItems(t *testing.T) {
	const list = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig:
  apiVersion: fn.eda-gitops.io/v1alpha1
  kind: PinOperators
  metadata: {name: operators}
  spec:
    operators:
      ibm-mq: {channel: v1.8, create: true, namespace: openshift-operators, source: ibm-operator-catalog, sourceNamespace: openshift-marketplace}
`
	program := host.Run(t, host.Call{Program: host.EdaFn(t), Stdin: list})
	output, err := kpt.Run(processor(), []byte(list))
	if err != nil || program.Status != 0 || !bytes.Contains(output, []byte("startingCSV")) && !bytes.Contains(output, []byte("channel: v1.8")) {
		t.Fatalf("the host says %v\n%s\nthe program exits %d\n%s", err, output, program.Status, program.Stderr)
	}
	compare(t, output, []byte(program.Stdout))
}

// asPipeline makes a function's config the one step of a Pipeline.
func asPipeline(t *testing.T, config string) string {
	t.Helper()
	step := view.Of(fntest.Items(t, config)[0])
	pipeline := view.OfNode(view.Map("apiVersion", view.String(step.APIVersion()), "kind", view.String("Pipeline"),
		"metadata", step.Lookup("metadata"), "spec", view.Map("steps", view.Seq(view.Map("kind", view.String(step.Kind()))))))
	if spec := step.Lookup("spec"); spec != nil {
		view.SetField(pipeline.Lookup("spec", "steps").Content[0], "spec", spec)
	}
	text, err := pipeline.RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compare compares as the SDK writes: it sorts items, and the fields of results
// in an order of its own.
func compare(t *testing.T, host, program []byte) {
	t.Helper()
	if want := asSDK(t, program); !bytes.Equal(host, want) {
		t.Errorf("the host has\n%s\nthe program\n%s", host, want)
	}
}

// golden returns the config and items of a case; not found for other files.
func golden(t *testing.T, path string) (config, items string, found bool) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		switch file.Name {
		case "config.yaml":
			config = string(file.Data)
		case "in.yaml":
			items = string(file.Data)
		}
	}
	return config, items, strings.Contains(config, fn.Group) && items != ""
}

// asSDK is a ResourceList as the SDK writes it: sorted, in its own style.
func asSDK(t *testing.T, list []byte) []byte {
	t.Helper()
	parsed, err := kpt.ParseResourceList(list)
	if err != nil {
		t.Fatal(err)
	}
	text, err := parsed.ToYAML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ciphertext is what sealing makes, anew each time.
var ciphertext = regexp.MustCompile(`[A-Za-z0-9+/]{300,}=*`)

func masked(text []byte) []byte { return ciphertext.ReplaceAll(text, []byte("SEALED")) }
