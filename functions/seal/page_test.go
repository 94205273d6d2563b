package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// asProgram is a variable that makes this test program eda-fn. kustomize calls
// the program by its file, so a name alone would not do.
const asProgram = "EDA_FN_TEST_AS_PROGRAM"

// TestMain makes this test program eda-fn where asProgram says so, so that
// shell steps can call it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || filepath.Base(os.Args[0]) == "eda-fn" || len(os.Args) == 1 {
		os.Exit(functions.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// shell is a folder of a test's own with eda-fn on its PATH.
type shell struct {
	dir string
	env []string
}

func newShell(t *testing.T, env ...string) shell {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "eda-fn")); err != nil {
		t.Fatal(err)
	}
	return shell{dir: dir, env: append(env, asProgram+"=1", "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir, "TMPDIR="+dir)}
}

func (s shell) run(t *testing.T, script string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func (s shell) must(t *testing.T, script string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, err := s.run(t, script)
	if err != nil {
		t.Fatalf("%s\n%v\n%s%s", script, err, stdout, stderr)
	}
	return stdout, stderr
}

func (s shell) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s shell) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// certificateNow is one that is valid when the test runs.
func certificateNow(t *testing.T, key sealtest.Key) string {
	t.Helper()
	return key.CertificateFor(t, time.Now().Add(-time.Hour), time.Now().AddDate(10, 0, 0))
}

// random is a value that stands nowhere else.
func random(t testing.TB) string {
	t.Helper()
	value := make([]byte, 24)
	if _, err := rand.Read(value); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(value)
}

// blocks are the shell steps of a page, by their heading.
func blocks(t *testing.T, path string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string][]string{}
	heading, block, inside := "", "", false
	for line := range strings.Lines(string(text)) {
		switch {
		case inside && line == "```\n":
			steps[heading] = append(steps[heading], block)
			inside, block = false, ""
		case inside:
			block += line
		case line == "```sh\n":
			inside = true
		case strings.HasPrefix(line, "## "):
			heading = strings.TrimSpace(strings.TrimPrefix(line, "## "))
		}
	}
	return steps
}

// TestPage runs the README's steps from an empty folder and unseals what they
// make, as the controllers with the old and with the new key would.
func TestPage(t *testing.T) {
	old, renewed := sealtest.Default(), sealtest.New()
	password, entitlement := random(t), random(t)
	s := newShell(t, "DB_PASSWORD="+password, "ENTITLEMENT_KEY="+entitlement)
	s.write(t, "cluster.pem", certificateNow(t, old))
	s.write(t, "renewed.pem", certificateNow(t, renewed))
	steps := blocks(t, "README.md")
	var output strings.Builder
	section := func(heading string, want int) string {
		t.Helper()
		if len(steps[heading]) != want {
			t.Fatalf("%s: %d blocks of steps, expected %d", heading, len(steps[heading]), want)
		}
		stdout, stderr := s.must(t, strings.Join(steps[heading], ""))
		output.WriteString(stdout + stderr)
		return stdout
	}
	const db, greetings = "environments/stage/sealed/db.yaml", "environments/stage/sealed/greetings.yaml"

	if out := section("From nothing to the first secret", 3); !strings.Contains(out, "kind: SealedSecret") || strings.Contains(out, "ConfigMap") {
		t.Errorf("rendered:\n%s", out)
	}
	if secret := old.MustUnseal(t, s.read(t, db)); string(secret.Data["password"]) != password || secret.Namespace != "rt-inventory-stage" {
		t.Error("the first secret is not what was sealed")
	}
	first := s.read(t, db)

	if out := section("A second value", 2); !strings.Contains(out, "rt-inventory-stage/db  strict  Opaque  password,user  current") {
		t.Errorf("checked:\n%s", out)
	}
	if secret := old.MustUnseal(t, s.read(t, db)); string(secret.Data["password"]) != password || string(secret.Data["user"]) != "app" {
		t.Error("the second value is not what was sealed")
	}
	for line := range strings.Lines(first) {
		if !strings.Contains(s.read(t, db), line) {
			t.Errorf("the second value changed the line %s", line)
		}
	}
	if secret := old.MustUnseal(t, s.read(t, "environments/stage/sealed/ibm-entitlement-key.yaml")); secret.Type != "kubernetes.io/dockerconfigjson" || !strings.Contains(string(secret.Data[".dockerconfigjson"]), entitlement) {
		t.Error("the pull secret is not what was sealed")
	}

	out := section("Rotation", 2)
	if !strings.Contains(out, "eda-fn seal db --env environments/stage --reseal all --from-file password=FILE --from-file user=FILE --into "+db) || !strings.Contains(out, "# 1 to seal again") {
		t.Errorf("rotate:\n%s", out)
	}
	if secret := renewed.MustUnseal(t, s.read(t, db)); string(secret.Data["password"]) != password || string(secret.Data["user"]) != "app" {
		t.Error("after the rotation the secret is not what it was")
	}
	if out, _ := s.must(t, "eda-fn seal rotate environments/stage --cert renewed.pem"); !strings.Contains(out, "# 0 to seal again") {
		t.Errorf("after the rotation:\n%s", out)
	}

	section("A new colleague", 1)
	if info, err := os.Stat(filepath.Join(s.dir, "stage.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v %v", info.Mode(), err)
	}
	if !strings.Contains(s.read(t, greetings), "sealing-fingerprints: third=") {
		t.Error("there are no fingerprints")
	}
	for _, value := range []string{password, entitlement, strings.TrimSpace(s.read(t, "stage.key"))} {
		holdsNot(t, s.dir, value, "stage.key")
		if strings.Contains(output.String(), value) {
			t.Error("a value is in the output")
		}
	}
}

// holdsNot looks for a value in every file of a folder but for some.
func holdsNot(t *testing.T, dir, value string, but ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, name := range but {
			if filepath.Base(path) == name {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(value)) {
			t.Errorf("%s holds a value", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
