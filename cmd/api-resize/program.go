package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"api-resize/batch"
	"api-resize/cache"
	"api-resize/dialect"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/records"
	"api-resize/server"
	"api-resize/server/monitor"
	"api-resize/spec"
	"api-resize/transform"
)

// serviceName is how the service calls itself in Cache-Status and logs.
const serviceName = "api-resize"

// program is the running service: all its parts, in the order in which they
// depend on each other.
type program struct {
	config  Config
	logger  *slog.Logger
	records *records.Database
	tasks   *batch.Queue
	engine  *transform.Engine
	web     *origin.Web
	tracing *tracing // nil for none
	tiers   *cache.Tiers
	server  *server.Server
	monitor *monitor.Monitor
	ops     *server.Ops
	closers []func() error // last opened, first closed
}

// run starts the service, answers until ctx ends, and stops it gracefully.
func run(ctx context.Context, config Config, stdout, stderr io.Writer) error {
	log := newLogWriter(stderr)
	defer log.flush()
	p := &program{config: config, logger: newLogger(config.Log, log)}
	defer p.close()
	auth, made, err := p.authenticate(stdout)
	if err != nil {
		return err
	}
	if err := p.openDatabase(ctx); err != nil {
		return err
	}
	if err := p.build(auth); err != nil {
		return err
	}
	return p.serve(ctx, func(address net.Addr) {
		if made {
			fmt.Fprintln(stdout, "Try it in a browser:", p.config.playgroundURL(address))
		}
	})
}

// authenticate finds out which keys are valid. A key made now is shown once,
// to whoever started the program, and never in the log.
func (p *program) authenticate(stdout io.Writer) (auth server.Auth, made bool, err error) {
	if err := os.MkdirAll(p.config.Data.Dir, 0o700); err != nil {
		return server.Auth{}, false, fmt.Errorf("data folder: %w", err)
	}
	auth = server.Auth{Keys: p.config.Auth.Keys, Open: p.config.Auth.Open}
	if auth.Open || len(auth.Keys) > 0 {
		return auth, false, nil
	}
	key, made, err := ensureKey(p.config.Data.Dir)
	if err != nil {
		return server.Auth{}, false, err
	}
	if made {
		fmt.Fprintf(stdout, "API key for uploads, kept in %s: %s\n", filepath.Join(p.config.Data.Dir, keyFile), key)
	}
	auth.Keys = []string{key}
	return auth, made, nil
}

// openDatabase opens what is remembered, with the tables of this version.
func (p *program) openDatabase(ctx context.Context) error {
	var err error
	if p.records, err = records.Open(ctx, p.config.Database, p.tasksDir(), p.logger); err != nil {
		return err
	}
	p.closers = append(p.closers, p.records.Close)
	p.tasks, err = batch.Open(ctx, p.records, p.tasksDir(), p.config.Tasks, p.logger)
	return err
}

// tasksDir is where SQLite is, and the files by which processes take turns.
func (p *program) tasksDir() string { return filepath.Join(p.config.Data.Dir, "tasks") }

// build makes the parts and introduces them to each other.
func (p *program) build(auth server.Auth) error {
	total, err := memoryTotal()
	if err != nil {
		return fmt.Errorf("memory of this machine: %w", err)
	}
	limitGoMemory(total)
	config := p.config
	if config.Processing.MemoryBytes == 0 {
		config.Processing.MemoryBytes = int64(float64(total) * pixelShare)
	}
	if p.tracing, err = startTracing(config.Tracing, p.logger); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	if p.tracing != nil {
		p.closers = append(p.closers, p.tracing.close) // last, when all spans have ended
	}
	if p.engine, err = transform.Start(config.Formats.Config, config.engineLimits(), p.logger); err != nil {
		return err
	}
	p.closers = append(p.closers, func() error { p.engine.Close(); return nil })
	origins, err := p.origins()
	if err != nil {
		return err
	}
	if err := p.openCache(); err != nil {
		return err
	}
	presets, err := config.presets()
	if err != nil {
		return err
	}
	core, err := proxy.New(config.Processing, proxy.Parts{
		Origins: origins, Store: p.tiers, Transformer: p.engine, Logger: p.logger,
		Limits: config.Limits.transform().Result,
		Resolver: spec.Resolver{
			Auto: config.Formats.automatic(), Writable: p.engine.Writable(), Lossless: p.engine.Lossless(),
			Quality: config.Formats.Quality(), SaveData: config.Formats.SaveData,
		},
	})
	if err != nil {
		return err
	}
	p.closers = append(p.closers, core.Close)
	origins.Uploads.Reconcile(core.RecordOf)
	core.RemoveExpiredEvery(config.Data.ExpiryInterval)
	metrics, events := p.metrics(core), monitor.NewEvents()
	metrics.WatchUploads(origins.Uploads.Totals)
	metrics.Gauge("api_resize_memory_limit_bytes", "Memory that the container or machine has.", func() float64 { return float64(total) }, nil)
	p.server = server.New(config.Server, server.Parts{
		Proxy: core, Uploads: origins.Uploads, Tasks: p.tasks, Auth: auth,
		Dialect: dialect.Native{Presets: presets}, Sizes: config.sizes(presets), Signing: config.Security,
		SaveBytes: config.Limits.OriginalBytes, Limits: config.told(), Metrics: metrics, Events: events, Tracer: p.tracing.tracer(), Logger: p.logger, ServiceName: serviceName,
	})
	watched, err := p.watched(core, events)
	if err != nil {
		return err
	}
	p.monitor = monitor.New(watched, config.Ops.Hosts, p.logger)
	p.ops = server.NewOps(metrics, p.monitor)
	// Stopped before what they work with is closed.
	p.closers = append(p.closers, func() error { return p.stopTasks(0) }, p.monitor.Close)
	return nil
}

// stopTasks ends the work on tasks, once: what runs has so long to end.
func (p *program) stopTasks(drain time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	return p.tasks.Stop(ctx)
}

func (p *program) metrics(core *proxy.Proxy) *server.Metrics {
	metrics := server.NewMetrics()
	metrics.WatchSlots(core.Slots)
	metrics.WatchProxy(core)
	metrics.WatchCache(p.tiers)
	metrics.WatchFetches(p.web.Stats)
	metrics.WatchMemory(p.engine.Memory)
	p.tracing.watch(metrics)
	metrics.WatchTasks(p.tasks)
	return metrics
}

func (p *program) openCache() error {
	memory, err := cache.NewMemory(p.config.Cache.Memory)
	if err != nil {
		return fmt.Errorf("cache in memory: %w", err)
	}
	onDisk := p.config.Cache.Disk
	onDisk.Dir, onDisk.Logger = filepath.Join(p.config.Data.Dir, "cache"), p.logger
	disk, err := cache.OpenDisk(onDisk)
	if err != nil {
		return fmt.Errorf("cache on disk: %w", err)
	}
	p.tiers = cache.NewTiers(memory, disk, cache.DefaultTiersConfig())
	p.closers = append(p.closers, p.tiers.Close)
	return nil
}

// origins opens everything that originals come from.
func (p *program) origins() (proxy.Origins, error) {
	uploads, err := origin.OpenUploads(filepath.Join(p.config.Data.Dir, "originals"), p.records.Uploads(), p.logger)
	if err != nil {
		return proxy.Origins{}, fmt.Errorf("uploads: %w", err)
	}
	p.closers = append(p.closers, uploads.Close)
	web := p.config.Origins.HTTP
	web.MaxBytes, web.PassTrace = p.config.Limits.OriginalBytes, p.config.Tracing.ToOrigins
	if p.web, err = origin.NewWeb(web); err != nil {
		return proxy.Origins{}, fmt.Errorf("origins.http: %w", err)
	}
	p.closers = append(p.closers, func() error { p.web.Close(); return nil })
	aliases := map[string]origin.Opener{}
	for name, target := range p.config.Origins.Aliases {
		if aliases[name], err = p.alias(target); err != nil {
			return proxy.Origins{}, fmt.Errorf("origins.aliases.%s: %w", name, err)
		}
	}
	return proxy.Origins{Uploads: uploads, Aliases: aliases, Web: p.web}, nil
}

func (p *program) alias(target string) (origin.Opener, error) {
	if isURL(target) {
		return p.web.Base(target)
	}
	folder, err := origin.NewFolder(target, origin.FolderConfig{
		MaxBytes: p.config.Limits.OriginalBytes, MaxAge: p.config.Origins.FolderMaxAge,
	})
	if err == nil {
		p.closers = append(p.closers, folder.Close)
	}
	return folder, err
}

// serve listens, says so, and returns when both sides have stopped.
func (p *program) serve(ctx context.Context, listening func(net.Addr)) error {
	public, err := net.Listen("tcp", p.config.Server.Address)
	if err != nil {
		return fmt.Errorf("server.address: %w", err)
	}
	private, err := net.Listen("tcp", p.config.Ops.Address)
	if err != nil {
		return errors.Join(fmt.Errorf("ops.address: %w", err), public.Close())
	}
	p.logger.Info("listening", "version", server.Version(),
		"address", public.Addr().String(), "ops_address", private.Addr().String(), "data", p.config.Data.Dir)
	listening(public.Addr())

	p.tasks.Start(p.server.Maker())
	failed := make(chan error, 2)
	go func() { failed <- p.server.Serve(public) }()
	go func() { failed <- p.ops.Serve(private) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		p.logger.Info("stopping")
		err = p.stop()
	}
	ending, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(err, p.ops.Stop(ending))
}

// stop ends answering and the work on tasks, each in the time that requests have.
func (p *program) stop() error {
	tasks := make(chan error, 1)
	go func() { tasks <- p.stopTasks(p.config.Server.DrainDelay + p.config.Server.DrainTimeout) }()
	return errors.Join(p.server.Stop(), <-tasks)
}

// close lets go of everything, last opened first.
func (p *program) close() {
	for i := len(p.closers) - 1; i >= 0; i-- {
		if err := p.closers[i](); err != nil {
			p.logger.Error("not closed cleanly", "error", err)
		}
	}
	p.logger.Info("stopped")
}
