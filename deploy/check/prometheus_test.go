package check

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// addedLabels are those that Prometheus adds when it scrapes.
var addedLabels = []string{"job", "instance", "namespace", "pod"}

// metric is what the program shows under one name.
type metric struct {
	labels []string
	values map[string][]string // of a label
}

// shown are all metrics of a running program after some traffic, by the names
// that queries use.
func shown(t *testing.T) map[string]metric {
	t.Helper()
	one := run(t, "cache: {disk: {min_free_bytes: 0}}\nserver: {client_rate: 1000}\ntracing: {endpoint: 'http://127.0.0.1:1'}\n")
	id := one.upload(t)
	for _, path := range []string{"/resize/20x,f=png/" + id, "/resize/20x,f=png/" + id, "/resize/20x/nothing", "/resize/x"} {
		one.send(t, http.MethodGet, one.public+path, nil)
	}
	_, text := one.send(t, http.MethodGet, one.private+"/metrics", nil)
	read := expfmt.NewTextParser(model.UTF8Validation)
	families, err := read.TextToMetricFamilies(strings.NewReader(text))
	must(t, err)
	all := map[string]metric{"up": {}, "ALERTS": {labels: []string{"alertname", "alertstate"}}}
	for name, family := range families {
		var found metric
		found.values = map[string][]string{}
		histogram := false
		for _, sample := range family.GetMetric() {
			histogram = histogram || sample.GetHistogram() != nil
			for _, label := range sample.GetLabel() {
				found.labels = append(found.labels, label.GetName())
				found.values[label.GetName()] = append(found.values[label.GetName()], label.GetValue())
			}
		}
		all[name] = found
		if histogram {
			all[name+"_sum"], all[name+"_count"] = found, found
			all[name+"_bucket"] = metric{append(slices.Clone(found.labels), "le"), found.values}
		}
	}
	return all
}

// fixed are labels of which all values are always shown.
var fixed = []string{"tier", "phase", "reason", "use", "result"}

// faultsOf judges one query: it has to parse, and every metric and label in it has
// to be there. recorded are the names that recording rules make.
func faultsOf(query string, known map[string]metric, recorded []string) []string {
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return []string{fmt.Sprintf("%v in %s", err, query)}
	}
	var faults []string
	parser.Inspect(expression, func(node parser.Node, path []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok || slices.Contains(recorded, selector.Name) {
			return nil
		}
		found, ok := known[selector.Name]
		if !ok {
			faults = append(faults, "there is no metric "+selector.Name)
			return nil
		}
		faults = append(faults, wrongLabels(selector, path, found)...)
		return nil
	})
	return faults
}

// wrongLabels are faults of a selector's labels, and of those that aggregations
// around it group by.
func wrongLabels(selector *parser.VectorSelector, path []parser.Node, found metric) []string {
	var faults []string
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name == model.MetricNameLabel || slices.Contains(addedLabels, matcher.Name) {
			continue
		}
		if !slices.Contains(found.labels, matcher.Name) {
			faults = append(faults, selector.Name+" has no label "+matcher.Name)
		}
		if slices.Contains(fixed, matcher.Name) && !slices.ContainsFunc(found.values[matcher.Name], matcher.Matches) {
			faults = append(faults, fmt.Sprintf("no %s has %s", selector.Name, matcher))
		}
	}
	for _, above := range path {
		if aggregate, ok := above.(*parser.AggregateExpr); ok {
			for _, label := range aggregate.Grouping {
				if !slices.Contains(addedLabels, label) && !slices.Contains(found.labels, label) {
					faults = append(faults, fmt.Sprintf("%s has no label %s to group by", selector.Name, label))
				}
			}
		}
	}
	return faults
}

// dashboardQueries are a dashboard's queries by the title of their panel, with
// Grafana's variables filled in.
func dashboardQueries(t *testing.T, content []byte) map[string][]string {
	t.Helper()
	var dashboard struct {
		UID        string
		Title      string
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID         int
			Type       string
			Title      string
			Datasource struct{ UID string }
			GridPos    struct{ X, Y, W, H int }
			Targets    []struct {
				Expr       string
				Datasource struct{ UID string }
			}
		}
	}
	must(t, json.Unmarshal(content, &dashboard))
	if dashboard.UID == "" || dashboard.Title == "" {
		t.Error("without uid and title a dashboard can't be provisioned")
	}
	queries := map[string][]string{}
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 {
			t.Errorf("%s: the id is not its own, or it is off the grid", panel.Title)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s covers %s", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("%s asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			if target.Datasource.UID != "${datasource}" || panel.Datasource.UID != "${datasource}" {
				t.Errorf("%s does not use the variable datasource", panel.Title)
			}
			queries[panel.Title] = append(queries[panel.Title], strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
		}
	}
	defined := map[string]bool{"__rate_interval": true, "__all": true}
	labelValues := regexp.MustCompile(`^label_values\((.*), \w+\)$`)
	for _, variable := range dashboard.Templating.List {
		defined[variable.Name] = true
		if variable.Type == "query" {
			queries["variable "+variable.Name] = []string{labelValues.FindStringSubmatch(variable.Definition)[1]}
		}
	}
	for _, used := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(string(content), -1) {
		if !defined[used[1]] {
			t.Errorf("the variable %s is used and not defined", used[1])
		}
	}
	return queries
}

// TestQueries: dashboards, rules and alerts ask for what the program shows.
func TestQueries(t *testing.T) {
	known := shown(t)
	rules, recorded := readRules(t)
	for where, query := range rules {
		for _, fault := range faultsOf(query, known, recorded) {
			t.Errorf("%s: %s", where, fault)
		}
	}
	dashboards, err := filepath.Glob(filepath.Join(root, "deploy", "grafana", "*.json"))
	must(t, err)
	if len(dashboards) == 0 {
		t.Fatal("there is no dashboard")
	}
	var all strings.Builder
	for _, file := range dashboards {
		content, err := os.ReadFile(file)
		must(t, err)
		all.Write(content)
		for title, queries := range dashboardQueries(t, content) {
			for _, query := range queries {
				for _, fault := range faultsOf(query, known, nil) {
					t.Errorf("%s, %s: %s", filepath.Base(file), title, fault)
				}
			}
		}
	}
	for name := range known {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "api_resize_") && !strings.Contains(all.String(), base) {
			t.Errorf("no dashboard shows %s", name)
		}
	}
}

// TestQueriesThatAskForNothing are found.
func TestQueriesThatAskForNothing(t *testing.T) {
	known := map[string]metric{"hits_total": {labels: []string{"tier"}, values: map[string][]string{"tier": {"disk"}}}}
	for _, query := range []string{
		"sum(rate(hit_total[5m]))", `hits_total{teir="disk"}`, `hits_total{tier="dsik"}`, "sum by (teir) (rate(hits_total[5m]))", "sum(rate(hits_total[5m])",
	} {
		if len(faultsOf(query, known, nil)) == 0 {
			t.Errorf("no fault is found in %s", query)
		}
	}
}

// readRules returns the queries of all rules, and the names that some record.
func readRules(t *testing.T) (queries map[string]string, recorded []string) {
	t.Helper()
	queries = map[string]string{}
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		groups, faults := rulefmt.ParseFile(filepath.Join(root, "deploy", "prometheus", name), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		for _, fault := range faults {
			t.Error(fault)
		}
		if groups == nil {
			t.Fatalf("%s has no groups", name)
		}
		for _, group := range groups.Groups {
			for _, rule := range group.Rules {
				if rule.Record != "" {
					recorded = append(recorded, rule.Record)
				}
				queries[rule.Record+rule.Alert] = rule.Expr
				if rule.Alert == "" {
					continue
				}
				for _, needed := range []string{"summary", "description", "runbook"} {
					if rule.Annotations[needed] == "" {
						t.Errorf("%s has no %s", rule.Alert, needed)
					}
				}
				if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) {
					t.Errorf("%s has the severity %q", rule.Alert, rule.Labels["severity"])
				}
			}
		}
	}
	return queries, recorded
}

// TestAlertsFire runs the rules' own tests with promtool.
func TestAlertsFire(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("promtool is not installed: deploy/install promtool")
	}
	command := exec.Command("promtool", "test", "rules", "alerts_test.yaml")
	command.Dir = filepath.Join(root, "deploy", "prometheus")
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
