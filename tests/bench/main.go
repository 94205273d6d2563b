// Command bench measures speed and memory as ratios within one run: every row
// is timed in turn with its baseline, and the median of the ratios is printed.
// Nothing in it passes or fails by a time.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	most := flag.Int("kustomize-most", 1000, "the largest tree for rows with kustomize, which takes its time by the square: 10,000 objects need more than 10 minutes without any function, and hours with five")
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
	if err := run(os.Stdout, *bin, *kustomize, *sizes, *most, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// few objects are rendered in less than a tenth of a second.
const few = 100

// bench is one call of the program.
type bench struct {
	out            io.Writer
	bin, kustomize string
	pass           string
	runs, most     int
	dir            string
}

func run(out io.Writer, bin, kustomize, sizes string, most, runs int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eda-fn-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{out: out, bin: bin, kustomize: kustomize, runs: runs, most: most, dir: dir, pass: filepath.Join(dir, "kyaml-pass")}
	// The bare kyaml pass is a program of its own, so that it pays for a start too.
	build := exec.Command("go", "build", "-o", b.pass, "./tests/bench/pass")
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
		if err := b.size(n); err != nil {
			return fmt.Errorf("%d objects: %w", n, err)
		}
	}
	return nil
}

// size measures all rows for a number of objects.
func (b *bench) size(n int) error {
	trees := treesIn(filepath.Join(b.dir, strconv.Itoa(n)))
	// In a process of its own: a child's peak memory counts from what its parent
	// has when it starts it.
	self, err := os.Executable()
	if err != nil {
		return err
	}
	write := exec.Command(self, "-write", trees.dir, "-sizes", strconv.Itoa(n))
	write.Stderr = os.Stderr
	if err := write.Run(); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%d objects, %d pairs a row\n\n| what | time, ratio | peak memory, ratio | time | memory |\n|---|---|---|---|---|\n", n, b.runs)
	plain := b.command(b.kustomize, "build", trees.plain)
	rows := []struct {
		name     string
		row, vs  func() *exec.Cmd
		baseline string
	}{
		{"`kustomize build`, five exec functions", b.command(b.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", trees.chain), plain, "`kustomize build` without functions"},
		{"`kustomize build`, one exec `Pipeline`", b.command(b.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", trees.pipeline), plain, ""},
		{"`eda-fn build`, five functions", b.command(b.bin, "build", trees.chain), plain, ""},
		{"`eda-fn build`, a `Pipeline`", b.command(b.bin, "build", trees.pipeline), plain, ""},
	}
	if n > b.most {
		rows = nil
	}
	for _, kind := range functionKinds {
		rows = append(rows, struct {
			name     string
			row, vs  func() *exec.Cmd
			baseline string
		}{"`" + kind + "` alone", b.withInput(trees.list(kind), b.bin), b.withInput(trees.list(kind), b.pass), "a bare kyaml read and write"})
		if kind != functionKinds[0] {
			rows[len(rows)-1].baseline = ""
		}
	}
	for _, r := range rows {
		if err := b.row(r.name, r.baseline, r.row, r.vs); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// cost of one process.
type cost struct {
	seconds float64
	// peak resident memory in bytes.
	memory float64
}

// row times a command in turn with its baseline and prints the medians.
func (b *bench) row(name, baseline string, command, base func() *exec.Cmd) error {
	var rows, bases []cost
	for i := 0; i <= b.runs; i++ {
		c, err := measure(base())
		if err != nil {
			return err
		}
		d, err := measure(command())
		if err != nil {
			return err
		}
		if i > 0 { // the first pair warms caches
			bases, rows = append(bases, c), append(rows, d)
		}
	}
	if baseline != "" {
		fmt.Fprintf(b.out, "| %s | 1 | 1 | %s | %s |\n", baseline, seconds(median(bases, byTime)), mebibytes(median(bases, byMemory)))
	}
	times, memory := make([]float64, len(rows)), make([]float64, len(rows))
	for i := range rows {
		times[i], memory[i] = rows[i].seconds/bases[i].seconds, rows[i].memory/bases[i].memory
	}
	slices.Sort(times)
	slices.Sort(memory)
	_, err := fmt.Fprintf(b.out, "| %s | %.2f | %.2f | %s | %s |\n", name, times[len(times)/2], memory[len(memory)/2],
		seconds(median(rows, byTime)), mebibytes(median(rows, byMemory)))
	return err
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

// measure runs a process to its end.
func measure(cmd *exec.Cmd) (cost, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Stdout = io.Discard
	start := time.Now()
	if err := cmd.Run(); err != nil {
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
func (b *bench) command(program string, args ...string) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(b.bin)+":"+os.Getenv("PATH"))
		return cmd
	}
}

// withInput makes calls with a file on stdin.
func (b *bench) withInput(path, program string) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command(program)
		input, err := os.Open(path)
		if err != nil {
			cmd.Err = err
			return cmd
		}
		cmd.Stdin = input
		return cmd
	}
}
