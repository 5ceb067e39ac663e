package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	podsecurity "k8s.io/pod-security-admission/api"
	podsecuritypolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifests is the folder of Kubernetes' manifests.
var manifests = filepath.Join(root, "deploy", "kubernetes")

func init() {
	utilruntime.Must(monitoringv1.AddToScheme(legacyscheme.Scheme))
}

// object is a manifest: as it stands, and as the API server has it.
type object struct {
	name     string // Kind/name
	written  runtime.Object
	internal runtime.Object // nil for what the API server learns from others
}

// decode reads a manifest as `kubectl apply --validate=strict` does, fills in
// defaults, and validates it with the API server's own code.
func decode(text []byte) (object, error) {
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	written, kind, err := codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		return object{}, err
	}
	named, ok := written.(interface{ GetName() string })
	if !ok {
		return object{}, fmt.Errorf("a %s has no name", kind.Kind)
	}
	one := object{name: kind.Kind + "/" + named.GetName(), written: written}
	if kind.Group == monitoringv1.SchemeGroupVersion.Group {
		return one, nil
	}
	defaulted := written.DeepCopyObject()
	legacyscheme.Scheme.Default(defaulted)
	one.internal, err = legacyscheme.Scheme.ConvertToVersion(defaulted, schema.GroupVersion{Group: kind.Group, Version: runtime.APIVersionInternal})
	if err != nil {
		return object{}, fmt.Errorf("%s: %w", one.name, err)
	}
	if err := validate(one.internal); err != nil {
		return object{}, fmt.Errorf("%s: %w", one.name, err)
	}
	return one, nil
}

// validate is what the API server does with an object that is created.
func validate(one runtime.Object) error {
	var faults field.ErrorList
	switch one := one.(type) {
	case *apps.Deployment:
		faults = appsvalidation.ValidateDeployment(one, pod.GetValidationOptionsFromPodTemplate(&one.Spec.Template, nil))
	case *core.Service:
		if one.Spec.ClusterIP != "" { // as the API server does before it validates
			one.Spec.ClusterIPs = []string{one.Spec.ClusterIP}
		}
		faults = corevalidation.ValidateServiceCreate(one)
	case *core.ConfigMap:
		faults = corevalidation.ValidateConfigMap(one)
	case *core.Secret:
		faults = corevalidation.ValidateSecret(one)
	case *core.ServiceAccount:
		faults = corevalidation.ValidateServiceAccount(one)
	case *core.Namespace:
		faults = corevalidation.ValidateNamespace(one)
	case *core.PersistentVolumeClaim:
		faults = corevalidation.ValidatePersistentVolumeClaim(one, corevalidation.ValidationOptionsForPersistentVolumeClaim(one, nil))
	case *networking.NetworkPolicy:
		faults = networkingvalidation.ValidateNetworkPolicy(one, networkingvalidation.NetworkPolicyValidationOptions{})
	case *networking.Ingress:
		faults = networkingvalidation.ValidateIngressCreate(one)
	case *policy.PodDisruptionBudget:
		faults = policyvalidation.ValidatePodDisruptionBudget(one, policyvalidation.PodDisruptionBudgetValidationOptions{})
	case *autoscaling.HorizontalPodAutoscaler:
		faults = autoscalingvalidation.ValidateHorizontalPodAutoscaler(one, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1})
	default:
		return fmt.Errorf("nothing here validates a %T", one)
	}
	return faults.ToAggregate()
}

// build runs kustomize over a folder.
func build(t *testing.T, folder string) [][]byte {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	var texts [][]byte
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		must(t, err)
		texts = append(texts, text)
	}
	return texts
}

// everything is an overlay on the replicas' one with all optional components.
func everything(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	absolute, err := filepath.Abs(manifests)
	must(t, err)
	resolved, err := filepath.EvalSymlinks(folder)
	must(t, err)
	relative, err := filepath.Rel(resolved, absolute)
	must(t, err)
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [" + relative + "/overlays/replicas]\n" +
		"components: [" + relative + "/components/servicemonitor, " + relative + "/components/autoscale-queue]\n"
	must(t, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600))
	return folder
}

// overlays are all that can be applied, by name.
func overlays(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"everything": everything(t)}
	folders, err := os.ReadDir(filepath.Join(manifests, "overlays"))
	must(t, err)
	for _, folder := range folders {
		all[folder.Name()] = filepath.Join(manifests, "overlays", folder.Name())
	}
	return all
}

// TestManifests: every overlay is taken by the API server, fits together, and
// fits the program.
func TestManifests(t *testing.T) {
	for name, folder := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			var all []object
			for _, text := range build(t, folder) {
				one, err := decode(text)
				if err != nil {
					t.Errorf("%v", err)
					continue
				}
				all = append(all, one)
			}
			if t.Failed() {
				return
			}
			for _, fault := range loose(all) {
				t.Error(fault)
			}
			isRestricted(t, the[*appsv1.Deployment](t, all))
			fitsTheProgram(t, all)
		})
	}
}

// the is the one object of a type.
func the[O runtime.Object](t *testing.T, all []object) O {
	t.Helper()
	found := of[O](all)
	if len(found) != 1 {
		t.Fatalf("%d objects of the type %T", len(found), *new(O))
	}
	return found[0]
}

func of[O runtime.Object](all []object) []O {
	var found []O
	for _, one := range all {
		if one, ok := one.written.(O); ok {
			found = append(found, one)
		}
	}
	return found
}

// isRestricted checks the pods by the strictest of the pod security standards.
func isRestricted(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	evaluator, err := podsecuritypolicy.NewEvaluator(podsecuritypolicy.DefaultChecks(), nil)
	must(t, err)
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(level, &deployment.Spec.Template.ObjectMeta, &deployment.Spec.Template.Spec) {
		if !result.Allowed {
			t.Errorf("pods are not restricted: %s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	spec := deployment.Spec.Template.Spec
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		t.Error("pods get a token that they don't need")
	}
	if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
		t.Error("the Service's variables begin with API_RESIZE_ and would be taken for configuration")
	}
	for _, container := range spec.Containers {
		if readOnly := container.SecurityContext.ReadOnlyRootFilesystem; readOnly == nil || !*readOnly {
			t.Errorf("%s can write to its root", container.Name)
		}
	}
}

// brokenManifests are manifests with one fault each, made of the real ones.
var brokenManifests = []struct{ name, overlay, instead, of, with, told string }{
	{"misspelt field", "single", "Deployment", "readinessProbe:", "readynessProbe:", `unknown field "spec.template.spec.containers[0].readynessProbe"`},
	{"misspelt nested field", "single", "Deployment", "readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true", "unknown field"},
	{"field twice", "single", "Deployment", "automountServiceAccountToken: false", "automountServiceAccountToken: false\n      automountServiceAccountToken: false", "already set"},
	{"wrong type", "single", "Deployment", "periodSeconds: 10", "periodSeconds: ten", "cannot unmarshal"},
	{"no such unit", "single", "Deployment", "memory: 1Gi", "memory: 1GiB", "quantities must match"},
	{"requests above limits", "single", "Deployment", "cpu: \"1\"", "cpu: \"4\"", "must be less than or equal to cpu limit"},
	{"selector of others", "single", "Deployment", "matchLabels:\n      app.kubernetes.io/name: api-resize", "matchLabels:\n      app.kubernetes.io/name: other", "`selector` does not match template `labels`"},
	{"mount of no volume", "single", "Deployment", "- mountPath: /tmp\n          name: tmp", "- mountPath: /tmp\n          name: temp", `Not found: "temp"`},
	{"no such policy", "single", "Deployment", "type: Recreate", "type: Replace", "supported values"},
	{"no such access mode", "single", "PersistentVolumeClaim", "ReadWriteOnce", "ReadWriteSometimes", "supported values"},
	{"claim of nothing", "single", "PersistentVolumeClaim", "storage: 20Gi", "storage: 0Gi", "must be greater than zero"},
	{"no such port", "single", "Service", "port: 80", "port: 80000", "between 1 and 65535"},
	{"no such network", "replicas", "NetworkPolicy", "10.0.0.0/8", "10.0.0.0/40", "10.0.0.0/40"},
	{"no such API", "replicas", "HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v2beta2", "no kind"},
	{"minimum above maximum", "replicas", "HorizontalPodAutoscaler", "minReplicas: 2", "minReplicas: 20", "must be greater than or equal to"},
	{"both bounds", "replicas", "PodDisruptionBudget", "maxUnavailable: 1", "maxUnavailable: 1\n  minAvailable: 1", "cannot be both set"},
	{"no such path type", "replicas", "Ingress", "pathType: Prefix", "pathType: Regex", "supported values"},
	{"misspelt field of a monitor", "everything", "ServiceMonitor", "interval: 15s", "intervall: 15s", "unknown field"},
}

// TestBrokenManifests: what the API server would refuse is refused here.
func TestBrokenManifests(t *testing.T) {
	folders := overlays(t)
	for _, test := range brokenManifests {
		t.Run(test.name, func(t *testing.T) {
			for _, text := range build(t, folders[test.overlay]) {
				if !strings.Contains(string(text), "\nkind: "+test.instead+"\n") || !strings.Contains(string(text), test.of) {
					continue
				}
				broken := strings.Replace(string(text), test.of, test.with, 1)
				if _, err := decode([]byte(broken)); err == nil || !strings.Contains(err.Error(), test.told) {
					t.Errorf("got %v, expected an error with %q", err, test.told)
				}
				return
			}
			t.Fatalf("no %s has %q", test.instead, test.of)
		})
	}
}
