// Makes calls with the official client of Tailscale's API, and says what it made of the answers. Reads one Request
// as JSON from standard input, writes one Result a call to standard output.
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
	"os"

	"golang.org/x/oauth2"
	tailscale "tailscale.com/client/tailscale/v2"
)

// Request names a service, a credential and the calls to make, all with one client.
type Request struct {
	Origin       string
	APIKey       string
	ClientID     string
	ClientSecret string
	Scopes       []string
	Calls        []Call
}

// Call is one call with what it needs.
type Call struct {
	Name   string
	ID     string
	All    bool
	Routes []string
	Key    tailscale.CreateKeyRequest
	Policy string
	ETag   string
}

// Result is what the client returned: a value (null where there is none), or an error.
type Result struct {
	Value any      `json:"value"`
	Error *Failure `json:"error,omitempty"`
	// Unknown is the part of the answer that the client has no field for.
	Unknown string `json:"unknown,omitempty"`
}

// Failure is an error of the API (Status), of the token endpoint (Code), or of the client itself (neither).
type Failure struct {
	Message string `json:"message"`
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Data    any    `json:"data,omitempty"`
}

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var request Request
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return err
	}
	origin, err := url.Parse(request.Origin)
	if err != nil {
		return err
	}
	last := &lastAnswer{}
	client := &tailscale.Client{BaseURL: origin, APIKey: request.APIKey, HTTP: &http.Client{Transport: last}}
	if request.ClientID != "" {
		client.Auth = &tailscale.OAuth{
			ClientID:     request.ClientID,
			ClientSecret: request.ClientSecret,
			Scopes:       request.Scopes,
		}
	}
	results := []Result{}
	for _, call := range request.Calls {
		last.body = nil
		value, err := perform(ctx, client, call)
		result := Result{Value: value, Error: failureOf(err)}
		if err == nil {
			result.Unknown = unknownIn(last.body, call.Name)
		}
		results = append(results, result)
	}
	return json.NewEncoder(out).Encode(results)
}

func perform(ctx context.Context, client *tailscale.Client, call Call) (any, error) {
	switch call.Name {
	case "devices.list":
		if call.All {
			return client.Devices().List(ctx, tailscale.WithFields(tailscale.IncludeFieldsAll))
		}
		return client.Devices().List(ctx)
	case "devices.get":
		return client.Devices().GetWithAllFields(ctx, call.ID)
	case "devices.delete":
		return nil, client.Devices().Delete(ctx, call.ID)
	case "routes.get":
		return client.Devices().SubnetRoutes(ctx, call.ID)
	case "routes.set":
		return nil, client.Devices().SetSubnetRoutes(ctx, call.ID, call.Routes)
	case "keys.create":
		return client.Keys().CreateAuthKey(ctx, call.Key)
	case "keys.get":
		return client.Keys().Get(ctx, call.ID)
	case "keys.list":
		return client.Keys().List(ctx, call.All)
	case "keys.delete":
		return nil, client.Keys().Delete(ctx, call.ID)
	case "policy.get":
		policy, err := client.PolicyFile().Get(ctx)
		if err != nil {
			return nil, err
		}
		return map[string]any{"policy": policy, "etag": policy.ETag}, nil
	case "policy.raw":
		return client.PolicyFile().Raw(ctx)
	case "policy.set":
		return nil, client.PolicyFile().Set(ctx, call.Policy, call.ETag)
	case "policy.validate":
		return nil, client.PolicyFile().Validate(ctx, call.Policy)
	}
	return nil, fmt.Errorf("no call is named %q", call.Name)
}

func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	var refused tailscale.APIError
	if errors.As(err, &refused) {
		return &Failure{Message: refused.Message, Status: refused.Status, Data: refused.Data}
	}
	var token *oauth2.RetrieveError
	if errors.As(err, &token) {
		return &Failure{Message: token.ErrorDescription, Code: token.ErrorCode}
	}
	return &Failure{Message: err.Error()}
}

// unknownIn decodes an answer once more, this time minding what the client would pass over.
func unknownIn(body []byte, name string) string {
	var into any
	switch name {
	case "devices.list":
		into = &map[string][]tailscale.Device{}
	case "devices.get":
		into = &tailscale.Device{}
	case "routes.get":
		into = &tailscale.DeviceRoutes{}
	case "keys.create", "keys.get":
		into = &tailscale.Key{}
	case "keys.list":
		into = &map[string][]tailscale.Key{}
	case "policy.get":
		into = &tailscale.ACL{}
	default:
		return ""
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err.Error()
	}
	return ""
}

// lastAnswer keeps the body of the last answer that passed through it.
type lastAnswer struct{ body []byte }

func (l *lastAnswer) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if l.body, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(l.body))
	return response, nil
}
