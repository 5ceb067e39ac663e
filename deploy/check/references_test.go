package check

import (
	"fmt"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// references checks what the API server does not: that one object's names are
// those of another one.
type references struct {
	all    []object
	pod    corev1.PodTemplateSpec // of the one Deployment
	faults []error
}

// loose finds references that lead nowhere.
func loose(all []object) []error {
	r := &references{all: all}
	deployments := of[*appsv1.Deployment](all)
	if len(deployments) != 1 {
		return []error{fmt.Errorf("%d Deployments", len(deployments))}
	}
	r.pod = deployments[0].Spec.Template
	r.podNeeds()
	r.servicesLead()
	r.ingressesLead()
	r.policiesSelect()
	for _, scaler := range of[*autoscalingv2.HorizontalPodAutoscaler](all) {
		r.need(scaler.Spec.ScaleTargetRef.Kind + "/" + scaler.Spec.ScaleTargetRef.Name)
		if deployments[0].Spec.Replicas != nil {
			r.fault("the Deployment has replicas, which an autoscaler sets")
		}
	}
	for _, budget := range of[*policyv1.PodDisruptionBudget](all) {
		r.selects(budget.Spec.Selector, r.pod.Labels, "the PodDisruptionBudget")
	}
	return r.faults
}

func (r *references) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

func (r *references) need(name string) {
	if !slices.ContainsFunc(r.all, func(one object) bool { return one.name == name }) {
		r.fault("%s is needed and not there", name)
	}
}

func (r *references) selects(selector *metav1.LabelSelector, of map[string]string, who string) {
	chosen, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil || chosen.Empty() || !chosen.Matches(labels.Set(of)) {
		r.fault("%s does not select %v: %v", who, of, err)
	}
}

// podNeeds: what the pods mount and read, and where their probes go.
func (r *references) podNeeds() {
	r.need("ServiceAccount/" + r.pod.Spec.ServiceAccountName)
	for _, volume := range r.pod.Spec.Volumes {
		switch {
		case volume.ConfigMap != nil:
			r.need("ConfigMap/" + volume.ConfigMap.Name)
		case volume.PersistentVolumeClaim != nil:
			r.need("PersistentVolumeClaim/" + volume.PersistentVolumeClaim.ClaimName)
		}
		if !slices.ContainsFunc(r.pod.Spec.Containers[0].VolumeMounts, func(mount corev1.VolumeMount) bool { return mount.Name == volume.Name }) {
			r.fault("nobody mounts the volume %s", volume.Name)
		}
	}
	for _, container := range r.pod.Spec.Containers {
		for _, variable := range container.Env {
			if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
				r.secretHas(variable.ValueFrom.SecretKeyRef)
			}
		}
		for _, probe := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil {
				r.fault("%s lacks a probe", container.Name)
				continue
			}
			r.podHas(probe.HTTPGet.Port, "a probe")
		}
	}
	for _, spread := range r.pod.Spec.TopologySpreadConstraints {
		r.selects(spread.LabelSelector, r.pod.Labels, "the spread")
	}
}

func (r *references) secretHas(reference *corev1.SecretKeySelector) {
	r.need("Secret/" + reference.Name)
	for _, secret := range of[*corev1.Secret](r.all) {
		if _, ok := secret.Data[reference.Key]; secret.Name == reference.Name && !ok {
			r.fault("the Secret %s has no %s", reference.Name, reference.Key)
		}
	}
}

// podHas checks a port by name or number.
func (r *references) podHas(port intstr.IntOrString, who string) {
	for _, container := range r.pod.Spec.Containers {
		for _, has := range container.Ports {
			if port == intstr.FromString(has.Name) || port == intstr.FromInt32(has.ContainerPort) {
				return
			}
		}
	}
	r.fault("%s goes to the port %s, which the pods have not", who, port.String())
}

func (r *references) servicesLead() {
	services := of[*corev1.Service](r.all)
	for _, service := range services {
		r.selects(&metav1.LabelSelector{MatchLabels: service.Spec.Selector}, r.pod.Labels, "the Service "+service.Name)
		for _, port := range service.Spec.Ports {
			r.podHas(port.TargetPort, "the Service "+service.Name)
		}
	}
	for _, monitor := range of[*monitoringv1.ServiceMonitor](r.all) {
		selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
		var chosen []*corev1.Service
		for _, service := range services {
			if err == nil && selector.Matches(labels.Set(service.Labels)) {
				chosen = append(chosen, service)
			}
		}
		if len(chosen) != 1 || chosen[0].Labels[monitor.Spec.JobLabel] != "api-resize" {
			r.fault("the ServiceMonitor selects %d Services, or one without the label of its job: %v", len(chosen), err)
			continue
		}
		for _, endpoint := range monitor.Spec.Endpoints {
			if !hasPort(chosen[0], endpoint.Port) {
				r.fault("the ServiceMonitor goes to the port %s, which the Service has not", endpoint.Port)
			}
		}
	}
}

func hasPort(service *corev1.Service, name string) bool {
	return slices.ContainsFunc(service.Spec.Ports, func(port corev1.ServicePort) bool { return port.Name == name })
}

func (r *references) ingressesLead() {
	for _, ingress := range of[*networkingv1.Ingress](r.all) {
		for _, rule := range ingress.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				backend := path.Backend.Service
				r.need("Service/" + backend.Name)
				for _, service := range of[*corev1.Service](r.all) {
					if service.Name == backend.Name && !hasPort(service, backend.Port.Name) {
						r.fault("the Ingress goes to the port %s, which the Service has not", backend.Port.Name)
					}
				}
			}
		}
	}
}

// policiesSelect: the operator's port is for monitoring alone.
func (r *references) policiesSelect() {
	guarded := false
	for _, policy := range of[*networkingv1.NetworkPolicy](r.all) {
		r.selects(&policy.Spec.PodSelector, r.pod.Labels, "the NetworkPolicy")
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				r.podHas(*port.Port, "the NetworkPolicy")
				if port.Port.StrVal == "ops" {
					guarded = len(rule.From) > 0
				}
			}
			if len(rule.Ports) == 0 {
				r.fault("the NetworkPolicy lets everything in")
			}
		}
	}
	if !guarded {
		r.fault("no NetworkPolicy guards the operator's port")
	}
}
