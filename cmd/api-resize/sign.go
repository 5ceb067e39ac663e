package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"api-resize/dialect"
)

// signCommand prints a picture's URL with its signature.
func signCommand() *cobra.Command {
	var life time.Duration
	command := &cobra.Command{
		Use:   "sign URL",
		Short: "Print a picture's URL, canonical and signed with the first key of security.keys",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			config, err := commandConfig(command)
			if err != nil {
				return err
			}
			signed, err := sign(config, arguments[0], life, time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), signed)
			return err
		},
	}
	command.Flags().DurationVar(&life, "for", 0, "how long the URL is good, such as 24h; for ever when not given")
	return command
}

// sign signs a URL, which may be absolute; what stands before its path stays.
func sign(config Config, text string, life time.Duration, now time.Time) (string, error) {
	if len(config.Security.Keys) == 0 {
		return "", errors.New("security.keys: got nothing, expected a key to sign with")
	}
	before, after, found := strings.Cut(text, dialect.Prefix)
	base, err := url.Parse(before)
	if !found || err != nil || base.RawQuery != "" {
		return "", fmt.Errorf("got %q, expected a URL with %s in it", text, dialect.Prefix)
	}
	presets, err := config.presets()
	if err != nil {
		return "", err
	}
	path, query, _ := strings.Cut(dialect.Prefix+after, "?")
	request, err := dialect.Native{Presets: presets}.Parse(path, query)
	if err != nil {
		return "", err
	}
	if life > 0 {
		request.Delivery.Expires = now.Add(life).Unix()
	}
	return before + config.Security.Sign(request), nil
}
