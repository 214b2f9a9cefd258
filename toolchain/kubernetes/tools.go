//go:build tools

// Package tools keeps in go.mod what is built by import path rather than from a folder here.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-proxy/app"
	_ "k8s.io/kubernetes/test/images/agnhost"
)
