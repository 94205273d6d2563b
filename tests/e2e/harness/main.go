package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Main starts a cluster, runs a package's tests with it, and stops what it
// started. It returns the exit status.
//
// Where something is missing it says so, and fails when EDA_REQUIRE_HOSTS=1 or
// CI=true say that everything must be there.
func Main(m *testing.M, use func(*Cluster)) int {
	if missing := missing(); len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "\n**************** NOT TESTED HERE ****************\nthe end-to-end tests need what is not there:\n  %s\n*************************************************\n",
			strings.Join(missing, "\n  "))
		if os.Getenv("EDA_REQUIRE_HOSTS") == "1" || os.Getenv("CI") == "true" {
			return 1
		}
		return 0
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	go watchParent(cancel)

	start := time.Now()
	c := &Cluster{ctx: ctx}
	status := 1
	// Once, by whoever comes first: the end, or a signal.
	end := sync.OnceFunc(func() { c.clean(status == 0) })
	defer end()
	if err := c.prepare(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: %v\n", err)
		return status
	}
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-finished:
		case <-ctx.Done():
			const interrupted = 130
			end()
			os.Exit(interrupted)
		}
	}()
	if err := c.start(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: %v\n", err)
		return status
	}
	say("everything is up after %s", since(start))
	use(c)
	status = m.Run()
	say("the tests ended after %s", since(start))
	return status
}

// missing is what the harness cannot do without, and how to get it.
func missing() []string {
	var missing []string
	for program, from := range map[string]string{
		"etcd":         "Debian: etcd-server",
		"redis-server": "Debian: redis-server",
		"git":          "Debian: git",
	} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, fmt.Sprintf("%s is not on PATH (%s)", program, from))
		}
	}
	slices.Sort(missing)
	if os.Geteuid() != 0 {
		return append(missing, "this user is not root, who alone can give the sealed-secrets controller the folder of a pod")
	}
	if out, err := privateMounts(command("sh", "-euc", "mount -t tmpfs -o size=1m e2e /var/run")).CombinedOutput(); err != nil {
		missing = append(missing, fmt.Sprintf("a mount namespace cannot be made (%v: %s); in a container, --privileged allows it", err, strings.TrimSpace(string(out))))
	}
	return missing
}

// watchParent ends the run when go test has gone away without telling: killed,
// it leaves its test programs behind.
func watchParent(cancel func()) {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	cancel()
}

// prepare builds what is to run.
func (c *Cluster) prepare() error {
	module, err := os.Getwd()
	if err != nil {
		return err
	}
	c.Root = filepath.Dir(filepath.Dir(module))
	cache := filepath.Join(c.Root, "build", "e2e")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	if c.work, err = os.MkdirTemp("", "eda-e2e-"); err != nil {
		return err
	}
	c.kustomize = cmp.Or(os.Getenv("EDA_KUSTOMIZE"), filepath.Join(c.Root, "build", "tools", "kustomize"))
	if _, err := os.Stat(c.kustomize); err != nil {
		return fmt.Errorf("make build/tools/kustomize builds what a sidecar runs: %w", err)
	}
	c.group = newGroup(c.work)
	if c.tools, err = build(c.ctx, module, cache); err != nil {
		return err
	}
	return c.buildEdaFn()
}

// buildEdaFn builds the program under test from this tree, each time.
func (c *Cluster) buildEdaFn() error {
	start := time.Now()
	c.EdaFn = filepath.Join(c.work, "bin", "eda-fn")
	cmd := exec.CommandContext(c.ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", c.EdaFn, "./functions/cmd/eda-fn")
	cmd.Dir = c.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building eda-fn: %w\n%s", err, out)
	}
	say("%-25s %-10s built in %s", "eda-fn", "", since(start))
	return nil
}

// clean stops what runs and removes what it left, but for the logs of a run
// that failed.
func (c *Cluster) clean(good bool) {
	if c.work == "" {
		return
	}
	if c.sealing != nil && c.sealing.proxy != nil {
		c.sealing.proxy.CloseClientConnections()
		c.sealing.proxy.Close()
	}
	c.group.stop()
	if !good {
		c.keepLogs()
	}
	_ = os.RemoveAll(c.work)
}

// keepLogs moves the logs to build/e2e/logs.
func (c *Cluster) keepLogs() {
	logs, _ := filepath.Glob(filepath.Join(c.work, "*.log"))
	if len(logs) == 0 {
		return
	}
	kept := filepath.Join(c.Root, "build", "e2e", "logs")
	_ = os.RemoveAll(kept)
	var errs []error
	for _, log := range logs {
		text, err := os.ReadFile(log)
		errs = append(errs, err, write(filepath.Join(kept, filepath.Base(log)), string(text)))
	}
	if err := errors.Join(errs...); err != nil {
		say("keeping the logs: %v", err)
		return
	}
	say("the logs are in %s", kept)
}

// write writes a file and the folders that it stands in.
func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
