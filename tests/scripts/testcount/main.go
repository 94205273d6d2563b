// Command testcount reads the output of `go test -json` and says how many tests
// passed, failed and were skipped.
//
// Without arguments it reads stdin and passes on, as they come, the lines of
// packages, the output of tests that failed, and whatever is not JSON. With
// files it reads them all, as the runs of one CI job: a test counts once, and
// one that was skipped in a run and passed in no other is an error.
//
// It exits 1 after a failure, and when nothing passed at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`); a line about a
// package has no Test.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// name returns "package.Test/subtest"; of a package, and of a build that failed
// (whose package has a suffix), its path.
func (e event) name() string {
	if e.Test == "" {
		return e.Package
	}
	return e.Package + "." + e.Test
}

// count holds the best outcome of each test and package: a failure counts
// more than a pass, a pass more than a skip.
type count struct {
	outcome map[string]string
	output  map[string]*strings.Builder
	// parents have subtests, which count in their place; failedInside are the
	// tests and packages with a failed test in them.
	parents, failedInside map[string]bool
	// echo receives what a reader follows while the tests run.
	echo io.Writer
}

func main() {
	c := &count{
		outcome:      map[string]string{},
		output:       map[string]*strings.Builder{},
		parents:      map[string]bool{},
		failedInside: map[string]bool{},
		echo:         os.Stdout,
	}
	files := os.Args[1:]
	if len(files) == 0 {
		c.read(os.Stdin)
	}
	for _, name := range files {
		c.echo = io.Discard
		file, err := os.Open(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "testcount: %v\n", err)
			os.Exit(1)
		}
		c.read(file)
		file.Close()
	}

	passed, failed, skipped := c.sum()
	fmt.Printf("%d passed, %d failed", passed, len(failed))
	if len(skipped) > 0 {
		fmt.Printf(", %d skipped", len(skipped))
	}
	fmt.Println()
	if len(files) > 0 {
		failed = append(failed, skipped...)
	}
	if len(failed) > 0 || passed == 0 {
		for _, name := range failed {
			fmt.Fprintf(os.Stderr, "%s: %s\n", c.outcome[name], name)
		}
		os.Exit(1)
	}
}

// read takes in one stream of events.
func (c *count) read(from io.Reader) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			c.line(line)
		}
		if err != nil {
			return
		}
	}
}

// line takes in one line: an event, or something else that make printed.
func (c *count) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(c.echo, line)
		return
	}
	switch e.Action {
	case "build-output":
		fmt.Fprint(c.echo, e.Output)
	case "output":
		c.keep(e)
	case "pass", "skip", "fail":
		c.end(e)
	}
}

// keep stores a test's output until the test ends, and passes on a package's.
func (c *count) keep(e event) {
	if e.Test == "" {
		if e.Output != "PASS\n" && !strings.Contains(e.Output, "[no test files]") {
			fmt.Fprint(c.echo, e.Output)
		}
		return
	}
	if c.output[e.name()] == nil {
		c.output[e.name()] = &strings.Builder{}
	}
	c.output[e.name()].WriteString(e.Output)
}

// end notes the outcome of a test or package, and passes on the output of one
// that failed. A package without tests is no outcome.
func (c *count) end(e event) {
	rank := []string{"", "skip", "pass", "fail"}
	if slices.Index(rank, e.Action) > slices.Index(rank, c.outcome[e.name()]) && (e.Test != "" || e.Action == "fail") {
		c.outcome[e.name()] = e.Action
	}
	if e.Action == "fail" && c.output[e.name()] != nil && !c.failedInside[e.name()] {
		fmt.Fprint(c.echo, c.output[e.name()])
	}
	delete(c.output, e.name())
	if e.Test == "" {
		return
	}
	failed := e.Action == "fail"
	c.failedInside[e.Package] = c.failedInside[e.Package] || failed
	for i, r := range e.Test { // a subtest's name may have a slash of its own
		if r == '/' {
			parent := e.Package + "." + e.Test[:i]
			c.parents[parent] = true
			c.failedInside[parent] = c.failedInside[parent] || failed
		}
	}
}

// sum returns how many tests passed, and the sorted names of those that failed
// or were only ever skipped. A parent or package counts only where it failed
// without a failure inside.
func (c *count) sum() (passed int, failed, skipped []string) {
	for name, outcome := range c.outcome {
		switch {
		case outcome == "fail" && c.failedInside[name]:
		case outcome == "fail":
			failed = append(failed, name)
		case c.parents[name]:
		case outcome == "skip":
			skipped = append(skipped, name)
		default:
			passed++
		}
	}
	slices.Sort(failed)
	slices.Sort(skipped)
	return passed, failed, skipped
}
