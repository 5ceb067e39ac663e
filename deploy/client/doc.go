// Package client is a Go client of the service as oapi-codegen makes it of the
// OpenAPI document, and the tests that run it against the service: what the
// document promises is enough to use the service by.
//
// It is a module of its own, so that the generator is no dependency of the
// service. What is generated is not kept: `make client` generates it and runs the
// tests.
package client

//go:generate sh -c "go -C ../.. run ./cmd/api-resize openapi > openapi.json"
//go:generate go tool oapi-codegen -config oapi-codegen.yaml openapi.json
