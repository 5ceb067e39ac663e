// Command api-resize is an image proxy that makes pictures in the size and
// format that a URL asks for. This package is the operator's side: it reads
// the configuration, introduces the parts to each other, starts and stops
// them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"api-resize/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// newCommand is the program's command line.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "api-resize",
		Short:         "On-the-fly image proxy: GET /resize/300x200/{id}",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          serve,
	}
	addFlags(root.PersistentFlags())
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "Answer requests until told to stop (the default)", Args: cobra.NoArgs, RunE: serve},
		&cobra.Command{Use: "config", Short: "Print the effective configuration, secrets masked", Args: cobra.NoArgs, RunE: printConfig},
		signCommand(),
		uploadCommand(),
		warmCommand(),
		tasksCommand(),
		purgeCommand(),
		&cobra.Command{Use: "openapi", Short: "Print the OpenAPI document of the service", Args: cobra.NoArgs, RunE: printOpenAPI},
		&cobra.Command{Use: "healthcheck", Short: "Ask the running service whether it is ready; exit 0 if so", Args: cobra.NoArgs, RunE: healthcheck},
		&cobra.Command{Use: "version", Short: "Print the versions of the program, libvips and its codecs", Args: cobra.NoArgs, RunE: printVersion},
	)
	return root
}

// commandConfig loads the configuration that a command's flags, file and
// environment make.
func commandConfig(command *cobra.Command) (Config, error) {
	config, err := loadConfig(command.Flags(), os.Environ())
	if err != nil {
		return Config{}, fmt.Errorf("the configuration is not usable:\n%w", err)
	}
	return config, nil
}

func serve(command *cobra.Command, _ []string) error {
	config, err := commandConfig(command)
	if err != nil {
		return err
	}
	return run(command.Context(), config, command.OutOrStdout(), command.ErrOrStderr())
}

func printVersion(command *cobra.Command, _ []string) error {
	return writeVersions(command.OutOrStdout(), server.Version())
}
