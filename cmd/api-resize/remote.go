package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"api-resize/server"
)

// remote is a running service, as commands talk to it.
type remote struct {
	url    string // without a slash at its end
	key    string // empty for none
	client *http.Client
}

// addRemoteFlags defines the flags of commands that talk to a service.
func addRemoteFlags(command *cobra.Command) *cobra.Command {
	command.Flags().String("server", "", "URL of the service, such as https://img.example (default: the one that this configuration starts)")
	command.Flags().String("key", "", "API key, or @FILE to read it from (default: the one of this configuration)")
	return command
}

// remoteOf is the service that a command's flags name, or the one that the
// configuration starts.
func remoteOf(command *cobra.Command) (*remote, error) {
	config, err := commandConfig(command)
	if err != nil {
		return nil, err
	}
	// Answers have their time from the context of each call.
	r := &remote{key: ownKey(config), client: &http.Client{Transport: &http.Transport{Proxy: nil, MaxIdleConnsPerHost: uploadsAtOnce}}}
	if r.url, err = ownAddress(config); err != nil {
		return nil, err
	}
	if given := command.Flag("server").Value.String(); given != "" {
		parsed, err := url.Parse(given)
		if err != nil || !isURL(given) || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" {
			return nil, errors.New("--server: expected a URL such as https://img.example")
		}
		r.url, r.key = strings.TrimRight(given, "/"), "" // our own key is nobody else's business
		r.client.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: uploadsAtOnce}
	}
	if given := command.Flag("key").Value.String(); given != "" {
		if r.key, err = keyOf(given); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// refusal is an answer of the service that is an error.
type refusal struct {
	status int
	after  time.Duration // Retry-After; 0 for none
	text   string
}

func (r *refusal) Error() string { return r.text }

// temporary reports whether the same may be accepted later.
func (r *refusal) temporary() bool {
	return r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// call sends JSON, nothing where body is nil, and reads JSON into answer; all of it
// within timeout.
func (r *remote) call(ctx context.Context, method, path string, body, answer any, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, content)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return r.send(request, answer)
}

// send adds the key, and reads the JSON of the answer.
func (r *remote) send(request *http.Request, answer any) error {
	if r.key != "" {
		request.Header.Set("Authorization", "Bearer "+r.key)
	}
	response, err := r.client.Do(request)
	if err != nil {
		if cause := context.Cause(request.Context()); cause != nil {
			return cause
		}
		return fmt.Errorf("the service does not answer: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the service's answer breaks off: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return refusalOf(response, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s: the answer is not that of this service: %w", request.URL.Redacted(), err)
	}
	return nil
}

func refusalOf(response *http.Response, text []byte) *refusal {
	var problem server.Problem
	_ = json.Unmarshal(text, &problem) // what is no problem's JSON has no detail
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	said := response.Status
	if problem.Detail != "" {
		said += ": " + problem.Detail
	}
	return &refusal{status: response.StatusCode, after: time.Duration(seconds) * time.Second, text: said}
}
