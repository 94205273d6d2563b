package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Limits of waiting, for a machine that does other things too.
const (
	startLimit = 2 * time.Minute
	stopLimit  = 10 * time.Second
	pollEvery  = 100 * time.Millisecond
)

// group is the processes of one run.
type group struct {
	// logs is the folder of their output.
	logs string
	// spawn runs functions on a thread that lives as long as the group: the
	// kernel kills a child with the thread that started it (Pdeathsig).
	spawn chan func()

	mu        sync.Mutex
	stopped   bool
	processes []*process
}

// process is one that was started.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	// stays says that TERM does not end it in time.
	stays bool
	// done is closed when it has ended.
	done chan struct{}
}

func newGroup(logs string) *group {
	g := &group{logs: logs, spawn: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range g.spawn {
			f()
		}
	}()
	return g
}

// command is a program that is ended by group.stop, in order, and by no context.
func command(name string, args ...string) *exec.Cmd {
	return exec.CommandContext(context.Background(), name, args...)
}

// start starts a program with its output in a log file. Of attributes, what
// ends it with the tests is set here.
func (g *group) start(name string, cmd *exec.Cmd) (*process, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return nil, errors.New("the run is being stopped")
	}
	p := &process{name: name, cmd: cmd, log: filepath.Join(g.logs, name+".log"), done: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// A group of its own: Ctrl-C reaches the tests, which then end it in order.
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	g.spawn <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	g.processes = append(g.processes, p)
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop ends all processes, the last started first, and says which had to be
// killed.
func (g *group) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return
	}
	g.stopped = true
	for _, p := range slices.Backward(g.processes) {
		p.stop()
	}
	say("stopped %d processes", len(g.processes))
}

func (p *process) stop() {
	signal := syscall.SIGTERM
	if p.stays {
		signal = syscall.SIGKILL
	}
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
		return
	case <-time.After(stopLimit):
	}
	say("%s (process %d) did not end in %s and is killed", p.name, p.cmd.Process.Pid, stopLimit)
	_ = p.cmd.Process.Kill()
	<-p.done
}

// ready waits until a probe succeeds, or the process has ended.
func (p *process) ready(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %v; the end of its log:\n%s", p.name, p.cmd.ProcessState, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s did not get ready: %w; the end of its log:\n%s", p.name, err, p.tail())
		case <-time.After(pollEvery):
		}
	}
}

// tail is the end of a process's log.
func (p *process) tail() []byte {
	const lines = 20
	log, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	all := bytes.Split(bytes.TrimSpace(log), []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}

// freePorts returns TCP ports of the loopback interface that nobody listens
// on.
func freePorts(ctx context.Context, n int) ([]string, error) {
	ports := make([]string, n)
	for i := range ports {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		// Closed together, so that no port is given twice.
		defer func() { _ = listener.Close() }()
		ports[i] = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// seconds since a time, for people.
func since(start time.Time) string {
	return fmt.Sprintf("%.1f s", time.Since(start).Seconds())
}

// say prints a line about what the harness does.
func say(format string, args ...any) {
	fmt.Printf("e2e: "+format+"\n", args...)
}
