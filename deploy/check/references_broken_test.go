package check

import (
	"strings"
	"testing"
)

// brokenReferences are faults that the API server does not see.
var brokenReferences = []struct{ name, instead, of, with, told string }{
	{"selector of a service", "Service", "selector:\n    app.kubernetes.io/name: api-resize", "selector:\n    app.kubernetes.io/name: resize", "does not select"},
	{"port of a service", "Service", "targetPort: http", "targetPort: web", "the port web"},
	{"port of a probe", "Deployment", "port: http", "port: htpp", "the port htpp"},
	{"claim", "PersistentVolumeClaim", "name: api-resize-originals", "name: api-resize-original", "PersistentVolumeClaim/api-resize-originals is needed"},
	{"account", "ServiceAccount", "\n  name: api-resize\n", "\n  name: resize\n", "ServiceAccount/api-resize is needed"},
	{"key of a secret", "Secret", "auth-keys:", "auth-key:", "has no auth-keys"},
	{"target of the autoscaler", "HorizontalPodAutoscaler", "kind: Deployment", "kind: StatefulSet", "StatefulSet/api-resize is needed"},
	{"budget of others", "PodDisruptionBudget", "matchLabels:\n      app.kubernetes.io/name: api-resize", "matchLabels:\n      app.kubernetes.io/name: other", "the PodDisruptionBudget does not select"},
	{"backend", "Ingress", "            name: api-resize\n            port", "            name: resize\n            port", "Service/resize is needed"},
	{"port of the backend", "Ingress", "name: http", "name: web", "the Ingress goes to the port web"},
	{"port of the monitor", "ServiceMonitor", "port: ops", "port: metrics", "the ServiceMonitor goes to the port metrics"},
	{"open operator's port", "NetworkPolicy", "  - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: monitoring\n    ports:\n    - port: ops", "  - ports:\n    - port: ops", "guards the operator's port"},
}

// TestBrokenReferences: every one is found.
func TestBrokenReferences(t *testing.T) {
	texts := build(t, everything(t))
	for _, test := range brokenReferences {
		t.Run(test.name, func(t *testing.T) {
			var all []object
			done := false
			for _, text := range texts {
				manifest := string(text)
				if !done && strings.Contains(manifest, "\nkind: "+test.instead+"\n") && strings.Contains(manifest, test.of) {
					manifest, done = strings.Replace(manifest, test.of, test.with, 1), true
				}
				one, err := decode([]byte(manifest))
				must(t, err)
				all = append(all, one)
			}
			if !done {
				t.Fatalf("no %s has %q", test.instead, test.of)
			}
			var told []string
			for _, fault := range loose(all) {
				told = append(told, fault.Error())
			}
			if !strings.Contains(strings.Join(told, "\n"), test.told) {
				t.Errorf("got %q, expected a fault with %q", told, test.told)
			}
		})
	}
}
