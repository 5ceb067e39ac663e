package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"api-resize/server"
)

// printOpenAPI prints the document that the service would answer with at
// /openapi.json, for who makes a client of it.
func printOpenAPI(command *cobra.Command, _ []string) error {
	config, err := commandConfig(command)
	if err != nil {
		return err
	}
	document, err := server.OpenAPI(config.Server, server.Parts{
		Auth: server.Auth{Open: config.Auth.Open}, Signing: config.Security, Limits: config.told(),
	})
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(append(document, '\n')).WriteTo(command.OutOrStdout())
	return err
}
