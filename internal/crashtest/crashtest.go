// Package crashtest kills a process in the middle of its work, and hears what it
// had acknowledged until then: all of that has to be there afterwards.
//
// The process is the test's own binary, told by its environment to be the one
// that works. It says that it has begun, then what it has done:
//
//	said := crashtest.Acknowledgements()
//	for serial := 0; ; serial++ {
//		store(serial)
//		fmt.Fprintln(said, serial)
//	}
package crashtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// descriptor is the first one that a process inherits besides its standard ones.
const descriptor = 3

// patience is how long a process may take to begin its work.
const patience = time.Minute

// begun is its first line.
const begun = "working"

// Acknowledgements says that the process begins its work, and returns where it
// says what it has done, in a write of a whole line each. It is called once.
func Acknowledgements() io.Writer {
	said := os.NewFile(descriptor, "acknowledgements")
	fmt.Fprintln(said, begun)
	return said
}

// Kill starts a process and kills it (SIGKILL) that long after it has begun its
// work. It calls heard with each line that was acknowledged, and returns when the
// process has ended. One that ends by itself fails the test.
func Kill(t testing.TB, child *exec.Cmd, after time.Duration, heard func(line string)) {
	t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	var output bytes.Buffer
	child.ExtraFiles, child.Stdout, child.Stderr = []*os.File{to}, &output, &output
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_ = to.Close()
	kill := func() { _ = child.Process.Kill() } // it may have ended, which Wait tells
	defer kill()                                // also when heard ends the test
	patient := time.AfterFunc(patience, kill)
	defer patient.Stop()

	lines := bufio.NewReader(from)
	if line, err := lines.ReadString('\n'); err != nil || line != begun+"\n" {
		kill()
		_ = child.Wait()
		t.Fatalf("the process did not begin: %q, %v\n%s", line, err, output.Bytes())
	}
	patient.Reset(after)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // a last line without an end says nothing
			break
		}
		heard(strings.TrimSuffix(line, "\n"))
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the process ended by itself: %v\n%s", err, output.Bytes())
	}
}
