package seal_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// terminal opens a pseudo terminal: what is written to the master is typed.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	control := func(request uintptr, value *uint32) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	var unlock, number uint32
	control(syscall.TIOCSPTLCK, &unlock)
	control(syscall.TIOCGPTN, &number)
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave
}

// A value that is typed is sealed and not shown.
func TestTyped(t *testing.T) {
	s := environmentShell(t, "")
	value := random(t)
	master, slave := terminal(t)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec eda-fn seal db --env stage --from-file a=- --from-file b=-")
	cmd.Dir, cmd.Env = s.dir, s.env
	var stdout bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, &stdout, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var screen bytes.Buffer
	await := func(prompt string) {
		t.Helper()
		if err := master.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Log(err) // a terminal that cannot have one: the test's own limit holds
		}
		buffer := make([]byte, 1)
		for !strings.HasSuffix(screen.String(), prompt) {
			if _, err := io.ReadFull(master, buffer); err != nil {
				t.Fatalf("%v; the screen shows %q", err, screen.String())
			}
			screen.Write(buffer)
		}
	}
	await("value of a (not shown): ")
	// ReadPassword switches the echo off after the prompt is written.
	time.Sleep(300 * time.Millisecond)
	fmt.Fprintln(master, value)
	await("value of b (not shown): ")
	time.Sleep(300 * time.Millisecond)
	fmt.Fprintln(master, "second")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v; the screen shows %q", err, screen.String())
	}
	secret := sealtest.Default().MustUnseal(t, stdout.String())
	if string(secret.Data["a"]) != value || string(secret.Data["b"]) != "second" {
		t.Error("what was typed is not what was sealed")
	}
	if strings.Contains(screen.String(), value) {
		t.Error("the value is on the screen")
	}
}
