package argo

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// withoutAdvice runs a build without what kustomize writes to stderr about old
// fields ("# Warning: 'bases' is deprecated"): a repository by hand has a line
// for each folder, and none of them is a finding. All else passes.
func withoutAdvice(run func()) {
	reader, writer, err := os.Pipe()
	if err != nil {
		run()
		return
	}
	stderr := os.Stderr
	done := make(chan struct{})
	go func() {
		defer close(done)
		passAllBut("# Warning: ", reader, stderr)
	}()
	os.Stderr = writer
	defer func() {
		os.Stderr = stderr
		writer.Close()
		<-done
		reader.Close()
	}()
	run()
}

func passAllBut(prefix string, from io.Reader, to io.Writer) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line != "" && !strings.HasPrefix(line, prefix) {
			fmt.Fprint(to, line)
		}
		if err != nil {
			return
		}
	}
}
