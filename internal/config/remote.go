package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Remote is how a command reaches the server that it is a client of.
type Remote struct {
	URL   string `name:"url" default:"http://127.0.0.1:8080/graphql" help:"The GraphQL address of the running server."`
	Token string `placeholder:"TOKEN" help:"A token or API key, where the server asks for one. Better in RAPPORT_TOKEN, which other users of the machine don't see."`
}

// Address is the URL with the path of the GraphQL API in it, which may be left out.
func (r Remote) Address() (*url.URL, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--url %q: must look like http://127.0.0.1:8080/graphql", r.URL)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/graphql"
	}
	return u, nil
}

func (r Remote) check() error {
	if strings.ContainsFunc(r.Token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return errors.New("--token: must be one word")
	}
	_, err := r.Address()
	return err
}
