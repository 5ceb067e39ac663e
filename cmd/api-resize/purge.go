package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"api-resize/server"
)

// purgeTimeout is generous: all files of a large cache may have to be looked at.
const purgeTimeout = 10 * time.Minute

// purgeCommand has the running service forget what it made.
func purgeCommand() *cobra.Command {
	var prefix, all bool
	command := &cobra.Command{
		Use:   "purge [SOURCE]",
		Short: "Have the running service forget all that it made of a source, of all that begin alike, or everything",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			wanted, err := wantedPurge(arguments, prefix, all)
			if err != nil {
				return err
			}
			service, err := remoteOf(command)
			if err != nil {
				return err
			}
			var purged server.Purged
			if err := service.call(command.Context(), http.MethodPost, "/purge", wanted, &purged, purgeTimeout); err != nil {
				return fmt.Errorf("not purged: %w", err)
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "%d entries purged\n", purged.Purged)
			return err
		},
	}
	command.Flags().BoolVar(&prefix, "prefix", false, "SOURCE is the beginning of sources, such as photos/2024/")
	command.Flags().BoolVar(&all, "all", false, "everything; without SOURCE")
	return addRemoteFlags(command)
}

func wantedPurge(arguments []string, prefix, all bool) (server.Purge, error) {
	switch {
	case all && !prefix && len(arguments) == 0:
		return server.Purge{All: true}, nil
	case all || len(arguments) == 0:
		return server.Purge{}, errors.New("expected SOURCE, --prefix SOURCE, or --all")
	case prefix:
		return server.Purge{Prefix: &arguments[0]}, nil
	}
	return server.Purge{Source: &arguments[0]}, nil
}
