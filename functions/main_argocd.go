package functions

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/argoplugin"
	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/seal"
)

// sidecarMemory is from where on the collector works harder, in bytes. One render
// is to take 64 MiB at most, of which the program itself maps some 16.
const sidecarMemory = 40 << 20

// buildForArgo renders what an Application asks for, and prints it only when
// nothing is wrong with it: Argo CD believes whatever stands on stdout.
//
// When its time is up Argo CD sends TERM, and KILL after five seconds
// (cmpserver/plugin/plugin.go of v3.2.11). The program then says so and ends, in
// the middle of whatever it is doing: nothing has been written by then.
func (p *program) buildForArgo(options build.Options, dir string) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(sidecarMemory)
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	defer signal.Stop(told)
	call, results := argoplugin.Read(os.Environ(), fn.Version)
	if err := p.report(results); err != nil {
		return err
	}
	rendered := make(chan rendering, 1)
	go func() {
		output, err := p.renderForArgo(options, dir, call)
		rendered <- rendering{output, err}
	}()
	select {
	case <-told:
		fmt.Fprintf(p.stderr, "error: %s: spec.source: rendering %s was ended by Argo CD's deadline (ARGOCD_EXEC_TIMEOUT of the sidecar, timeout of the repo-server)\n",
			call.Ref(), call.At())
		return errReported
	case r := <-rendered:
		if r.err == nil {
			_, err := p.stdout.Write(r.output)
			return err
		}
		if !errors.Is(r.err, errReported) {
			fmt.Fprintf(p.stderr, "error: %v\n", r.err)
		}
		fmt.Fprintf(p.stderr, "error: %s: spec.source: eda-fn %s renders nothing of %s\n", call.Ref(), fn.Version, call.At())
		return errReported
	}
}

// rendering is how a render ended.
type rendering struct {
	output []byte
	err    error
}

func (p *program) renderForArgo(options build.Options, dir string, call *argoplugin.Call) ([]byte, error) {
	folder, results := call.Folder(dir, hasKustomization)
	if err := p.report(results); err != nil {
		return nil, err
	}
	result, err := p.build(options, folder)
	if err != nil {
		return nil, err
	}
	if err := p.report(call.CheckConfigs(result.Configs)); err != nil {
		return nil, err
	}
	items, err := result.Keep(call.Wants)
	if err != nil {
		return nil, err
	}
	if err := p.report(call.CheckItems(items)); err != nil {
		return nil, err
	}
	return result.YAML, p.report(inspect(guardOf(result.Configs), items))
}

// report writes results; one that is an error is an error.
func (p *program) report(results fn.Results) error {
	build.Report(p.stderr, results)
	if results.Failed() {
		return errReported
	}
	return nil
}

// guardOf is the guard that the SealSecrets of a tree configure together.
func guardOf(configs []*yaml.RNode) guard.Spec {
	var specs []guard.Spec
	for _, config := range configs {
		// Without SealSecrets there is none; a wrong one has failed in its turn.
		if spec, results := seal.FindGuard([]*yaml.RNode{config}); !results.Failed() {
			specs = append(specs, spec)
		}
	}
	return guard.Merge(specs)
}
