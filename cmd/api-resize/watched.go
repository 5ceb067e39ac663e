package main

import (
	"runtime"

	"api-resize/proxy"
	"api-resize/server"
	"api-resize/server/monitor"
	"api-resize/transform"
)

// watched is what the monitor looks at.
func (p *program) watched(core *proxy.Proxy, events *monitor.Events) (monitor.Parts, error) {
	build := monitor.Build{Version: server.Version(), Go: runtime.Version()}
	for _, library := range transform.Versions() {
		build.Libraries = append(build.Libraries, monitor.Library(library))
	}
	page, err := p.tasks.UI("/tasks")
	return monitor.Parts{
		Events: events, State: p.server.State, Slots: core.Slots.Stats, Proxy: core.Stats,
		Tiers: p.tiers.PerTier, Queue: p.tiers.Queue, Fetches: p.web.Stats, Memory: p.engine.Memory,
		Build: build, Tasks: watchedTasks{p.tasks}, TasksPage: page,
	}, err
}
