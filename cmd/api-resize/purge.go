package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
			config, err := commandConfig(command)
			if err != nil {
				return err
			}
			purged, err := purge(config, wanted)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "%d entries purged\n", purged.Purged)
			return err
		},
	}
	command.Flags().BoolVar(&prefix, "prefix", false, "SOURCE is the beginning of sources, such as photos/2024/")
	command.Flags().BoolVar(&all, "all", false, "everything; without SOURCE")
	return command
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

// purge asks the service that the same configuration started.
func purge(config Config, wanted server.Purge) (server.Purged, error) {
	address, err := ownAddress(config)
	if err != nil {
		return server.Purged{}, err
	}
	body, err := json.Marshal(wanted)
	if err != nil {
		return server.Purged{}, err
	}
	request, err := http.NewRequest(http.MethodPost, address+"/purge", bytes.NewReader(body))
	if err != nil {
		return server.Purged{}, err
	}
	request.Header.Set("Authorization", "Bearer "+ownKey(config))
	client := http.Client{Timeout: purgeTimeout, Transport: &http.Transport{Proxy: nil}}
	response, err := client.Do(request)
	if err != nil {
		return server.Purged{}, fmt.Errorf("the service does not answer: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return server.Purged{}, fmt.Errorf("the service does not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		var problem server.Problem
		_ = json.Unmarshal(text, &problem) // what is no problem's JSON has no detail
		return server.Purged{}, fmt.Errorf("not purged: %s: %s", response.Status, problem.Detail)
	}
	var purged server.Purged
	if err := json.Unmarshal(text, &purged); err != nil {
		return server.Purged{}, fmt.Errorf("the service's answer is no JSON: %w", err)
	}
	return purged, nil
}
