// Package recordstest gives tests databases: SQLite in a folder of the test, and
// a PostgreSQL server that is started once for all tests of a binary.
//
// A binary whose tests use PostgreSQL has
//
//	func TestMain(m *testing.M) { os.Exit(recordstest.Main(m)) }
package recordstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds starting and stopping.
const patience = time.Minute

// Server is a PostgreSQL server in a temporary folder, that listens on a socket
// there and nowhere else.
type Server struct {
	programs string // folder of PostgreSQL's
	folder   string
	owner    *syscall.Credential // nil for whoever runs the tests

	mu      sync.Mutex
	process *exec.Cmd
	keeper  io.Closer // the server stops when it is closed, also by our end
	log     bytes.Buffer
	number  int // of databases made
}

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed (deploy/install postgresql)")

// shared is the one server of the test binary.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a binary and stops the server that they used. It
// returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.remove(); err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
			return max(code, 1)
		}
	}
	return code
}

// PostgreSQL is the server of this test binary, started when it is first asked
// for. Where PostgreSQL is not installed the test is skipped.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = newServer() })
	return usable(t, shared.server, shared.err)
}

// OwnPostgreSQL is a server for this test alone, which may stop it.
func OwnPostgreSQL(t testing.TB) *Server {
	t.Helper()
	server, err := newServer()
	server = usable(t, server, err)
	t.Cleanup(func() {
		if err := server.remove(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func usable(t testing.TB, server *Server, err error) *Server {
	t.Helper()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// newServer makes a cluster and starts it.
func newServer() (*Server, error) {
	programs, err := programFolder()
	if err != nil {
		return nil, err
	}
	// Not in the test's own folder: PostgreSQL's user has to get there, and the
	// path of a socket may have 107 bytes.
	folder, err := os.MkdirTemp("", "postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, folder: folder}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// programFolder finds the newest version where Debian and others keep it, or in
// the path.
func programFolder() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return versionIn(a) - versionIn(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(path), nil
}

// versionIn is 17 for /usr/lib/postgresql/17/bin/initdb.
func versionIn(path string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return version
}

// prepare makes the cluster. PostgreSQL refuses to be run by root.
func (s *Server) prepare() error {
	if os.Getuid() == 0 {
		owner, err := unprivileged()
		if err != nil {
			return err
		}
		s.owner = owner
		if err := os.Chown(s.folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	initdb := s.command("initdb", "--no-sync", "--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C", "--pgdata="+s.data())
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

// unprivileged is a user to be instead of root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("there is no user but root to run PostgreSQL")
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// command is a program of PostgreSQL's, run by the server's owner.
func (s *Server) command(name string, arguments ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, name), arguments...)
	command.Dir = s.folder
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	return command
}

// keep runs a program until it ends or standard input does, as with the end of
// the process that started it.
const keep = `exec 3<&0; "$@" </dev/null & server=$!
(cat <&3 >/dev/null; kill -QUIT $server 2>/dev/null) & watcher=$!
wait $server; kill $watcher 2>/dev/null`

// Start starts a server that was stopped, and returns when it answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Reset()
	server := s.command("postgres", "-D", s.data(), "-k", s.folder, "-h", "", "-p", "5432",
		"-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=16MB")
	s.process = exec.Command("/bin/sh", append([]string{"-c", keep, "sh"}, server.Args...)...)
	s.process.Dir, s.process.Env, s.process.SysProcAttr = server.Dir, server.Env, server.SysProcAttr
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	input, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	s.keeper = input
	if err := s.process.Start(); err != nil {
		return err
	}
	return s.await()
}

// await returns when the server answers.
func (s *Server) await() error {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if s.command("psql", "--host="+s.folder, "--username=tester", "--command=SELECT 1", "postgres").Run() == nil {
			return nil
		}
		if time.Now().After(deadline) {
			s.keeper.Close()
			_ = s.process.Wait()
			return fmt.Errorf("PostgreSQL does not answer\n%s", s.log.String())
		}
	}
}

// Stop stops the server at once, as a crash does; Start starts it again.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.keeper.Close()
	_ = s.process.Wait() // a server that is told to quit says so
	s.process = nil
	if text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid")); err == nil {
		return fmt.Errorf("PostgreSQL has left its lock: %s", strings.Fields(string(text))[0])
	}
	return nil
}

// remove stops the server for good.
func (s *Server) remove() error { return errors.Join(s.Stop(), os.RemoveAll(s.folder)) }

// New makes an empty database and returns its URL. It goes when the test ends.
func (s *Server) New(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.number++
	name := fmt.Sprintf("test%d", s.number)
	s.mu.Unlock()
	s.run(t, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		s.mu.Lock()
		running := s.process != nil
		s.mu.Unlock()
		if running {
			s.run(t, "DROP DATABASE "+name+" WITH (FORCE)")
		}
	})
	return "postgres://tester@/" + name + "?host=" + s.folder
}

// run runs a statement as the operator of the server.
func (s *Server) run(t testing.TB, statement string) {
	t.Helper()
	if output, err := s.command("psql", "--host="+s.folder, "--username=tester", "--command="+statement, "postgres").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", statement, err, output)
	}
}
