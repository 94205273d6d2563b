package functions

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

func (p *program) sealKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key [FILE]",
		Short: "make a fingerprint key, which stays outside Git",
		Long: `key makes 32 random bytes and writes them to FILE in base64, readable for you
alone, or prints them. A file that is there is not replaced: what it sealed could
not be told from what others sealed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key := make([]byte, sealsecrets.KeyBytes)
			if _, err := io.ReadFull(env().Rand, key); err != nil {
				return fmt.Errorf("making a key: %w", err)
			}
			text := base64.StdEncoding.EncodeToString(key) + "\n"
			if len(args) == 0 {
				_, err := io.WriteString(p.stdout, text)
				return err
			}
			return p.writeKey(args[0], text)
		},
	}
}

func (p *program) writeKey(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; keep it, or give another file", path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "made the fingerprint key %s; keep it outside Git, where your colleagues and CI get it as well\n", path)
	return err
}

func (p *program) sealCertCommand() *cobra.Command {
	object := seal.CertificateObject{}
	var into string
	cmd := &cobra.Command{
		Use:   "cert FILE|- --into FILE",
		Short: "check a sealing certificate and store it for the functions",
		Long: `cert reads a certificate (kubeseal --fetch-cert prints the controller's), checks
that it can seal today, and stores it as the local-config ConfigMap that
certificateFrom names. It fetches nothing.`,
		Example: `  kubeseal --fetch-cert | eda-fn seal cert - --into clusters/nonprod/shared/sealing-certificate.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := p.readFile(args[0])
			if err != nil {
				return err
			}
			certificate, about, err := seal.CheckCertificate(text, env().Now)
			if err != nil {
				return err
			}
			if object.Existing, err = existingFile(into); err != nil {
				return err
			}
			object.PEM = certificate.PEM()
			content, err := object.File()
			if err != nil {
				return err
			}
			if into == "" {
				_, err = p.stdout.Write(content)
			} else {
				err = build.ReplaceFile(into, content, 0o644)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stderr, "certificate "+about)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&into, "into", "", "`FILE` that holds, or gets, the ConfigMap")
	f.StringVar(&object.Name, "name", "sealing-certificate", "the ConfigMap's `NAME`")
	f.StringVar(&object.Key, "key", "cert.pem", "the `KEY` in its data")
	return cmd
}

func (p *program) sealCheckCommand() *cobra.Command {
	options := buildOptions()
	var cert string
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "say of each SealedSecret whether static rules let it unseal",
		Long: `check renders the kustomization in DIR, or reads the manifests of a folder
without one, and says of each SealedSecret its scope, its keys, by which
certificate it was sealed, and whether the controller could unseal it, as far as
that can be told without its key. What an outer kustomization moved or renamed is
found here.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, certificates, err := p.sealedIn(options, args[0], cert)
			if err != nil {
				return err
			}
			return p.check(all, certificates)
		},
	}
	cmd.Flags().StringVar(&cert, "cert", "", "`FILE` with the cluster's certificate (default: that of the environment's SealSecrets)")
	allowFlags(cmd, &options)
	return cmd
}

func (p *program) check(all []view.SealedSecret, certificates sealsecrets.Certificates) error {
	current := ""
	if len(certificates) > 0 {
		current = certificates.Newest(env().Now).Fingerprint()
	}
	rows := seal.Check(all, certificates, current)
	var results fn.Results
	for _, row := range rows {
		results = append(results, row.Results...)
	}
	build.Report(p.stderr, results)
	if results.Failed() {
		fmt.Fprint(p.stderr, seal.Table(rows))
		return errReported
	}
	_, err := io.WriteString(p.stdout, seal.Table(rows))
	return err
}

// sealedIn returns the SealedSecrets that a folder deploys, and the
// certificates of its environment, none when it has none.
func (p *program) sealedIn(options build.Options, dir, cert string) ([]view.SealedSecret, sealsecrets.Certificates, error) {
	var certificates sealsecrets.Certificates
	if cert != "" {
		text, err := p.readFile(cert)
		if err != nil {
			return nil, nil, err
		}
		if certificates, err = sealsecrets.ParseCertificates(string(text)); err != nil {
			return nil, nil, fmt.Errorf("%s: the certificate %w", cert, err)
		}
	}
	if !kustomization(dir) {
		all, err := sealedFiles(dir)
		return seal.Secrets(all), certificates, err
	}
	result, err := p.build(options, dir)
	if err != nil {
		return nil, nil, err
	}
	objects, err := result.Objects()
	if err != nil {
		return nil, nil, err
	}
	if cert == "" {
		if certificates, err = certificatesOf(options, dir); err != nil {
			return nil, nil, err
		}
	}
	return seal.InManifests(objects), certificates, nil
}

// certificatesOf returns those of a folder's SealSecrets, none without one: an
// outer kustomization may have none of its own.
func certificatesOf(options build.Options, dir string) (sealsecrets.Certificates, error) {
	items, configs, err := build.Inputs(options, dir)
	if err != nil {
		return nil, err
	}
	environment, err := seal.FindEnvironment(items, configs)
	if errors.Is(err, seal.ErrNoSealSecrets) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	certificates, err := sealsecrets.ParseCertificates(string(environment.Certificate))
	if err != nil {
		return nil, fmt.Errorf("%s: the certificate %w", dir, err)
	}
	return certificates, nil
}

func kustomization(dir string) bool {
	return slices.ContainsFunc([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// sealedFiles finds the SealedSecrets in a folder's YAML files. What is no
// manifest is passed over.
func sealedFiles(dir string) ([]seal.Found, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: no such folder; name the one that holds the sealed secrets", dir)
	}
	var found []seal.Found
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(path)) {
			return nil
		}
		text, err := fs.ReadFile(files, path)
		if err != nil || !strings.Contains(string(text), "SealedSecret") {
			return err
		}
		items, err := manifests(text)
		if err != nil {
			return nil //nolint:nilerr // a patch or a template of another tool may say SealedSecret too
		}
		for _, sealed := range seal.InManifests(items) {
			found = append(found, seal.Found{Sealed: sealed, Path: filepath.Join(dir, path)})
		}
		return nil
	})
	return found, err
}

func (p *program) sealRotateCommand() *cobra.Command {
	options := buildOptions()
	var cert string
	cmd := &cobra.Command{
		Use:   "rotate DIR --cert NEW",
		Short: "say what to seal again with a new certificate, and how",
		Long: `rotate reads a new certificate and says which SealedSecrets of the environment in
DIR were sealed with another one, and the command that seals each again. The
controller keeps its older keys, so what is sealed unseals meanwhile; to encrypt
anew what it can decrypt, without the values, is the controller's job
(kubeseal --re-encrypt).`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.rotate(options, args[0], cert) },
	}
	cmd.Flags().StringVar(&cert, "cert", "", "`FILE` with the new certificate, or - for stdin (required)")
	_ = cmd.MarkFlagRequired("cert")
	allowFlags(cmd, &options)
	return cmd
}

func (p *program) rotate(options build.Options, dir, cert string) error {
	text, err := p.readFile(cert)
	if err != nil {
		return err
	}
	newest, about, err := seal.CheckCertificate(text, env().Now)
	if err != nil {
		return err
	}
	items, configs, err := build.Inputs(options, dir)
	if err != nil {
		return err
	}
	environment, err := seal.FindEnvironment(items, configs)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	files, err := sealedFiles(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# new: %s\n", about)
	if current, err := sealsecrets.ParseCertificates(string(environment.Certificate)); err != nil || current.Newest(options.Env.Now).Fingerprint() != newest.Fingerprint() {
		fmt.Fprintf(&b, "# first: the environment has another certificate\neda-fn seal cert %s --into FILE\n", cert)
	}
	stale := 0
	for _, sealed := range seal.InManifests(items) {
		if sealed.Certificate() == newest.Fingerprint() {
			continue
		}
		stale++
		fmt.Fprintln(&b, seal.Command(sealed, dir, seal.PathOf(files, sealed)))
	}
	fmt.Fprintf(&b, "# %d to seal again\n", stale)
	_, err = io.WriteString(p.stdout, b.String())
	return err
}
