package build

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// object is one document of a stream.
func object(api, kind, namespace, name, component string) string {
	text := "apiVersion: " + api + "\nkind: " + kind + "\nmetadata:\n"
	if component != "" {
		text += "  labels:\n    app.kubernetes.io/component: " + component + "\n"
	}
	text += "  name: " + name + "\n"
	if namespace != "" {
		text += "  namespace: " + namespace + "\n"
	}
	return text
}

func stream(objects ...string) []byte { return []byte(strings.Join(objects, "---\n")) }

// No object ever takes another's file: what a name leaves out is added.
func TestFileNames(t *testing.T) {
	for name, tc := range map[string]struct {
		reason  string
		objects []string
		want    []string // empty: only that there are as many files as objects
	}{
		"component": {
			"a folder per component; without one, the top",
			[]string{object("v1", "ConfigMap", "", "a", "kafka"), object("v1", "ConfigMap", "", "a", "")},
			[]string{"configmap-a.yaml", "kafka/configmap-a.yaml"},
		},
		"namespaces": {
			"one name in two namespaces",
			[]string{object("v1", "ConfigMap", "one", "a", ""), object("v1", "ConfigMap", "two", "a", ""), object("v1", "ConfigMap", "one", "b", "")},
			[]string{"configmap-b.yaml", "configmap-one-a.yaml", "configmap-two-a.yaml"},
		},
		"groups": {
			"one kind in two API groups",
			[]string{object("a.com/v1", "Broker", "one", "a", ""), object("b.com/v1", "Broker", "one", "a", "")},
			[]string{"broker.a.com-one-a.yaml", "broker.b.com-one-a.yaml"},
		},
		"versions": {
			"kustomize takes two versions for two objects",
			[]string{object("a.com/v1", "Broker", "one", "a", ""), object("a.com/v2", "Broker", "one", "a", "")},
			[]string{"broker.a.com.v1-one-a.yaml", "broker.a.com.v2-one-a.yaml"},
		},
		"dashes": {
			"a-b/c and a/b-c make one word",
			[]string{object("v1", "ConfigMap", "a-b", "c", ""), object("v1", "ConfigMap", "a", "b-c", ""), object("v1", "ConfigMap", "x", "c", ""), object("v1", "ConfigMap", "x", "b-c", "")},
			nil,
		},
		"across details": {
			"a name that says the namespace is another object's name alone",
			[]string{object("v1", "ConfigMap", "x", "y", ""), object("v1", "ConfigMap", "z", "y", ""), object("v1", "ConfigMap", "q", "x-y", "")},
			nil,
		},
		"letters": {
			"names of roles may hold what no file system likes",
			[]string{object("rbac/v1", "ClusterRole", "", "system:a", ""), object("rbac/v1", "ClusterRole", "", "system_a", ""), object("rbac/v1", "ClusterRole", "", "System:A", "")},
			nil,
		},
		"paths": {
			"nothing leads out of the folder",
			[]string{object("v1", "ConfigMap", "", "../../etc/passwd", "'../..'"), object("v1", "ConfigMap", "", "..", "'/'"), object("v1", "../Kind", "", "a", "")},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, err := FilePerObject(dir, stream(tc.objects...))
			if err != nil {
				t.Fatal(err)
			}
			if err := files.Write(); err != nil {
				t.Fatal(err)
			}
			names := files.names()
			if tc.want != nil && !slices.Equal(names, tc.want) || len(names) != len(tc.objects) {
				t.Errorf("%s: files are %q, want %q", tc.reason, names, tc.want)
			}
			for _, name := range names {
				if !filepath.IsLocal(name) {
					t.Errorf("%s: %q leads out of the folder", tc.reason, name)
				}
			}
			written := 0
			_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, _ error) error {
				if !entry.IsDir() {
					written++
				}
				return nil
			})
			if written != len(tc.objects)+1 { // and the index
				t.Errorf("%s: %d files were written", tc.reason, written)
			}
		})
	}
}

// A second build removes what the first wrote and it does not, and nothing else.
func TestStaleFiles(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "README.md")
	if err := os.WriteFile(own, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(objects ...string) *Files {
		t.Helper()
		files, err := FilePerObject(dir, stream(objects...))
		if err != nil {
			t.Fatal(err)
		}
		if err := files.Write(); err != nil {
			t.Fatal(err)
		}
		return files
	}
	write(object("v1", "ConfigMap", "", "a", "kafka"), object("v1", "ConfigMap", "", "b", "mq"))
	second := write(object("v1", "ConfigMap", "", "b", "mq"))
	if _, err := os.Stat(filepath.Join(dir, "kafka")); err == nil {
		t.Error("the folder of a component that is gone is still there")
	}
	for _, path := range []string{own, filepath.Join(dir, "mq", "configmap-b.yaml"), filepath.Join(dir, IndexFile)} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if diff, err := second.Diff(); diff != "" || err != nil {
		t.Errorf("what was just written differs: %v\n%s", err, diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "mq", "configmap-b.yaml"), []byte("edited by hand\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	diff, err := second.Diff()
	if err != nil || !strings.Contains(diff, "-edited by hand") || !strings.Contains(diff, "+kind: ConfigMap") {
		t.Errorf("the diff does not show an edit: %v\n%s", err, diff)
	}
}

// A file that no build wrote is not overwritten, and then nothing is.
func TestForeignFileInTheWay(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "configmap-b.yaml")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := FilePerObject(dir, stream(object("v1", "ConfigMap", "", "a", ""), object("v1", "ConfigMap", "", "b", "")))
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write(); err == nil || !strings.Contains(err.Error(), "configmap-b.yaml: stands in the way") {
		t.Errorf("error is %v", err)
	}
	if text, err := os.ReadFile(mine); string(text) != "mine" {
		t.Errorf("the file in the way is %q now, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "configmap-a.yaml")); err == nil {
		t.Error("another file was written before the error")
	}
}

// The index names files of the folder alone, whoever edited it.
func TestIndexLeadingOut(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "out")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(root, "keep.yaml")
	for path, text := range map[string]string{outside: "keep", filepath.Join(dir, IndexFile): "../keep.yaml\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := FilePerObject(dir, stream(object("v1", "ConfigMap", "", "a", "")))
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write(); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

// An empty output is an empty folder, with its index.
func TestNoObjects(t *testing.T) {
	dir := t.TempDir()
	files, err := FilePerObject(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write(); err != nil {
		t.Fatal(err)
	}
	if names := files.names(); len(names) > 0 {
		t.Errorf("files are %q", names)
	}
}

// A build that fails halfway, on a full disk for one, leaves files that the next
// may replace.
func TestHalfWritten(t *testing.T) {
	dir := t.TempDir()
	obstacle := filepath.Join(dir, "z")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), obstacle); err != nil {
		t.Fatal(err)
	}
	write := func(label string) error {
		files, err := FilePerObject(dir, stream(object("v1", "ConfigMap", label, "a", ""), object("v1", "ConfigMap", "", "b", "z")))
		if err != nil {
			t.Fatal(err)
		}
		return files.Write()
	}
	if err := write("one"); err == nil || !strings.Contains(err.Error(), "writing "+filepath.Join(obstacle, "configmap-b.yaml")+": ") {
		t.Errorf("error is %v", err)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	if err := write("two"); err != nil {
		t.Errorf("the next build fails: %v", err)
	}
}

// A folder where a file is to be, and a file where a folder is to be, are said
// before anything is written.
func TestFoldersInTheWay(t *testing.T) {
	for blocked, path := range map[string]string{"configmap-b.yaml": "configmap-b.yaml/", "z": "z"} {
		dir := t.TempDir()
		if strings.HasSuffix(path, "/") {
			path += "keep"
		}
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := FilePerObject(dir, stream(object("v1", "ConfigMap", "", "a", ""), object("v1", "ConfigMap", "", "b", ""), object("v1", "ConfigMap", "", "c", "z")))
		if err != nil {
			t.Fatal(err)
		}
		if err := files.Write(); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, blocked)+": stands in the way") {
			t.Errorf("error is %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "configmap-a.yaml")); err == nil {
			t.Error("another file was written before the error")
		}
	}
}

// What is no file stays what it is: a link still leads to its file, and a pipe
// is written to. As root, a rename would put a file in the place of /dev/null.
func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	link, target, pipe := filepath.Join(dir, "link.yaml"), filepath.Join(dir, "target.yaml"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target.yaml", link); err != nil {
		t.Fatal(err)
	}
	if err := OneFile(link, []byte("new")).Write(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(target); string(text) != "new" {
		t.Errorf("the link's file holds %q, %v", text, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is none any more: %v", err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	if err := OneFile(pipe, []byte("new")).Write(); err != nil {
		t.Fatal(err)
	}
	if text := <-read; text != "new" {
		t.Errorf("through the pipe came %q", text)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().IsRegular() {
		t.Errorf("the pipe is none any more: %v", err)
	}
	if _, err := OneFile(pipe, nil).Diff(); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("comparing with a pipe: %v", err)
	}
}

// An object's name may be as long as a file's.
func TestLongNames(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("n", 252)
	files, err := FilePerObject(dir, stream(object("v1", "ConfigMap", "", long+"a", ""), object("v1", "ConfigMap", "", long+"b", "")))
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write(); err != nil || len(files.names()) != 2 {
		t.Errorf("files are %q, error %v", files.names(), err)
	}
}
