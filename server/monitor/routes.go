package monitor

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"time"
)

//go:embed page
var page embed.FS

// Handler is the page and what it asks for.
func (m *Monitor) Handler() http.Handler {
	routes := http.NewServeMux()
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // of invalid paths only
	}
	own := func(pattern string, handler http.Handler) { routes.Handle(pattern, secured(ownPolicy, handler)) }
	own("GET /{$}", fresh(file(files, "index.html")))
	own("GET /monitor/", fresh(http.StripPrefix("/monitor/", http.FileServerFS(files))))
	own("GET /monitor.json", http.HandlerFunc(m.once))
	own("GET /events", http.HandlerFunc(m.stream))
	own("HEAD /events", http.HandlerFunc(headOfStream)) // which would never end
	own("POST /cancel/{id}", http.HandlerFunc(m.cancel))
	if m.parts.TasksPage != nil {
		routes.Handle("/tasks/", secured(tasksPolicy, m.parts.TasksPage))
	}
	return m.guard(routes)
}

func file(files fs.FS, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) })
}

// fresh has files asked for each time: they change with the program.
func fresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// once answers GET /monitor.json with what the page gets first.
func (m *Monitor) once(w http.ResponseWriter, r *http.Request) {
	if m.parts.Tasks != nil {
		m.readTasks(m.life) // not the request's: what was read is for others too
	}
	m.mu.Lock()
	data, err := json.Marshal(m.snapshot(time.Now()))
	m.mu.Unlock()
	if err != nil {
		http.Error(w, "The snapshot can't be encoded.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(data) // a client that has left is none of our business
}
