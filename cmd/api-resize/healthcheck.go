package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthcheckTimeout is below the 3 s after which container engines give up.
const healthcheckTimeout = 2 * time.Second

// healthcheck asks the service that the same configuration started.
func healthcheck(command *cobra.Command, _ []string) error {
	config, err := commandConfig(command)
	if err != nil {
		return err
	}
	address, err := ownAddress(config)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: healthcheckTimeout, Transport: &http.Transport{Proxy: nil}}
	response, err := client.Get(address + "/readyz")
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: /readyz answers %s", response.Status)
	}
	return nil
}

// ownAddress is where the service that a configuration starts answers.
func ownAddress(config Config) (string, error) {
	host, port, err := net.SplitHostPort(config.Server.Address)
	if err != nil {
		return "", err
	}
	// A listener on all addresses is asked on the loopback one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
