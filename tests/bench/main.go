// Command bench measures speed and memory as ratios within one run: every row
// is timed in turn with its baseline, and the median of the ratios is printed.
// Nothing in it passes or fails by a time.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	bin := flag.String("bin", "build/eda-fn", "the program to measure")
	kustomize := flag.String("kustomize", os.Getenv("EDA_KUSTOMIZE"), "kustomize v5.8.2")
	sizes := flag.String("sizes", "100,1000,10000", "numbers of objects")
	bound := flag.Float64("bound", 2, "how often the baseline's time a row of a large tree may take before it is stopped and printed as more than that")
	runs := flag.Int("runs", 5, "timed pairs per row (after one that does not count)")
	write := flag.String("write", "", "only write the trees of the first size to this folder")
	flag.Parse()
	if *write != "" {
		first, _, _ := strings.Cut(*sizes, ",")
		n, err := strconv.Atoi(first)
		if err == nil {
			err = writeTrees(*write, n)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *bin, *kustomize, *sizes, *bound, *runs)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// few objects are rendered in less than a tenth of a second; of many, kustomize
// takes more than ten minutes without any function, since it compares each
// object with each, and hours with five.
const (
	few  = 100
	many = 10_000
)

// bench is one call of the program.
type bench struct {
	out            io.Writer
	bin, kustomize string
	pass           string
	runs           int
	bound          float64
	dir            string
}

func run(ctx context.Context, out io.Writer, bin, kustomize, sizes string, bound float64, runs int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eda-fn-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{out: out, bin: bin, kustomize: kustomize, runs: runs, bound: bound, dir: dir, pass: filepath.Join(dir, "kyaml-pass")}
	// The bare kyaml pass is a program of its own, so that it pays for a start too.
	build := exec.CommandContext(ctx, "go", "build", "-o", b.pass, "./tests/bench/pass")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the bare kyaml pass: %w", err)
	}
	for field := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		b.runs = runs
		if n <= few {
			b.runs = 3 * runs // quick, and so more at the mercy of what else runs
		}
		if err := b.size(ctx, n); err != nil {
			return fmt.Errorf("%d objects: %w", n, err)
		}
	}
	b.runs = runs
	return b.plugin(ctx)
}

// An Argo CD sidecar renders an application of 400 objects in less than a second
// and 64 MiB, on top of what cmp-server itself takes.
const (
	pluginObjects = 400
	pluginSeconds = 1
	pluginMemory  = 64 << 20 // bytes
)

// plugin measures what a sidecar needs, in absolute figures beside the ratios.
func (b *bench) plugin(ctx context.Context) error {
	trees, err := b.write(ctx, pluginObjects)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%d objects in an Argo CD sidecar, %d pairs a row; meant to stay under %d s and %s\n\n| what | time, ratio | peak memory, ratio | time | memory |\n|---|---|---|---|---|\n",
		pluginObjects, b.runs, pluginSeconds, mebibytes(pluginMemory))
	return b.inTurn(ctx, group{
		baseline: row{"`kustomize build` without functions", b.command(b.kustomize, "build", trees.plain)},
		rows: []row{
			{"`eda-fn build --argocd`, five functions", b.command(b.bin, "build", "--argocd", trees.chain)},
			{"`eda-fn build --argocd`, a `Pipeline`", b.command(b.bin, "build", "--argocd", trees.pipeline)},
		},
	})
}

// write writes the trees of a number of objects, in a process of its own: a
// child's peak memory counts from what its parent has when it starts it.
func (b *bench) write(ctx context.Context, n int) (trees, error) {
	trees := treesIn(filepath.Join(b.dir, strconv.Itoa(n)))
	self, err := os.Executable()
	if err != nil {
		return trees, err
	}
	write := exec.CommandContext(ctx, self, "-write", trees.dir, "-sizes", strconv.Itoa(n))
	write.Stderr = os.Stderr
	return trees, write.Run()
}

// size measures all rows for a number of objects.
func (b *bench) size(ctx context.Context, n int) error {
	trees, err := b.write(ctx, n)
	if err != nil {
		return err
	}
	pairs := fmt.Sprintf("%d pairs a row", b.runs)
	if n >= many {
		pairs += ", builds once each"
	}
	fmt.Fprintf(b.out, "\n%d objects, %s\n\n| what | time, ratio | peak memory, ratio | time | memory |\n|---|---|---|---|---|\n", n, pairs)
	kustomize := group{
		baseline: row{"`kustomize build` without functions", b.command(b.kustomize, "build", trees.plain)},
		rows: []row{
			{"`eda-fn build`, five functions", b.command(b.bin, "build", trees.chain)},
			{"`eda-fn build`, a `Pipeline`", b.command(b.bin, "build", trees.pipeline)},
			{"`kustomize build`, one exec `Pipeline`", b.command(b.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", trees.pipeline)},
			{"`kustomize build`, five exec functions", b.command(b.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", trees.chain)},
		},
	}
	compare := b.inTurn
	if n >= many {
		compare = b.once
	}
	if err := compare(ctx, kustomize); err != nil {
		return err
	}
	for i, kind := range functionKinds {
		alone := group{
			baseline: row{command: b.withInput(trees.list(kind), b.pass)},
			rows:     []row{{"`" + kind + "` alone", b.withInput(trees.list(kind), b.bin)}},
		}
		if i == 0 {
			alone.baseline.name = "a bare kyaml read and write"
		}
		if err := b.inTurn(ctx, alone); err != nil {
			return err
		}
	}
	return nil
}

// row is a line of the table, and what makes its command anew for each run.
type row struct {
	name    string
	command makeCommand
}

// makeCommand makes a command that ends with its context.
type makeCommand func(context.Context) *exec.Cmd

// group is what is measured against one baseline, which gets a line of its own
// where it has a name.
type group struct {
	baseline row
	rows     []row
}

// cost of one process.
type cost struct {
	seconds float64
	// peak resident memory in bytes.
	memory float64
}

// inTurn times each row in turn with its baseline, pair by pair, and prints the
// medians.
func (b *bench) inTurn(ctx context.Context, g group) error {
	for _, r := range g.rows {
		var costs, bases []cost
		for i := 0; i <= b.runs; i++ {
			base, err := measure(ctx, unbounded, g.baseline.command)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			c, err := measure(ctx, unbounded, r.command)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if i > 0 { // the first pair warms caches
				bases, costs = append(bases, base), append(costs, c)
			}
		}
		b.baseline(&g, cost{seconds: median(bases, byTime), memory: median(bases, byMemory)})
		times, memory := make([]float64, len(costs)), make([]float64, len(costs))
		for i := range costs {
			times[i], memory[i] = costs[i].seconds/bases[i].seconds, costs[i].memory/bases[i].memory
		}
		slices.Sort(times)
		slices.Sort(memory)
		fmt.Fprintf(b.out, "| %s | %.2f | %.2f | %s | %s |\n", r.name, times[len(times)/2], memory[len(memory)/2],
			seconds(median(costs, byTime)), mebibytes(median(costs, byMemory)))
	}
	return nil
}

// once times the baseline and each row one time, and stops a row that takes more
// than the bound.
func (b *bench) once(ctx context.Context, g group) error {
	base, err := measure(ctx, unbounded, g.baseline.command)
	if err != nil {
		return err
	}
	b.baseline(&g, base)
	limit := time.Duration(b.bound * base.seconds * float64(time.Second))
	for _, r := range g.rows {
		c, err := measure(ctx, limit, r.command)
		switch {
		case errors.Is(err, errStopped):
			fmt.Fprintf(b.out, "| %s | more than %.2g | | stopped after %s | |\n", r.name, b.bound, seconds(limit.Seconds()))
		case err != nil:
			return fmt.Errorf("%s: %w", r.name, err)
		default:
			fmt.Fprintf(b.out, "| %s | %.2f | %.2f | %s | %s |\n", r.name, c.seconds/base.seconds, c.memory/base.memory, seconds(c.seconds), mebibytes(c.memory))
		}
	}
	return nil
}

// baseline prints the baseline's own line, the first time.
func (b *bench) baseline(g *group, c cost) {
	if g.baseline.name != "" {
		fmt.Fprintf(b.out, "| %s | 1 | 1 | %s | %s |\n", g.baseline.name, seconds(c.seconds), mebibytes(c.memory))
		g.baseline.name = ""
	}
}

func byTime(c cost) float64   { return c.seconds }
func byMemory(c cost) float64 { return c.memory }

func median(costs []cost, by func(cost) float64) float64 {
	values := make([]float64, len(costs))
	for i := range costs {
		values[i] = by(costs[i])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func seconds(s float64) string { return fmt.Sprintf("%.3f s", s) }

func mebibytes(bytes float64) string { return fmt.Sprintf("%.0f MiB", bytes/(1<<20)) }

// unbounded is the limit of what may take as long as it takes.
const unbounded = time.Duration(math.MaxInt64)

var errStopped = errors.New("stopped at its limit")

// measure runs a process to its end, or with all that it has started to the limit.
func measure(ctx context.Context, limit time.Duration, command makeCommand) (cost, error) {
	limited, cancel := context.WithTimeoutCause(ctx, limit, errStopped)
	defer cancel()
	cmd := command(limited)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Stdout = io.Discard
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	start := time.Now()
	if err := cmd.Run(); err != nil {
		if cause := context.Cause(limited); cause != nil {
			return cost{}, cause
		}
		return cost{}, fmt.Errorf("%v: %w\n%s", cmd.Args, err, stderr.String())
	}
	elapsed := time.Since(start).Seconds()
	if input, ok := cmd.Stdin.(*os.File); ok {
		_ = input.Close() // read to its end
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, fmt.Errorf("this system tells no peak memory")
	}
	const unit = 1024 // Linux counts Maxrss in KiB
	return cost{seconds: elapsed, memory: float64(usage.Maxrss) * unit}, nil
}

// command makes calls with eda-fn on PATH, where kustomize looks for it.
func (b *bench) command(program string, args ...string) makeCommand {
	return func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(b.bin)+":"+os.Getenv("PATH"))
		return cmd
	}
}

// withInput makes calls with a file on stdin.
func (b *bench) withInput(path, program string) makeCommand {
	return func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program)
		input, err := os.Open(path)
		if err != nil {
			cmd.Err = err
			return cmd
		}
		cmd.Stdin = input
		return cmd
	}
}
