package harness

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
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
	Dir   string
	Stdin string
	// Env is its whole environment; empty: the test's.
	Env []string
}

// Run runs a program. That it fails is an answer; that it is not there, or
// killed, ends the test.
func Run(t testing.TB, c Call) Answer {
	t.Helper()
	// A cleanup runs programs too, when the test's own context has ended.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), c.Program, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
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

// MustWrite writes a file and the folders that it stands in.
func MustWrite(t testing.TB, path, text string) {
	t.Helper()
	if err := write(path, text); err != nil {
		t.Fatal(err)
	}
}

// MustRead reads a file.
func MustRead(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
