package harness

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Pod is what an example adds to the repo-server's pod.
type Pod struct {
	Init     []corev1.Container
	Sidecars []corev1.Container
	// Files of volumes that are ConfigMaps, by the volume's name; every other
	// volume is an empty folder.
	Files map[string]map[string]string
}

// The repo-server's own volumes, which a sidecar mounts too: cmp-server, and the
// sockets by which it is asked.
const (
	programsVolume = "var-files"
	socketsVolume  = "plugins"
)

// anyUser is one as OpenShift gives it to a namespace, when a container says
// none; its group is 0.
const anyUser = 1000680000

// pod is a Pod that is being run.
type pod struct {
	*Cluster
	Pod
	dir string
	// volumes are the folders of the pod's volumes by name.
	volumes map[string]string
}

// newPod makes the volumes.
func (c *Cluster) newPod(p Pod) (*pod, error) {
	run := &pod{Cluster: c, Pod: p, dir: filepath.Join(c.work, "argocd"), volumes: map[string]string{}}
	for _, container := range slices.Concat(p.Init, p.Sidecars) {
		for _, mount := range container.VolumeMounts {
			folder := filepath.Join(run.dir, "volumes", mount.Name)
			run.volumes[mount.Name] = folder
			// As the kubelet makes an emptyDir.
			if err := errors.Join(os.MkdirAll(folder, 0o755), os.Chmod(folder, 0o777)); err != nil { //nolint:gosec // any user
				return nil, err
			}
			for name, text := range p.Files[mount.Name] {
				if err := write(filepath.Join(folder, name), text); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(run.dir, "volumes", socketsVolume), 0o755); err != nil {
		return nil, err
	}
	run.volumes[socketsVolume] = filepath.Join(run.dir, "volumes", socketsVolume)
	programs := filepath.Join(run.dir, "volumes", programsVolume)
	return run, copyFile(c.tools.path("argocd"), filepath.Join(programs, "argocd-cmp-server"))
}

// isolate makes a container's root: $0 is the folder, $1 says ro for a root that
// cannot be written, then come pairs of a folder and where it is mounted, up to
// "--", then what runs. /proc and /dev/null are all that it has of the machine.
const isolate = `root=$0 mode=$1
shift
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
	mount --bind "$1" "$root$2"
	shift 2
done
shift
mount -t proc proc "$root/proc"
mount --bind /dev/null "$root/dev/null"
[ "$mode" != ro ] || mount -o remount,bind,ro "$root"
exec "$@"`

// command is a container's program, ready to start.
func (p *pod) command(container corev1.Container) (*exec.Cmd, error) {
	root := filepath.Join(p.dir, "roots", container.Name)
	mounts, program, err := p.image(container.Image, root)
	if err != nil {
		return nil, err
	}
	for _, mount := range container.VolumeMounts {
		mounts = append(mounts, p.volumes[mount.Name], mount.MountPath)
	}
	for i := 1; i < len(mounts); i += 2 {
		if err := os.MkdirAll(filepath.Join(root, mounts[i]), 0o755); err != nil {
			return nil, err
		}
	}
	chroot, err := exec.LookPath("chroot")
	if err := errors.Join(err, os.MkdirAll(filepath.Join(root, "proc"), 0o755), write(filepath.Join(root, "dev/null"), "")); err != nil {
		return nil, err
	}
	user, mode := user(container.SecurityContext)
	if len(container.Command) > 0 {
		program = container.Command
	}
	// Argo CD's image tells its programs apart by their names, ours by a variable.
	environment := []string{"env", "-i", "ARGOCD_BINARY_NAME=argocd-cmp-server"}
	for _, variable := range container.Env {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	return command("unshare", slices.Concat(
		// Killed, it takes along what runs in it.
		[]string{"--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", isolate, root, mode}, mounts, []string{"--"},
		environment, []string{chroot, "--userspec=" + user, "--groups=", root}, program, container.Args)...), nil
}

// user is a container's, and whether it may write to its root.
func user(context *corev1.SecurityContext) (user, mode string) {
	id, group, mode := int64(anyUser), int64(0), "rw"
	if context != nil && context.RunAsUser != nil {
		id, group = *context.RunAsUser, *context.RunAsUser
	}
	if context != nil && context.ReadOnlyRootFilesystem != nil && *context.ReadOnlyRootFilesystem {
		mode = "ro"
	}
	return fmt.Sprintf("+%d:+%d", id, group), mode
}

// image fills a root with an image's files, or says which folders of this
// machine take their place, and returns what the image runs by itself.
func (p *pod) image(name, root string) (mounts, program []string, err error) {
	if name == "" { // the repo-server's: a Debian with kustomize
		for _, link := range []string{"bin", "lib", "lib64"} {
			if err := errors.Join(os.MkdirAll(root, 0o755), os.Symlink("usr/"+link, filepath.Join(root, link))); err != nil {
				return nil, nil, err
			}
		}
		kustomize := filepath.Join(p.dir, "kustomize")
		if err := copyFile(p.kustomize, filepath.Join(kustomize, "kustomize")); err != nil {
			return nil, nil, err
		}
		return []string{"/usr", "/usr", kustomize, "/usr/local/bin"}, nil, nil
	}
	return nil, []string{"/eda-fn"}, p.unpack(name, root)
}

// unpack writes the files of an image that the container engine has; without an
// engine, those that its Dockerfile puts together from this tree.
func (p *pod) unpack(name, root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	id, err := command("docker", "create", "--network", "none", name).Output()
	if err != nil {
		if os.Getenv("EDA_REQUIRE_HOSTS") == "1" {
			return fmt.Errorf("no image %s (make image builds it): %w", name, err)
		}
		say("no engine has %s; the sidecar runs this tree's eda-fn", name)
		return errors.Join(copyFile(p.EdaFn, filepath.Join(root, "eda-fn")), write(filepath.Join(root, "etc/passwd"), "nobody:x:65534:65534:nobody:/:/sbin/nologin\n"))
	}
	container := strings.TrimSpace(string(id))
	defer func() { _ = command("docker", "rm", container).Run() }()
	out, err := command("sh", "-euc", `docker export "$0" | tar -x -C "$1" eda-fn etc/passwd etc/group`, container, root).CombinedOutput()
	if err != nil {
		return fmt.Errorf("unpacking %s: %w\n%s", name, err, out)
	}
	return nil
}

// start runs the init containers to their end and starts the sidecars.
func (p *pod) start() error {
	for _, container := range p.Init {
		cmd, err := p.command(container)
		if err != nil {
			return err
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("init container %s: %w\n%s", container.Name, err, out)
		}
	}
	for _, container := range p.Sidecars {
		cmd, err := p.command(container)
		if err != nil {
			return err
		}
		sidecar, err := p.group.start("sidecar-"+container.Name, cmd)
		if err != nil {
			return err
		}
		// cmp-server catches TERM, drops its socket and stays.
		sidecar.stays = true
		if err := sidecar.ready(p.ctx, logged(sidecar, "serving on")); err != nil {
			return err
		}
		say("sidecar %-17s %-10s ready", container.Name, p.tools.versions[argoModule])
	}
	return nil
}

// copyFile copies a program.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
