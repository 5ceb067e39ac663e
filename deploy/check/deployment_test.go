package check

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// effective is what matters here of the configuration that is in force.
type effective struct {
	Server struct {
		Address      string
		DrainDelay   string `json:"drain_delay"`
		DrainTimeout string `json:"drain_timeout"`
	}
	Ops     struct{ Address string }
	Data    struct{ Dir string }
	Tracing struct{ Timeout string }
	Cache   struct {
		Disk struct{ Bytes int64 }
	}
}

// fitsTheProgram compares the pods with what the program and its image are.
func fitsTheProgram(t *testing.T, all []object) {
	t.Helper()
	deployment := the[*appsv1.Deployment](t, all)
	spec := deployment.Spec.Template.Spec
	container := spec.Containers[0]
	config := loaded(t, configOf(t, all, spec), container)

	grace := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
	if needs := duration(t, config.Server.DrainDelay) + duration(t, config.Server.DrainTimeout) + duration(t, config.Tracing.Timeout); grace < needs+5*time.Second {
		t.Errorf("pods get %v to end, and the program may need %v", grace, needs)
	}
	for name, address := range map[string]string{"http": config.Server.Address, "ops": config.Ops.Address} {
		_, port, err := net.SplitHostPort(address)
		must(t, err)
		for _, has := range container.Ports {
			if has.Name == name && strconv.Itoa(int(has.ContainerPort)) != port {
				t.Errorf("the port %s is %d, and the program listens at %s", name, has.ContainerPort, address)
			}
		}
	}
	hasVolumes(t, spec, config)
	isTheImagesUser(t, spec)
	probesAreRoutes(t, all, container)
}

// configOf is the configuration in the ConfigMap that the pods mount.
func configOf(t *testing.T, all []object, spec corev1.PodSpec) string {
	t.Helper()
	for _, volume := range spec.Volumes {
		for _, one := range of[*corev1.ConfigMap](all) {
			if volume.ConfigMap != nil && volume.ConfigMap.Name == one.Name {
				return one.Data["config.yaml"]
			}
		}
	}
	t.Fatal("the pods mount no configuration")
	return ""
}

// samples are values for what the pods read from secrets.
var samples = map[string]string{
	"API_RESIZE_AUTH_KEYS":    "a-key-of-some-length",
	"API_RESIZE_DATABASE_URL": "postgres://api-resize:secret@postgresql.example/api-resize",
}

// loaded has the program itself read the configuration, with the variables that
// the pods have, and checks that it refuses the secrets' placeholders.
func loaded(t *testing.T, text string, container corev1.Container) effective {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	if want := []string{"serve", "--config", "/etc/api-resize/config.yaml"}; strings.Join(container.Args, " ") != strings.Join(want, " ") {
		t.Errorf("the arguments are %v, expected %v", container.Args, want)
	}
	var variables []string
	for _, variable := range container.Env {
		value, known := samples[variable.Name]
		if variable.ValueFrom == nil {
			value, known = variable.Value, true
		}
		if !known {
			t.Fatalf("there is no sample for %s", variable.Name)
		}
		variables = append(variables, variable.Name+"="+value)
	}
	output, err := configCommand(t, file, variables)
	if err != nil {
		t.Fatalf("the program refuses the configuration: %v\n%s", err, output)
	}
	if output, err := configCommand(t, file, append(variables, "API_RESIZE_AUTH_KEYS="+placeholder(t))); err == nil || !strings.Contains(output, "auth.keys") {
		t.Errorf("the program takes the placeholder of a key: %v\n%s", err, output)
	}
	var config effective
	must(t, yaml.Unmarshal([]byte(output), &config))
	return config
}

func configCommand(t *testing.T, file string, variables []string) (string, error) {
	t.Helper()
	command := exec.Command(program(t), "config", "--config", file)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, variables...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// placeholder is the key that stands in the base.
func placeholder(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(manifests, "base", "kustomization.yaml"))
	must(t, err)
	found := regexp.MustCompile(`auth-keys=(\S+)`).FindSubmatch(content)
	if found == nil {
		t.Fatal("the base has no placeholder of a key")
	}
	return string(found[1])
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	parsed, err := time.ParseDuration(text)
	must(t, err)
	return parsed
}

// hasVolumes: what the program writes is on volumes, and the cache fits its own.
func hasVolumes(t *testing.T, spec corev1.PodSpec, config effective) {
	t.Helper()
	mounted := map[string]string{} // volume by path
	for _, mount := range spec.Containers[0].VolumeMounts {
		if !mount.ReadOnly {
			mounted[mount.MountPath] = mount.Name
		}
	}
	for _, written := range []string{config.Data.Dir, config.Data.Dir + "/cache", "/tmp"} {
		name, ok := mounted[written]
		if !ok {
			t.Errorf("%s is written to and no volume", written)
		}
		for _, volume := range spec.Volumes {
			if volume.Name != name || volume.EmptyDir == nil {
				continue
			}
			if volume.EmptyDir.SizeLimit == nil {
				t.Errorf("%s has no limit", written)
			} else if limit := volume.EmptyDir.SizeLimit.Value(); strings.HasSuffix(written, "/cache") && config.Cache.Disk.Bytes+1<<30 > limit {
				t.Errorf("the cache may take %d bytes, and the pod is evicted above %d", config.Cache.Disk.Bytes, limit)
			}
		}
	}
}

// isTheImagesUser compares user and group with the Dockerfile's.
func isTheImagesUser(t *testing.T, spec corev1.PodSpec) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	must(t, err)
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(string(content))
	if user == nil {
		t.Fatal("the Dockerfile has no USER with numbers")
	}
	context := spec.SecurityContext
	if got := fmt.Sprint(*context.RunAsUser, *context.RunAsGroup, *context.FSGroup); got != user[1]+" "+user[2]+" "+user[2] {
		t.Errorf("user, group and group of files are %s, the image's are %v", got, user[1:])
	}
}

// probesAreRoutes asks a running program for all paths that are probed and
// scraped.
func probesAreRoutes(t *testing.T, all []object, container corev1.Container) {
	t.Helper()
	one := run(t, "cache: {disk: {min_free_bytes: 0}}\n")
	listeners := map[string]string{"http": one.public, "ops": one.private}
	answers := func(port, path string) {
		if status, body := one.send(t, http.MethodGet, listeners[port]+path, nil); status != http.StatusOK {
			t.Errorf("%s at the port %s: %d %s", path, port, status, body)
		}
	}
	for _, probe := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
		answers(probe.HTTPGet.Port.StrVal, probe.HTTPGet.Path)
	}
	for _, monitor := range of[*monitoringv1.ServiceMonitor](all) {
		for _, endpoint := range monitor.Spec.Endpoints {
			answers(endpoint.Port, endpoint.Path)
		}
	}
}
